//! What to ask of an error, and what to do about it.

use super::{Error, ErrorKind};
use crate::{headers::media_type::is_foreign, types::ErrorCode};

/// Questions to ask of it.
impl Error {
    /// 400 or 422, or refused before sending: mend the fields in
    /// [`field_errors`](Self::field_errors).
    pub fn is_invalid(&self) -> bool {
        self.0.kind == ErrorKind::Invalid || self.has_status(400) || self.has_status(422)
    }

    /// 401: the credential is missing, wrong or expired. Renew it.
    pub fn is_unauthorized(&self) -> bool {
        self.has_status(401)
    }

    /// 403, for whatever reason: ask [`is_plan_limit`](Self::is_plan_limit) first; otherwise the
    /// credential lacks a permission that someone has to grant.
    pub fn is_forbidden(&self) -> bool {
        self.has_status(403)
    }

    /// `PLAN_LIMIT_REACHED`: the organisation's plan allows no more of these. Delete some or
    /// upgrade; no permission helps.
    pub fn is_plan_limit(&self) -> bool {
        self.code() == Some(&ErrorCode::PlanLimitReached)
    }

    /// 404: nothing has this identifier in this project. Do not retry; look the identifier up.
    pub fn is_not_found(&self) -> bool {
        self.has_status(404)
    }

    /// 409: the state of the resource forbids it, for example deleting a policy profile that a
    /// credential references. Change that state first; the operation's documentation says which.
    pub fn is_conflict(&self) -> bool {
        self.has_status(409)
    }

    /// 410: the operation is past its sunset. Move to its successor.
    pub fn is_gone(&self) -> bool {
        self.has_status(410)
    }

    /// 412: the resource changed since the `ETag` was read, and nothing was written. Read it
    /// again, apply the change again, and send it with the new [`etag`](Self::etag). Where
    /// [`maybe_applied`](Self::maybe_applied) is true, the change that it met may be its own.
    pub fn is_precondition_failed(&self) -> bool {
        self.has_status(412)
    }

    /// 429: too many requests. Wait for [`retry_after`](Self::retry_after) where it is given.
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(429)
    }

    /// 5xx: the service or a gateway failed. Trying later may help; for a write, see
    /// [`maybe_applied`](Self::maybe_applied) first.
    pub fn is_server_error(&self) -> bool {
        self.0.kind == ErrorKind::Api && self.status().is_some_and(|status| status >= 500)
    }

    /// No whole answer in time. Trying later, or a longer timeout, may help; for a write, see
    /// [`maybe_applied`](Self::maybe_applied) first.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// No HTTP answer: connecting, sending or receiving failed. Check address, network and proxy.
    pub fn is_network(&self) -> bool {
        self.0.kind == ErrorKind::Network
    }

    /// An answer of success that could not be read. If it came from the API, it did act, and a newer
    /// version of this crate may read it; if its media type is not JSON, a proxy may have answered.
    pub fn is_decode(&self) -> bool {
        self.0.kind == ErrorKind::Decode
    }

    /// No credential could be had, so nothing was sent.
    pub fn is_auth(&self) -> bool {
        self.0.kind == ErrorKind::Auth
    }

    /// What to do about it, where there is one thing to say.
    pub(super) fn advice(&self) -> Option<&'static str> {
        // The answer of a read may be what cannot be read after a write that is in doubt.
        let wrote = self
            .0
            .operation
            .is_some_and(|operation| !operation.read_only);
        if self.0.kind == ErrorKind::Decode && (wrote || !self.0.maybe_applied) {
            return self.advice_on_unread(wrote);
        }
        if self.0.maybe_applied {
            return Some("it may have taken effect: read the resource before sending it again");
        }
        match (self.0.kind, self.status()?) {
            (ErrorKind::Api, 401) => Some("check that the API key is right and not revoked"),
            (ErrorKind::Api, 403) if self.is_plan_limit() => {
                Some("delete some or upgrade the plan")
            }
            (ErrorKind::Api, 403) => Some("the API key lacks the permission"),
            (ErrorKind::Api, 410) => Some("the operation is past its sunset: update this crate"),
            (ErrorKind::Api, 412) => Some("read it again and repeat the change with the new ETag"),
            _ => None,
        }
    }

    /// What to do about an answer of success that cannot be read.
    fn advice_on_unread(&self, wrote: bool) -> Option<&'static str> {
        // A page of a proxy or of another service says nothing of what the API did.
        let foreign = self.meta().is_some_and(|meta| is_foreign(meta.headers()));
        // What is not there, or is compressed, is so for a newer version too.
        let encoding = self
            .meta()
            .and_then(|meta| meta.headers().get("content-encoding"));
        let compressed =
            encoding.is_some_and(|of| !of.as_bytes().eq_ignore_ascii_case(b"identity"));
        match (wrote, foreign, compressed || self.0.body.is_empty()) {
            (true, true, _) => Some(
                "what answered may not be the API: check the base URL, and whether it took effect",
            ),
            (false, true, _) => Some("what answered may not be the API: check the base URL"),
            (true, false, true) => Some("it did take effect"),
            (false, false, true) => None,
            (true, false, false) => {
                Some("it did take effect; a newer version of this crate may read the answer")
            }
            (false, false, false) => Some("a newer version of this crate may read it"),
        }
    }
}
