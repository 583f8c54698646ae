//! Type-erased calls and their outcomes.

use std::fmt::{self, Debug};

use bytes::Bytes;
use pgbeam::{ByteStream, Conditional, Error, Page, Response, api::BoxFuture};
use serde::Serialize;
use serde_json::{Value, json};

/// A call that is ready to be sent.
pub trait Call: Debug {
    fn send(self: Box<Self>) -> BoxFuture<'static, Result<Outcome, Error>>;
}

/// The outcome of a successful call.
pub struct Outcome {
    /// The SDK's response, for its `Debug` output.
    pub response: Box<dyn Debug + Send>,
    pub status: u16,
    pub payload: Payload,
}

/// The payload of a response.
#[derive(Debug, PartialEq)]
pub enum Payload {
    /// A value of the contract, serialized to JSON.
    Value(Value),
    /// A page: `items`, `next_page_token` and `total`.
    Page(Value),
    Bytes(Bytes),
    Empty,
    NotModified,
}

/// A request builder of the SDK that resolves to `T`.
pub trait SdkRequest<T>:
    IntoFuture<Output = Result<T, Error>, IntoFuture: Send + 'static> + Debug + 'static
{
}

impl<R, T> SdkRequest<T> for R where
    R: IntoFuture<Output = Result<T, Error>, IntoFuture: Send + 'static> + Debug + 'static
{
}

/// Trait bounds of a response value.
pub trait ResponseValue: Debug + Send + 'static {}

impl<T: Debug + Send + 'static> ResponseValue for T {}

/// A request and the function that maps its response to an outcome.
struct MappedRequest<R, F> {
    request: R,
    map: F,
}

impl<R: Debug, F> Debug for MappedRequest<R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

impl<R, T, F> Call for MappedRequest<R, F>
where
    R: IntoFuture<Output = Result<T, Error>, IntoFuture: Send + 'static> + Debug,
    T: 'static,
    F: Fn(T) -> Outcome + Send + 'static,
{
    fn send(self: Box<Self>) -> BoxFuture<'static, Result<Outcome, Error>> {
        let Self { request, map } = *self;
        let response = request.into_future();
        Box::pin(async move { response.await.map(map) })
    }
}

fn mapped<T: ResponseValue>(
    request: impl SdkRequest<T>,
    map: impl Fn(T) -> Outcome + Send + 'static,
) -> Box<dyn Call> {
    Box::new(MappedRequest { request, map })
}

fn unconditional<T: ResponseValue>(
    request: impl SdkRequest<Response<T>>,
    payload: impl Fn(&T) -> Payload + Send + 'static,
) -> Box<dyn Call> {
    mapped(request, move |response| Outcome {
        status: response.meta().status(),
        payload: payload(&response),
        response: Box::new(response),
    })
}

fn conditional<T: ResponseValue>(
    request: impl SdkRequest<Conditional<T>>,
    payload: impl Fn(&T) -> Payload + Send + 'static,
) -> Box<dyn Call> {
    mapped(request, move |response| Outcome {
        status: response.meta().status(),
        payload: match &response {
            Conditional::Modified(response) => payload(response),
            Conditional::NotModified(_) => Payload::NotModified,
        },
        response: Box::new(response),
    })
}

fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn page_payload<T: Serialize>(page: &Page<T>) -> Payload {
    let items: Vec<_> = page.items().iter().map(to_json).collect();
    let (token, total) = (page.next_page_token(), page.total());
    Payload::Page(json!({"items": items, "next_page_token": token, "total": total}))
}

/// Returns a call whose response is a value of the contract.
pub fn value<T: ResponseValue + Serialize>(request: impl SdkRequest<Response<T>>) -> Box<dyn Call> {
    unconditional(request, |value| Payload::Value(to_json(value)))
}

/// Returns a conditional read of a value of the contract.
pub fn conditional_value<T: ResponseValue + Serialize>(
    request: impl SdkRequest<Conditional<T>>,
) -> Box<dyn Call> {
    conditional(request, |value| Payload::Value(to_json(value)))
}

/// Returns a call whose response is a page.
pub fn page<T: ResponseValue + Serialize>(
    request: impl SdkRequest<Response<Page<T>>>,
) -> Box<dyn Call> {
    unconditional(request, page_payload)
}

/// Returns a conditional read of a page.
pub fn conditional_page<T: ResponseValue + Serialize>(
    request: impl SdkRequest<Conditional<Page<T>>>,
) -> Box<dyn Call> {
    conditional(request, page_payload)
}

/// Returns a call whose response has no body.
pub fn empty(request: impl SdkRequest<Response<()>>) -> Box<dyn Call> {
    unconditional(request, |()| Payload::Empty)
}

/// Returns a call whose response body is a byte stream.
pub fn bytes(request: impl SdkRequest<Response<ByteStream>>) -> Box<dyn Call> {
    #[derive(Debug)]
    struct StreamedRequest<R>(R);

    impl<R: SdkRequest<Response<ByteStream>>> Call for StreamedRequest<R> {
        fn send(self: Box<Self>) -> BoxFuture<'static, Result<Outcome, Error>> {
            let response = self.0.into_future();
            Box::pin(async move {
                let response = response.await?;
                let (status, debug) = (response.meta().status(), format!("{response:?}"));
                let bytes = response.into_inner().try_collect().await?;
                Ok(Outcome {
                    response: Box::new(debug),
                    status,
                    payload: Payload::Bytes(bytes),
                })
            })
        }
    }
    Box::new(StreamedRequest(request))
}

/// A builder of the low-level client and its `send` method. See [`low_level!`].
pub struct LowLevelRequest<B, F> {
    builder: B,
    send: fn(B) -> F,
}

impl<B, F> LowLevelRequest<B, F> {
    pub fn new(builder: B, send: fn(B) -> F) -> Self {
        Self { builder, send }
    }
}

impl<B: Debug, F> Debug for LowLevelRequest<B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.builder.fmt(f)
    }
}

impl<B, F: Future> IntoFuture for LowLevelRequest<B, F> {
    type Output = F::Output;
    type IntoFuture = F;
    fn into_future(self) -> F {
        (self.send)(self.builder)
    }
}

/// Wraps a builder of the low-level client in a [`LowLevelRequest`]. This is a macro, because each builder
/// has its own `send` method, which is not in a trait.
macro_rules! low_level {
    ($builder:expr) => {
        $crate::support::call::LowLevelRequest::new($builder, |builder| builder.send())
    };
}
pub(crate) use low_level;
