//! `Page`: one page of a list.

use pgbeam_api::runtime::ListPage;

/// One page of a list, returned by an awaited [`ListRequest`](crate::request::ListRequest).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    items: Vec<T>,
    next_page_token: Option<String>,
    total: Option<i64>,
}

impl<T> Page<T> {
    /// Creates the page from the response to a list request. If the token of the next page is empty or
    /// absent, the page is the last one.
    pub(crate) fn from_response(response: impl ListPage<Item = T>) -> Self {
        let (items, token, total) = response.into_page();
        Self {
            items,
            next_page_token: token.filter(|token| !token.is_empty()),
            total,
        }
    }

    /// Returns the items of this page.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Converts the page into its items.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }

    /// Returns the token of the next page, for [`page_token`](crate::request::ListRequest::page_token);
    /// `None` on the last page.
    pub fn next_page_token(&self) -> Option<&str> {
        self.next_page_token.as_deref()
    }

    /// Returns the number of items on all pages. Returns `None` for all lists except the lists of projects
    /// and of support cases.
    pub fn total(&self) -> Option<i64> {
        self.total
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}
