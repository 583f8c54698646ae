//! Pagination: a page of a list, a stream of all pages and a stream of all items.
//!
//! | file | concept |
//! | --- | --- |
//! | `page` | one page |
//! | `pages`, `items` | the streams of pages and of items |
//! | `prefetch` | requests a page while the caller processes the previous one |
//! | `cycle` | detects a server that returns page tokens in a cycle |

mod cycle;
mod items;
#[allow(clippy::module_inception, reason = "the file defines `Page`")]
mod page;
mod pages;
mod prefetch;
#[cfg(test)]
mod tests;

pub use items::Items;
pub use page::Page;
pub use pages::Pages;
