//! Pagination: `page_size`, `page_token`, `next_page_token`.
//!
//! A token is a position in the order of creation, not an offset. If items are created or deleted between two
//! pages, other items are neither repeated nor skipped.

use crate::collection::Collection;
use crate::problem::{FieldError, Problem};

const DEFAULT_PAGE_SIZE: usize = 20;
const MAX_PAGE_SIZE: usize = 100;

/// The requested page: the position of the item before the page (0 for the first page), and the maximum number of
/// items.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageRequest {
    after: u64,
    size: usize,
}

/// A page of a list. `next_page_token` is `None` on the last page.
#[derive(Debug)]
pub(crate) struct Page<'a, T> {
    pub(crate) items: Vec<&'a T>,
    pub(crate) next_page_token: Option<String>,
}

impl PageRequest {
    /// Parses `page_size` and `page_token` in the query of a list operation. `collection` identifies the list: the
    /// prefix of its ids. Each token contains this prefix, so that tokens of other lists are rejected. Returns 400 if
    /// a value is invalid.
    pub(crate) fn parse(query: &[(String, String)], collection: &str) -> Result<Self, Problem> {
        let value = |name: &str| {
            query
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let mut errors = Vec::new();
        let mut page = Self {
            after: 0,
            size: DEFAULT_PAGE_SIZE,
        };
        if let Some(size) = value("page_size") {
            // `parse` accepts a plus sign.
            let has_only_digits = size.bytes().all(|b| b.is_ascii_digit());
            match size.parse::<usize>() {
                Ok(size) if has_only_digits && (1..=MAX_PAGE_SIZE).contains(&size) => {
                    page.size = size
                }
                _ => errors.push(FieldError::new(
                    "page_size",
                    format!("must be an integer from 1 to {MAX_PAGE_SIZE}"),
                )),
            }
        }
        if let Some(token) = value("page_token") {
            match parse_token(token, collection) {
                Some(after) => page.after = after,
                None => errors.push(FieldError::new(
                    "page_token",
                    "must be the next_page_token of an earlier page of this list",
                )),
            }
        }
        if errors.is_empty() {
            Ok(page)
        } else {
            Err(Problem::invalid(errors))
        }
    }

    /// Returns the requested page of `items`.
    pub(crate) fn page<'a, T>(&self, items: &'a Collection<T>, collection: &str) -> Page<'a, T> {
        let mut remaining = items.after(self.after);
        let taken: Vec<(u64, &T)> = remaining.by_ref().take(self.size).collect();
        let next_page_token = match (taken.last(), remaining.next()) {
            (Some((last, _)), Some(_)) => Some(format_token(*last, collection)),
            _ => None,
        };
        Page {
            items: taken.into_iter().map(|(_, item)| item).collect(),
            next_page_token,
        }
    }
}

fn format_token(position: u64, collection: &str) -> String {
    format!("{collection}.{position:016x}")
}

fn parse_token(token: &str, collection: &str) -> Option<u64> {
    let position = token.strip_prefix(collection)?.strip_prefix('.')?;
    let well_formed = position.len() == 16
        && position
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if well_formed {
        u64::from_str_radix(position, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn rejects_invalid_sizes_and_tokens() {
        let good = format_token(7, "pol");
        let read = |pairs: &[(&str, &str)]| PageRequest::parse(&query(pairs), "pol");
        assert_eq!(
            read(&[]).expect("no problem"),
            PageRequest { after: 0, size: 20 }
        );
        let both = read(&[("page_size", "100"), ("page_token", &good)]).expect("no problem");
        assert_eq!(
            both,
            PageRequest {
                after: 7,
                size: 100
            }
        );
        assert!(read(&[("page_size", "1")]).is_ok());
        for size in [
            "0",
            "101",
            "-1",
            "+1",
            "ten",
            "",
            "1.5",
            "99999999999999999999999",
        ] {
            let problem = read(&[("page_size", size)]).expect_err(size);
            assert_eq!(
                problem.errors.first().map(|e| e.field.as_str()),
                Some("page_size")
            );
        }
        let other = format_token(7, "qt");
        for token in [
            "",
            "abc",
            "pol",
            "pol.",
            "pol.7",
            "pol.+000000000000007",
            "a/b",
            &other,
        ] {
            let problem = read(&[("page_token", token)]).expect_err(token);
            assert_eq!(
                problem.errors.first().map(|e| e.field.as_str()),
                Some("page_token")
            );
        }
        let problem = read(&[("page_size", "0"), ("page_token", "x")]).expect_err("both");
        assert_eq!(problem.errors.len(), 2, "all errors at once");
    }

    #[test]
    fn pages_have_every_item_once_despite_deletions() {
        let mut items = Collection::default();
        for n in 0..7 {
            items.insert(format!("id{n}"), n);
        }
        let first = PageRequest { after: 0, size: 3 };
        let page = first.page(&items, "pol");
        assert_eq!(page.items, [&0, &1, &2]);
        let token = page.next_page_token.expect("more");
        assert!(
            token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
        );
        for id in ["id0", "id2", "id3"] {
            items.remove(id);
        }
        let next = PageRequest::parse(&query(&[("page_token", &token), ("page_size", "3")]), "pol")
            .expect("a good token");
        let page = next.page(&items, "pol");
        assert_eq!(page.items, [&4, &5, &6]);
        assert_eq!(page.next_page_token, None, "the last page has no token");
    }

    #[test]
    fn an_empty_collection_has_one_empty_page() {
        let items = Collection::<u8>::default();
        let page = PageRequest { after: 0, size: 1 }.page(&items, "pol");
        assert!(page.items.is_empty() && page.next_page_token.is_none());
    }
}
