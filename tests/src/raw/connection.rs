//! One connection: carries its script out, and then answers what else comes.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::yield_now,
    time,
};

use super::{Request, Script, Shared, script::Step};

/// The first byte of a client that speaks TLS.
const TLS_HANDSHAKE: u8 = 0x16;

pub(super) struct Connection {
    stream: TcpStream,
    shared: Arc<Shared>,
    /// What was read and not yet used.
    read: Vec<u8>,
    /// Which of the requests received is being read.
    current: Option<usize>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, shared: Arc<Shared>) -> Self {
        Self {
            stream,
            shared,
            read: Vec::new(),
            current: None,
        }
    }

    /// Carries the script out. Where the client leaves before it is through, that was its end.
    pub(super) async fn serve(mut self, script: Option<Script>) {
        // Pieces go out as they are sent.
        let _ = self.stream.set_nodelay(true);
        let mut ended = false;
        if let Some(script) = script {
            ended = self.follow(script).await.is_err();
            self.shared.open.send_modify(|open| *open -= 1);
        }
        while !ended {
            ended = self.answer().await.is_err();
        }
    }

    async fn follow(&mut self, script: Script) -> io::Result<()> {
        for step in script.0 {
            self.take(step).await?;
        }
        Ok(())
    }

    /// Reads a request that no script is for, and does what the server does with such ones.
    async fn answer(&mut self) -> io::Result<()> {
        let request = self.request().await?;
        let script = (self.shared.state().reply)(&request);
        self.follow(script).await
    }

    /// An error where the connection is at its end.
    async fn take(&mut self, step: Step) -> io::Result<()> {
        match step {
            Step::ReadByte => self.fill(1).await,
            Step::ReadHead => self.head().await.map(drop),
            Step::ReadSome(bytes) => {
                let length = match self.current {
                    Some(current) => self.shared.state().received[current].content_length(),
                    None => 0,
                };
                self.fill(bytes.min(length)).await
            }
            Step::ReadRequest => self.request().await.map(drop),
            Step::Send(bytes) => self.stream.write_all(&bytes).await,
            Step::Drip(bytes) => {
                for byte in bytes {
                    self.stream.write_all(&[byte]).await?;
                    yield_now().await;
                }
                Ok(())
            }
            Step::SendForever { piece, every } => loop {
                self.stream.write_all(&piece).await?;
                pass(every).await;
            },
            Step::Pass(time) => {
                pass(time).await;
                Ok(())
            }
            Step::Hold => {
                // It is never closed.
                self.shared
                    .release
                    .acquire()
                    .await
                    .expect("a semaphore")
                    .forget();
                Ok(())
            }
            Step::Finish => {
                self.stream.shutdown().await?;
                while self.more().await? > 0 {}
                Err(ErrorKind::UnexpectedEof.into())
            }
            Step::Reset => {
                self.stream.set_zero_linger()?;
                Err(ErrorKind::ConnectionReset.into())
            }
            Step::Drop => Err(ErrorKind::ConnectionAborted.into()),
        }
    }

    /// The whole request that is being read, or the next one.
    async fn request(&mut self) -> io::Result<Request> {
        let current = self.head().await?;
        let length = self.shared.state().received[current].content_length();
        self.fill(length).await?;
        let body: Vec<_> = self.read.drain(..length).collect();
        self.current = None;
        let request = &mut self.shared.state().received[current];
        request.body = String::from_utf8_lossy(&body).into_owned();
        Ok(request.clone())
    }

    /// Reads the head of the next request, unless one is being read.
    async fn head(&mut self) -> io::Result<usize> {
        if let Some(current) = self.current {
            return Ok(current);
        }
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            // Who speaks TLS here is not answered.
            if self.read.first() == Some(&TLS_HANDSHAKE) {
                return Err(ErrorKind::InvalidData.into());
            }
            self.fill(self.read.len() + 1).await?;
        };
        let head: Vec<_> = self.read.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head[..end]).into_owned();
        let received = &mut self.shared.state().received;
        received.push(Request::new(head));
        Ok(*self.current.insert(received.len() - 1))
    }

    /// Reads until there are as many bytes that were not used.
    async fn fill(&mut self, bytes: usize) -> io::Result<()> {
        while self.read.len() < bytes {
            if self.more().await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    async fn more(&mut self) -> io::Result<usize> {
        self.stream.read_buf(&mut self.read).await
    }
}

/// Sets the clock of this runtime forward.
async fn pass(time: Duration) {
    time::pause();
    time::advance(time).await;
    time::resume();
}
