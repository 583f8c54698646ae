//! What a line says. Whatever cannot be read as a command is refused here, with what is wrong and
//! where; what can be read and is wrong all the same is for the SDK to refuse.

use std::collections::BTreeMap;

use pgbeam::api::{Location, Operation, operations};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{
    clients::Setup,
    request::{Headers, Json, Members, Query, Request, has},
};

/// A line of standard input.
pub enum Line {
    /// Nothing to do.
    Blank,
    /// A command, or why it is none.
    One(Box<Result<Command, Refusal>>),
    /// Commands to be run at once.
    Parallel(Vec<Result<Command, Refusal>>),
}

/// Something to do, and with which client.
pub struct Command {
    pub id: Option<Json>,
    pub setup: Setup,
    pub task: Task,
}

/// A command that cannot be read.
pub struct Refusal {
    pub id: Option<Json>,
    pub message: String,
}

/// What a command does.
pub enum Task {
    /// Calls an operation.
    Call(Request),
    /// Reads a list to its end.
    List(Request),
    /// Sets members of a stored resource; `None` resets one.
    Edit(Request, BTreeMap<String, Option<Json>>),
}

impl Task {
    /// Returns `true` if the command sets `If-None-Match`.
    pub fn is_conditional(&self) -> bool {
        let (Self::Call(request) | Self::List(request) | Self::Edit(request, _)) = self;
        has(&request.headers.0, "If-None-Match")
    }
}

impl Line {
    /// Reads a line.
    pub fn read(line: &[u8]) -> Self {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Self::Blank;
        }
        let mut members = match members(line) {
            Ok(members) => members,
            Err(message) => return Self::refused(None, message),
        };
        let Some(parallel) = members.remove("parallel") else {
            return Self::One(Box::new(Command::read(members)));
        };
        let id = members.remove("id");
        let commands = typed::<Vec<Json>>("parallel", &parallel).and_then(|commands| {
            nothing_else(
                &members,
                "beside `parallel`: give it to each of its commands",
            )?;
            Ok(commands)
        });
        match commands {
            Err(message) => Self::refused(id, message),
            Ok(commands) => Self::Parallel(commands.iter().map(|of| one_of_parallel(of)).collect()),
        }
    }

    fn refused(id: Option<Json>, message: String) -> Self {
        Self::One(Box::new(Err(Refusal { id, message })))
    }
}

fn one_of_parallel(command: &RawValue) -> Result<Command, Refusal> {
    match members(command.get().as_bytes()) {
        Err(message) => Err(Refusal { id: None, message }),
        Ok(mut members) if members.contains_key("parallel") => Err(Refusal {
            id: members.remove("id"),
            message: "parallel: may not stand in another `parallel`".to_owned(),
        }),
        Ok(members) => Command::read(members),
    }
}

impl Command {
    fn read(mut members: Members) -> Result<Self, Refusal> {
        let id = members.remove("id");
        let read = setup(&mut members).and_then(|setup| Ok((setup, task(members)?)));
        match read {
            Ok((setup, task)) => Ok(Self { id, setup, task }),
            Err(message) => Err(Refusal { id, message }),
        }
    }
}

fn setup(members: &mut Members) -> Result<Setup, String> {
    // A struct could be read from a list of its fields, too.
    if members
        .get("client")
        .is_some_and(|json| json.get().starts_with('['))
    {
        return Err("client: must be an object of options".to_owned());
    }
    let options = take(members, "client")?.unwrap_or_default();
    let env = take(members, "env")?.unwrap_or_default();
    Ok(Setup { options, env })
}

