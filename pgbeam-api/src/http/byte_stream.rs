//! A body that is not JSON, as it comes in.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::Error;

/// The body of an answer that is not JSON, such as a CSV export, in the pieces in which it comes in.
///
/// It is a [`Stream`] of bytes and a `tokio::io::AsyncRead` (feature `tokio`, which `pgbeam` enables),
/// so that `tokio::io::copy(&mut export, &mut file).await?` writes it to a file. Dropping it closes
/// the connection. After an error it ends: the pieces before it are only the beginning of the body.
///
/// ```
/// # async fn run(mut export: pgbeam_api::ByteStream) -> Result<(), Box<dyn std::error::Error>> {
/// let mut size = 0;
/// while let Some(piece) = export.try_next().await? {
///     size += piece.len();
/// }
/// # Ok(())
/// # }
/// ```
pub struct ByteStream {
    /// `None` once it has ended.
    pieces: Option<Inner>,
    /// The rest of a piece that a reader has begun.
    rest: Bytes,
}

type Inner = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

impl ByteStream {
    /// A body that comes in these pieces; for transports and tests.
    pub fn new(pieces: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> Self {
        Self {
            pieces: Some(Box::pin(pieces)),
            rest: Bytes::new(),
        }
    }

    /// A body that is all there.
    pub fn whole(body: Bytes) -> Self {
        Self::new(Whole(body))
    }

    /// The next piece, never an empty one; `None` at the end.
    ///
    /// # Errors
    ///
    /// Kind [`Network`](crate::ErrorKind::Network) or [`Timeout`](crate::ErrorKind::Timeout) when
    /// the body breaks off or comes too slowly.
    pub async fn try_next(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// The whole body, however large it is.
    ///
    /// # Errors
    ///
    /// As [`try_next`](Self::try_next); the pieces that came before are lost.
    pub async fn try_collect(self) -> Result<Bytes, Error> {
        let mut body = Collected::default();
        // No memory holds more than `usize` can count.
        body.fill(self, usize::MAX).await?;
        Ok(body.take())
    }
}

/// A body that is read into memory.
pub enum Collected {
    /// One piece, as it came.
    One(Bytes),
    /// Several, copied.
    Many(BytesMut),
}

impl Default for Collected {
    fn default() -> Self {
        Self::One(Bytes::new())
    }
}

impl Collected {
    /// Adds all pieces; `false`, and nothing is left, as soon as they come to more than `most` bytes.
    /// What came before a failure is kept, and so it is where the future is dropped.
    pub async fn fill<E>(
        &mut self,
        mut pieces: impl Stream<Item = Result<Bytes, E>> + Unpin,
        most: usize,
    ) -> Result<bool, E> {
        while let Some(piece) = poll_fn(|context| Pin::new(&mut pieces).poll_next(context)).await {
            let piece = piece?;
            if piece.len() > most - self.len() {
                *self = Self::default();
                return Ok(false);
            }
            self.push(piece);
        }
        Ok(true)
    }

    /// Takes what is there.
    pub fn take(&mut self) -> Bytes {
        match self {
            Self::One(piece) => std::mem::take(piece),
            Self::Many(all) => std::mem::take(all).freeze(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::One(piece) => piece.len(),
            Self::Many(pieces) => pieces.len(),
        }
    }

    fn push(&mut self, more: Bytes) {
        match self {
            Self::One(piece) if piece.is_empty() => *piece = more,
            Self::One(piece) => {
                let mut all = BytesMut::from(std::mem::take(piece));
                all.extend_from_slice(&more);
                *self = Self::Many(all);
            }
            Self::Many(all) => all.extend_from_slice(&more),
        }
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.rest))));
        }
        loop {
            let Some(pieces) = &mut self.pieces else {
                return Poll::Ready(None);
            };
            let piece = ready!(pieces.as_mut().poll_next(context));
            match piece {
                Some(Ok(piece)) if piece.is_empty() => continue,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => self.pieces = None,
            }
            return Poll::Ready(piece);
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
        if let Some(mut piece) = ready!(self.as_mut().poll_next(context)?) {
            let length = piece.len().min(buffer.remaining());
            buffer.put_slice(&piece.split_to(length));
            self.rest = piece;
        }
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").finish_non_exhaustive()
    }
}

