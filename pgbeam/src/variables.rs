//! The environment variables that configure a client.

use secrecy::{ExposeSecret, SecretString};

/// The name of the environment variable with the base URL of the API.
pub(crate) const API_URL: &str = "PGBEAM_API_URL";

/// The names of the environment variables with the API key. The first one that is not empty is used.
pub(crate) const API_KEYS: [&str; 3] = ["PGBEAM_API_KEY", "PGBEAM_TOKEN", "PGBEAM_API_TOKEN"];

/// The values of the variables; `None` if a variable is unset or empty. Whitespace at both ends is removed,
/// such as a line break that comes from a file with the secret.
#[derive(Clone, Default)]
pub(crate) struct Variables {
    pub(crate) api_url: Option<String>,
    pub(crate) api_key: Option<SecretString>,
}

impl Variables {
    /// Reads the environment variables of the process.
    pub(crate) fn from_env() -> Self {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the variables with `lookup`, which returns the value of a variable by its name, or `None` if the
    /// variable is unset.
    pub(crate) fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name| {
            let value = SecretString::from(lookup(name)?);
            let trimmed = value.expose_secret().trim();
            if trimmed.is_empty() {
                None
            } else {
                Some(SecretString::from(trimmed))
            }
        };
        Self {
            api_url: value(API_URL).map(|url| url.expose_secret().to_owned()),
            api_key: API_KEYS.into_iter().find_map(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_the_first_non_empty_key() {
        type Environment = &'static [(&'static str, &'static str)];
        let cases: [(Environment, Option<&str>); 6] = [
            (
                &[
                    ("PGBEAM_API_KEY", "a"),
                    ("PGBEAM_TOKEN", "b"),
                    ("PGBEAM_API_TOKEN", "c"),
                ],
                Some("a"),
            ),
            (
                &[
                    ("PGBEAM_API_KEY", ""),
                    ("PGBEAM_TOKEN", "b"),
                    ("PGBEAM_API_TOKEN", "c"),
                ],
                Some("b"),
            ),
            (
                &[("PGBEAM_TOKEN", " \n"), ("PGBEAM_API_TOKEN", "c")],
                Some("c"),
            ),
            (&[("PGBEAM_API_KEY", " a\r\n")], Some("a")),
            (&[("PGBEAM_API_KEY", "\t")], None),
            (&[("PGBEAM_KEY", "x"), ("pgbeam_api_key", "x")], None),
        ];
        for (environment, expected) in cases {
            let variables = Variables::read(|name| {
                let (_, value) = environment.iter().find(|(key, _)| *key == name)?;
                Some((*value).to_owned())
            });
            let key = variables.api_key.as_ref().map(ExposeSecret::expose_secret);
            assert_eq!(key, expected, "{environment:?}");
        }
    }

    #[test]
    fn ignores_an_empty_url() {
        for (value, expected) in [("", None), (" ", None), (" http://x \n", Some("http://x"))] {
            let variables = Variables::read(|name| (name == API_URL).then(|| value.to_owned()));
            assert_eq!(variables.api_url.as_deref(), expected);
        }
    }
}
