//! Suggests the correct name for a misspelled one.

/// Returns the candidate that is most similar to a name: the one with the smallest edit distance. Returns `None` if
/// this distance is more than about a third of the length of the name, or if the name has more than 64 bytes. Ignores
/// letter case, and treats `-`, `.`, spaces and `_` as equal.
pub(crate) fn suggest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    const MAX_BYTES: usize = 64;
    if name.len() > MAX_BYTES {
        return None;
    }
    let fold = |text: &str| text.trim().to_lowercase().replace(['-', ' ', '.'], "_");
    let folded = fold(name);
    let distances = candidates.into_iter().map(|candidate| {
        let distance = strsim::osa_distance(&folded, &fold(candidate));
        (distance, candidate)
    });
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    let limit = folded.chars().count().max(3) / 3;
    (distance <= limit).then_some(candidate)
}

/// Returns a remedy that suggests the most similar candidate. If no candidate is similar, returns the result of
/// `otherwise`.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    match suggest(name, candidates) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => otherwise(),
    }
}

/// Joins names for a message: each in backticks, separated by commas.
pub(crate) fn join<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names = names.into_iter().map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_are_suggested() {
        let candidates = ["max_rows", "max_affected_rows", "name", "query_mode"];
        for (name, expected) in [
            ("max_row", Some("max_rows")),
            ("maxRows", Some("max_rows")),
            ("max-rows", Some("max_rows")),
            ("MAX_ROWS", Some("max_rows")),
            ("nmae", Some("name")),
            ("affected_rows", Some("max_affected_rows")),
            ("id", None),
            ("owner", None),
            ("", None),
        ] {
            assert_eq!(suggest(name, candidates), expected, "{name}");
        }
        assert_eq!(suggest(&"a".repeat(65), ["a"]), None);
    }
}
