//! Serves one connection: runs its script, then passes further requests to the handler.

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

/// The content type of a TLS handshake record: the first byte that a TLS client sends.
const TLS_HANDSHAKE: u8 = 0x16;

pub(super) struct Connection {
    stream: TcpStream,
    shared: Arc<Shared>,
    /// Bytes that were read and not yet consumed.
    buffer: Vec<u8>,
    /// The index in `received` of the request whose head was read, but whose body was not.
    current: Option<usize>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, shared: Arc<Shared>) -> Self {
        Self {
            stream,
            shared,
            buffer: Vec::new(),
            current: None,
        }
    }

    /// Runs the script, then passes each request to the handler. Ends when the client disconnects or a script
    /// ends the connection.
    pub(super) async fn serve(mut self, script: Option<Script>) {
        // Each write must be sent immediately, as a packet.
        let _ = self.stream.set_nodelay(true);
        let mut ended = false;
        if let Some(script) = script {
            ended = self.run(script).await.is_err();
            self.shared.pending_scripts.send_modify(|count| *count -= 1);
        }
        while !ended {
            ended = self.respond().await.is_err();
        }
    }

    async fn run(&mut self, script: Script) -> io::Result<()> {
        for step in script.0 {
            self.run_step(step).await?;
        }
        Ok(())
    }

    /// Reads a request, and runs the script that the handler returns for it.
    async fn respond(&mut self) -> io::Result<()> {
        let request = self.read_request().await?;
        let script = (self.shared.state().handler)(&request);
        self.run(script).await
    }

    /// Runs one step. Returns an error if the connection has ended, or if the step ends the connection.
    async fn run_step(&mut self, step: Step) -> io::Result<()> {
        match step {
            Step::ReadByte => self.fill_buffer(1).await,
            Step::ReadHead => self.read_head().await.map(drop),
            Step::ReadBodyBytes(bytes) => {
                let length = match self.current {
                    Some(current) => self.shared.state().received[current].content_length(),
                    None => 0,
                };
                self.fill_buffer(bytes.min(length)).await
            }
            Step::ReadRequest => self.read_request().await.map(drop),
            Step::Send(bytes) => self.stream.write_all(&bytes).await,
            Step::SendBytewise(bytes) => {
                for byte in bytes {
                    self.stream.write_all(&[byte]).await?;
                    yield_now().await;
                }
                Ok(())
            }
            Step::SendForever { piece, interval } => loop {
                self.stream.write_all(&piece).await?;
                advance_clock(interval).await;
            },
            Step::AdvanceClock(time) => {
                advance_clock(time).await;
                Ok(())
            }
            Step::WaitForRelease => {
                self.shared
                    .release
                    .acquire()
                    .await
                    .expect("an open semaphore")
                    .forget();
                Ok(())
            }
            Step::Shutdown => {
                self.stream.shutdown().await?;
                while self.read_more().await? > 0 {}
                Err(ErrorKind::UnexpectedEof.into())
            }
            Step::Reset => {
                self.stream.set_zero_linger()?;
                Err(ErrorKind::ConnectionReset.into())
            }
            Step::Close => Err(ErrorKind::ConnectionAborted.into()),
        }
    }

    /// Reads the body of the current request. If there is no current request, reads the next request. Without
    /// a `Content-Length`, the body is empty.
    async fn read_request(&mut self) -> io::Result<Request> {
        let current = self.read_head().await?;
        let length = self.shared.state().received[current].content_length();
        self.fill_buffer(length).await?;
        let body: Vec<_> = self.buffer.drain(..length).collect();
        self.current = None;
        let request = &mut self.shared.state().received[current];
        request.body = String::from_utf8_lossy(&body).into_owned();
        Ok(request.clone())
    }

    /// Reads the head of the next request, unless there is a current request. Returns the index of the
    /// request in `received`.
    async fn read_head(&mut self) -> io::Result<usize> {
        if let Some(current) = self.current {
            return Ok(current);
        }
        let end = loop {
            if let Some(end) = self
                .buffer
                .windows(4)
                .position(|bytes| bytes == b"\r\n\r\n")
            {
                break end;
            }
            // A TLS handshake contains no end of a head, so the server would wait for one forever.
            if self.buffer.first() == Some(&TLS_HANDSHAKE) {
                return Err(ErrorKind::InvalidData.into());
            }
            self.fill_buffer(self.buffer.len() + 1).await?;
        };
        let head: Vec<_> = self.buffer.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head[..end]).into_owned();
        let received = &mut self.shared.state().received;
        received.push(Request::new(head));
        Ok(*self.current.insert(received.len() - 1))
    }

    /// Reads until the buffer has at least `bytes` bytes. Returns an error if the connection ends before
    /// that.
    async fn fill_buffer(&mut self, bytes: usize) -> io::Result<()> {
        while self.buffer.len() < bytes {
            if self.read_more().await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    async fn read_more(&mut self) -> io::Result<usize> {
        self.stream.read_buf(&mut self.buffer).await
    }
}

/// Advances the clock of the current Tokio runtime.
async fn advance_clock(time: Duration) {
    time::pause();
    time::advance(time).await;
    time::resume();
}
