//! The API key: where it comes from (a fixed key or a credential provider), and its `Authorization` header.

use std::{error::Error as StdError, fmt, future::Future, pin::pin, sync::Arc};

use http::HeaderValue;
use pgbeam_api::{BoxFuture, Error, ErrorKind, Redactor, bearer};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::deadline::TimeLimit;

type Cause = Box<dyn StdError + Send + Sync>;
type Provider =
    dyn Fn(CredentialRequest) -> BoxFuture<'static, Result<SecretString, Cause>> + Send + Sync;

/// The argument of a credential provider; see
/// [`ClientBuilder::credential_provider`](crate::ClientBuilder::credential_provider).
#[derive(Clone)]
pub struct CredentialRequest {
    rejected: Option<Arc<ResolvedCredential>>,
}

impl CredentialRequest {
    /// Returns the API key that the server rejected with 401; `None` before the first attempt of the call. If
    /// a key was rejected, a provider that caches keys must return another key.
    pub fn rejected(&self) -> Option<&str> {
        self.rejected.as_deref().map(ResolvedCredential::expose)
    }
}

impl fmt::Debug for CredentialRequest {
    /// Does not print the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialRequest")
            .field("is_rejected", &self.rejected.is_some())
            .finish_non_exhaustive()
    }
}

/// The source of the API key: a fixed key or a credential provider.
#[derive(Clone)]
pub(crate) struct Credential(Source);

#[derive(Clone)]
enum Source {
    /// The same key for every call; an empty key is not sent.
    Fixed {
        secret: SecretString,
        /// The key with its header. `None` if the key contains a character that is not allowed in a header.
        resolved: Option<Arc<ResolvedCredential>>,
    },
    /// A callback that returns the key of each call.
    Provider(Arc<Provider>),
}

impl Credential {
    pub(crate) fn none() -> Self {
        Self::fixed(SecretString::default())
    }

    pub(crate) fn fixed(secret: SecretString) -> Self {
        let resolved = ResolvedCredential::new(secret.clone()).ok();
        Self(Source::Fixed { secret, resolved })
    }

