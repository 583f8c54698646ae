//! The calls: one of each kind that a retry has to tell apart.

use std::{fmt::Debug, future::poll_fn, pin::pin};

use pgbeam::{
    ByteStream, Client, Error, Response,
    api::BoxFuture,
    policies::{PolicyProfile, PolicyProfileInput},
};
use pgbeam_tests::raw::{Request, Script, answer_kept};

/// A policy profile as the API answers it.
pub const PROFILE: &str = r#"{"id":"pol_1","project_id":"prj_1","name":"good",
    "access_mode":"read_only","table_allowlist":[],"table_denylist":[],"masking_rules":[],
    "query_mode":"sql","max_rows":10,
    "created_at":"2026-01-31T12:00:00Z","updated_at":"2026-01-31T12:00:01Z"}"#;

/// The rows that a good export has.
pub const CSV: &str = "id,action\n1,login\n";

/// Larger than what a connection can hold while nobody reads it.
const LARGE: usize = 8 << 20;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Get,
    Put,
    /// A PUT with a body that does not fit into the network's buffers.
    PutLarge,
    Delete,
    /// A POST with an `Idempotency-Key`.
    Keyed,
    /// A POST without.
    Unkeyed,
    /// A read whose answer is a stream of bytes.
    Export,
}

impl Call {
    /// One of each kind.
    pub const ALL: [Self; 6] = [
        Self::Get,
        Self::Put,
        Self::Delete,
        Self::Keyed,
        Self::Unkeyed,
        Self::Export,
    ];

    pub fn operation(self) -> &'static str {
        match self {
            Self::Get => "getPolicyProfile",
            Self::Put | Self::PutLarge => "updatePolicyProfile",
            Self::Delete => "deletePolicyProfile",
            Self::Keyed | Self::Unkeyed => "createPolicyProfile",
            Self::Export => "exportAuditLogs",
        }
    }

    pub fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::Export)
    }

    /// Makes the call; its value in a word, the attempts, and all that a success may print.
    ///
    /// A stream says when it waits: before the first piece, and after each.
    pub fn make(
        self,
        client: &Client,
        waits: impl Fn() + Send + Sync + 'static,
    ) -> BoxFuture<'static, Result<(String, u32, String), Error>> {
        let project = client.project("prj_1").unwrap();
        let policies = project.policies();
        let input = PolicyProfileInput::new("good");
        match self {
            Self::Get => profile(policies.get("pol_1")),
            Self::Put => profile(policies.update("pol_1", input)),
            Self::PutLarge => {
                let large = input.field("padding", "x".repeat(LARGE));
                profile(policies.update("pol_1", large))
            }
            Self::Keyed => profile(policies.create(input).idempotency_key("key")),
            Self::Unkeyed => profile(policies.create(input)),
            Self::Delete => {
                let deleting = policies.delete("pol_1").into_future();
                Box::pin(async { deleting.await.map(|done| seen("deleted".to_owned(), &done)) })
            }
            Self::Export => {
                let exporting = project.audit_logs().export().into_future();
                Box::pin(async {
                    let response = exporting.await?;
                    let (_, attempts, shown) = seen(String::new(), &response);
                    let bytes = collect(response.into_inner(), waits).await?;
                    Ok((
                        String::from_utf8_lossy(&bytes).into_owned(),
                        attempts,
                        shown,
                    ))
                })
            }
        }
    }

    /// What it gives of a server that serves it well.
    pub fn good(self) -> &'static str {
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
) -> BoxFuture<'static, Result<(String, u32, String), Error>> {
    let sending = request.into_future();
    Box::pin(async {
        sending
            .await
            .map(|profile| seen(profile.name().to_owned(), &profile))
    })
}

async fn collect(mut stream: ByteStream, waits: impl Fn()) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    loop {
        let mut told = false;
        let mut next = pin!(stream.try_next());
        let piece = poll_fn(|context| {
            let poll = next.as_mut().poll(context);
            if poll.is_pending() && !std::mem::replace(&mut told, true) {
                waits();
            }
            poll
        });
        match piece.await? {
            Some(piece) => all.extend_from_slice(&piece),
            None => return Ok(all),
        }
    }
}

fn seen<T: Debug>(what: String, response: &Response<T>) -> (String, u32, String) {
    (what, response.meta().attempts(), format!("{response:?}"))
}

/// What a good server answers to this call; the connection goes on.
pub fn good_answer(call: Call) -> String {
    let etag = ["ETag: \"v1\""];
    match call {
        Call::Delete => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        Call::Keyed | Call::Unkeyed => answer_kept("201 Created", &etag, PROFILE),
        Call::Export => answer_kept("200 OK", &[], CSV),
        Call::Get | Call::Put | Call::PutLarge => answer_kept("200 OK", &etag, PROFILE),
    }
}

/// What a good server does with a request.
pub fn serve_well(request: &Request) -> Script {
    let call = match request.method.as_str() {
        "DELETE" => Call::Delete,
        "POST" => Call::Unkeyed,
        "GET" if request.target.contains("/export") => Call::Export,
        _ => Call::Get,
    };
    Script::new().send(good_answer(call))
}
