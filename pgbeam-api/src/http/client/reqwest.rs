//! `reqwest` as an HTTP client.

use bytes::Bytes;
use http::Uri;
use reqwest::{Client, Request, Url};

use super::{HttpBody, HttpClient, HttpError, HttpErrorKind, HttpRequest, HttpResponse};
use crate::BoxFuture;

/// Configure it not to follow redirects (`redirect::Policy::none()`) and not to retry
/// (`retry::never()`).
impl HttpClient for Client {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        let response = convert(request).map(|request| self.execute(request));
        Box::pin(async move {
            let response = response?.await?;
            Ok(http::Response::from(response).map(HttpBody::new::<reqwest::Body>))
        })
    }
}

fn convert(request: HttpRequest) -> Result<Request, HttpError> {
    let (parts, body) = request.into_parts();
    let url = url(&parts.uri).map_err(|error| HttpError::new(HttpErrorKind::Connect, error))?;
    let mut converted = Request::new(parts.method, url);
    *converted.headers_mut() = parts.headers;
    *converted.version_mut() = parts.version;
    if !body.is_empty() {
        *converted.body_mut() = Some(Bytes::into(body));
    }
    Ok(converted)
}

/// Reads a URL from the parts of a URI: quicker than from its `Display`.
fn url(uri: &Uri) -> Result<Url, url::ParseError> {
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let mut text = String::with_capacity(scheme.len() + 3 + authority.len() + path.len());
    for part in [scheme, "://", authority, path] {
        text.push_str(part);
    }
    Url::parse(&text)
}

impl From<reqwest::Error> for HttpError {
    /// Removes the URL from the error, since it names resources.
    fn from(error: reqwest::Error) -> Self {
        let kind = match (error.is_connect() || error.is_builder(), error.is_timeout()) {
            (true, true) => HttpErrorKind::ConnectTimeout,
            (true, false) => HttpErrorKind::Connect,
            (false, true) => HttpErrorKind::Timeout,
            (false, false) => HttpErrorKind::Other,
        };
        Self::new(kind, error.without_url())
    }
}
