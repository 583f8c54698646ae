//! `Call`: the calls of the SDK that the fault tests make, and the success responses to them.

use std::{fmt::Debug, future::poll_fn, pin::pin};

use pgbeam::{
    ByteStream, Client, Error, Response,
    api::BoxFuture,
    policies::{PolicyProfile, PolicyProfileInput},
};
use pgbeam_tests::raw::{Request, Script, keep_alive_response};

/// A policy profile in a response.
pub const PROFILE: &str = r#"{"id":"pol_1","project_id":"prj_1","name":"good",
    "access_mode":"read_only","table_allowlist":[],"table_denylist":[],"masking_rules":[],
    "query_mode":"sql","max_rows":10,
    "created_at":"2026-01-31T12:00:00Z","updated_at":"2026-01-31T12:00:01Z"}"#;

/// The body of a successful export.
pub const CSV: &str = "id,action\n1,login\n";

/// The size of a field that makes a body larger than the buffers of a connection.
const LARGE_FIELD_BYTES: usize = 8 << 20;

/// An operation, with the options of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Get,
    Put,
    /// A PUT with a body larger than the buffers of a connection.
    PutLarge,
    Delete,
    /// A POST with an `Idempotency-Key`.
    PostWithKey,
    /// A POST without an `Idempotency-Key`.
    PostWithoutKey,
    /// A read with a byte stream as response.
    Export,
}

impl Call {
    /// All calls except `PutLarge`.
    pub const ALL: [Self; 6] = [
        Self::Get,
        Self::Put,
        Self::Delete,
        Self::PostWithKey,
        Self::PostWithoutKey,
        Self::Export,
    ];

    pub fn operation(self) -> &'static str {
        match self {
            Self::Get => "getPolicyProfile",
            Self::Put | Self::PutLarge => "updatePolicyProfile",
            Self::Delete => "deletePolicyProfile",
            Self::PostWithKey | Self::PostWithoutKey => "createPolicyProfile",
            Self::Export => "exportAuditLogs",
        }
    }

    pub fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::Export)
    }

    /// Makes the call.
    ///
    /// `Export` calls `on_pending` each time it starts to wait for a chunk or for the end of the stream. The
    /// other calls do not use `on_pending`.
    pub fn send(
        self,
        client: &Client,
        on_pending: impl Fn() + Send + Sync + 'static,
    ) -> BoxFuture<'static, Result<CallSuccess, Error>> {
        let project = client.project("prj_1").unwrap();
        let policies = project.policies();
        let input = PolicyProfileInput::new("good");
        match self {
            Self::Get => profile(policies.get("pol_1")),
            Self::Put => profile(policies.update("pol_1", input)),
            Self::PutLarge => {
                let large = input.field("padding", "x".repeat(LARGE_FIELD_BYTES));
                profile(policies.update("pol_1", large))
            }
            Self::PostWithKey => profile(policies.create(input).idempotency_key("key")),
            Self::PostWithoutKey => profile(policies.create(input)),
            Self::Delete => {
                let deleting = policies.delete("pol_1").into_future();
                Box::pin(async {
                    deleting
                        .await
                        .map(|response| CallSuccess::new("deleted".to_owned(), &response))
                })
            }
            Self::Export => {
                let exporting = project.audit_logs().export().into_future();
                Box::pin(async {
                    let response = exporting.await?;
                    let mut success = CallSuccess::new(String::new(), &response);
                    let bytes = collect_stream(response.into_inner(), on_pending).await?;
                    success.value = String::from_utf8_lossy(&bytes).into_owned();
                    Ok(success)
                })
            }
        }
    }

    /// Returns the value of a success response: the name of the profile, `deleted`, or the exported body.
    pub fn expected_value(self) -> &'static str {
        match self {
            Self::Delete => "deleted",
            Self::Export => CSV,
            _ => "good",
        }
    }
}

fn profile(
    request: impl IntoFuture<
        Output = Result<Response<PolicyProfile>, Error>,
        IntoFuture: Send + 'static,
    >,
) -> BoxFuture<'static, Result<CallSuccess, Error>> {
    let sending = request.into_future();
    Box::pin(async {
        sending
            .await
            .map(|profile| CallSuccess::new(profile.name().to_owned(), &profile))
    })
}

async fn collect_stream(mut stream: ByteStream, on_pending: impl Fn()) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    loop {
        let mut has_waited = false;
        let mut next = pin!(stream.try_next());
        let chunk = poll_fn(|context| {
            let poll = next.as_mut().poll(context);
            if poll.is_pending() && !std::mem::replace(&mut has_waited, true) {
                on_pending();
            }
            poll
        });
        match chunk.await? {
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None => return Ok(bytes),
        }
    }
}

/// A successful call.
#[derive(Debug)]
pub struct CallSuccess {
    /// The value, in the form of [`Call::expected_value`].
    pub value: String,
    pub attempts: u32,
    /// The `Debug` output of the response.
    pub debug: String,
}

impl CallSuccess {
    fn new<T: Debug>(value: String, response: &Response<T>) -> Self {
        Self {
            value,
            attempts: response.meta().attempts(),
            debug: format!("{response:?}"),
        }
    }
}

/// Renders the success response to a call. The connection stays open.
pub fn success_response(call: Call) -> String {
    let etag = ["ETag: \"v1\""];
    match call {
        Call::Delete => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        Call::PostWithKey | Call::PostWithoutKey => {
            keep_alive_response("201 Created", &etag, PROFILE)
        }
        Call::Export => keep_alive_response("200 OK", &[], CSV),
        Call::Get | Call::Put | Call::PutLarge => keep_alive_response("200 OK", &etag, PROFILE),
    }
}

/// Returns a script that sends a success response to a request.
pub fn respond_with_success(request: &Request) -> Script {
    let call = match request.method.as_str() {
        "DELETE" => Call::Delete,
        "POST" => Call::PostWithoutKey,
        "GET" if request.target.contains("/export") => Call::Export,
        _ => Call::Get,
    };
    Script::new().send(success_response(call))
}
