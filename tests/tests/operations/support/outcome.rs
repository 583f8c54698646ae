//! Calls and what comes of them, whatever their types are.

use std::fmt::{self, Debug};

use bytes::Bytes;
use pgbeam::{ByteStream, Conditional, Error, Page, Response, api::BoxFuture};
use serde::Serialize;
use serde_json::{Value, json};

/// A request that is ready to be sent.
pub trait Request: Debug {
    fn send(self: Box<Self>) -> BoxFuture<'static, Result<Got, Error>>;
}

/// What a call gave.
pub struct Got {
    /// The answer, as its type shows it.
    pub shown: Box<dyn Debug + Send>,
    pub status: u16,
    pub what: What,
}

/// The value of an answer.
#[derive(Debug, PartialEq)]
pub enum What {
    /// A value of the contract, written as JSON again.
    Value(Value),
    /// A page: its `items`, its `next_page_token` and its `total`.
    Page(Value),
    Bytes(Bytes),
    Nothing,
    NotModified,
}

/// A request that gives a `T`.
pub trait Giving<T>:
    IntoFuture<Output = Result<T, Error>, IntoFuture: Send + 'static> + Debug + 'static
{
}

impl<R, T> Giving<T> for R where
    R: IntoFuture<Output = Result<T, Error>, IntoFuture: Send + 'static> + Debug + 'static
{
}

/// What an answer can hold.
pub trait Held: Debug + Send + 'static {}

impl<T: Debug + Send + 'static> Held for T {}

/// A request, and how its answer is read.
struct Prepared<R, F> {
    request: R,
    read: F,
}

impl<R: Debug, F> Debug for Prepared<R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

impl<R, T, F> Request for Prepared<R, F>
where
    R: IntoFuture<Output = Result<T, Error>, IntoFuture: Send + 'static> + Debug,
    T: 'static,
    F: Fn(T) -> Got + Send + 'static,
{
    fn send(self: Box<Self>) -> BoxFuture<'static, Result<Got, Error>> {
        let Self { request, read } = *self;
        let sending = request.into_future();
        Box::pin(async move { sending.await.map(read) })
    }
}

fn prepared<T: Held>(
    request: impl Giving<T>,
    read: impl Fn(T) -> Got + Send + 'static,
) -> Box<dyn Request> {
    Box::new(Prepared { request, read })
}

/// A call whose answer is read.
fn answered<T: Held>(
    request: impl Giving<Response<T>>,
    what: impl Fn(&T) -> What + Send + 'static,
) -> Box<dyn Request> {
    prepared(request, move |response| Got {
        status: response.meta().status(),
        what: what(&response),
        shown: Box::new(response),
    })
}

/// A conditional read.
fn answered_if<T: Held>(
    request: impl Giving<Conditional<T>>,
    what: impl Fn(&T) -> What + Send + 'static,
) -> Box<dyn Request> {
    prepared(request, move |answer| Got {
        status: answer.meta().status(),
        what: match &answer {
            Conditional::Modified(response) => what(response),
            Conditional::NotModified(_) => What::NotModified,
        },
        shown: Box::new(answer),
    })
}

/// Any value as JSON.
pub fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn page_json<T: Serialize>(page: &Page<T>) -> What {
    let items: Vec<_> = page.items().iter().map(json).collect();
    let (token, total) = (page.next_page_token(), page.total());
    What::Page(json!({"items": items, "next_page_token": token, "total": total}))
}

/// A call that answers with a value of the contract.
pub fn value<T: Held + Serialize>(request: impl Giving<Response<T>>) -> Box<dyn Request> {
    answered(request, |of| What::Value(json(of)))
}

/// A conditional read of a value of the contract.
pub fn value_if<T: Held + Serialize>(request: impl Giving<Conditional<T>>) -> Box<dyn Request> {
    answered_if(request, |of| What::Value(json(of)))
}

/// A list of values of the contract.
pub fn page<T: Held + Serialize>(request: impl Giving<Response<Page<T>>>) -> Box<dyn Request> {
    answered(request, page_json)
}

/// A conditional read of a list of values of the contract.
pub fn page_if<T: Held + Serialize>(
    request: impl Giving<Conditional<Page<T>>>,
) -> Box<dyn Request> {
    answered_if(request, page_json)
}

/// A call that answers with nothing.
pub fn nothing(request: impl Giving<Response<()>>) -> Box<dyn Request> {
    answered(request, |()| What::Nothing)
}

/// A call that answers with bytes as they come in.
pub fn bytes(request: impl Giving<Response<ByteStream>>) -> Box<dyn Request> {
    #[derive(Debug)]
    struct Streamed<R>(R);

    impl<R: Giving<Response<ByteStream>>> Request for Streamed<R> {
        fn send(self: Box<Self>) -> BoxFuture<'static, Result<Got, Error>> {
            let sending = self.0.into_future();
            Box::pin(async move {
                let response = sending.await?;
                let (status, shown) = (response.meta().status(), format!("{response:?}"));
                let bytes = response.into_inner().try_collect().await?;
                Ok(Got {
                    shown: Box::new(shown),
                    status,
                    what: What::Bytes(bytes),
                })
            })
        }
    }
    Box::new(Streamed(request))
}

/// A builder of the low-level client, and its `send`: see `low!`.
pub struct Low<B, F> {
    builder: B,
    send: fn(B) -> F,
}

impl<B, F> Low<B, F> {
    pub fn new(builder: B, send: fn(B) -> F) -> Self {
        Self { builder, send }
    }
}

impl<B: Debug, F> Debug for Low<B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.builder.fmt(f)
    }
}

impl<B, F: Future> IntoFuture for Low<B, F> {
    type Output = F::Output;
    type IntoFuture = F;
    fn into_future(self) -> F {
        (self.send)(self.builder)
    }
}

/// A request by a builder of the low-level client.
macro_rules! low {
    ($builder:expr) => {
        $crate::support::outcome::Low::new($builder, |builder| builder.send())
    };
}
pub(crate) use low;
