//! The media type of a response.

use http::{HeaderMap, header};

/// Returns `true` if the response names a media type other than JSON: a gateway or another service
/// may have sent it.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|of| of.to_str().ok())
        .is_some_and(|of| {
            let media_type = of.split(';').next().unwrap_or_default().trim();
            !media_type.to_ascii_lowercase().ends_with("json")
        })
}