    pub(crate) fn provider<F, R, E>(provider: F) -> Self
    where
        F: Fn(CredentialRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Cause>,
    {
        Self(Source::Provider(Arc::new(move |request| {
            let key = provider(request);
            Box::pin(async move { key.await.map(SecretString::from).map_err(Into::into) })
        })))
    }

    /// Returns the validation error of a fixed key; `None` if the key is valid, or for a provider. The error
    /// does not contain the key.
    pub(crate) fn validate(&self) -> Option<String> {
        let Source::Fixed { secret, .. } = &self.0 else {
            return None;
        };
        let secret = secret.expose_secret();
        if secret.trim() != secret {
            return Some("the API key begins or ends with white space: remove it".to_owned());
        }
        bearer(secret).err().map(|error| error.message())
    }

    /// Returns the fixed credential; `None` for a provider, or if the fixed key contains a character that is
    /// not allowed in a header.
    pub(crate) fn as_fixed(&self) -> Option<&Arc<ResolvedCredential>> {
        match &self.0 {
            Source::Fixed { resolved, .. } => resolved.as_ref(),
            Source::Provider(_) => None,
        }
    }

    /// Calls the provider and returns its credential. The provider receives `rejected`, the credential that
    /// the server rejected with 401. Without a provider, returns the fixed credential.
    ///
    /// # Errors
    ///
    /// Kind [`Timeout`](ErrorKind::Timeout) if the provider does not return within `limit`. Kind
    /// [`Auth`](ErrorKind::Auth) if the provider fails, or if the key contains a character that is not
    /// allowed in a header.
    pub(crate) async fn resolve(
        &self,
        rejected: Option<Arc<ResolvedCredential>>,
        limit: TimeLimit,
    ) -> Result<Arc<ResolvedCredential>, Error> {
        let provider = match &self.0 {
            // Reached only with an invalid key: callers use `as_fixed` for a valid one.
            Source::Fixed { secret, .. } => return ResolvedCredential::new(secret.clone()),
            Source::Provider(provider) => provider,
        };
        let key = provider(CredentialRequest { rejected });
        match limit.apply(Instant::now(), pin!(key)).await {
            Ok(Ok(secret)) => ResolvedCredential::new(secret),
            Ok(Err(cause)) => {
                let error = Error::new(ErrorKind::Auth, "the credential provider failed");
                Err(error.with_source(cause))
            }
            Err(limit) => Err(Error::new(
                ErrorKind::Timeout,
                format!("the credential provider did not return within {limit}"),
            )),
        }
    }

    /// Returns `true` if no request has an API key: there is no provider, and the fixed key is empty.
    pub(crate) fn is_none(&self) -> bool {
        matches!(&self.0, Source::Fixed { secret, .. } if secret.expose_secret().is_empty())
    }

    /// Calls the provider again after a 401 and returns the new credential. Returns `None` if the key is
    /// fixed, or if the provider fails, exceeds the limit, or returns the rejected key again or an invalid
    /// key.
    pub(crate) async fn renew(
        &self,
        rejected: &Arc<ResolvedCredential>,
        limit: TimeLimit,
    ) -> Option<Arc<ResolvedCredential>> {
        if let Source::Fixed { .. } = &self.0 {
            return None;
        }
        let new = self.resolve(Some(rejected.clone()), limit).await.ok()?;
        (new.expose() != rejected.expose()).then_some(new)
    }
}

/// An API key, its `Authorization` header, and the redactor that removes the key from responses. An empty key
/// has no header.
pub(crate) struct ResolvedCredential {
    secret: SecretString,
    header: Option<HeaderValue>,
    redactor: Redactor,
}

impl ResolvedCredential {
    fn new(secret: SecretString) -> Result<Arc<Self>, Error> {
        let key = secret.expose_secret();
        let header = if key.is_empty() {
            None
        } else {
            Some(bearer(key).map_err(|error| Error::new(ErrorKind::Auth, error.message()))?)
        };
        let redactor = Redactor::new(key);
        Ok(Arc::new(Self {
            secret,
            header,
            redactor,
        }))
    }

    /// Returns the value of the `Authorization` header; `None` if the key is empty.
    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.header.as_ref()
    }

    /// Returns the key in plain text. Do not log it.
    pub(crate) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    /// Returns the redactor, which removes the key from responses and errors.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_errors_do_not_contain_the_key() {
        let validate = |secret: &str| Credential::fixed(SecretString::from(secret)).validate();
        for good in ["", "pbk_x", "a b"] {
            assert_eq!(validate(good), None, "{good:?}");
        }
        for bad in ["pbk_x\n", " pbk_x", "pbk_\nx", "pbk_\0x"] {
            let error = validate(bad).unwrap();
            assert!(!error.contains("pbk"), "{error}");
        }
    }

    #[tokio::test]
    async fn validates_the_key_of_a_provider() {
        let returning = |key: &'static str| {
            Credential::provider(move |_| async move { Ok::<_, Cause>(key.to_owned()) })
        };
        let good = returning("pbk_x")
            .resolve(None, TimeLimit::Disabled)
            .await
            .unwrap();
        assert_eq!(good.header().unwrap(), "Bearer pbk_x");
        assert!(good.header().unwrap().is_sensitive());
        assert!(
            returning("")
                .resolve(None, TimeLimit::Disabled)
                .await
                .unwrap()
                .header()
                .is_none()
        );
        let error = returning("pbk_x\n")
            .resolve(None, TimeLimit::Disabled)
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(!format!("{error} {error:?}").contains("pbk"));
    }

    #[tokio::test]
    async fn provider_error_is_the_source() {
        let failing = Credential::provider(|_| async { Err::<String, _>("the vault is sealed") });
        let error = failing
            .resolve(None, TimeLimit::Disabled)
            .await
            .err()
            .unwrap();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Auth, 0));
        assert_eq!(
            StdError::source(&error).unwrap().to_string(),
            "the vault is sealed"
        );
        assert!(!error.to_string().contains("the vault is sealed"));
    }
}
