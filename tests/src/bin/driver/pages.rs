//! All items of a list, page after page.

use std::collections::HashSet;

use pgbeam::{
    Client, Conditional, Error, ErrorKind, Meta,
    api::{
        Operation,
        runtime::{ListPage, Paginated},
    },
    request::ListRequest,
};

use crate::{
    answer::{Failure, Success, parse},
    contract,
    request::{Json, Members, Request},
    untyped,
};

/// What has been read of a list so far.
#[derive(Default)]
struct Read {
    items: Vec<Json>,
    attempts: u32,
}

impl Read {
    fn page(&mut self, items: Vec<Json>, meta: &Meta) {
        self.items.extend(items);
        self.attempts += meta.attempts();
    }

    /// All of it, with what came with the last page. An entity tag stands for one page alone.
    fn success(self, last: &Meta) -> Result<Success, Failure> {
        let all = Success::of(last, &self.items)?;
        Ok(Success {
            etag: None,
            attempts: self.attempts,
            ..all
        })
    }

    /// The failure of the next page.
    fn failure(&self, error: Error) -> Failure {
        Failure::Sdk {
            error,
            earlier: self.attempts,
        }
    }
}

/// Reads a list of the policies area, by the SDK's own stream of pages.
pub async fn typed<B, P>(list: ListRequest<B>, operation: &Operation) -> Result<Success, Failure>
where
    B: Paginated<Output = Conditional<P>>,
    P: ListPage,
{
    let mut pages = list.pages();
    let mut read = Read::default();
    let mut last = None;
    while let Some(page) = pages
        .try_next()
        .await
        .map_err(|error| read.failure(error))?
    {
        let mut members: Members = parse(page.body())?;
        let items = members.remove(contract::items_of(operation.id).unwrap_or_default());
        let items = items.map_or(Ok(Vec::new()), |items| parse(items.get().as_bytes()))?;
        read.page(items, page.meta());
        last = Some(page.meta().clone());
    }
    let last =
        last.ok_or_else(|| Error::new(ErrorKind::Decode, "the list has not even one page"))?;
    read.success(&last)
}

/// Reads any other list, by the name of its operation.
pub async fn by_name(client: &Client, mut request: Request) -> Result<Success, Failure> {
    let mut read = Read::default();
    let first = request.query.0.get("page_token").into_iter().flatten();
    let mut seen: HashSet<String> = first.cloned().collect();
    loop {
        let page = page(client, &request)
            .await
            .map_err(|error| read.failure(error))?;
        read.page(page.items, &page.meta);
        let Some(next) = page.next else {
            return read.success(&page.meta);
        };
        request.query.set("page_token", &next);
        if !seen.insert(next) {
            let error = unreadable(
                &request,
                "the server leads back to a page that it has given",
            );
            return Err(read.failure(error));
        }
    }
}

/// A page without types.
struct Page {
    items: Vec<Json>,
    next: Option<String>,
    meta: Meta,
}

async fn page(client: &Client, request: &Request) -> Result<Page, Error> {
    let answer = untyped::send(client, request).await?;
    let (mut members, meta) = answer.json::<Members>()?.into_parts();
    let unreadable = |member: &str, why: &str| {
        let error = unreadable(request, format!("`{member}` of the page {why}"));
        error.with_attempts(meta.attempts(), meta.elapsed())
    };
    let name = contract::items_of(request.operation.id).unwrap_or_default();
    let items = members
        .remove(name)
        .ok_or_else(|| unreadable(name, "is missing"))?;
    let items = serde_json::from_str(items.get()).map_err(|_| unreadable(name, "is no list"))?;
    // An empty token ends a list as an absent one does.
    let next = match members.remove("next_page_token") {
        None => None,
        Some(token) => serde_json::from_str::<Option<String>>(token.get())
            .map_err(|_| unreadable("next_page_token", "is no text"))?
            .filter(|token| !token.is_empty()),
    };
    Ok(Page { items, next, meta })
}

fn unreadable(request: &Request, why: impl Into<String>) -> Error {
    Error::new(ErrorKind::Decode, why).with_operation(request.operation)
}
