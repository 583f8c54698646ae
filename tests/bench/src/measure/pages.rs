//! Measures the time to read a list with and without prefetched pages.

use std::{
    error::Error as StdError,
    hint::black_box,
    time::{Duration, Instant},
};

use pgbeam::{
    Client,
    http::{HttpError, HttpRequest, Response, http_fn},
    policies::Policies,
};
use serde::Serialize;
use tokio::time::sleep;

use crate::rules;

/// The time until a page arrives, and the time that the caller takes for a page.
const PAGE_TIME: Duration = Duration::from_millis(5);
/// The number of profiles on a page.
const PAGE_SIZE: usize = 100;

/// The seconds to read the same list without prefetched pages (`plain`) and with them (`prefetched`).
#[derive(Serialize)]
pub struct PageTimes {
    plain: f64,
    prefetched: f64,
}

/// Reads a list of `pages` pages twice, first without prefetching and then with it.
pub async fn pages(pages: usize) -> Result<PageTimes, Box<dyn StdError>> {
    let policies = policies(pages)?;
    Ok(PageTimes {
        plain: read(&policies, pages, false).await?,
        prefetched: read(&policies, pages, true).await?,
    })
}

/// Returns the seconds to read all pages.
async fn read(policies: &Policies, pages: usize, prefetch: bool) -> Result<f64, Box<dyn StdError>> {
    let start = Instant::now();
    let mut list = policies.list().page_size(PAGE_SIZE).pages();
    if prefetch {
        list = list.prefetch();
    }
    let mut read = 0;
    while let Some(page) = list.try_next().await? {
        read += black_box(page).items().len();
        sleep(PAGE_TIME).await;
    }
    match read == pages * PAGE_SIZE {
        true => Ok(start.elapsed().as_secs_f64()),
        false => Err(format!("the list has {read} profiles").into()),
    }
}

/// Returns a handle whose HTTP client returns each page after [`PAGE_TIME`]. The token of a page is its number.
fn policies(pages: usize) -> Result<Policies, Box<dyn StdError>> {
    let profiles = [rules::RESPONSE; PAGE_SIZE].join(",");
    let http = http_fn(move |request: HttpRequest| {
        let next = page_number(&request) + 1;
        let token = if next < pages {
            next.to_string()
        } else {
            String::new()
        };
        let body = format!(r#"{{"policies": [{profiles}], "next_page_token": "{token}"}}"#);
        async move {
            sleep(PAGE_TIME).await;
            Ok::<_, HttpError>(Response::new(body))
        }
    });
    let client = Client::builder().api_key("k").http_client(http).build()?;
    Ok(client.project(rules::PROJECT)?.policies())
}

/// Returns the number in the query parameter `page_token`; 0 without it.
fn page_number(request: &HttpRequest) -> usize {
    let query = request.uri().query().unwrap_or_default();
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("page_token=")?.parse().ok())
        .unwrap_or(0)
}
