//! Every other operation, by its name: what the command gives is sent as it is.

use pgbeam::{Client, Error, RawResponse, Response, api::Content};

use crate::{
    answer::{Failure, Success},
    request::{Json, Request, with_headers},
};

/// Calls an operation, and reads what it answers as what it is said to hold.
pub async fn call(client: &Client, request: &Request) -> Result<Success, Failure> {
    let answer = send(client, request).await?;
    match answer.operation.content {
        Content::None => Ok(Success::empty(answer.empty()?.meta())),
        Content::Bytes => {
            let (stream, meta) = answer.stream()?.into_parts();
            let bytes = stream.try_collect().await?;
            Ok(Success::of(&meta, &*String::from_utf8_lossy(&bytes))?)
        }
        _ => {
            let read: Response<Json> = answer.json()?;
            Ok(Success::of(read.meta(), &*read)?)
        }
    }
}

/// Sends a request; the answer may have any status.
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
