//! Parses a line into commands. Parsing rejects an invalid command, and leaves invalid arguments of a
//! valid command to the SDK.

use std::collections::BTreeMap;

use pgbeam::api::{Location, Operation, operations};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{
    clients::ClientConfig,
    request::{Fields, Headers, Json, Query, Request, has_header},
};

/// A line of standard input.
pub enum Line {
    /// White space only.
    Blank,
    /// One command.
    One(Box<Result<Command, InvalidCommand>>),
    /// Commands to run concurrently.
    Parallel(Vec<Result<Command, InvalidCommand>>),
}

/// A task and the configuration of its client.
pub struct Command {
    pub id: Option<Json>,
    pub config: ClientConfig,
    pub task: Task,
}

/// A command that cannot be parsed: its id, if it has one, and the error message.
pub struct InvalidCommand {
    pub id: Option<Json>,
    pub message: String,
}

/// The task of a command.
pub enum Task {
    /// Calls an operation.
    Call(Request),
    /// Reads all pages of a list.
    List(Request),
    /// Sets fields of a stored resource. The map has the new values by field name; `None` resets a field.
    Edit(Request, BTreeMap<String, Option<Json>>),
}

impl Task {
    /// Returns `true` if the command sets `If-None-Match`.
    pub fn is_conditional(&self) -> bool {
        let (Self::Call(request) | Self::List(request) | Self::Edit(request, _)) = self;
        has_header(&request.headers.0, "If-None-Match")
    }
}

impl Line {
    /// Parses a line.
    pub fn parse(line: &[u8]) -> Self {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Self::Blank;
        }
        let mut fields = match parse_object(line) {
            Ok(fields) => fields,
            Err(message) => return Self::invalid(None, message),
        };
        let Some(parallel) = fields.remove("parallel") else {
            return Self::One(Box::new(Command::parse(fields)));
        };
        let id = fields.remove("id");
        let commands = parse_field::<Vec<Json>>("parallel", &parallel).and_then(|commands| {
            reject_unknown(&fields, "beside `parallel`: set it in each of its commands")?;
            Ok(commands)
        });
        match commands {
            Err(message) => Self::invalid(id, message),
            Ok(commands) => {
                Self::Parallel(commands.iter().map(|json| parse_parallel(json)).collect())
            }
        }
    }

    fn invalid(id: Option<Json>, message: String) -> Self {
        Self::One(Box::new(Err(InvalidCommand { id, message })))
    }
}

fn parse_parallel(command: &RawValue) -> Result<Command, InvalidCommand> {
    match parse_object(command.get().as_bytes()) {
        Err(message) => Err(InvalidCommand { id: None, message }),
        Ok(mut fields) if fields.contains_key("parallel") => Err(InvalidCommand {
            id: fields.remove("id"),
            message: "parallel: cannot be nested".to_owned(),
        }),
        Ok(fields) => Command::parse(fields),
    }
}

impl Command {
    fn parse(mut fields: Fields) -> Result<Self, InvalidCommand> {
        let id = fields.remove("id");
        let parsed = config(&mut fields).and_then(|config| Ok((config, task(fields)?)));
        match parsed {
            Ok((config, task)) => Ok(Self { id, config, task }),
            Err(message) => Err(InvalidCommand { id, message }),
        }
    }
}

fn config(fields: &mut Fields) -> Result<ClientConfig, String> {
    // serde would also accept an array of the options.
    if fields
        .get("client")
        .is_some_and(|json| json.get().starts_with('['))
    {
        return Err("client: must be an object of options".to_owned());
    }
    let options = take(fields, "client")?.unwrap_or_default();
    let env = take(fields, "env")?.unwrap_or_default();
    Ok(ClientConfig { options, env })
}

