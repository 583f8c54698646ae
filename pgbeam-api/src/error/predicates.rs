//! The predicates of errors, such as `is_not_found`, and the advice at the end of error messages.

use super::{Error, ErrorKind};
use crate::{
    headers::media_type::{is_non_json, is_problem},
    types::ErrorCode,
};

/// Predicates: they classify the error.
impl Error {
    /// Returns `true` for 400, 422, and requests rejected before sending. Fix the fields in
    /// [`field_errors`](Self::field_errors).
    pub fn is_invalid(&self) -> bool {
        self.0.kind == ErrorKind::Invalid || self.has_status(400) || self.has_status(422)
    }

    /// Returns `true` for 401: the credential is missing, wrong or expired. Renew it.
    pub fn is_unauthorized(&self) -> bool {
        self.has_status(401)
    }

    /// Returns `true` for 403. Check [`is_plan_limit`](Self::is_plan_limit) first. The code `FORBIDDEN` means
    /// that the credential lacks a permission: grant it, or use another credential.
    pub fn is_forbidden(&self) -> bool {
        self.has_status(403)
    }

    /// Returns `true` for the code `PLAN_LIMIT_REACHED`: the organization's plan allows no more resources
    /// of this type. Delete resources of this type or upgrade the plan. More permissions do not help.
    pub fn is_plan_limit(&self) -> bool {
        self.code() == Some(&ErrorCode::PlanLimitReached)
    }

    /// Returns `true` for 404: the resource does not exist, for example because its identifier is wrong or
    /// belongs to another project. Do not retry. Look up the identifier.
    pub fn is_not_found(&self) -> bool {
        self.has_status(404)
    }

    /// Returns `true` for 409: the state of the resource does not allow the operation. For example, a policy
    /// profile that a credential references cannot be deleted. Change that state first: the documentation of
    /// the operation says how. The code `IDEMPOTENCY_KEY_REUSED` means that the idempotency key was used with
    /// another body: use a new key.
    pub fn is_conflict(&self) -> bool {
        self.has_status(409)
    }

    /// Returns `true` for 410: the operation is past its sunset date. Use its successor.
    pub fn is_gone(&self) -> bool {
        self.has_status(410)
    }

    /// Returns `true` for 412: the resource changed after its `ETag` was read, so the server rejected the
    /// write. Read the resource again, apply the change to it, and send it with the new [`etag`](Self::etag).
    ///
    /// If [`maybe_applied`](Self::maybe_applied) is `true`, an earlier attempt of the call may have changed
    /// the resource.
    pub fn is_precondition_failed(&self) -> bool {
        self.has_status(412)
    }

    /// Returns `true` for 429: too many requests. Before a retry, wait for the duration that
    /// [`retry_after`](Self::retry_after) returns, if any.
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(429)
    }

    /// Returns `true` for 500 and above: the service or a gateway failed. Retry later. For a write, check
    /// [`maybe_applied`](Self::maybe_applied) first.
    pub fn is_server_error(&self) -> bool {
        self.0.kind == ErrorKind::Api && self.status().is_some_and(|status| status >= 500)
    }

    /// Returns `true` if no complete response arrived in time. Retry later, or use a longer timeout. For a
    /// write, check [`maybe_applied`](Self::maybe_applied) first.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// Returns `true` if there is no complete HTTP response: connecting, sending or receiving failed. Check
    /// the base URL, the network and the proxy.
    pub fn is_network(&self) -> bool {
        self.0.kind == ErrorKind::Network
    }

    /// Returns `true` if a success response cannot be used. For example, it cannot be parsed, or an edit
    /// cannot safely write it back.
    ///
    /// If the response comes from the API, the request took effect. If the body does not match the
    /// operation's response type, a newer version of this crate may parse the body. If the media type is not
    /// JSON, the response may come from a proxy: check the base URL.
    pub fn is_decode(&self) -> bool {
        self.0.kind == ErrorKind::Decode
    }

    /// Returns `true` if no valid credential is available. Nothing was sent. Configure an API key. If a
    /// credential provider failed, the [`source`](std::error::Error::source) is the error of the provider.
    pub fn is_auth(&self) -> bool {
        self.0.kind == ErrorKind::Auth
    }

    /// Returns what to do about the error. `Display` prints it at the end of the message. `None` if there is
    /// no advice.
    pub(super) fn advice(&self) -> Option<&'static str> {
        // In an edit, the undecodable response may be that of the read after an ambiguous write.
        let is_write = self
            .0
            .operation
            .is_some_and(|operation| !operation.read_only);
        if self.0.kind == ErrorKind::Decode && (is_write || !self.0.maybe_applied) {
            return self.decode_advice(is_write);
        }
        if self.0.maybe_applied {
            return Some("the request may have taken effect: read the resource before you retry");
        }
        if self.code() == Some(&ErrorCode::IdempotencyKeyReused) {
            return Some("use a new idempotency key for a changed request");
        }
        match (self.0.kind, self.status()?) {
            (ErrorKind::Api, 301 | 302 | 303 | 307 | 308) => {
                Some("redirects are not followed: check the base URL")
            }
            (ErrorKind::Api, 401) => Some("check that the API key is correct and not revoked"),
            (ErrorKind::Api, 403) if self.is_plan_limit() => {
                Some("delete resources of this type or upgrade the plan")
            }
            (ErrorKind::Api, 403) if self.is_missing_permission() => {
                Some("use an API key that has the permission")
            }
            (ErrorKind::Api, 404) if !self.has_problem_document() => Some("check the base URL"),
            (ErrorKind::Api, 410) => {
                Some("the operation is past its sunset date: update this crate")
            }
            (ErrorKind::Api, 412) => {
                Some("read the resource again and retry the change with its new ETag")
            }
            _ => None,
        }
    }

    /// Returns `true` if a 403 means that the API key lacks a permission: its code is `FORBIDDEN`, or it is a
    /// problem document without a code. A 403 with another code, or from a gateway, has another reason.
    fn is_missing_permission(&self) -> bool {
        match self.code() {
            Some(code) => *code == ErrorCode::Forbidden,
            None => self.has_problem_document(),
        }
    }

    fn has_problem_document(&self) -> bool {
        self.meta().is_some_and(|meta| is_problem(meta.headers()))
    }

    /// Returns the advice for a success response that cannot be used. `is_write` is `true` if the request was
    /// a write.
    fn decode_advice(&self, is_write: bool) -> Option<&'static str> {
        // A page of a proxy or of another service does not show whether the API executed the request.
        let is_non_json = self.meta().is_some_and(|meta| is_non_json(meta.headers()));
        // A newer version cannot read a compressed body either.
        let encoding = self
            .meta()
            .and_then(|meta| meta.headers().get("content-encoding"));
        let is_compressed =
            encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
        let may_parse = self.0.is_incompatible && !is_compressed;
        match (is_write, is_non_json, may_parse) {
            (true, true, _) => Some(
                "the response may not come from the API: check the base URL, and whether the request \
                 took effect",
            ),
            (false, true, _) => Some("the response may not come from the API: check the base URL"),
            (true, false, false) => Some("the request took effect"),
            (false, false, false) => None,
            (true, false, true) => Some(
                "the request took effect; a newer version of this crate may parse the response",
            ),
            (false, false, true) => Some("a newer version of this crate may parse it"),
        }
    }
}
