//! The safe partial update: read, change these members alone, put everything else back as it came.
//!
//! A PUT resets what it leaves out. A client that puts back only the fields it knows would switch
//! off the protections that it does not know. So every member that is not changed goes back byte
//! for byte, and `If-Match` makes sure that nobody's change in between is overwritten.

use std::marker::PhantomData;

use pgbeam_api::{Error, ErrorKind, FieldError, Response};
use serde::Serialize;
use serde_json::Value;

use super::{
    awaitable,
    patch::{Patch, RawObject},
};
use crate::{CallOptions, Project, original, resource::Resource};

/// How often a change is made to a new version before the last 412 is given to the caller.
const ROUNDS: u32 = 10;

/// Changes some fields of a resource and leaves the others as they are.
///
/// It reads the resource, changes these fields alone, and puts the rest back byte for byte, fields
/// that this version of the crate does not know included, with `If-Match`. If somebody else changes
/// the resource meanwhile, it reads it again and makes the same change to the new version, up to
/// ten times. Edits of one resource through one client and its clones take turns, so that they do
/// not get in each other's way.
///
/// A field that somebody else changed meanwhile keeps that change, unless this edit sets the same
/// field. To add to a list that others add to as well, use the methods that add (`mask`,
/// `row_filter`, `deny_table`) and not those that set all of it.
///
/// Without any change it only reads the resource. The per-call options hold for each request that
/// it sends; `timeout` and `total_budget` count for each of them anew, and not while it waits for
/// its turn, which it does for at most 30 seconds.
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct Edit<R> {
    project: Project,
    id: String,
    pub(crate) patch: Patch,
    faults: Vec<FieldError>,
    options: CallOptions,
    of: PhantomData<fn() -> R>,
}

impl<R: Resource> Edit<R> {
    pub(crate) fn new(project: Project, id: &str) -> Self {
        Self {
            project,
            id: id.to_owned(),
            patch: Patch::default(),
            faults: Vec::new(),
            options: CallOptions::new(),
            of: PhantomData,
        }
    }

    /// Sets a field by its name in the contract: one that this version of the crate does not know,
    /// perhaps. A field that it does know is checked all the same.
    pub fn field(self, name: &str, value: impl Into<crate::JsonValue>) -> Self {
        self.set(name, value.into())
    }

    /// Puts a field back to its default, by its name in the contract.
    pub fn reset(mut self, field: &str) -> Self {
        self.forget_fault(field);
        self.patch.reset(field);
        self
    }

    call_options!(options);

    pub(crate) fn set(mut self, field: &str, value: impl Serialize) -> Self {
        self.forget_fault(field);
        match serde_json::to_value(value) {
            Ok(value) => self.patch.set(field, value),
            Err(error) => self.faults.push(FieldError::new(field, error.to_string())),
        }
        self
    }

    /// Keeps that a value was refused, until the request is sent.
    pub(crate) fn fault(mut self, fault: FieldError) -> Self {
        self.forget_fault(fault.field());
        self.faults.push(fault);
        self
    }

    fn forget_fault(&mut self, field: &str) {
        self.faults.retain(|fault| fault.field() != field);
    }

    /// All that is wrong with the changes.
    fn check(&self) -> Vec<FieldError> {
        let mut faults = self.faults.clone();
        for name in R::SERVER_OWNED
            .iter()
            .filter(|name| self.patch.changes(name))
        {
            faults.push(FieldError::new(*name, "is set by the server alone"));
        }
        let headers = self
            .options
            .differences()
            .map(|differences| &differences.headers);
        for header in ["If-Match", "If-None-Match"] {
            if headers.is_some_and(|headers| headers.contains_key(header)) {
                faults.push(FieldError::new(
                    header,
                    "is what an edit sets itself: use `update`",
                ));
            }
        }
        let mut values = self.patch.values();
        for (name, fine) in R::REQUIRED {
            if self.patch.resets(name) {
                faults.push(FieldError::new(
                    *name,
                    "has no default to go back to: set it instead",
                ));
            }
            values.entry(*name).or_insert_with(|| Value::from(*fine));
        }
        faults.extend(R::check(&values));
        faults
    }

    async fn run(self) -> Result<Response<R>, Error> {
        let invalid = self.check();
        // Neither a mere read nor what is refused has to wait.
        let _turn = if self.patch.is_empty() || !invalid.is_empty() {
            None
        } else {
            let what = format!("{} {} {}", R::UPDATE.id, self.project.id(), self.id);
            self.project.client().turns().take(what).await
        };
        let mut doubt = false;
        let done = self.rounds(&invalid, &mut doubt).await;
        done.map_err(|error| {
            let maybe_applied = error.maybe_applied() || doubt;
            error.with_maybe_applied(maybe_applied)
        })
    }

    /// Reads and writes until a write is not refused for another one in between. `doubt` becomes
    /// true when a refused one may have been applied by an attempt whose answer was lost.
    async fn rounds(&self, invalid: &[FieldError], doubt: &mut bool) -> Result<Response<R>, Error> {
        let mut round = 1;
        loop {
            let read = super::call(&self.project, R::GET, self.options.clone());
            let read = read.path(R::ID, &self.id).invalid(invalid.iter().cloned());
            let answer = read.send().await?;
            if self.patch.is_empty() {
                return Ok(original::read(answer)?.map(R::of));
            }
            let current: Response<RawObject> = answer.json()?;
            let etag = current.etag().map(str::to_owned).ok_or_else(|| {
                let meta = current.meta();
                no_etag::<R>().with_attempts(meta.attempts(), meta.elapsed())
            })?;
            let mut current = current.into_inner();
            current.retain(|name, _| !R::SERVER_OWNED.contains(&name.as_str()));
            let body = self.patch.apply(current, R::KEPT_WHEN_ABSENT)?;
            let write = super::call(&self.project, R::UPDATE, self.options.clone());
            let write = write
                .path(R::ID, &self.id)
                .header("If-Match", &etag)
                .json(&body);
            match original::read(write.send().await?) {
                Err(error) if error.is_precondition_failed() && round < ROUNDS => {
                    *doubt |= error.maybe_applied();
                    round += 1;
                }
                done => return Ok(done?.map(R::of)),
            }
        }
    }
}

awaitable!(Edit<R> => Response<R>);

fn no_etag<R: Resource>() -> Error {
    let message = "the answer carries no ETag, so nothing was changed: without one, a change that \
                   somebody else makes meanwhile would be lost";
    Error::new(ErrorKind::Decode, message).with_operation(R::GET)
}
