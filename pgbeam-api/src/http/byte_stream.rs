//! `ByteStream`: the body of a success response that is not JSON, as a stream of chunks.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;

use super::body_buffer::BodyBuffer;
use crate::Error;

/// The body of a response that is not JSON, such as a CSV export, as a stream of chunks.
///
/// It implements [`Stream`] and `tokio::io::AsyncRead` (feature `tokio`, which `pgbeam` enables), so
/// `tokio::io::copy(&mut export, &mut file).await?` writes it to a file. Dropping it stops the download.
///
/// The stream ends after an error. The chunks before the error are then only the start of the body.
///
/// ```
/// # async fn run(mut export: pgbeam_api::ByteStream) -> Result<(), Box<dyn std::error::Error>> {
/// let mut size = 0;
/// while let Some(chunk) = export.try_next().await? {
///     size += chunk.len();
/// }
/// # Ok(())
/// # }
/// ```
pub struct ByteStream {
    /// The chunks not yet read; `None` after the end of the body or an error.
    chunks: Option<Inner>,
    /// The rest of a chunk. `poll_read` has returned the first part of the chunk.
    rest: Bytes,
}

type Inner = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

impl ByteStream {
    /// Creates a body from a stream of chunks, for transports and tests.
    pub fn new(chunks: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> Self {
        Self {
            chunks: Some(Box::pin(chunks)),
            rest: Bytes::new(),
        }
    }

    /// Creates a body from bytes in memory.
    pub fn from_bytes(body: Bytes) -> Self {
        Self::new(Once(body))
    }

    /// Returns the next chunk, which is never empty, or `None` at the end of the body.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) if the body breaks off,
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) if it arrives too slowly.
    pub async fn try_next(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// Reads the rest of the body into memory, without a size limit.
    ///
    /// # Errors
    ///
    /// The errors of [`try_next`](Self::try_next). The chunks received before an error are dropped.
    pub async fn try_collect(self) -> Result<Bytes, Error> {
        let mut body = BodyBuffer::default();
        body.read_from(self, usize::MAX).await?;
        Ok(body.take())
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.rest))));
        }
        loop {
            let Some(chunks) = &mut self.chunks else {
                return Poll::Ready(None);
            };
            let chunk = ready!(chunks.as_mut().poll_next(context));
            match chunk {
                Some(Ok(chunk)) if chunk.is_empty() => continue,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => self.chunks = None,
            }
            return Poll::Ready(chunk);
        }
    }
}

#[cfg(feature = "tokio")]
impl tokio::io::AsyncRead for ByteStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if let Some(mut chunk) = ready!(self.as_mut().poll_next(context)?) {
            let length = chunk.len().min(buffer.remaining());
            buffer.put_slice(&chunk.split_to(length));
            self.rest = chunk;
        }
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").finish_non_exhaustive()
    }
}

/// A stream of one chunk, or of none if the chunk is empty.
struct Once(Bytes);

impl Stream for Once {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let body = std::mem::take(&mut self.0);
        Poll::Ready((!body.is_empty()).then_some(Ok(body)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::ErrorKind;

    /// Creates a body of these chunks. For `None`, the stream returns an error.
    pub(crate) fn stream(chunks: &[Option<&'static str>]) -> ByteStream {
        struct Chunks(VecDeque<Option<&'static str>>);
        impl Stream for Chunks {
            type Item = Result<Bytes, Error>;
            fn poll_next(
                mut self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                Poll::Ready(self.0.pop_front().map(|chunk| match chunk {
                    Some(chunk) => Ok(Bytes::from_static(chunk.as_bytes())),
                    None => Err(Error::new(ErrorKind::Network, "it broke off")),
                }))
            }
        }
        ByteStream::new(Chunks(chunks.iter().copied().collect()))
    }

    #[tokio::test]
    async fn skips_empty_chunks_and_ends_at_the_first_error() {
        let mut complete = stream(&[Some("a"), Some(""), Some("bc")]);
        assert_eq!(complete.try_next().await.unwrap().unwrap(), "a");
        assert_eq!(complete.try_next().await.unwrap().unwrap(), "bc");
        assert!(complete.try_next().await.unwrap().is_none());
        assert!(complete.try_next().await.unwrap().is_none());

        let mut truncated = stream(&[Some("a"), None, Some("b")]);
        assert_eq!(truncated.try_next().await.unwrap().unwrap(), "a");
        assert!(truncated.try_next().await.unwrap_err().is_network());
        assert!(truncated.try_next().await.unwrap().is_none());
    }

    #[cfg(feature = "tokio")]
    #[tokio::test]
    async fn async_read_works_with_any_buffer_size() {
        use tokio::io::AsyncReadExt;

        for size in 1..6 {
            let mut stream = stream(&[Some("abc"), Some(""), Some("de"), None, Some("f")]);
            let (mut read, mut buffer) = (Vec::new(), vec![0; size]);
            let error = loop {
                match stream.read(&mut buffer).await {
                    Ok(length) => read.extend_from_slice(&buffer[..length]),
                    Err(error) => break error,
                }
            };
            assert_eq!(read, b"abcde");
            assert!(error.get_ref().unwrap().is::<Error>());
            assert_eq!(stream.read(&mut buffer).await.unwrap(), 0);
        }
        // `try_next` returns the rest of a chunk that was read in part.
        let mut stream = stream(&[Some("abc")]);
        stream.read_exact(&mut [0; 1]).await.unwrap();
        assert_eq!(stream.try_next().await.unwrap().unwrap(), "bc");
    }

    #[tokio::test]
    async fn try_collect_returns_the_whole_body_or_an_error() {
        for (chunks, expected) in [
            (&[][..], ""),
            (&[Some("a")], "a"),
            (&[Some("a"), Some("b")], "ab"),
            (&[Some("a"), Some("b"), Some("c")], "abc"),
        ] {
            assert_eq!(stream(chunks).try_collect().await.unwrap(), expected);
        }
        assert!(
            stream(&[Some("a"), Some("b"), None])
                .try_collect()
                .await
                .is_err()
        );
        assert_eq!(
            ByteStream::from_bytes(Bytes::from_static(b"ab"))
                .try_collect()
                .await
                .unwrap(),
            "ab"
        );
        assert_eq!(
            ByteStream::from_bytes(Bytes::new())
                .try_collect()
                .await
                .unwrap(),
            ""
        );
    }
}
