//! Matches paths against path templates, and fills path templates.

use percent_encoding::percent_decode_str;

/// Returns the percent-decoded parameters of a path by their names in the template. Returns `None` if the path does not
/// match the template, or if a parameter is empty.
pub(crate) fn match_template(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let mut params = Vec::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        let name = expected
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        match name {
            Some(name) if !segment.is_empty() => {
                let value = percent_decode_str(segment).decode_utf8_lossy();
                params.push((name.to_owned(), value.into_owned()));
            }
            _ if segment == expected => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(params)
}

/// Replaces the parameters of a template, which are in braces, with their values.
pub(crate) fn fill_template(template: &str, params: &[(String, String)]) -> String {
    let fill = |path: String, (name, value): &(String, String)| {
        path.replace(&format!("{{{name}}}"), value)
    };
    params.iter().fold(template.to_owned(), fill)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_and_fills_templates() {
        let template = "projects/{project_id}/audit-logs/{id}";
        let params = match_template(template, "projects/prj_1/audit-logs/a%20b").expect("a match");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(params, [pair("project_id", "prj_1"), pair("id", "a b")]);
        assert_eq!(
            fill_template(template, &params),
            "projects/prj_1/audit-logs/a b"
        );
        for path in [
            "",
            "projects",
            "projects/prj_1/audit-logs",
            "projects/prj_1/audit-logs/",
            "projects//audit-logs/a",
            "projects/prj_1/audit-logs/a/b",
            "projects/prj_1/audit-log/a",
        ] {
            assert_eq!(match_template(template, path), None, "{path}");
        }
    }
}
