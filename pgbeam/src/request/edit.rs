//! `Edit`, the lossless partial update: reads a resource, changes some fields and writes it back.
//!
//! A PUT resets omitted fields. A client that sends only the fields it knows would therefore reset fields
//! that a later version of the API has added, for example a new kind of policy rule. An edit sends unchanged
//! fields back byte for byte, with `If-Match`. It omits fields that only the server sets.

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

/// The maximum time that an edit waits for the lock of its resource. Another edit of the resource through the
/// same client may hold the lock. After this time, the edit continues without the lock. The result is still
/// correct because of `If-Match`: the lock only makes a 412 less likely.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// The maximum number of rounds of an edit; see [`Edit`]. The waits between 40 rounds add up to about 17
/// seconds on average.
const MAX_ROUNDS: u32 = 40;

/// The maximum wait before the second round. The maximum doubles before each later round, up to `MAX_DELAY`.
const FIRST_DELAY: Duration = Duration::from_millis(20);
/// The maximum wait before any round.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// A request that changes some fields of a resource and keeps all other fields. Created by the `edit` method
/// of a handle, and sent when it is awaited.
///
/// An edit runs in rounds. A round reads the resource, changes the given fields and replaces the resource
/// with a PUT and `If-Match`. The PUT sends unchanged fields back byte for byte, including fields that this
/// version of the crate does not know. The PUT omits fields that only the server sets. If a concurrent change
/// causes a 412, the edit waits and starts another round, which reads the new version with
/// `Cache-Control: no-cache`. An edit makes at most 40 rounds, within the total timeout. The waits are
/// random, with a maximum that grows up to one second.
///
/// Edits of one resource through one client and its clones run one after the other. An edit waits at most 30
/// seconds for earlier edits. After this time, the edit starts although an earlier edit is still running.
///
/// Changes that other clients make at the same time are kept, except changes of the fields that the edit
/// sets. To append to a list that other clients change at the same time, use a method that appends (`mask`,
/// `row_filter`, `deny_table`) instead of a method that sets the whole list.
///
/// An edit without a change only reads the resource. `attempt_timeout` and `retry` apply to each request of
/// the edit. `total_timeout` applies to the whole edit with all waits.
///
/// # Errors
///
/// - The errors of the GET and of the PUT.
/// - 412 ([`Error::is_precondition_failed`]) if the 40th round also gets a 412, or if the next wait would
///   exceed the total timeout. Nothing was changed, unless [`Error::maybe_applied`] returns `true`. Try again
///   later.
/// - 412 without another round if the edit has an [`if_match`](Self::if_match), and the resource has another
///   `ETag` or is changed during the edit. Read the resource again, and edit it with the new `ETag`.
/// - Kind [`Timeout`](ErrorKind::Timeout) if the total timeout elapses, for example while the edit waits for
///   another edit.
/// - Kind [`Invalid`](ErrorKind::Invalid) if a change or an option is invalid, for example because only the
///   server sets the field, or because [`header`](Self::header) sets `If-Match`. Nothing is sent.
/// - Kind [`Invalid`](ErrorKind::Invalid) if the type of the resource has a write-only field, and the edit
///   has changes but does not set this field: a read does not return the value of the field, so the PUT could
///   remove the value. Nothing is sent.
/// - Kind [`Decode`](ErrorKind::Decode) if the edit cannot safely write back the response to the read. The
///   status of the response is a success other than 200, the response has no valid `ETag`, the body is not a
///   valid resource of this type or is another resource, or a list or an object that the edit extends has
///   another JSON type. The last round changed nothing. If [`Error::maybe_applied`] returns `true`, an
///   earlier round may have changed the resource.
///
/// ```
/// # #[cfg(feature = "policies")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use pgbeam::policies::{Mask, PolicyProfileInput};
/// # let emulator = pgbeam_emulator::Emulator::start().await?;
/// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
/// # let policies = client.project("prj_xxx")?.policies();
/// # let id = policies.create(PolicyProfileInput::new("Support")).await?.id().to_owned();
/// let profile = policies
///     .edit(&id)
///     .max_rows(500)
///     .mask(Mask::redact("public.users", "email"))
///     .clear_row_filters()
///     .await?;
/// assert_eq!(profile.max_rows(), 500);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "policies"))]
/// # fn main() {}
/// ```
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
    /// Creates an edit of the resource with these path parameters (name and value). The identifier of the
    /// resource is the last one.
    pub(crate) fn new(client: &Client, path: &[(&'static str, &str)]) -> Self {
        let to_owned = |(name, value): &(&'static str, &str)| (*name, (*value).to_owned());
        Self {
            client: client.clone(),
            path: path.iter().map(to_owned).collect(),
            input: R::Input::default(),
            changes: Changes::default(),
            if_match: None,
            options: CallOptions::new(),
        }
    }

    /// Sets a field by its JSON name. Use this method for a field that has no setter in this version of the
    /// crate. A known field is validated as if its setter had been called.
    pub fn field(self, name: &str, value: impl Into<crate::JsonValue>) -> Self {
        self.change(name, Change::Set, |input| input.field(name, value.into()))
    }

    /// Resets the field with this JSON name to its default, or removes its value if the field has no default.
    /// A required or write-only field cannot be cleared: the edit fails with kind
    /// [`Invalid`](ErrorKind::Invalid), and nothing is sent.
    pub fn clear(self, name: &str) -> Self {
        self.change(name, Change::Clear, |input| input.field(name, Value::Null))
    }

    /// Applies the edit only if the resource has this `ETag`. If the resource has another `ETag`, or if the
    /// PUT gets a 412, the edit fails with status 412 without another round.
    ///
    /// `etag` must include the quotes of the entity tag. `*` matches any version that the edit reads. If
    /// another client changes the resource between the read and the PUT, the edit still fails with 412. An
    /// edit without a change does not compare the `ETag`.
    pub fn if_match(mut self, etag: impl Into<String>) -> Self {
        self.if_match = Some(etag.into());
        self
    }

    call_options!(options);

    /// Changes the field `field`: calls `set`, which sets the new value in the input, and records `change`,
    /// the kind of change.
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

    /// Returns the validation errors of the changes, of `if_match` and of the call options.
    fn validate(&self) -> Vec<FieldError> {
        let resource = R::edit_rules();
        let mut errors = Vec::new();
        for name in self.changes.fields() {
            if resource.server_owned.contains(&name) {
                errors.push(FieldError::new(
                    name,
                    "can only be set by the server: omit it",
                ));
            }
            if resource.required.contains(&name) && self.changes.get(name) == Some(Change::Clear) {
                errors.push(FieldError::new(
                    name,
                    "is required and cannot be cleared: set it instead",
                ));
            }
        }
        let is_set = |name: &&str| {
            self.changes
                .get(name)
                .is_some_and(|change| change != Change::Clear)
        };
        // A read does not return write-only fields, so a PUT of the fields that were read could remove them.
        if !self.changes.is_empty() {
            for name in resource.write_only.iter().filter(|name| !is_set(name)) {
                let detail = "is write-only, so an edit cannot keep it: set it in the same edit";
                errors.push(FieldError::new(*name, detail));
            }
        }
        let headers = self.options.overrides().map(|options| &options.headers);
        for header in ["If-Match", "If-None-Match"] {
            if headers.is_some_and(|headers| headers.contains_key(header)) {
                let detail = "is set by the edit: use its `if_match`";
                errors.push(FieldError::new(header, detail));
            }
        }
        let mut invalid = ValidationErrors::new();
        if let Some(etag) = &self.if_match {
            invalid.check_field("If-Match", |invalid| {
                (resource.check_if_match)(invalid, etag);
            });
        }
        errors.extend_from_slice(invalid.field_errors());
        // Errors of fields that the edit does not set are ignored: the input lacks them.
        let is_changed = |error: &&FieldError| {
            let field = error.field().split(['.', '[']).next().unwrap_or_default();
            self.changes
                .get(field)
                .is_some_and(|change| change != Change::Clear)
        };
        let mut invalid = ValidationErrors::new();
        pgbeam_api::Validate::validate(&self.input, &mut invalid);
        errors.extend(invalid.field_errors().iter().filter(is_changed).cloned());
        errors
    }

    async fn run(self) -> Result<Response<R>, Error> {
        let start = Instant::now();
        let errors = self.validate();
        // Without changes, the edit only reads. With errors, `send` returns them. Neither needs the lock.
        if self.changes.is_empty() || !errors.is_empty() {
            let read = self.call(R::edit_rules().get, self.options.clone());
            return read.with_errors(errors).send().await?.json();
        }
        let total = self.client.total_timeout(&self.options);
        let deadline = total.and_then(|total| start.checked_add(total));
        let wait = deadline.map_or(LOCK_TIMEOUT, |end| LOCK_TIMEOUT.min(end - start));
        let lock = timeout(wait, self.client.edits().lock(self.lock_key())).await;
        let mut maybe_applied = false;
        let edited = self.rounds(deadline, &mut maybe_applied).await;
        drop(lock);
        edited.map_err(|error| {
            let maybe_applied = error.maybe_applied() || maybe_applied;
            error.with_maybe_applied(maybe_applied)
        })
    }

    /// Returns the key of the lock: the operation that updates the resource, and the path parameters.
    fn lock_key(&self) -> String {
        let id = R::edit_rules().update.id;
        let path = self.path.iter().map(|(_, value)| value.as_str());
        [id].into_iter().chain(path).collect::<Vec<_>>().join(" ")
    }

    /// Reads the resource, applies the changes and writes it back, in rounds. Another round follows if the
    /// write gets 412 and the caller has not set `if_match`. Returns the 412 if the round is the last one,
    /// or if no time is left for another round.
    ///
    /// Sets `maybe_applied` to `true` if a write with several attempts got 412, and an earlier attempt of
    /// that write may have been applied, for example because its response was lost.
    async fn rounds(
        &self,
        deadline: Option<Instant>,
        maybe_applied: &mut bool,
    ) -> Result<Response<R>, Error> {
        let mut round = 0;
        loop {
            let (etag, current) = self.read(deadline, round).await?;
            let input = self.input_values()?;
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

    /// Reads the resource and checks that it can be written back. Returns its `ETag` and its fields, without
    /// the fields that only the server sets.
    ///
    /// # Errors
    ///
    /// The errors of the GET, a 412 if `if_match` names another `ETag`, kind `Decode` if the response cannot
    /// be written back, and kind `Timeout` if no time remains.
    async fn read(
        &self,
        deadline: Option<Instant>,
        round: u32,
    ) -> Result<(String, RawObject), Error> {
        let mut read = self.call(R::edit_rules().get, self.remaining(deadline)?);
        if round > 0 {
            // A cache could return the version that caused the 412.
            read = read.header("Cache-Control", "no-cache");
        }
        let response = *read.send().await?;
        if !response.status.is_success() {
            return Err(response.into_error());
        }
        let etag = match usable_etag(&response) {
            Ok(etag) => etag.to_owned(),
            Err(reason) => return Err(unusable_response(response, reason)),
        };
        if let Some(expected) = &self.if_match
            && *expected != "*"
            && *expected != etag
        {
            return Err(self.precondition_failed(response));
        }
        // Only a valid resource of this type may be written back.
        let resource = serde_json::from_slice::<R>(&response.body);
        let current = resource.and_then(|_| serde_json::from_slice::<RawObject>(&response.body));
        let mut current = match current {
            Ok(current) => current,
            Err(_) => return Err(response.json::<R>().err().unwrap_or_else(not_an_object)),
        };
        if let Some(reason) = self.identity_mismatch(&current) {
            return Err(unusable_response(response, &reason));
        }
        current.retain(|name, _| !R::edit_rules().server_owned.contains(&name.as_str()));
        Ok((etag, current))
    }

    /// Compares the identifiers in the resource with the identifiers in the path. Returns a description of
    /// the first difference, or `None` if there is none. An identifier that the resource does not contain is
    /// not compared.
    fn identity_mismatch(&self, current: &RawObject) -> Option<String> {
        let (own, parents) = self.path.split_last()?;
        let names = parents.iter().map(|(name, value)| (*name, value));
        names.chain([("id", &own.1)]).find_map(|(name, value)| {
            let actual = serde_json::from_str::<String>(current.get(name)?.get()).ok()?;
            (actual != *value).then(|| format!("its `{name}` is {actual:?}, expected {value:?}"))
        })
    }

    /// Converts the response to the read into the 412 that the PUT would get. Call this function if the
    /// `ETag` of the read differs from `if_match`: the PUT is then not sent.
    fn precondition_failed(&self, mut response: RawResponse) -> Error {
        response.operation = R::edit_rules().update;
        response.status = StatusCode::PRECONDITION_FAILED;
        response.body = Bytes::new();
        response.into_error()
    }

    /// Returns the input of the edit, which contains the new values, as a JSON object.
    fn input_values(&self) -> Result<Map<String, Value>, Error> {
        match self.input.serialize(serde_json::value::Serializer) {
            Ok(Value::Object(values)) => Ok(values),
            Ok(_) => Err(Error::invalid_field("body", "is not a JSON object")),
            Err(error) => Err(Error::invalid_field("body", error.to_string())),
        }
    }

    fn call(&self, operation: &'static pgbeam_api::Operation, options: CallOptions) -> Call {
        let call = super::call_with(&self.client, options, |api| api.call(operation));
        self.path
            .iter()
            .fold(call, |call, (name, value)| call.path(name, value))
    }

    /// Returns the options of the next request, with the remaining time of the edit as its total timeout.
    ///
    /// # Errors
    ///
    /// Kind `Timeout` if no time remains.
    fn remaining(&self, deadline: Option<Instant>) -> Result<CallOptions, Error> {
        let Some(end) = deadline else {
            return Ok(self.options.clone());
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let message = "the edit exceeded its total timeout";
            let error = Error::new(ErrorKind::Timeout, message);
            return Err(error.with_operation(R::edit_rules().update));
        }
        Ok(self.options.clone().total_timeout(left))
    }
}

fn unusable_response(response: RawResponse, reason: &str) -> Error {
    response.into_decode_error(format!("{reason}, so the edit did not write it back"))
}

fn not_an_object() -> Error {
    Error::new(
        ErrorKind::Decode,
        "the body is not a JSON object, so the edit did not write it back",
    )
}

/// Returns the wait after a 412: `random` (0 to 1) times a maximum that doubles with each round, up to
/// `MAX_DELAY`.
fn delay(round: u32, random: f64) -> Duration {
    let max = FIRST_DELAY
        .saturating_mul(1 << round.min(20))
        .min(MAX_DELAY);
    max.mul_f64(random)
}

/// Returns the entity tag of a response to a read, or the reason why it cannot be used in `If-Match`.
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
        _ => Err("its ETag is not a quoted entity tag"),
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
