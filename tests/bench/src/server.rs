//! The server that all contenders talk to: it reads whole requests over kept connections, and answers
//! each with the same bytes, so fast that what is measured is the client.

use std::{io, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Barrier,
};

use crate::rules;

/// More waiting connections than the kernel holds by itself: all calls of a flight connect at once.
const BACKLOG: u32 = 16_384;
/// More headers than any contender sends.
const MOST_HEADERS: usize = 32;
/// A little more than a request: with 10,000 connections every kilobyte counts.
const BUFFER: usize = 4 * 1024;

/// Listens on a port of its own choice.
pub fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    socket.listen(BACKLOG)
}

/// Answers until the process ends; `hold` requests together, each only when all have come.
pub async fn serve(listener: TcpListener, hold: usize) -> io::Result<()> {
    let hold = (hold > 1).then(|| Arc::new(Barrier::new(hold)));
    let answer: Arc<[u8]> = answer().into_bytes().into();
    loop {
        let (stream, _) = listener.accept().await?;
        let (hold, answer) = (hold.clone(), answer.clone());
        // A client that goes away ends its own connection and nothing else.
        tokio::spawn(async move { connection(stream, hold.as_deref(), &answer).await });
    }
}

async fn connection(stream: TcpStream, hold: Option<&Barrier>, answer: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = Requests {
        stream,
        buffer: Vec::with_capacity(BUFFER),
        last: 0,
    };
    while requests.next().await?.is_some() {
        if let Some(hold) = hold {
            hold.wait().await;
        }
        requests.stream.write_all(answer).await?;
    }
    Ok(())
}

/// The requests of one connection.
pub struct Requests {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// How much of the buffer the request took that was given last.
    last: usize,
}

impl Requests {
    /// The next request, head and body; `None` when the client has gone.
    pub async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.buffer.drain(..self.last);
        self.last = loop {
            if let Some(length) = length(&self.buffer)?.filter(|all| *all <= self.buffer.len()) {
                break length;
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        };
        Ok(self.buffer.get(..self.last))
    }
}

/// How long the request is that begins here, once its head is whole.
fn length(bytes: &[u8]) -> io::Result<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
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
    // All contenders send a body, and none sends it in chunks.
    body.map(|body| Some(head + body))
        .ok_or_else(|| io::Error::other("no Content-Length"))
}

const LENGTH: &str = "content-length";

/// The whole answer, with the headers that the API sends with every one.
pub fn answer() -> String {
    let body = rules::ANSWER;
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

    /// What one connection brings first; it is answered.
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
            .write_all(answer().as_bytes())
            .await
            .unwrap();
        request
    }

    #[test]
    fn knows_where_a_request_ends() {
        for (bytes, want) in [
            ("", None),
            ("PUT / HTTP/1.1\r\nContent-Length: 3\r\n", None),
            ("PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", Some(40)),
            (
                "PUT / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcPUT",
                Some(40),
            ),
        ] {
            assert_eq!(length(bytes.as_bytes()).unwrap(), want, "{bytes:?}");
        }
        for bad in [
            "PUT / HTTP/1.1\r\n\r\n",
            "PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "\0",
        ] {
            assert!(length(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
