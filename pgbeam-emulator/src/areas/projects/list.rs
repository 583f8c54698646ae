//! `listProjects`: lists the projects of an organization in sorted pages.

use serde_json::{Value, json};

use crate::http::problem::Problem;
use crate::resource::{HandlerResult, OperationRequest, page_size, read_response};
use crate::store::{PROJECTS, Resource, fields, str_field};

/// The position of a project in the sorted list: its sort key, and its position in the order of creation.
type Position = (String, u64);

pub(super) fn list(request: &mut OperationRequest<'_>) -> HandlerResult {
    let sort_by = request.query_str("sort_by").unwrap_or("created_at");
    let after = match request.query_str("page_token") {
        None => None,
        Some(token) => Some(parse_token(token, sort_by).ok_or_else(|| {
            let detail = "must be the next_page_token of an earlier page with the same sort_by";
            Problem::invalid_field("page_token", detail)
        })?),
    };
    let org_id = request.query_str("org_id").unwrap_or_default();
    let projects = request.store.collection(PROJECTS).into_iter();
    let mut projects: Vec<(Position, &Resource)> = projects
        .flat_map(|projects| projects.after(0))
        .filter(|(_, project)| str_field(project, "org_id") == org_id)
        .map(|(order, project)| ((sort_key(project, sort_by), order), project))
        .collect();
    projects.sort_by(|(one, _), (other, _)| one.cmp(other));
    let total = projects.len();
    let mut rest = projects
        .into_iter()
        .filter(|(position, _)| after.as_ref().is_none_or(|after| position > after));
    let page: Vec<_> = rest.by_ref().take(page_size(request.query)).collect();
    let next_page_token = match (page.last(), rest.next()) {
        (Some((last, _)), Some(_)) => Some(format_token(last, sort_by)),
        _ => None,
    };
    let page: Vec<&Resource> = page.into_iter().map(|(_, project)| project).collect();
    let mut body = fields(json!({"projects": page, "total": total}));
    if let Some(token) = next_page_token {
        body.insert("next_page_token".to_owned(), Value::String(token));
    }
    read_response(request, &body)
}

/// Returns the key by which a project is sorted: the value of the field `sort_by`. A number is padded with zeros, so
/// that numbers are sorted by value.
fn sort_key(project: &Resource, sort_by: &str) -> String {
    match project.get(sort_by) {
        Some(Value::String(value)) => value.clone(),
        Some(Value::Number(value)) => format!("{:020}", value.as_u64().unwrap_or_default()),
        _ => String::new(),
    }
}

/// Returns the token of the page after a position. The sort key is in hexadecimal, so that the token contains only
/// valid characters.
fn format_token((key, order): &Position, sort_by: &str) -> String {
    let key: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("prj.{sort_by}.{order}.{key}")
}

fn parse_token(token: &str, sort_by: &str) -> Option<Position> {
    let rest = token.strip_prefix("prj.")?.strip_prefix(sort_by)?;
    let (order, key) = rest.strip_prefix('.')?.split_once('.')?;
    let byte = |digits: &[u8]| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok();
    let key: Option<Vec<u8>> = key.as_bytes().chunks(2).map(byte).collect();
    let position = (String::from_utf8(key?).ok()?, order.parse().ok()?);
    // Rejects other spellings, such as leading zeros.
    (format_token(&position, sort_by) == token).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_contain_the_position_and_the_sort_key() {
        let position = ("Größe".to_owned(), 7);
        let token = format_token(&position, "name");
        assert!(
            token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
        );
        assert_eq!(parse_token(&token, "name"), Some(position));
        assert_eq!(parse_token("prj.name.1.", "name"), Some((String::new(), 1)));
        for token in [
            "",
            "prj",
            "prj.name",
            "prj.name.1",
            "prj.name.1.4",
            "prj.name.1.4A",
            "prj.name.1.ff",
            "prj.name.1.+4",
            "prj.name.01.41",
            "prj.created_at.1.41",
            "pol.0000000000000001",
        ] {
            assert_eq!(parse_token(token, "name"), None, "{token}");
        }
    }

    #[test]
    fn numbers_are_sorted_by_value() {
        let key = |count: u64| {
            let project = fields(json!({"active_connections": count}));
            sort_key(&project, "active_connections")
        };
        assert!(key(9) < key(10) && key(10) < key(u64::MAX));
    }
}
