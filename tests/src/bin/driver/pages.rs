//! Reads all pages of a list.

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
    contract,
    reply::{Failure, Success, parse},
    request::{Fields, Json, Request},
    untyped,
};

/// The pages read so far.
#[derive(Default)]
struct Progress {
    items: Vec<Json>,
    attempts: u32,
}

impl Progress {
    fn add(&mut self, items: Vec<Json>, meta: &Meta) {
        self.items.extend(items);
        self.attempts += meta.attempts();
    }

    /// Returns the items of all pages as a success, with the status and request id of the last page. The
    /// success has no entity tag, because an entity tag belongs to one page.
    fn success(self, last: &Meta) -> Result<Success, Failure> {
        let success = Success::with_body(last, &self.items)?;
        Ok(Success {
            etag: None,
            attempts: self.attempts,
            ..success
        })
    }

    /// Converts the error of a page to a `Failure`, which also counts the attempts of the pages before it.
    fn failure(&self, error: Error) -> Failure {
        Failure::Sdk {
            error,
            earlier: self.attempts,
        }
    }
}

/// Reads all pages of a list in the policies area, with the SDK's stream of pages.
pub async fn typed<B, P>(list: ListRequest<B>, operation: &Operation) -> Result<Success, Failure>
where
    B: Paginated<Output = Conditional<P>>,
    P: ListPage,
{
    let mut pages = list.pages();
    let mut progress = Progress::default();
    let mut last = None;
    while let Some(page) = pages
        .try_next()
        .await
        .map_err(|error| progress.failure(error))?
    {
        let mut fields: Fields = parse(page.body())?;
        let items = fields.remove(contract::items_field(operation.id).unwrap_or_default());
        let items = items.map_or(Ok(Vec::new()), |items| parse(items.get().as_bytes()))?;
        progress.add(items, page.meta());
        last = Some(page.meta().clone());
    }
    let last = last.ok_or_else(|| Error::new(ErrorKind::Decode, "the list has no page"))?;
    progress.success(&last)
}

/// Reads all pages of a list outside the policies area, with untyped calls. Fails if the server returns a
/// page token twice.
pub async fn by_name(client: &Client, mut request: Request) -> Result<Success, Failure> {
    let mut progress = Progress::default();
    let first = request.query.0.get("page_token").into_iter().flatten();
    let mut seen: HashSet<String> = first.cloned().collect();
    loop {
        let page = page(client, &request)
            .await
            .map_err(|error| progress.failure(error))?;
        progress.add(page.items, &page.meta);
        let Some(next) = page.next else {
            return progress.success(&page.meta);
        };
        request.query.set("page_token", &next);
        if !seen.insert(next) {
            let error = unreadable(
                &request,
                "the server returned the page token of an earlier page",
            );
            return Err(progress.failure(error));
        }
    }
}

/// A page that was read by an untyped call.
struct Page {
    items: Vec<Json>,
    next: Option<String>,
    meta: Meta,
}

async fn page(client: &Client, request: &Request) -> Result<Page, Error> {
    let response = untyped::send(client, request).await?;
    let (mut fields, meta) = response.json::<Fields>()?.into_parts();
    let unreadable = |field: &str, problem: &str| {
        let error = unreadable(request, format!("`{field}` of the page {problem}"));
        error.with_attempts(meta.attempts(), meta.elapsed())
    };
    let name = contract::items_field(request.operation.id).unwrap_or_default();
    let items = fields
        .remove(name)
        .ok_or_else(|| unreadable(name, "is missing"))?;
    let items =
        serde_json::from_str(items.get()).map_err(|_| unreadable(name, "is not an array"))?;
    // An empty token ends the list, like an absent one.
    let next = match fields.remove("next_page_token") {
        None => None,
        Some(token) => serde_json::from_str::<Option<String>>(token.get())
            .map_err(|_| unreadable("next_page_token", "is not a string"))?
            .filter(|token| !token.is_empty()),
    };
    Ok(Page { items, next, meta })
}

fn unreadable(request: &Request, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Decode, message).with_operation(request.operation)
}
