//! The low-level client: where calls go and what they go through.

use std::{fmt, sync::Arc};

use http::Uri;
use url::Url;

use crate::{Call, Error, ErrorKind, Operation, Transport, http::confidential::is_confidential};

/// The low-level client: a base URL and a [`Transport`]. Cheap to clone.
///
/// It has one method an operation of the contract, each of which gives a builder with `send()`.
#[derive(Clone)]
pub struct Client {
    base: Arc<BaseUrl>,
    transport: Arc<dyn Transport>,
}

impl Client {
    /// Calls go to `base_url`, whose path is kept, through `transport`.
    ///
    /// # Errors
    ///
    /// Kind [`Config`](ErrorKind::Config) when the base URL is not an absolute `http` or `https`
    /// URL, carries user information, a query or a fragment, or names a host that no request can go
    /// to.
    pub fn new(base_url: &str, transport: impl Transport + 'static) -> Result<Self, Error> {
        Ok(Self {
            base: Arc::new(read_base(base_url)?),
            transport: Arc::new(transport),
        })
    }

    /// The base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base.text
    }

    /// The same client on another transport.
    #[must_use]
    pub fn with_transport(&self, transport: Arc<dyn Transport>) -> Self {
        Self {
            base: self.base.clone(),
            transport,
        }
    }

    /// What the calls go through.
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// A call of any operation of [`crate::operations`] by its parts, without types.
    pub fn call(&self, operation: &'static Operation) -> Call {
        Call::new(self.transport.clone(), self.base.clone(), operation)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// Where the calls of a client go.
pub(crate) struct BaseUrl {
    /// Without a slash at its end.
    text: String,
    pub(crate) uri: Uri,
    /// Whether a credential can be sent there without showing it to the network.
    pub(crate) is_confidential: bool,
}

/// Reads a base URL.
fn read_base(text: &str) -> Result<BaseUrl, Error> {
    // The text is never shown: it may hold a password.
    let refuse = |why: String| Err(Error::new(ErrorKind::Config, format!("base URL: {why}")));
    let url = match Url::parse(text.trim()) {
        Ok(url) => url,
        Err(error) => return refuse(format!("{error}; give one such as https://api.pgbeam.com")),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("the scheme is neither http nor https".into());
    }
    // What is left of an empty one after reading is nothing.
    let authority = text
        .split("//")
        .nth(1)
        .and_then(|rest| rest.split(['/', '?', '#']).next());
    let empty = authority.is_some_and(|authority| authority.contains('@'));
    if empty || !url.username().is_empty() || url.password().is_some() {
        return refuse("it carries user information; give the credential as the API key".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("it carries a query or a fragment; leave them out".into());
    }
    // A host may hold what a URL can and a request line cannot.
    match Uri::try_from(url.as_str()) {
        Ok(uri) => Ok(BaseUrl {
            text: url.as_str().trim_end_matches('/').to_owned(),
            is_confidential: is_confidential(&uri),
            uri,
        }),
        Err(error) => refuse(format!("no request can be sent there: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base_url_of(text: &str) -> Result<String, Error> {
        let direct = crate::Direct::new(
            crate::http_fn(|_| async { Ok(http::Response::new("")) }),
            "",
        )?;
        Client::new(text, direct).map(|client| client.base_url().to_owned())
    }

    #[test]
    fn keeps_a_path_and_drops_the_slash_at_the_end() {
        for (text, want) in [
            ("https://api.pgbeam.com", "https://api.pgbeam.com"),
            ("https://api.pgbeam.com/", "https://api.pgbeam.com"),
            (
                " http://127.0.0.1:4010/proxy/ \n",
                "http://127.0.0.1:4010/proxy",
            ),
            ("HTTPS://API.pgbeam.com:443//", "https://api.pgbeam.com"),
        ] {
            assert_eq!(base_url_of(text).unwrap(), want);
        }
    }

    #[test]
    fn refuses_what_cannot_be_a_base_url_without_showing_it() {
        for text in [
            "",
            "api.pgbeam.com",
            "/v1",
            "ftp://secret.example",
            "file:///secret",
            "data:secret",
            "secret:password@api.pgbeam.com",
            "https://user:secret@api.pgbeam.com",
            "https://secret@api.pgbeam.com",
            "https://@secret.test",
            "https://:@secret.test",
            "https://api.pgbeam.com/?secret",
            "https://api.pgbeam.com/#secret",
            "https://:80",
            "https://secret{a",
        ] {
            let error = base_url_of(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{text}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }
}
