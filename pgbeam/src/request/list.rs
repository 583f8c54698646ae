//! Reading the resources of a project.

use std::marker::PhantomData;

use pgbeam_api::{Call, Conditional, Error, Response};

use super::awaitable;
use crate::{CallOptions, Items, Page, Pages, Project, resource::Resource};

/// Lists resources.
///
/// Awaited, it gives one page. [`items`](Self::items) goes on over all pages, and
/// [`pages`](Self::pages) does so page by page; both ask for a page only when it is reached.
#[derive(Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct List<R> {
    project: Project,
    page_size: Option<i64>,
    page_token: Option<String>,
    options: CallOptions,
    of: PhantomData<fn() -> R>,
}

impl<R> Clone for List<R> {
    fn clone(&self) -> Self {
        Self {
            project: self.project.clone(),
            page_size: self.page_size,
            page_token: self.page_token.clone(),
            options: self.options.clone(),
            of: PhantomData,
        }
    }
}

impl<R: Resource> List<R> {
    pub(crate) fn new(project: Project) -> Self {
        let options = CallOptions::new();
        Self {
            project,
            page_size: None,
            page_token: None,
            options,
            of: PhantomData,
        }
    }

    /// Sets how many items a page may hold: 1 to 100. Default: 20.
    pub fn page_size(mut self, items: i64) -> Self {
        self.page_size = Some(items);
        self
    }

    /// Starts at the page that an earlier page named ([`Page::next_page_token`]).
    pub fn page_token(mut self, token: impl Into<String>) -> Self {
        self.page_token = Some(token.into());
        self
    }

    /// Asks for the page only if it is no longer the one that this `ETag` stands for.
    pub fn if_none_match(self, etag: impl Into<String>) -> ListIfNoneMatch<R> {
        ListIfNoneMatch {
            request: self,
            etag: etag.into(),
        }
    }

    call_options!(options);

    /// All pages from here on, as a stream.
    pub fn pages(self) -> Pages<R> {
        let start = self.page_token.clone();
        Pages::new(start, move |token| {
            Box::pin(
                Self {
                    page_token: token,
                    ..self.clone()
                }
                .run(),
            )
        })
    }

    /// All items from here on, as a stream.
    pub fn items(self) -> Items<R> {
        Items::new(self.pages())
    }

    fn call(self) -> Call {
        let call = super::call(&self.project, R::LIST, self.options);
        super::paged(call, self.page_size, self.page_token.as_deref())
    }

    async fn run(self) -> Result<Response<Page<R>>, Error> {
        Ok(self
            .call()
            .send()
            .await?
            .json::<R::WirePage>()?
            .map(Into::into))
    }
}

awaitable!(List<R> => Response<Page<R>>);

/// Lists one page of resources if it has changed; from [`List::if_none_match`].
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct ListIfNoneMatch<R> {
    request: List<R>,
    etag: String,
}

impl<R: Resource> ListIfNoneMatch<R> {
    call_options!(request.options);

    async fn run(self) -> Result<Conditional<Page<R>>, Error> {
        let call = super::conditional(self.request.call(), "If-None-Match", Some(&self.etag));
        Ok(call
            .send()
            .await?
            .conditional::<R::WirePage>()?
            .map(Into::into))
    }
}

awaitable!(ListIfNoneMatch<R> => Conditional<Page<R>>);
