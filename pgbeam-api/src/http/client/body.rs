//! `HttpBody`: the body of a response from any HTTP client.

use std::{
    error::Error as StdError,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body, Frame};

use super::HttpError;

/// The body of a response that an [`HttpClient`](crate::HttpClient) returns.
///
/// It is created from bytes or a string ([`From`]), from any `http_body::Body` ([`new`](Self::new)) or
/// from a stream ([`from_stream`](Self::from_stream)). It implements `http_body::Body` and [`Stream`] of
/// bytes. The default is an empty body.
pub struct HttpBody(Inner);

enum Inner {
    Full(Bytes),
    Body(Pin<Box<dyn Frames>>),
    /// Not boxed, to save an allocation per call.
    #[cfg(feature = "reqwest")]
    Reqwest(reqwest::Body),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes, HttpError>> + Send>>),
}

impl HttpBody {
    /// Wraps a body, such as that of `hyper` or of a `tower` layer.
    ///
    /// Errors of the body are converted with [`HttpError::from_error`]. The request was sent, so the body
    /// changes the kind `Connect` to [`Other`](crate::HttpErrorKind::Other) and `ConnectTimeout` to
    /// [`Timeout`](crate::HttpErrorKind::Timeout).
    pub fn new<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        Self(Inner::Body(Box::pin(body)))
    }

    #[cfg(feature = "reqwest")]
    pub(super) fn from_reqwest(body: reqwest::Body) -> Self {
        Self(Inner::Reqwest(body))
    }

    /// Wraps a stream of chunks.
    pub fn from_stream(
        chunks: impl Stream<Item = Result<Bytes, HttpError>> + Send + 'static,
    ) -> Self {
        Self(Inner::Stream(Box::pin(chunks)))
    }
}

/// An object-safe version of `http_body::Body`, whose errors are converted to [`HttpError`].
trait Frames: Send {
    fn poll(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>>;
}

impl<B> Frames for B
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    fn poll(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        self.poll_frame(context).map_err(HttpError::from_error)
    }
}

impl Body for HttpBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let frame = match &mut self.0 {
            Inner::Full(bytes) if bytes.is_empty() => None,
            Inner::Full(bytes) => Some(Ok(Frame::data(std::mem::take(bytes)))),
            Inner::Body(body) => ready!(body.as_mut().poll(context)),
            #[cfg(feature = "reqwest")]
            Inner::Reqwest(body) => ready!(Frames::poll(Pin::new(body), context)),
            Inner::Stream(chunks) => {
                let chunk = ready!(chunks.as_mut().poll_next(context));
                chunk.map(|chunk| chunk.map(Frame::data))
            }
        };
        Poll::Ready(frame.map(|frame| frame.map_err(HttpError::into_body_error)))
    }
}

impl Stream for HttpBody {
    type Item = Result<Bytes, HttpError>;

    /// Returns the next chunk of the body. Skips trailers.
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(frame) = ready!(self.as_mut().poll_frame(context)?) else {
                return Poll::Ready(None);
            };
            if let Ok(data) = frame.into_data() {
                return Poll::Ready(Some(Ok(data)));
            }
        }
    }
}

impl Default for HttpBody {
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl<T: Into<Bytes>> From<T> for HttpBody {
    /// Creates a body from bytes or a string.
    fn from(bytes: T) -> Self {
        Self(Inner::Full(bytes.into()))
    }
}

impl fmt::Debug for HttpBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBody").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, io};

    use super::*;
    use crate::{HttpErrorKind, runtime::BodyBuffer};

    struct FrameBody(VecDeque<io::Result<Frame<Bytes>>>);

    impl Body for FrameBody {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
            Poll::Ready(self.0.pop_front())
        }
    }

    async fn read(body: HttpBody) -> Result<Bytes, HttpError> {
        let mut buffer = BodyBuffer::default();
        buffer.read_from(body, usize::MAX).await?;
        Ok(buffer.take())
    }

    #[tokio::test]
    async fn reads_bodies_of_all_sources() {
        let data = |chunk: &'static str| Ok(Frame::data(Bytes::from(chunk)));
        let frames = [
            data("a"),
            Ok(Frame::trailers(http::HeaderMap::new())),
            data("b"),
        ];
        let stream = Chunks(vec!["b", "a"]);
        for (body, expected) in [
            (HttpBody::default(), ""),
            ("ab".into(), "ab"),
            ("ab".to_owned().into(), "ab"),
            (b"ab".to_vec().into(), "ab"),
            (HttpBody::new(FrameBody(frames.into())), "ab"),
            (HttpBody::from_stream(stream), "ab"),
            (HttpBody::new(HttpBody::from("ab")), "ab"),
        ] {
            assert_eq!(read(body).await.unwrap(), expected);
        }
        let reset = Err(io::Error::from(io::ErrorKind::ConnectionReset));
        let error = read(HttpBody::new(FrameBody([data("a"), reset].into()))).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), HttpErrorKind::Other);
        assert!(error.into_source().is::<io::Error>());
    }

    struct Chunks(Vec<&'static str>);

    impl Stream for Chunks {
        type Item = Result<Bytes, HttpError>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.pop().map(|chunk| Ok(Bytes::from(chunk))))
        }
    }
}
