//! `BodyBuffer`: reads a body into memory, up to a maximum size.

use std::{future::poll_fn, pin::Pin};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

/// A body in memory. A body of one chunk is not copied.
pub enum BodyBuffer {
    /// At most one chunk.
    Single(Bytes),
    /// A copy of several chunks.
    Joined(BytesMut),
}

impl Default for BodyBuffer {
    fn default() -> Self {
        Self::Single(Bytes::new())
    }
}

impl BodyBuffer {
    /// Appends all chunks of a stream.
    ///
    /// Returns `true` at the end of the stream. Returns `false` and clears the buffer if the body exceeds
    /// `max_len` bytes.
    ///
    /// # Errors
    ///
    /// The error of the stream. The buffer keeps the chunks received before the error, or before the
    /// future is dropped.
    pub async fn read_from<E>(
        &mut self,
        mut chunks: impl Stream<Item = Result<Bytes, E>> + Unpin,
        max_len: usize,
    ) -> Result<bool, E> {
        while let Some(chunk) = poll_fn(|context| Pin::new(&mut chunks).poll_next(context)).await {
            let chunk = chunk?;
            if chunk.len() > max_len - self.len() {
                *self = Self::default();
                return Ok(false);
            }
            self.push(chunk);
        }
        Ok(true)
    }

    /// Takes the bytes and leaves the buffer empty.
    pub fn take(&mut self) -> Bytes {
        match self {
            Self::Single(chunk) => std::mem::take(chunk),
            Self::Joined(bytes) => std::mem::take(bytes).freeze(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Single(chunk) => chunk.len(),
            Self::Joined(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, next: Bytes) {
        match self {
            Self::Single(chunk) if chunk.is_empty() => *chunk = next,
            Self::Single(chunk) => {
                let mut bytes = BytesMut::from(std::mem::take(chunk));
                bytes.extend_from_slice(&next);
                *self = Self::Joined(bytes);
            }
            Self::Joined(bytes) => bytes.extend_from_slice(&next),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::byte_stream::tests::stream;

    #[tokio::test]
    async fn reads_at_most_the_maximum_length() {
        for (chunks, max_len, expected) in [
            (&[][..], 0, Some("")),
            (&[Some("abc")], 3, Some("abc")),
            (&[Some("abc")], 2, None),
            (&[Some("ab"), Some("c")], 3, Some("abc")),
            (&[Some("ab"), Some("c")], 2, None),
            (&[Some("ab"), Some("c"), Some("d"), None], 3, None),
        ] {
            let mut body = BodyBuffer::default();
            let is_complete = body.read_from(stream(chunks), max_len).await.unwrap();
            assert_eq!(
                (is_complete, body.take()),
                (expected.is_some(), expected.unwrap_or_default().into())
            );
        }
    }

    #[tokio::test]
    async fn keeps_the_chunks_before_an_error() {
        let mut body = BodyBuffer::default();
        assert!(
            body.read_from(stream(&[Some("a"), Some("b"), None]), 9)
                .await
                .is_err()
        );
        assert_eq!(body.take(), "ab");
    }
}
