//! Executes any operation by its id, without types. Parameters are sent unchanged.

use pgbeam::{Client, Error, RawResponse, Response, api::Content};

use crate::{
    reply::{Failure, Success},
    request::{Json, Request, with_headers},
};

/// Calls an operation. The API contract determines the body of the result: the JSON of the response, its
/// bytes as a string, or null if the operation has no response body.
pub async fn call(client: &Client, request: &Request) -> Result<Success, Failure> {
    let response = send(client, request).await?;
    match response.operation.content {
        Content::None => Ok(Success::empty(response.empty()?.meta())),
        Content::Bytes => {
            let (stream, meta) = response.stream()?.into_parts();
            let bytes = stream.try_collect().await?;
            Ok(Success::with_body(
                &meta,
                &*String::from_utf8_lossy(&bytes),
            )?)
        }
        _ => {
            let json: Response<Json> = response.json()?;
            Ok(Success::with_body(json.meta(), &*json)?)
        }
    }
}

/// Sends a request and returns the response. A response with an error status is not an `Err`.
pub async fn send(client: &Client, request: &Request) -> Result<RawResponse, Error> {
    let mut call = client.call(request.operation.id);
    for (name, value) in &request.path {
        call = call.path(name, value);
    }
    for (name, value) in request.query.pairs() {
        call = call.query(name, value);
    }
    if let Some(body) = &request.body {
        call = call.json(body);
    }
    with_headers!(call, request.headers.clone()).await
}
