//! The safe partial update: read, change some fields, put everything else back as it was.
//!
//! A PUT resets every field that it omits. A client that puts back only the fields it knows would
//! remove protections that it does not know. So every field that is not changed goes back byte for
//! byte, and `If-Match` prevents the loss of a concurrent change.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use pgbeam_api::{
    Call, Error, ErrorKind, FieldError, RawResponse, Response, ValidationErrors,
    runtime::{Editable, ResourceInput as _},
};
use serde::Serialize as _;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep, timeout};

use super::changes::{Change, Changes, RawObject};
use crate::{CallOptions, Client};

/// The longest time that an edit waits for other edits of the resource through the same client.
/// Afterwards it goes on: the lock saves rounds, `If-Match` gives the safety.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// The most rounds of an edit: about 20 seconds of waits.
const MAX_ROUNDS: u32 = 40;

/// The upper limit of the wait before the second round, and of that before any other.
const FIRST_DELAY: Duration = Duration::from_millis(20);
const MAX_DELAY: Duration = Duration::from_secs(1);

/// Changes some fields of a resource and leaves the others as they are.
///
/// It reads the resource, changes the given fields, and puts the rest back byte for byte with
/// `If-Match`, fields that this version of the crate does not know included. If somebody else changes
/// the resource in between (412), it waits for a random, growing time, reads again past any cache and
/// makes the same change to the new version, up to 40 times and as long as the total budget lasts. Edits of
/// one resource through one client and its clones run one after the other.
///
/// A field that somebody else changed in between keeps that change, unless this edit sets the same
/// field. To add to a list that others add to as well, use a method that appends (`mask`,
/// `row_filter`, `deny_table`) and not one that sets the whole list.
///
/// Without any change it only reads the resource. `timeout` and `retry` apply to each request that it
/// sends, `total_budget` to the whole edit with all waits.
///
/// # Errors
///
/// Those of the read and of the replacement. Kind [`Decode`](ErrorKind::Decode), and nothing is
/// changed, if the response to the read cannot be put back safely: another status than 200, no usable
/// `ETag`, another resource than the one asked for.
#[must_use = "a request is sent when it is awaited"]
pub struct Edit<R: Editable> {
    client: Client,
    path: Vec<(&'static str, String)>,
    input: R::Input,
    changes: Changes,
    if_match: Option<String>,
    options: CallOptions,
}

impl<R: Editable> Edit<R> {
    /// An edit of the resource with these path parameters, the resource's own identifier last.
    pub(crate) fn new(client: &Client, path: &[(&'static str, &str)]) -> Self {
        let owned = |(name, value): &(&'static str, &str)| (*name, (*value).to_owned());
        Self {
            client: client.clone(),
            path: path.iter().map(owned).collect(),
            input: R::Input::default(),
            changes: Changes::default(),
            if_match: None,
            options: CallOptions::new(),
        }
    }

    /// Sets a field by its name in the contract, also one that this version of the crate does not
    /// know. A field that it knows is checked as if its setter had been called.
    pub fn field(self, name: &str, value: impl Into<crate::JsonValue>) -> Self {
        self.change(name, Change::Set, |input| input.field(name, value.into()))
    }

    /// Puts a field back to its default, by its name in the contract.
    pub fn reset(self, name: &str) -> Self {
        self.change(name, Change::Reset, |input| input.field(name, Value::Null))
    }

    /// Makes the edit only if the resource is the version that this `ETag` names. Another version,
    /// and any 412, then end the edit with status 412; nothing is repeated.
    pub fn if_match(mut self, etag: impl Into<String>) -> Self {
        self.if_match = Some(etag.into());
        self
    }

    call_options!(options);

    /// Changes the input, and notes how the field changes.
    pub(crate) fn change(
        mut self,
        field: &str,
        change: Change,
        set: impl FnOnce(R::Input) -> R::Input,
    ) -> Self {
        self.input = set(self.input);
        self.changes.add(field, change);
        self
    }

    /// Returns everything that is wrong with the changes.
    fn check(&self) -> Vec<FieldError> {
        let resource = R::edit_rules();
        let mut errors = Vec::new();
        for name in self.changes.fields() {
            if resource.server_owned.contains(&name) {
                errors.push(FieldError::new(name, "is set by the server only"));
            }
            if resource.required.contains(&name) && self.changes.get(name) == Some(Change::Reset) {
                errors.push(FieldError::new(name, "has no default: set it instead"));
            }
        }
        let is_set = |name: &&str| {
            self.changes
                .get(name)
                .is_some_and(|change| change != Change::Reset)
        };
        // The response to the read does not have it, so putting the rest back would remove it.
        if !self.changes.is_empty() {
            for name in resource.write_only.iter().filter(|name| !is_set(name)) {
                let why = "is write-only, so an edit cannot keep it: set it in the same edit";
                errors.push(FieldError::new(*name, why));
            }
        }
        let headers = self.options.differences().map(|options| &options.headers);
        for header in ["If-Match", "If-None-Match"] {
            if headers.is_some_and(|headers| headers.contains_key(header)) {
                let why = "is set by the edit itself: use its `if_match`";
                errors.push(FieldError::new(header, why));
            }
        }
        let mut violations = ValidationErrors::new();
        if let Some(etag) = &self.if_match {
            violations.check_field("If-Match", |violations| {
                (resource.check_if_match)(violations, etag);
            });
        }
        errors.extend_from_slice(violations.field_errors());
        // The input lacks the fields that the edit does not set.
        let changed = |error: &&FieldError| {
            let field = error.field().split(['.', '[']).next().unwrap_or_default();
            let reset = self.changes.get(field) == Some(Change::Reset);
            self.changes.get(field).is_some() && !reset
        };
        let mut violations = ValidationErrors::new();
        pgbeam_api::Validate::validate(&self.input, &mut violations);
        errors.extend(violations.field_errors().iter().filter(changed).cloned());
        errors
    }

    async fn run(self) -> Result<Response<R>, Error> {
        let start = Instant::now();
        let errors = self.check();
        // Neither a mere read nor an edit that is refused has to wait for the lock.
        if self.changes.is_empty() || !errors.is_empty() {
            let read = self.call(R::edit_rules().get, self.options.clone());
            return read.with_errors(errors).send().await?.json();
        }
        let budget = self.client.total_budget(&self.options);
        let deadline = budget.and_then(|budget| start.checked_add(budget));
        let wait = deadline.map_or(LOCK_TIMEOUT, |end| LOCK_TIMEOUT.min(end - start));
        let lock = timeout(wait, self.client.edits().lock(self.key())).await;
        let mut maybe_applied = false;
        let edited = self.rounds(deadline, &mut maybe_applied).await;
        drop(lock);
        edited.map_err(|error| {
            let maybe_applied = error.maybe_applied() || maybe_applied;
            error.with_maybe_applied(maybe_applied)
        })
    }

    /// The key of the lock: edits of other resources do not wait.
    fn key(&self) -> String {
        let id = R::edit_rules().update.id;
        let path = self.path.iter().map(|(_, value)| value.as_str());
        [id].into_iter().chain(path).collect::<Vec<_>>().join(" ")
    }

    /// Reads and writes until a write succeeds. `maybe_applied` becomes true when a write that failed
    /// with 412 may have taken effect by an attempt whose response was lost.
    async fn rounds(
        &self,
        deadline: Option<Instant>,
        maybe_applied: &mut bool,
    ) -> Result<Response<R>, Error> {
        let mut round = 0;
        loop {
            let (etag, current) = self.read(deadline, round).await?;
            let input = self.values()?;
            let resource = R::edit_rules();
            let body = self
                .changes
                .apply(current, &input, resource.kept_defaults)?;
            let write = self.call(resource.update, self.remaining(deadline)?);
            let write = write.header("If-Match", &etag).json(&body);
            let error = match write.send().await?.json() {
                Err(error) if error.is_precondition_failed() && self.if_match.is_none() => error,
                edited => return edited,
            };
            *maybe_applied |= error.maybe_applied();
            let delay = delay(round, self.client.random());
            round += 1;
            if round == MAX_ROUNDS || deadline.is_some_and(|end| Instant::now() + delay >= end) {
                return Err(error);
            }
            sleep(delay).await;
        }
    }

    /// Reads the resource, and checks that it can be put back.
    async fn read(
        &self,
        deadline: Option<Instant>,
        round: u32,
    ) -> Result<(String, RawObject), Error> {
        let mut read = self.call(R::edit_rules().get, self.remaining(deadline)?);
        if round > 0 {
            // What the 412 did not match must not come out of a cache again.
            read = read.header("Cache-Control", "no-cache");
        }
        let response = *read.send().await?;
        if !response.status.is_success() {
            return Err(response.into_error());
        }
        let etag = match usable_etag(&response) {
            Ok(etag) => etag.to_owned(),
            Err(why) => return Err(unusable(response, why)),
        };
        if let Some(wanted) = &self.if_match
            && *wanted != "*"
            && *wanted != etag
        {
            return Err(self.precondition_failed(response));
        }
        // Whatever is no resource of this type must not be put back as one.
        let resource = serde_json::from_slice::<R>(&response.body);
        let current = resource.and_then(|_| serde_json::from_slice::<RawObject>(&response.body));
        let mut current = match current {
            Ok(current) => current,
            Err(_) => return Err(response.json::<R>().err().unwrap_or_else(not_an_object)),
        };
        if let Some(why) = self.other_resource(&current) {
            return Err(unusable(response, &why));
        }
        current.retain(|name, _| !R::edit_rules().server_owned.contains(&name.as_str()));
        Ok((etag, current))
    }

    /// Returns how the resource differs from the one that the path names, if it does.
    fn other_resource(&self, current: &RawObject) -> Option<String> {
        let (own, parents) = self.path.split_last()?;
        let names = parents.iter().map(|(name, value)| (*name, value));
        names.chain([("id", &own.1)]).find_map(|(name, value)| {
            let found = serde_json::from_str::<String>(current.get(name)?.get()).ok()?;
            let differs = found != *value;
            differs.then(|| format!("its `{name}` is {found:?} and not {value:?}"))
        })
    }

    /// The error that a PUT with another entity tag would meet.
    fn precondition_failed(&self, mut response: RawResponse) -> Error {
        response.operation = R::edit_rules().update;
        response.status = StatusCode::PRECONDITION_FAILED;
        response.body = Bytes::new();
        response.into_error()
    }

    /// The values of the input.
    fn values(&self) -> Result<Map<String, Value>, Error> {
        match self.input.serialize(serde_json::value::Serializer) {
            Ok(Value::Object(values)) => Ok(values),
            Ok(_) => Err(Error::invalid_field("body", "is no JSON object")),
            Err(error) => Err(Error::invalid_field("body", error.to_string())),
        }
    }

    fn call(&self, operation: &'static pgbeam_api::Operation, options: CallOptions) -> Call {
        let call = super::begin(&self.client, options, |api| api.call(operation));
        self.path
            .iter()
            .fold(call, |call, (name, value)| call.path(name, value))
    }

    /// The options of the next call: what is left of the total budget.
    fn remaining(&self, deadline: Option<Instant>) -> Result<CallOptions, Error> {
        let Some(end) = deadline else {
            return Ok(self.options.clone());
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let message = "the total budget of the edit is spent";
            let error = Error::new(ErrorKind::Timeout, message);
            return Err(error.with_operation(R::edit_rules().update));
        }
        Ok(self.options.clone().total_budget(left))
    }
}

fn unusable(response: RawResponse, why: &str) -> Error {
    let why = format!("the response cannot be put back, so nothing was changed: {why}");
    response.into_decode_error(why)
}

fn not_an_object() -> Error {
    Error::new(
        ErrorKind::Decode,
        "the body is no JSON object, so nothing was changed",
    )
}

/// The wait after a 412: random, and longer from round to round.
fn delay(round: u32, random: f64) -> Duration {
    let limit = FIRST_DELAY
        .saturating_mul(1 << round.min(20))
        .min(MAX_DELAY);
    limit.mul_f64(random)
}

/// Returns the entity tag if `If-Match` with it protects a concurrent change.
fn usable_etag(response: &RawResponse) -> Result<&str, &'static str> {
    if response.status != StatusCode::OK {
        return Err("its status is not 200");
    }
    let etag = response.headers.get(header::ETAG).map(HeaderValue::to_str);
    let Some(Ok(etag)) = etag else {
        return Err("it has no ETag");
    };
    let opaque = etag.strip_prefix("W/").unwrap_or(etag);
    let quoted = opaque
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(tag) if !tag.contains('"') => Ok(etag),
        _ => Err("its ETag is no quoted entity tag"),
    }
}

impl<R: Editable> IntoFuture for Edit<R> {
    type Output = Result<Response<R>, Error>;
    type IntoFuture = pgbeam_api::BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<R: Editable> Clone for Edit<R> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            path: self.path.clone(),
            input: self.input.clone(),
            changes: self.changes.clone(),
            if_match: self.if_match.clone(),
            options: self.options.clone(),
        }
    }
}

impl<R: Editable> fmt::Debug for Edit<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit")
            .field("path", &self.path)
            .field("input", &self.input)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}