fn task(mut fields: Fields) -> Result<Task, String> {
    let op: Option<String> = take(&mut fields, "op")?;
    let all: Option<bool> = take(&mut fields, "all")?;
    let changes: Option<BTreeMap<String, Option<Json>>> = take(&mut fields, "edit")?;
    let path: BTreeMap<String, String> = take(&mut fields, "path")?.unwrap_or_default();
    let headers = Headers(take(&mut fields, "headers")?.unwrap_or_default());
    let operation = match (&changes, &op) {
        (Some(_), op) => edit_operation(op.as_deref(), &path)?,
        (None, Some(op)) => find_operation(op)?,
        (None, None) => {
            return Err("one of `op`, `edit` and `parallel` is required".into());
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
        reject_unknown(&fields, "with `edit`")?;
        if all == Some(true) {
            return Err("all: cannot be combined with `edit`".into());
        }
        return Ok(Task::Edit(request, changes));
    }
    request.query = parse_query(take(&mut fields, "query")?.unwrap_or_default())?;
    request.body = fields.remove("body");
    reject_unknown(&fields, "of a command")?;
    if all != Some(true) {
        return Ok(Task::Call(request));
    }
    if request.has_parameter(Location::Query, "page_token") {
        Ok(Task::List(request))
    } else {
        Err(format!("all: {} has no pages: omit it", operation.id))
    }
}

/// Returns the operation with this id.
fn find_operation(id: &str) -> Result<&'static Operation, String> {
    let mut all = operations::ALL.iter().copied();
    let operation = all.find(|operation| operation.id == id);
    operation.ok_or_else(|| format!("op: {id:?} is not an operationId of the API contract"))
}

/// Returns the operation that writes the edited resource. If `op` is set, it is the id of the operation. If
/// `op` is not set, the path parameters determine the operation. Returns an error message if `op` does not
/// write a resource that the driver can edit.
fn edit_operation(
    op: Option<&str>,
    path: &BTreeMap<String, String>,
) -> Result<&'static Operation, String> {
    let profile = &operations::UPDATE_POLICY_PROFILE;
    let template = &operations::UPDATE_QUERY_TEMPLATE;
    match op {
        None if path.contains_key("query_template_id") => Ok(template),
        None => Ok(profile),
        Some(op) => [profile, template]
            .into_iter()
            .find(|operation| operation.id == op)
            .ok_or_else(|| {
                format!(
                    "op: {op:?} cannot be edited: expected {} or {}",
                    profile.id, template.id
                )
            }),
    }
}

/// Parses the query parameters. Each is a string, a number, a boolean, or an array of these.
fn parse_query(fields: Fields) -> Result<Query, String> {
    let mut query = BTreeMap::new();
    for (name, json) in fields {
        let place = format!("query.{name}");
        let values: Vec<Json> = match json.get().starts_with('[') {
            true => parse_field(&place, &json)?,
            false => vec![json],
        };
        let strings: Option<_> = values.iter().map(|value| query_value(value)).collect();
        let expected = "must be a string, a number, a boolean, or an array of these";
        query.insert(name, strings.ok_or_else(|| format!("{place}: {expected}"))?);
    }
    Ok(Query(query))
}

/// Converts a JSON string, number or boolean to the value of a query parameter. Returns `None` for any other
/// JSON.
fn query_value(json: &RawValue) -> Option<String> {
    match json.get().as_bytes().first()? {
        b'"' => serde_json::from_str(json.get()).ok(),
        b'[' | b'{' | b'n' => None,
        _ => Some(json.get().to_owned()),
    }
}

/// Parses a JSON object.
fn parse_object(json: &[u8]) -> Result<Fields, String> {
    serde_json::from_slice(json)
        .map_err(|error| format!("a command must be a JSON object on one line: {error}"))
}

/// Removes and parses a field; `null` is treated as absent.
fn take<T: DeserializeOwned>(fields: &mut Fields, name: &str) -> Result<Option<T>, String> {
    match fields.remove(name) {
        None => Ok(None),
        Some(json) => parse_field(name, &json),
    }
}

/// Parses the JSON of the field `name`. The error names the invalid field, which can be nested.
fn parse_field<T: DeserializeOwned>(name: &str, json: &RawValue) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_str(json.get());
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let message = without_position(error.inner());
        match error.path().to_string().as_str() {
            "." => format!("{name}: {message}"),
            path => format!("{name}.{path}: {message}"),
        }
    })
}

/// Returns the message of the error without line and column, which count from the start of the parsed field
/// and not from the start of the command.
pub fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(message, _)| message)
        .to_owned()
}

/// Returns an error if `fields` is not empty: the parser has removed every field that it knows. `place`
/// completes the error message "… is not a field", for example with "of a command".
fn reject_unknown(fields: &Fields, place: &str) -> Result<(), String> {
    match fields.keys().next() {
        None => Ok(()),
        Some(name) => Err(format!("{name:?} is not a field {place}")),
    }
}
