//! Pagination: `page_size`, `page_token`, `next_page_token`.
//!
//! A token is a position in the order of creation, not an offset. If items are created or deleted between two
//! pages, other items are neither repeated nor skipped.

use serde_json::{Map, Value};

use crate::http::problem::Problem;
use crate::store::Collection;

const DEFAULT_PAGE_SIZE: usize = 20;

/// The order of the items of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// The requested page: the position of the item before the page (0 for the first page), the order, the number of items that are
/// skipped after it, and the maximum number of items.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageRequest {
    after: u64,
    order: Order,
    skipped: usize,
    size: usize,
}

/// A page of a list. `next_page_token` is `None` on the last page.
#[derive(Debug)]
pub(crate) struct Page<'a, T> {
    pub(crate) items: Vec<&'a T>,
    pub(crate) next_page_token: Option<String>,
}

impl PageRequest {
    /// Reads `page_size` and `page_token` from the valid query parameters of a list operation. `prefix` identifies the
    /// list: each token contains it, so that tokens of other lists are rejected.
    ///
    /// # Errors
    ///
    /// 400 if the token is not one of this list.
    pub(crate) fn parse(query: &Map<String, Value>, prefix: &str) -> Result<Self, Problem> {
        let after = match query.get("page_token").and_then(Value::as_str) {
            None => 0,
            Some(token) => parse_token(token, prefix).ok_or_else(|| {
                Problem::invalid_field(
                    "page_token",
                    "must be the next_page_token of an earlier page of this list",
                )
            })?,
        };
        Ok(Self {
            after,
            order: Order::default(),
            skipped: 0,
            size: page_size(query),
        })
    }

    pub(crate) fn with_order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// Selects a page by its number, starting at 1. Changes nothing if the request has a page token.
    pub(crate) fn with_page_number(mut self, number: u64) -> Self {
        if self.after == 0 {
            let pages = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
            self.skipped = pages.saturating_mul(self.size);
        }
        self
    }

    /// Returns the requested page of the items that `matches` selects. `None` stands for an empty collection.
    pub(crate) fn page<'a, T>(
        &self,
        items: Option<&'a Collection<T>>,
        prefix: &str,
        matches: impl Fn(&T) -> bool,
    ) -> Page<'a, T> {
        let in_order = |items: &'a Collection<T>| -> Box<dyn Iterator<Item = (u64, &'a T)> + 'a> {
            match self.order {
                Order::OldestFirst => Box::new(items.after(self.after)),
                Order::NewestFirst => Box::new(items.before(self.after)),
            }
        };
        let items = items.into_iter().flat_map(in_order);
        let matching = items.filter(|(_, item)| matches(item));
        let mut remaining = matching.skip(self.skipped);
        let taken: Vec<(u64, &T)> = remaining.by_ref().take(self.size).collect();
        let next_page_token = match (taken.last(), remaining.next()) {
            (Some((last, _)), Some(_)) => Some(format_token(*last, prefix)),
            _ => None,
        };
        Page {
            items: taken.into_iter().map(|(_, item)| item).collect(),
            next_page_token,
        }
    }
}

/// Returns the maximum number of items on a page, from the valid query parameters of a list operation.
pub(crate) fn page_size(query: &Map<String, Value>) -> usize {
    let size = query.get("page_size").and_then(Value::as_u64);
    size.and_then(|size| usize::try_from(size).ok())
        .unwrap_or(DEFAULT_PAGE_SIZE)
}

fn format_token(position: u64, prefix: &str) -> String {
    format!("{prefix}.{position:016x}")
}

