//! Replaces secrets in received requests with `(redacted)`.

use std::sync::LazyLock;

use http::HeaderMap;
use regex::Regex;
use serde_json::{Map, Value};

use crate::server::received::is_secret_name;

/// The string that replaces a secret.
pub(super) const REPLACEMENT: &str = "(redacted)";

/// Matches a URL with a password, such as `postgres://user:password@host`, up to the `@`. The group is the part
/// before the password. `None` if the expression is invalid.
static URL_PASSWORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(://[^/\s:@]*:)[^/\s@]*@").ok());

/// Replaces the secrets in a JSON value: fields with the name of a secret, and passwords in URLs.
pub(super) fn value(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if is_secret_name(name) && !field.is_null() {
                    *field = REPLACEMENT.into();
                } else {
                    self::value(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(self::value),
        Value::String(string) => *string = urls(string),
        _ => {}
    }
}

/// Returns the headers by name, without secrets. Several values of one header are joined with commas.
pub(super) fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let names = headers.keys().map(|name| {
        let values: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| urls(&String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let value = if is_secret_name(name.as_str()) {
            REPLACEMENT.to_owned()
        } else {
            values.join(", ")
        };
        (name.as_str().to_owned(), Value::String(value))
    });
    names.collect()
}

/// Returns a percent-encoded query without secrets.
pub(super) fn query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret_name(name) => format!("{name}={REPLACEMENT}"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Replaces the passwords in URLs. Replaces the whole string if the expression is invalid.
fn urls(string: &str) -> String {
    let Some(pattern) = URL_PASSWORD.as_ref() else {
        return REPLACEMENT.to_owned();
    };
    pattern
        .replace_all(string, format!("${{1}}{REPLACEMENT}@"))
        .into_owned()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    #[test]
    fn replaces_secrets_in_values() {
        let mut body = json!({
            "name": "n", "password": "p1", "next_page_token": "t", "token": null,
            "nested": [{"mcp_token": "p2", "clientSecret": {"a": "p3"}, "id": 1}],
            "url": "see postgres://user:p4@host/db and https://host/a:b@c",
        });
        value(&mut body);
        assert_eq!(
            body,
            json!({
                "name": "n", "password": REPLACEMENT, "next_page_token": "t", "token": null,
                "nested": [{"mcp_token": REPLACEMENT, "clientSecret": REPLACEMENT, "id": 1}],
                "url": "see postgres://user:(redacted)@host/db and https://host/a:b@c",
            })
        );
    }

    #[test]
    fn replaces_secrets_in_headers_and_queries() {
        let mut map = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer s"),
            ("payment-authorization", "s"),
            ("cookie", "a=s"),
            ("x-client-secret", "s"),
            ("idempotency-key", "k"),
            ("accept", "a"),
            ("accept", "b"),
        ] {
            map.append(name, HeaderValue::from_static(value));
        }
        assert_eq!(
            Value::Object(headers(&map)),
            json!({
                "authorization": REPLACEMENT, "payment-authorization": REPLACEMENT,
                "cookie": REPLACEMENT, "x-client-secret": REPLACEMENT,
                "idempotency-key": "k", "accept": "a, b",
            })
        );
        assert_eq!(
            query("page_token=1&access_token=s&x"),
            "page_token=1&access_token=(redacted)&x"
        );
    }
}
