//! Tests of the SDK with a raw TCP server: the exact bytes of requests and responses.

mod config;
mod failures;
mod requests;
mod retry_classes;

use pgbeam::{
    CallOptions, Client, ClientBuilder, Error,
    api::{Operation, RawResponse, operations},
};
use pgbeam_tests::raw::{RawServer, Script, response};

const KEY: &str = "pbk_s3cret_key";

/// Starts a server. Each new connection runs the next of `replies` after its first request. All other
/// requests get a response with status 418.
async fn server(replies: impl IntoIterator<Item = impl Into<Script>>) -> RawServer {
    let server = RawServer::start(|_| response("418 I'm a teapot", &[], "")).await;
    for reply in replies {
        server.push_script(Script::new().read_request().chain(reply.into()));
    }
    server
}

/// Returns the received requests as strings.
fn raw_requests(server: &RawServer) -> Vec<String> {
    server
        .requests()
        .iter()
        .map(|request| request.raw())
        .collect()
}

/// Returns a client builder that has no backoff and ignores the environment of the process.
fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .base_url(url)
        .api_key(KEY)
        .env(|_| None)
        .initial_backoff(std::time::Duration::ZERO)
}

fn client(url: &str) -> Client {
    builder(url).build().unwrap()
}

async fn call(client: &Client, operation: &'static Operation) -> Result<RawResponse, Error> {
    call_with(client, operation, CallOptions::new()).await
}

async fn call_with(
    client: &Client,
    operation: &'static Operation,
    options: CallOptions,
) -> Result<RawResponse, Error> {
    let call = client
        .api_with(options)
        .call(operation)
        .path("project_id", "prj_1");
    let has_policy_id = operation.path.contains("{policy_id}");
    let call = if has_policy_id {
        call.path("policy_id", "pol_1")
    } else {
        call
    };
    let call = if operation.has_body {
        call.body(r#"{"name":"x"}"#)
    } else {
        call
    };
    Ok(*call.send().await?)
}

static GET: &Operation = &operations::GET_POLICY_PROFILE;
static PUT: &Operation = &operations::UPDATE_POLICY_PROFILE;
static POST: &Operation = &operations::CREATE_POLICY_PROFILE;
static DELETE: &Operation = &operations::DELETE_POLICY_PROFILE;
