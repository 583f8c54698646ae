//! The environment variables that configure a client.

use secrecy::{ExposeSecret, SecretString};

/// Where the API is, when not at its public address.
pub(crate) const API_URL: &str = "PGBEAM_API_URL";

/// What may hold the API key, in the order in which it is looked for.
pub(crate) const API_KEYS: [&str; 3] = ["PGBEAM_API_KEY", "PGBEAM_TOKEN", "PGBEAM_API_TOKEN"];

/// What the variables say. White space around a value, such as the line break that reading a
/// secret from a file leaves, is no part of it, and an empty value is as good as none.
#[derive(Clone, Default)]
pub(crate) struct Variables {
    pub(crate) api_url: Option<String>,
    pub(crate) api_key: Option<SecretString>,
}

impl Variables {
    /// Reads them from the process.
    pub(crate) fn of_process() -> Self {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads them through `lookup`.
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
    fn the_first_key_that_is_not_empty_wins() {
        type Set = &'static [(&'static str, &'static str)];
        let cases: [(Set, Option<&str>); 6] = [
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
        for (set, want) in cases {
            let variables =
                Variables::read(|name| Some(set.iter().find(|(of, _)| *of == name)?.1.to_owned()));
            let key = variables.api_key.as_ref().map(ExposeSecret::expose_secret);
            assert_eq!(key, want, "{set:?}");
        }
    }

    #[test]
    fn an_empty_url_is_none() {
        for (value, want) in [("", None), (" ", None), (" http://x \n", Some("http://x"))] {
            let variables = Variables::read(|name| (name == API_URL).then(|| value.to_owned()));
            assert_eq!(variables.api_url.as_deref(), want);
        }
    }
}