fn parse_token(token: &str, prefix: &str) -> Option<u64> {
    let position = token.strip_prefix(prefix)?.strip_prefix('.')?;
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
    use serde_json::json;

    use super::*;

    fn query(value: Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    fn first_page(size: usize) -> PageRequest {
        PageRequest {
            after: 0,
            order: Order::OldestFirst,
            skipped: 0,
            size,
        }
    }

    #[test]
    fn a_page_can_be_selected_by_its_number() {
        let mut items = Collection::default();
        for n in 0..5 {
            items.insert(format!("id{n}"), n);
        }
        let page = |number| {
            let request = first_page(2).with_page_number(number);
            let page = request.page(Some(&items), "pol", |_| true);
            let items: Vec<i32> = page.items.into_iter().copied().collect();
            (items, page.next_page_token.is_some())
        };
        assert_eq!(page(1), (vec![0, 1], true));
        assert_eq!(page(2), (vec![2, 3], true));
        assert_eq!(page(3), (vec![4], false));
        assert_eq!(page(4), (vec![], false));
        assert_eq!(page(u64::MAX), (vec![], false));
        let token = PageRequest {
            after: 4,
            ..first_page(2)
        };
        let page = token
            .with_page_number(9)
            .page(Some(&items), "pol", |_| true);
        assert_eq!(page.items, [&4], "the token wins");
    }

    #[test]
    fn reads_sizes_and_rejects_tokens_of_other_lists() {
        let good = format_token(7, "pol");
        let read = |value: Value| PageRequest::parse(&query(value), "pol");
        let page = |after, size| PageRequest {
            after,
            ..first_page(size)
        };
        assert_eq!(read(json!({})).expect("valid"), page(0, 20));
        let both = read(json!({"page_size": 100, "page_token": good}));
        assert_eq!(both.expect("valid"), page(7, 100));
        let other = format_token(7, "qtp");
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
            let problem = read(json!({"page_token": token})).expect_err(token);
            let fields: Vec<_> = problem.errors.iter().map(|e| e.field.as_str()).collect();
            assert_eq!(fields, ["page_token"]);
        }
    }

    #[test]
    fn pages_have_every_item_once_despite_deletions() {
        let mut items = Collection::default();
        for n in 0..7 {
            items.insert(format!("id{n}"), n);
        }
        let first = first_page(3);
        let page = first.page(Some(&items), "pol", |_| true);
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
        let next = PageRequest::parse(&query(json!({"page_token": token, "page_size": 3})), "pol")
            .expect("a good token");
        let page = next.page(Some(&items), "pol", |_| true);
        assert_eq!(page.items, [&4, &5, &6]);
        assert_eq!(page.next_page_token, None, "the last page has no token");
    }

    #[test]
    fn a_list_can_start_with_the_newest_item() {
        let mut items = Collection::default();
        for n in 0..5 {
            items.insert(format!("id{n}"), n);
        }
        let newest = |size| first_page(size).with_order(Order::NewestFirst);
        let page = newest(2).page(Some(&items), "pol", |_| true);
        assert_eq!(page.items, [&4, &3]);
        let token = page.next_page_token.expect("more");
        items.insert("id5".to_owned(), 5);
        items.remove("id2");
        let query = query(json!({"page_token": token, "page_size": 2}));
        let next = PageRequest::parse(&query, "pol").expect("a good token");
        let next = next.with_order(Order::NewestFirst);
        let page = next.page(Some(&items), "pol", |_| true);
        assert_eq!((page.items, page.next_page_token), (vec![&1, &0], None));
    }

    #[test]
    fn filtered_pages_have_only_matching_items() {
        let mut items = Collection::default();
        for n in 0..5 {
            items.insert(format!("id{n}"), n);
        }
        let first = first_page(2);
        let page = first.page(Some(&items), "pol", |n| n % 2 == 0);
        assert_eq!(page.items, [&0, &2]);
        assert!(page.next_page_token.is_some());
        let rest = PageRequest {
            after: 3,
            ..first_page(2)
        };
        let page = rest.page(Some(&items), "pol", |n| n % 2 == 0);
        assert_eq!((page.items, page.next_page_token), (vec![&4], None));
    }

    #[test]
    fn an_empty_collection_has_one_empty_page() {
        let page = first_page(1).page(None::<&Collection<u8>>, "pol", |_| true);
        assert!(page.items.is_empty() && page.next_page_token.is_none());
    }
}
