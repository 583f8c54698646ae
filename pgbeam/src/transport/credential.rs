//! The credential: its source, and the `Authorization` header.

use std::{error::Error as StdError, fmt, future::Future, pin::pin, sync::Arc};

use http::HeaderValue;
use pgbeam_api::{BoxFuture, Error, ErrorKind, Redactor, bearer};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::deadline::Limit;

type Cause = Box<dyn StdError + Send + Sync>;
type Callback =
    dyn Fn(CredentialRequest) -> BoxFuture<'static, Result<SecretString, Cause>> + Send + Sync;

/// Why a credential callback is called; see
/// [`ClientBuilder::credential`](crate::ClientBuilder::credential).
#[derive(Clone)]
pub struct CredentialRequest {
    rejected: Option<Arc<Resolved>>,
}

impl CredentialRequest {
    /// Returns the API key that the server rejected with 401, if this call sent one before. A cache
    /// that still holds this key must replace it.
    pub fn rejected(&self) -> Option<&str> {
        self.rejected.as_deref().map(Resolved::expose)
    }
}

impl fmt::Debug for CredentialRequest {
    /// Does not show the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialRequest")
            .field("is_rejected", &self.rejected.is_some())
            .finish_non_exhaustive()
    }
}

/// The source of the credential.
#[derive(Clone)]
pub(crate) struct Credential(Source);

#[derive(Clone)]
enum Source {
    /// The same for every call; an empty one is not sent.
    Fixed {
        secret: SecretString,
        /// `None` if a header cannot hold it.
        resolved: Option<Arc<Resolved>>,
    },
    /// Called for every call.
    Callback(Arc<Callback>),
}

impl Credential {
    pub(crate) fn none() -> Self {
        Self::fixed(SecretString::default())
    }

    pub(crate) fn fixed(secret: SecretString) -> Self {
        let resolved = Resolved::new(secret.clone()).ok();
        Self(Source::Fixed { secret, resolved })
    }

    pub(crate) fn callback<F, R, E>(callback: F) -> Self
    where
        F: Fn(CredentialRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Cause>,
    {
        Self(Source::Callback(Arc::new(move |request| {
            let answer = callback(request);
            Box::pin(async move { answer.await.map(SecretString::from).map_err(Into::into) })
        })))
    }

    /// Returns why a fixed credential is invalid, without showing it.
    pub(crate) fn fault(&self) -> Option<String> {
        let Source::Fixed { secret, .. } = &self.0 else {
            return None;
        };
        let secret = secret.expose_secret();
        if secret.trim() != secret {
            return Some("the API key begins or ends with white space: trim it".to_owned());
        }
        bearer(secret).err().map(|error| error.message())
    }

    /// Returns a fixed credential.
    pub(crate) fn known(&self) -> Option<&Arc<Resolved>> {
        match &self.0 {
            Source::Fixed { resolved, .. } => resolved.as_ref(),
            Source::Callback(_) => None,
        }
    }

    /// Returns the credential for one call. The callback learns which one was `rejected` before.
    ///
    /// # Errors
    ///
    /// Kind [`Timeout`](ErrorKind::Timeout) if the callback does not finish within `limit`, kind
    /// [`Auth`](ErrorKind::Auth) if it fails or returns a key that a header cannot hold.
    pub(crate) async fn resolve(
        &self,
        rejected: Option<Arc<Resolved>>,
        limit: Limit,
    ) -> Result<Arc<Resolved>, Error> {
        let callback = match &self.0 {
            // `known` returns every other fixed credential.
            Source::Fixed { secret, .. } => return Resolved::new(secret.clone()),
            Source::Callback(callback) => callback,
        };
        let asked = callback(CredentialRequest { rejected });
        match limit.apply(Instant::now(), pin!(asked)).await {
            Ok(Ok(secret)) => Resolved::new(secret),
            Ok(Err(cause)) => Err(Error::new(
                ErrorKind::Auth,
                format!("the credential callback failed: {cause}"),
            )
            .with_source(cause)),
            Err(limit) => Err(Error::new(
                ErrorKind::Timeout,
                format!("the credential callback did not answer within {limit}"),
            )),
        }
    }

    /// Returns `true` if no credential is ever sent.
    pub(crate) fn is_none(&self) -> bool {
        matches!(&self.0, Source::Fixed { secret, .. } if secret.expose_secret().is_empty())
    }

    /// Returns another credential than the one that the server rejected; `None` if there is none in
    /// time.
    pub(crate) async fn renew(
        &self,
        rejected: &Arc<Resolved>,
        limit: Limit,
    ) -> Option<Arc<Resolved>> {
        if let Source::Fixed { .. } = &self.0 {
            return None;
        }
        let new = self.resolve(Some(rejected.clone()), limit).await.ok()?;
        (new.expose() != rejected.expose()).then_some(new)
    }
}

/// The credential of one call; it has no header if it is empty.
pub(crate) struct Resolved {
    secret: SecretString,
    header: Option<HeaderValue>,
    redactor: Redactor,
}

impl Resolved {
    fn new(secret: SecretString) -> Result<Arc<Self>, Error> {
        let text = secret.expose_secret();
        let header = if text.is_empty() {
            None
        } else {
            Some(bearer(text).map_err(|error| Error::new(ErrorKind::Auth, error.message()))?)
        };
        let redactor = Redactor::new(text);
        Ok(Arc::new(Self {
            secret,
            header,
            redactor,
        }))
    }

    /// Returns the value of `Authorization`.
    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.header.as_ref()
    }

    /// The secret itself.
    pub(crate) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    /// Replaces the secret where a server echoes it.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_credential_is_checked_without_being_shown() {
        let fault = |secret: &str| Credential::fixed(SecretString::from(secret)).fault();
        for good in ["", "pbk_x", "a b"] {
            assert_eq!(fault(good), None, "{good:?}");
        }
        for bad in ["pbk_x\n", " pbk_x", "pbk_\nx", "pbk_\0x"] {
            let fault = fault(bad).unwrap();
            assert!(!fault.contains("pbk"), "{fault}");
        }
    }

    #[tokio::test]
    async fn what_a_callback_gives_is_checked_without_being_shown() {
        let given = |text: &'static str| {
            Credential::callback(move |_| async move { Ok::<_, Cause>(text.to_owned()) })
        };
        let good = given("pbk_x").resolve(None, Limit::Off).await.unwrap();
        assert_eq!(good.header().unwrap(), "Bearer pbk_x");
        assert!(good.header().unwrap().is_sensitive());
        assert!(
            given("")
                .resolve(None, Limit::Off)
                .await
                .unwrap()
                .header()
                .is_none()
        );
        let error = given("pbk_x\n")
            .resolve(None, Limit::Off)
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(!format!("{error} {error:?}").contains("pbk"));
    }

    #[tokio::test]
    async fn a_failing_callback_is_the_source() {
        let failing = Credential::callback(|_| async { Err::<String, _>("the vault is sealed") });
        let error = failing.resolve(None, Limit::Off).await.err().unwrap();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Auth, 0));
        assert_eq!(
            StdError::source(&error).unwrap().to_string(),
            "the vault is sealed"
        );
        assert!(error.to_string().contains("the vault is sealed"));
    }
}
