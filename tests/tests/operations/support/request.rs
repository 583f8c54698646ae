//! What is wrong with a request, as the contract has it.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::Value;

use super::{
    Contract,
    example::merged,
    server::{PREFIX, Request},
    values::{IDEMPOTENCY_KEY, KEY, of_parameter},
};

/// How much a request should say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All that the contract lets it say.
    Full,
    /// What it requires, and nothing else.
    Least,
}

/// Members of which a request holds exactly one: the contract says so in words.
const EITHER: [(&str, [&str; 2]); 3] = [
    ("dryEvalPolicy", ["policy", "policy_id"]),
    ("replayPolicy", ["policy", "policy_id"]),
    ("replayPolicy", ["credential_id", "bound_policy_id"]),
];

/// All that is wrong with a request of this operation.
pub fn faults(contract: &Contract, id: &str, request: &Request, extent: Extent) -> Vec<String> {
    let (route, operation) = contract.operation(id);
    let (method, path) = route.split_once(' ').unwrap();
    let mut check = Check {
        contract,
        id,
        method,
        path,
        operation,
        request,
        extent,
        faults: Vec::new(),
    };
    check.path();
    check.query();
    check.headers();
    check.body();
    check.faults
}

struct Check<'a> {
    contract: &'a Contract,
    id: &'a str,
    method: &'a str,
    path: &'a str,
    operation: &'a Value,
    request: &'a Request,
    extent: Extent,
    faults: Vec<String>,
}

