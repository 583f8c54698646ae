//! Reads the bearer token of a request.

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// Returns the token of `Authorization: Bearer …`, or `None` if it is absent or empty.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