/// One piece, then the end.
struct Whole(Bytes);

impl Stream for Whole {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let body = std::mem::take(&mut self.0);
        Poll::Ready((!body.is_empty()).then_some(Ok(body)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::ErrorKind;

    /// Gives these pieces; an absent one is a failure.
    fn stream(pieces: &[Option<&'static str>]) -> ByteStream {
        struct Given(VecDeque<Option<&'static str>>);
        impl Stream for Given {
            type Item = Result<Bytes, Error>;
            fn poll_next(
                mut self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                Poll::Ready(self.0.pop_front().map(|piece| match piece {
                    Some(piece) => Ok(Bytes::from_static(piece.as_bytes())),
                    None => Err(Error::new(ErrorKind::Network, "it broke off")),
                }))
            }
        }
        ByteStream::new(Given(pieces.iter().copied().collect()))
    }

    #[tokio::test]
    async fn gives_what_comes_and_ends_at_the_first_failure() {
        let mut good = stream(&[Some("a"), Some(""), Some("bc")]);
        assert_eq!(good.try_next().await.unwrap().unwrap(), "a");
        assert_eq!(good.try_next().await.unwrap().unwrap(), "bc");
        assert!(good.try_next().await.unwrap().is_none());
        assert!(good.try_next().await.unwrap().is_none());

        let mut cut = stream(&[Some("a"), None, Some("b")]);
        assert_eq!(cut.try_next().await.unwrap().unwrap(), "a");
        assert!(cut.try_next().await.unwrap_err().is_network());
        assert!(cut.try_next().await.unwrap().is_none());
    }

    #[cfg(feature = "tokio")]
    #[tokio::test]
    async fn is_read_whatever_the_size_of_the_buffer() {
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
        // A reader and the methods of the stream may alternate.
        let mut stream = stream(&[Some("abc")]);
        stream.read_exact(&mut [0; 1]).await.unwrap();
        assert_eq!(stream.try_next().await.unwrap().unwrap(), "bc");
    }

    #[tokio::test]
    async fn collects_all_or_fails() {
        for (pieces, want) in [
            (&[][..], ""),
            (&[Some("a")], "a"),
            (&[Some("a"), Some("b")], "ab"),
            (&[Some("a"), Some("b"), Some("c")], "abc"),
        ] {
            assert_eq!(stream(pieces).try_collect().await.unwrap(), want);
        }
        assert!(
            stream(&[Some("a"), Some("b"), None])
                .try_collect()
                .await
                .is_err()
        );
        assert_eq!(
            ByteStream::whole(Bytes::from_static(b"ab"))
                .try_collect()
                .await
                .unwrap(),
            "ab"
        );
        assert_eq!(
            ByteStream::whole(Bytes::new()).try_collect().await.unwrap(),
            ""
        );
    }

    #[tokio::test]
    async fn collects_no_more_than_it_may() {
        for (pieces, most, want) in [
            (&[][..], 0, Some("")),
            (&[Some("abc")], 3, Some("abc")),
            (&[Some("abc")], 2, None),
            (&[Some("ab"), Some("c")], 3, Some("abc")),
            (&[Some("ab"), Some("c")], 2, None),
            (&[Some("ab"), Some("c"), Some("d"), None], 3, None),
        ] {
            let mut body = Collected::default();
            let all = body.fill(stream(pieces), most).await.unwrap();
            assert_eq!(
                (all, body.take()),
                (want.is_some(), want.unwrap_or_default().into())
            );
        }
    }

    #[tokio::test]
    async fn what_came_before_a_failure_is_kept() {
        let mut body = Collected::default();
        assert!(
            body.fill(stream(&[Some("a"), Some("b"), None]), 9)
                .await
                .is_err()
        );
        assert_eq!(body.take(), "ab");
    }
}
