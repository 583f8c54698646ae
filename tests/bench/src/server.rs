//! The server that all contenders (the measured clients) call. It keeps connections open and sends the same
//! bytes for every request. Such a response costs little time, so the benchmark measures the clients.

use std::{io, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Barrier,
};

use crate::rules;

/// The maximum number of connections that wait to be accepted. It is high, because all concurrent calls
/// connect at the same time.
const BACKLOG: u32 = 16_384;
/// The maximum number of headers of a request.
const MAX_HEADERS: usize = 32;
/// The initial size of a connection's buffer, in bytes. A request fits into the buffer. The buffer is small,
/// because up to 10,000 connections have one.
const BUFFER: usize = 4 * 1024;

/// Listens on a free port of 127.0.0.1.
pub fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    socket.listen(BACKLOG)
}

/// Serves connections until the process ends. Waits until `batch` requests have arrived, then responds to all
/// of them. Responds to each request immediately if `batch` is 0 or 1.
pub async fn serve(listener: TcpListener, batch: usize) -> io::Result<()> {
    let barrier = (batch > 1).then(|| Arc::new(Barrier::new(batch)));
    let response: Arc<[u8]> = response().into_bytes().into();
    loop {
        let (stream, _) = listener.accept().await?;
        let (barrier, response) = (barrier.clone(), response.clone());
        // An error of one connection does not affect the others.
        tokio::spawn(async move { serve_connection(stream, barrier.as_deref(), &response).await });
    }
}

async fn serve_connection(
    stream: TcpStream,
    barrier: Option<&Barrier>,
    response: &[u8],
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = Requests {
        stream,
        buffer: Vec::with_capacity(BUFFER),
        last: 0,
    };
    while requests.next().await?.is_some() {
        if let Some(barrier) = barrier {
            barrier.wait().await;
        }
        requests.stream.write_all(response).await?;
    }
    Ok(())
}

/// The requests of one connection.
pub struct Requests {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The length of the request that `next` returned last.
    last: usize,
}

impl Requests {
    /// Returns the next request with its body, or `None` at the end of the connection.
    pub async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.buffer.drain(..self.last);
        self.last = loop {
            if let Some(length) =
                request_length(&self.buffer)?.filter(|all| *all <= self.buffer.len())
            {
                break length;
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        };
        Ok(self.buffer.get(..self.last))
    }
}

/// Returns the length of the request at the start of `bytes`, including its body, which may be incomplete.
/// `None` if the head is incomplete.
///
/// # Errors
///
/// The head is invalid, has more than [`MAX_HEADERS`] headers, or has no valid `Content-Length`.
fn request_length(bytes: &[u8]) -> io::Result<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let head = match request.parse(bytes).map_err(io::Error::other)? {
        httparse::Status::Complete(head) => head,
        httparse::Status::Partial => return Ok(None),
    };
    let body = request
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(LENGTH));
    let body = body.and_then(|header| str::from_utf8(header.value).ok()?.parse::<usize>().ok());
    // All contenders send a body with `Content-Length`.
    body.map(|body| Some(head + body))
        .ok_or_else(|| io::Error::other("no Content-Length"))
}

const LENGTH: &str = "content-length";

/// Returns the response, with the headers that every response of the API has.
pub fn response() -> String {
    let body = rules::RESPONSE;
    format!(
        "HTTP/1.1 200 OK\r\n\
         Content-Type: application/json\r\n\
         Content-Length: {}\r\n\
         Date: Tue, 03 Feb 2026 16:05:41 GMT\r\n\
         X-Request-Id: req_01j9z3p5v7y9\r\n\
         RateLimit-Policy: \"default\";q=600;w=60\r\n\
         RateLimit: \"default\";r=599;t=60\r\n\
         \r\n{body}",
        body.len()
    )
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Accepts a connection, responds to its first request, and returns that request.
    pub async fn first_request(listener: TcpListener) -> Vec<u8> {
        let (stream, _) = listener.accept().await.unwrap();
        let mut requests = Requests {
            stream,
            buffer: Vec::new(),
            last: 0,
        };
        let request = requests.next().await.unwrap().unwrap().to_vec();
        requests
            .stream
            .write_all(response().as_bytes())
            .await
            .unwrap();
        request
    }

    #[test]
    fn computes_request_lengths() {
        for (bytes, expected) in [
            ("", None),
            ("PUT / HTTP/1.1\r\nContent-Length: 3\r\n", None),
            ("PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", Some(40)),
            (
                "PUT / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcPUT",
                Some(40),
            ),
        ] {
            assert_eq!(
                request_length(bytes.as_bytes()).unwrap(),
                expected,
                "{bytes:?}"
            );
        }
        for bad in [
            "PUT / HTTP/1.1\r\n\r\n",
            "PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "\0",
        ] {
            assert!(request_length(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