impl Check<'_> {
    fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }

    /// The parameters in this place.
    fn parameters(&self, place: &str) -> Vec<&Value> {
        parameters(self.contract, self.operation, place)
    }

    /// Method and path, segment by segment.
    fn path(&mut self) {
        if self.request.method != self.method {
            self.fault(format!("method {}", self.request.method));
        }
        let path = self.request.uri.path();
        let sent: Vec<_> = path
            .strip_prefix(PREFIX)
            .unwrap_or(path)
            .split('/')
            .collect();
        let wanted: Vec<_> = self.path.split('/').collect();
        if !path.starts_with(PREFIX) || sent.len() != wanted.len() {
            return self.fault(format!("path {path}"));
        }
        for (sent, wanted) in sent.into_iter().zip(wanted) {
            match wanted
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            {
                None if sent == wanted => {}
                None => self.fault(format!("path {path}: {sent}")),
                Some(name) => {
                    let sent = percent_decode_str(sent).decode_utf8_lossy().into_owned();
                    self.parameter("path", name, &sent);
                }
            }
        }
    }

    fn query(&mut self) {
        let url = Url::parse(&format!("http://x{}", self.request.uri)).unwrap();
        let mut seen = BTreeSet::new();
        for (name, value) in url.query_pairs() {
            if !seen.insert(name.to_string()) {
                self.fault(format!("{name} is there twice"));
            }
            self.parameter("query", &name, &value);
        }
        self.extent("query", &seen);
    }

    fn headers(&mut self) {
        let bearer = format!("Bearer {KEY}");
        self.header("authorization", Some(&bearer));
        self.header("accept", Some("application/json"));
        self.header(
            "user-agent",
            Some(concat!("pgbeam-rust/", env!("CARGO_PKG_VERSION"))),
        );
        let json = (!self.request.body.is_empty()).then_some("application/json");
        self.header("content-type", json);
        self.idempotency_key();

        let usual = ["host", "content-length", "idempotency-key"];
        let checked = [
            "authorization",
            "accept",
            "accept-encoding",
            "user-agent",
            "content-type",
        ];
        let names = self
            .request
            .headers
            .keys()
            .map(|name| name.as_str().to_owned());
        let mut seen = BTreeSet::new();
        for name in names.filter(|name| ![&usual[..], &checked[..]].concat().contains(&&**name)) {
            let declared = self.parameters("header").into_iter();
            let declared = declared.filter_map(|of| of["name"].as_str());
            let Some(declared) = declared.clone().find(|of| of.eq_ignore_ascii_case(&name)) else {
                self.fault(format!("header {name} is not declared"));
                continue;
            };
            let declared = declared.to_owned();
            let value = self.request.header(&name).unwrap().to_owned();
            self.parameter("header", &declared, &value);
            seen.insert(declared);
        }
        seen.insert("Idempotency-Key".to_owned());
        self.extent("header", &seen);
    }

    fn header(&mut self, name: &str, wanted: Option<&str>) {
        let sent = self.request.header(name);
        if sent != wanted {
            self.fault(format!("header {name} is {sent:?} and not {wanted:?}"));
        }
    }

    /// On every POST and PATCH that does not refuse it: the caller's where the contract knows of
    /// it, else one made for the call.
    fn idempotency_key(&mut self) {
        let refused = self.operation["x-rejects-idempotency-key"] == true;
        let wanted = ["POST", "PATCH"].contains(&self.method) && !refused;
        let declared = self
            .parameters("header")
            .iter()
            .any(|of| of["name"] == "Idempotency-Key");
        let own = wanted && declared && self.extent == Extent::Full;
        let good = match self.request.header("idempotency-key") {
            None => !wanted,
            Some(key) if own => key == IDEMPOTENCY_KEY,
            Some(key) => wanted && is_random_uuid(key),
        };
        if !good {
            let key = self.request.header("idempotency-key");
            self.fault(format!("the idempotency key is {key:?}"));
        }
    }

    /// Holds the value of a parameter against its schema and against what the calls send.
    fn parameter(&mut self, place: &str, name: &str, sent: &str) {
        let declared = self
            .parameters(place)
            .into_iter()
            .find(|of| of["name"] == name);
        let Some(schema) = declared.map(|of| merged(self.contract, &of["schema"])) else {
            return self.fault(format!("{place} {name} is not declared"));
        };
        let value = match schema["type"].as_str().unwrap() {
            "string" => Value::from(sent),
            _ => serde_json::from_str(sent).unwrap_or(Value::Null),
        };
        self.contract.check(&schema, &value, name, &mut self.faults);
        match of_parameter(name) {
            Some(wanted) if !same(&schema, sent, wanted) => {
                self.fault(format!("{name} is {sent:?} and not {wanted:?}"));
            }
            None if schema["enum"].is_null() => self.fault(format!("{name} has no value to be")),
            _ => {}
        }
    }

    /// Whether what was sent is all or the least that there is.
    fn extent(&mut self, place: &str, sent: &BTreeSet<String>) {
        let mut faults = Vec::new();
        for parameter in self.parameters(place) {
            let name = parameter["name"].as_str().unwrap();
            match (
                sent.contains(name),
                self.extent,
                parameter["required"] == true,
            ) {
                (true, ..) if name == "Idempotency-Key" => {}
                (false, Extent::Full, _) | (false, _, true) => {
                    faults.push(format!("{place} {name} is missing"));
                }
                (true, Extent::Least, false) => {
                    faults.push(format!("{place} {name} was not set"));
                }
                _ => {}
            }
        }
        self.faults.extend(faults);
    }

    fn body(&mut self) {
        let declared = self.contract.resolve(&self.operation["requestBody"]);
        let wanted = match self.extent {
            Extent::Full => !declared.is_null(),
            Extent::Least => declared["required"] == true,
        };
        if wanted == self.request.body.is_empty() {
            return self.fault(format!("the body is {:?}", self.request.body));
        }
        if !wanted {
            return;
        }
        let schema = &declared["content"]["application/json"]["schema"];
        match serde_json::from_slice(&self.request.body) {
            Err(error) => self.fault(format!("the body is no JSON: {error}")),
            Ok(body) => {
                self.contract.check(schema, &body, "$", &mut self.faults);
                self.members(schema, &body, "$");
            }
        }
    }

    /// Whether all properties are there, or the required ones alone, to any depth.
    fn members(&mut self, schema: &Value, value: &Value, at: &str) {
        let schema = merged(self.contract, schema);
        for item in value.as_array().into_iter().flatten() {
            self.members(&schema["items"], item, &format!("{at}[]"));
        }
        if self.extent == Extent::Full && value.as_array().is_some_and(Vec::is_empty) {
            self.fault(format!("{at} is empty"));
        }
        let required = schema["required"].as_array();
        let required = |name: &str| required.is_some_and(|names| names.contains(&name.into()));
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            let excused = EITHER.iter().any(|(id, names)| {
                *id == self.id
                    && names.contains(&&**name)
                    && names
                        .iter()
                        .filter(|name| value.get(**name).is_some())
                        .count()
                        == 1
            });
            match (value.get(name), self.extent) {
                (Some(_), _) if property["readOnly"] == true => {
                    self.fault(format!("{at} is the server's"));
                }
                (Some(_), Extent::Least) if !required(name) && !excused => {
                    self.fault(format!("{at} was not set"));
                }
                (Some(member), _) => self.members(property, member, &at),
                (None, Extent::Full) if !excused => self.fault(format!("{at} is not set")),
                (None, _) => {}
            }
        }
    }
}

/// The parameters of an operation that are in this place.
pub fn parameters<'a>(contract: &'a Contract, operation: &'a Value, place: &str) -> Vec<&'a Value> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.map(|parameter| contract.resolve(parameter))
        .filter(|parameter| parameter["in"] == place)
        .collect()
}

/// Whether two texts of a parameter say the same; points in time can be written in several ways.
fn same(schema: &Value, sent: &str, wanted: &str) -> bool {
    if schema["format"] == "date-time" {
        let time = |text: &str| text.parse::<pgbeam::Timestamp>().ok();
        return time(sent).is_some() && time(sent) == time(wanted);
    }
    sent == wanted
}

/// `xxxxxxxx-xxxx-4xxx-[89ab]xxx-xxxxxxxxxxxx`
fn is_random_uuid(text: &str) -> bool {
    regex::Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        .unwrap()
        .is_match(text)
}