fn task(mut members: Members) -> Result<Task, String> {
    let op: Option<String> = take(&mut members, "op")?;
    let all: Option<bool> = take(&mut members, "all")?;
    let changes: Option<BTreeMap<String, Option<Json>>> = take(&mut members, "edit")?;
    let path: BTreeMap<String, String> = take(&mut members, "path")?.unwrap_or_default();
    let headers = Headers(take(&mut members, "headers")?.unwrap_or_default());
    let operation = match (&changes, &op) {
        (Some(_), op) => edited(op.as_deref(), &path)?,
        (None, Some(op)) => operation(op)?,
        (None, None) => {
            return Err("does not say what to do: give `op`, `edit` or `parallel`".into());
        }
    };
    let mut request = Request {
        operation,
        path,
        query: Query::default(),
        headers,
        body: None,
    };
    if let Some(changes) = changes {
        nothing_else(&members, "with `edit`")?;
        if all == Some(true) {
            return Err("all: reads a list, and `edit` does not: leave one of them out".into());
        }
        return Ok(Task::Edit(request, changes));
    }
    request.query = query(take(&mut members, "query")?.unwrap_or_default())?;
    request.body = members.remove("body");
    nothing_else(&members, "that a command has")?;
    if all != Some(true) {
        return Ok(Task::Call(request));
    }
    if request.takes(Location::Query, "page_token") {
        Ok(Task::List(request))
    } else {
        Err(format!(
            "all: {} is no list with pages: leave it out",
            operation.id
        ))
    }
}

/// The operation of this name.
fn operation(id: &str) -> Result<&'static Operation, String> {
    let found = operations::ALL.iter().copied().find(|of| of.id == id);
    found.ok_or_else(|| format!("op: {id:?} is no operationId of the contract"))
}

/// The operation by which an edit writes: as the command names it, or as its path does.
fn edited(op: Option<&str>, path: &BTreeMap<String, String>) -> Result<&'static Operation, String> {
    let profile = &operations::UPDATE_POLICY_PROFILE;
    let template = &operations::UPDATE_QUERY_TEMPLATE;
    match op {
        None if path.contains_key("query_template_id") => Ok(template),
        None => Ok(profile),
        Some(op) => [profile, template]
            .into_iter()
            .find(|of| of.id == op)
            .ok_or_else(|| {
                format!(
                    "op: {op:?} is none of {} and {}, which `edit` takes",
                    profile.id, template.id
                )
            }),
    }
}

/// Reads the query: texts, numbers and booleans, and arrays of them.
fn query(members: Members) -> Result<Query, String> {
    let mut query = BTreeMap::new();
    for (name, json) in members {
        let place = format!("query.{name}");
        let values: Vec<Json> = match json.get().starts_with('[') {
            true => typed(&place, &json)?,
            false => vec![json],
        };
        let texts: Option<_> = values.iter().map(|value| text(value)).collect();
        let why = "must be a text, a number, true or false, or an array of these";
        query.insert(name, texts.ok_or_else(|| format!("{place}: {why}"))?);
    }
    Ok(Query(query))
}

/// A value as the text that stands for it in a query.
fn text(json: &RawValue) -> Option<String> {
    match json.get().as_bytes().first()? {
        b'"' => serde_json::from_str(json.get()).ok(),
        b'[' | b'{' | b'n' => None,
        _ => Some(json.get().to_owned()),
    }
}

/// Reads a JSON object.
fn members(json: &[u8]) -> Result<Members, String> {
    serde_json::from_slice(json).map_err(|error| {
        format!("a command is a JSON object on one line, and this is not: {error}")
    })
}

/// Takes out a member and reads it; `null` is as good as none.
fn take<T: DeserializeOwned>(members: &mut Members, name: &str) -> Result<Option<T>, String> {
    match members.remove(name) {
        None => Ok(None),
        Some(json) => typed(name, &json),
    }
}

/// Reads a member, or says what is wrong with which part of it.
fn typed<T: DeserializeOwned>(name: &str, json: &RawValue) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_str(json.get());
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let why = without_place(error.inner());
        match error.path().to_string().as_str() {
            "." => format!("{name}: {why}"),
            path => format!("{name}.{path}: {why}"),
        }
    })
}

/// What is wrong with a member, without the line and column: they count from where the member
/// begins, and its name says where that is.
pub fn without_place(error: &serde_json::Error) -> String {
    let why = error.to_string();
    why.rsplit_once(" at line ")
        .map_or(why.as_str(), |(why, _)| why)
        .to_owned()
}

/// Refuses members that nobody has taken.
fn nothing_else(members: &Members, place: &str) -> Result<(), String> {
    match members.keys().next() {
        None => Ok(()),
        Some(name) => Err(format!("{name:?} is no member {place}")),
    }
}
