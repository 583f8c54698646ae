//! Calls and what comes of them, whatever their types are.

use std::fmt::{self, Debug};

use bytes::Bytes;
use pgbeam::{ByteStream, Conditional, Error, Page, Response, api::BoxFuture};
use serde::Serialize;
use serde_json::{Value, json};

/// A request of any type that is ready to be sent.
pub struct Sent {
    /// All that its `Debug` shows.
    pub shown: String,
    pub answer: BoxFuture<'static, Result<Got, Error>>,
}

/// What a call gave.
pub struct Got {
    /// All that the `Debug` of the answer shows.
    pub shown: String,
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
    /// What the methods of a hand-written type say, named as the contract names it.
    Read(Value),
    Bytes(Bytes),
    Nothing,
    NotModified,
}

/// Both forms of `Debug`.
fn shown(value: &impl Debug) -> String {
    format!("{value:?}\n{value:#?}")
}

/// Any value as JSON.
pub fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// A page, its items read by a function.
fn page_json<T>(page: &Page<T>, item: impl Fn(&T) -> Value) -> Value {
    let items: Vec<_> = page.items().iter().map(item).collect();
    json!({"items": items, "next_page_token": page.next_page_token(), "total": page.total()})
}

fn sent<R, T>(request: R, got: impl FnOnce(T) -> Got + Send + 'static) -> Sent
where
    R: IntoFuture<Output = Result<T, Error>, IntoFuture: Send + 'static> + Debug,
    T: Send + 'static,
{
    let shown = shown(&request);
    let future = request.into_future();
    Sent { shown, answer: Box::pin(async { future.await.map(got) }) }
}

fn answered<T: Debug>(response: &Response<T>, what: What) -> Got {
    Got { shown: shown(response), status: response.meta().status(), what }
}

fn if_modified<T: Debug>(answer: Conditional<T>, what: impl FnOnce(&T) -> What) -> Got {
    let what = match &answer {
        Conditional::Modified(response) => what(response),
        Conditional::NotModified(_) => What::NotModified,
    };
    Got { shown: shown(&answer), status: answer.meta().status(), what }
}

/// A call that answers with a value of the contract.
pub fn value<R, T>(request: R) -> Sent
where
    R: IntoFuture<Output = Result<Response<T>, Error>, IntoFuture: Send + 'static> + Debug,
    T: Serialize + Debug + Send + 'static,
{
    sent(request, |response| answered(&response, What::Value(json(&*response))))
}

/// A conditional read of a value of the contract.
pub fn value_if<R, T>(request: R) -> Sent
where
    R: IntoFuture<Output = Result<Conditional<T>, Error>, IntoFuture: Send + 'static> + Debug,
    T: Serialize + Debug + Send + 'static,
{
    sent(request, |answer| if_modified(answer, |of| What::Value(json(of))))
}

/// A list of values of the contract.
pub fn page<R, T>(request: R) -> Sent
where
    R: IntoFuture<Output = Result<Response<Page<T>>, Error>, IntoFuture: Send + 'static> + Debug,
    T: Serialize + Debug + Send + 'static,
{
    page_of(request, json)
}

/// A conditional read of a list of values of the contract.
pub fn page_if<R, T>(request: R) -> Sent
where
    R: IntoFuture<Output = Result<Conditional<Page<T>>, Error>, IntoFuture: Send + 'static> + Debug,
    T: Serialize + Debug + Send + 'static,
{
    page_of_if(request, json)
}

/// A list whose items a function reads.
pub fn page_of<R, T>(request: R, item: fn(&T) -> Value) -> Sent
where
    R: IntoFuture<Output = Result<Response<Page<T>>, Error>, IntoFuture: Send + 'static> + Debug,
    T: Debug + Send + 'static,
{
    sent(request, move |response| answered(&response, What::Page(page_json(&response, item))))
}

/// A conditional read of a list whose items a function reads.
pub fn page_of_if<R, T>(request: R, item: fn(&T) -> Value) -> Sent
where
    R: IntoFuture<Output = Result<Conditional<Page<T>>, Error>, IntoFuture: Send + 'static> + Debug,
    T: Debug + Send + 'static,
{
    sent(request, move |answer| if_modified(answer, |of| What::Page(page_json(of, item))))
}

/// A call whose answer a function reads.
pub fn read<R, T>(request: R, read: fn(&T) -> Value) -> Sent
where
    R: IntoFuture<Output = Result<Response<T>, Error>, IntoFuture: Send + 'static> + Debug,
    T: Debug + Send + 'static,
{
    sent(request, move |response| answered(&response, What::Read(read(&response))))
}

/// A conditional read whose answer a function reads.
pub fn read_if<R, T>(request: R, read: fn(&T) -> Value) -> Sent
where
    R: IntoFuture<Output = Result<Conditional<T>, Error>, IntoFuture: Send + 'static> + Debug,
    T: Debug + Send + 'static,
{
    sent(request, move |answer| if_modified(answer, |of| What::Read(read(of))))
}

/// A call that answers with nothing.
pub fn nothing<R>(request: R) -> Sent
where
    R: IntoFuture<Output = Result<Response<()>, Error>, IntoFuture: Send + 'static> + Debug,
{
    sent(request, |response| answered(&response, What::Nothing))
}

/// A call that answers with bytes as they come in.
pub fn bytes<R>(request: R) -> Sent
where
    R: IntoFuture<Output = Result<Response<ByteStream>, Error>, IntoFuture: Send + 'static> + Debug,
{
    let shown = shown(&request);
    let future = request.into_future();
    let answer = Box::pin(async {
        let response = future.await?;
        let mut got = answered(&response, What::Nothing);
        got.what = What::Bytes(response.into_inner().try_collect().await?);
        Ok(got)
    });
    Sent { shown, answer }
}

/// A request of the low-level client, as `low!` makes it: its builder's `Debug`, and what its
/// `send` gives.
pub struct Low<F> {
    shown: String,
    sending: F,
}

impl<F> Low<F> {
    pub fn new(shown: String, sending: F) -> Self {
        Self { shown, sending }
    }
}

impl<F> Debug for Low<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl<F: Future> IntoFuture for Low<F> {
    type Output = F::Output;
    type IntoFuture = F;
    fn into_future(self) -> F {
        self.sending
    }
}

/// Sends a builder of the low-level client.
macro_rules! low {
    ($builder:expr) => {{
        let builder = $builder;
        let shown = format!("{builder:?}\n{builder:#?}");
        $crate::support::outcome::Low::new(shown, builder.send())
    }};
}
pub(crate) use low;
