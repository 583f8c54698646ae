//! `Client`, the low-level client: a base URL, a transport, and a method for each operation.

use std::{fmt, sync::Arc};

use http::Uri;
use url::Url;

use crate::{Call, Error, ErrorKind, Operation, Transport, http::confidential::is_confidential};

/// Low-level client: a base URL and a [`Transport`]. Cheap to clone.
///
/// It has one method for each operation of the enabled areas. Each area is a feature of this crate: see the
/// [crate documentation](crate#features). The method of an operation returns a request builder, and the
/// builder's `send()` sends the request.
///
/// ```
/// use pgbeam_api::{Client, DirectTransport, http_fn};
///
/// # fn run() -> Result<(), pgbeam_api::Error> {
/// let http = http_fn(|_| async { Ok(http::Response::new("{}")) });
/// let client = Client::new("https://api.pgbeam.com/", DirectTransport::new(http, "pbk_xxx")?)?;
/// assert_eq!(client.base_url(), "https://api.pgbeam.com");
/// # Ok(())
/// # }
/// # run().unwrap();
/// ```
#[derive(Clone)]
pub struct Client {
    base: Arc<BaseUrl>,
    transport: Arc<dyn Transport>,
}

impl Client {
    /// Creates a client that sends requests to `base_url` through `transport`.
    ///
    /// The path of the base URL is kept as the prefix of every request path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if the base URL is not an absolute `http` or `https` URL, if it contains user
    /// information (`user@host`), a query or a fragment, or if its host contains a character that the `http`
    /// crate rejects, such as `{`.
    pub fn new(base_url: &str, transport: impl Transport + 'static) -> Result<Self, Error> {
        Ok(Self {
            base: Arc::new(parse_base_url(base_url)?),
            transport: Arc::new(transport),
        })
    }

    /// Returns the base URL without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.base.url
    }

    /// Returns a client with the same base URL and another transport.
    #[must_use]
    pub fn with_transport(&self, transport: Arc<dyn Transport>) -> Self {
        Self {
            base: self.base.clone(),
            transport,
        }
    }

    /// Returns the transport.
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// Returns an untyped request builder for any operation in [`operations`](crate::operations). Sends
    /// nothing.
    ///
    /// Parameters and body are set by name on the returned [`Call`].
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

/// The parsed base URL of a client.
pub(crate) struct BaseUrl {
    /// The URL without a trailing slash.
    url: String,
    pub(crate) uri: Uri,
    /// Whether a credential in a request to this URL is protected from the network: the scheme is `https`, or
    /// the host is a loopback host.
    pub(crate) is_confidential: bool,
}

fn parse_base_url(input: &str) -> Result<BaseUrl, Error> {
    // Messages do not quote the input: it may contain a password.
    let reject = |reason: String| {
        let message = format!("base URL: {reason}");
        Err(Error::new(ErrorKind::Config, message))
    };
    let url = match Url::parse(input.trim()) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return reject("it has no scheme; use a URL such as https://api.pgbeam.com".into());
        }
        Err(error) => {
            return reject(format!("{error}; use a URL such as https://api.pgbeam.com"));
        }
    };
    if !matches!(url.scheme(), "http" | "https") {
        return reject("the scheme must be http or https".into());
    }
    // The parser drops empty user information, so the code searches the input for it.
    let authority = input
        .split("//")
        .nth(1)
        .and_then(|rest| rest.split(['/', '?', '#']).next());
    let has_userinfo = authority.is_some_and(|authority| authority.contains('@'));
    if has_userinfo || !url.username().is_empty() || url.password().is_some() {
        return reject("it contains user information; pass the credential as the API key".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return reject("it contains a query or a fragment; remove them".into());
    }
    // `Url` accepts hosts that `Uri` rejects.
    match Uri::try_from(url.as_str()) {
        Ok(uri) => Ok(BaseUrl {
            url: url.as_str().trim_end_matches('/').to_owned(),
            is_confidential: is_confidential(&uri),
            uri,
        }),
        Err(error) => reject(format!("it is not valid in a request: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base_url(input: &str) -> Result<String, Error> {
        let transport = crate::DirectTransport::new(
            crate::http_fn(|_| async { Ok(http::Response::new("")) }),
            "",
        )?;
        Client::new(input, transport).map(|client| client.base_url().to_owned())
    }

    #[test]
    fn keeps_the_path_and_drops_trailing_slashes() {
        for (input, expected) in [
            ("https://api.pgbeam.com", "https://api.pgbeam.com"),
            ("https://api.pgbeam.com/", "https://api.pgbeam.com"),
            (
                " http://127.0.0.1:4010/proxy/ \n",
                "http://127.0.0.1:4010/proxy",
            ),
            ("HTTPS://API.pgbeam.com:443//", "https://api.pgbeam.com"),
        ] {
            assert_eq!(base_url(input).unwrap(), expected);
        }
    }

    #[test]
    fn rejects_an_invalid_base_url_without_quoting_it() {
        for input in [
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
            let error = base_url(input).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{input}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }
}
