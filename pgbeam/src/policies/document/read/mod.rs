//! Converts the parsed documents of policy files to profiles and templates, and reports the mistakes in the documents.

mod object;
pub(crate) mod quantity;
pub(crate) mod suggest;
mod template_sql;
mod wrong_type;

use std::collections::HashMap;

use super::{
    PolicySet, ProfileEntry, Suppression, TemplateEntry,
    errors::{Report, quote},
    node::{Entry, Node, Place, Value},
};
use crate::policies::{
    finding::Location,
    lint,
    normalized::{NormalizedProfile, NormalizedTemplate, items},
    schema,
};
use object::read_fields;
use quantity::SPELLINGS;
use suggest::did_you_mean;

/// The name of the field with the list of profiles, in a document that contains lists.
const POLICIES: &str = "policies";
/// The name of the field with the list of query templates, in a document that contains lists.
const QUERY_TEMPLATES: &str = "query_templates";

/// The name of the field that lists the names of unknown fields to accept. Only policy files have this field.
pub(crate) const ALLOW_UNKNOWN: &str = "allow_unknown";
/// The name of the field that suppresses lint rules. Only policy files have this field.
pub(crate) const SUPPRESS: &str = "suppress";

/// Collects the profiles and templates of one or more files.
#[derive(Default)]
pub(super) struct SetReader {
    pub(super) set: PolicySet,
    /// The location of the field `name` of each profile and template that has been read. Each key is the kind, such as
    /// `query template`, and the name.
    names: HashMap<(&'static str, String), Location>,
}

impl SetReader {
    /// Adds the profiles and templates in the documents of a file to the set, and the mistakes in the documents to the
    /// report.
    pub(super) fn read(&mut self, documents: &[Node], report: &mut Report) {
        let mut is_empty = true;
        for document in documents {
            is_empty &= document.value == Value::Null;
            self.read_document(document, report);
        }
        if is_empty && !report.has_mistakes() {
            let message = "the file has no policy";
            let remedy = "write a policy profile, which starts with `name`, or remove the file";
            report.add("empty-file", Place::default(), message, remedy);
        }
    }

    fn read_document(&mut self, document: &Node, report: &mut Report) {
        let entries = match &document.value {
            Value::Map(entries) => entries,
            // An empty document, or one whose mistake has been reported.
            Value::Null | Value::Invalid => return,
            _ => {
                let message = format!("a policy {}", document.mismatch("must be a mapping"));
                let remedy = "write a profile, which starts with `name`, or the list `policies`";
                report.add("wrong-type", document.place, message, remedy);
                return;
            }
        };
        let is_list = |entry: &&Entry| entry.key == POLICIES || entry.key == QUERY_TEMPLATES;
        let Some(list) = entries.iter().find(is_list) else {
            self.read_profile(document, report);
            return;
        };
        let known = |entry: &&Entry| {
            let is_field = schema::policy_profile().field(&entry.key).is_some();
            is_field || quantity::Spelling::find(&entry.key).is_some()
        };
        if let Some(field) = entries.iter().find(known) {
            let message = format!(
                "a mapping cannot be both a profile and a list: it has `{}` and `{}`",
                field.key, list.key
            );
            let remedy = format!("move the profile into the list `{POLICIES}`");
            report.add("mixed-document", field.place, message, remedy);
            return;
        }
        for entry in entries {
            match entry.key.as_str() {
                POLICIES => self.read_list(&entry.key, &entry.node, report, Self::read_profile),
                QUERY_TEMPLATES => {
                    self.read_list(&entry.key, &entry.node, report, Self::read_template)
                }
                key => {
                    let names = [POLICIES, QUERY_TEMPLATES];
                    let remedy = did_you_mean(key, names, || "remove it".into());
                    let message = format!("unknown field {}", quote(key));
                    report.add("unknown-field", entry.place, message, remedy);
                }
            }
        }
    }

    /// Calls `read` for each item of the list in the field `name`. If the field is not a list, adds a mistake.
    fn read_list(
        &mut self,
        name: &str,
        node: &Node,
        report: &mut Report,
        read: fn(&mut Self, &Node, &mut Report),
    ) {
        match &node.value {
            Value::Invalid => {}
            Value::List(items) => items.iter().for_each(|item| read(self, item, report)),
            _ => {
                let message = format!("`{name}` {}", node.mismatch("must be a list"));
                report.add(
                    "wrong-type",
                    node.place,
                    message,
                    "start each item with `- `, or write `[]`",
                );
            }
        }
    }

    fn read_profile(&mut self, node: &Node, report: &mut Report) {
        let Some(entries) = begin(node, "a policy profile", report) else {
            return;
        };
        let unknown = read_allow_unknown(entries, report);
        let suppressions = read_suppressions(entries, report);
        let fields = read_fields(
            schema::policy_profile(),
            node,
            entries,
            &[ALLOW_UNKNOWN, SUPPRESS],
            SPELLINGS,
            &unknown,
            report,
        );
        let profile = NormalizedProfile::from_json(fields.object);
        self.check_name("policy profile", profile.name(), entries, report);
        self.set.profiles.push(ProfileEntry {
            profile,
            suppressions,
            source: fields.source,
        });
        report.policy.clear();
    }

    fn read_template(&mut self, node: &Node, report: &mut Report) {
        let Some(entries) = begin(node, "a query template", report) else {
            return;
        };
        let unknown = read_allow_unknown(entries, report);
        let fields = read_fields(
            schema::query_template(),
            node,
            entries,
            &[ALLOW_UNKNOWN],
            &[],
            &unknown,
            report,
        );
        let template = NormalizedTemplate::from_json(fields.object);
        self.check_name("query template", template.name(), entries, report);
        check_sql(&template, entries, report);
        self.set.templates.push(TemplateEntry {
            template,
            source: fields.source,
        });
        report.policy.clear();
    }

    /// Records the location of the name of a profile or template. Adds a mistake if an earlier profile, or an earlier
    /// template, has the same name.
    fn check_name(
        &mut self,
        kind: &'static str,
        name: &str,
        entries: &[Entry],
        report: &mut Report,
    ) {
        let Some(entry) = find(entries, "name").filter(|_| !name.is_empty()) else {
            return;
        };
        let location = report.location(entry.place);
        match self.names.entry((kind, name.to_owned())) {
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(location);
            }
            std::collections::hash_map::Entry::Occupied(first) => {
                let message = format!(
                    "two {kind}s have the name {}: the other is at {}",
                    quote(name),
                    first.get()
                );
                report.add(
                    "duplicate-name",
                    entry.place,
                    message,
                    "rename or remove one of them",
                );
            }
        }
    }
}

/// Returns the entries of a profile or template, and sets `report.policy` to its name. Returns `None` if the node is
/// not a mapping, and adds a mistake unless the node already has one.
fn begin<'a>(node: &'a Node, kind: &str, report: &mut Report) -> Option<&'a [Entry]> {
    match &node.value {
        Value::Map(entries) => {
            let name = find(entries, "name").and_then(|entry| entry.node.as_str());
            name.unwrap_or_default().clone_into(&mut report.policy);
            Some(entries)
        }
        Value::Invalid => None,
        _ => {
            let message = format!("{kind} {}", node.mismatch("must be a mapping"));
            report.add(
                "wrong-type",
                node.place,
                message,
                "write its fields, such as `name`",
            );
            None
        }
    }
}

fn find<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.key == key)
}

/// Reads `allow_unknown`, a list of names of fields. Adds a mistake for each value of the wrong type.
fn read_allow_unknown<'a>(entries: &'a [Entry], report: &mut Report) -> Vec<&'a str> {
    let Some(Entry { node, .. }) = find(entries, ALLOW_UNKNOWN) else {
        return Vec::new();
    };
    let remedy = "list the names of the fields, as in `[new_field]`";
    let items: &[Node] = match &node.value {
        Value::List(items) => items,
        Value::Invalid => &[],
        _ => {
            let message = format!("`{ALLOW_UNKNOWN}` {}", node.mismatch("must be a list"));
            report.add("wrong-type", node.place, message, remedy);
            &[]
        }
    };
    let mut names = Vec::new();
    for item in items {
        match item.as_str() {
            Some(name) => names.push(name),
            None if item.value == Value::Invalid => {}
            None => {
                let message = format!("`{ALLOW_UNKNOWN}` {}", item.mismatch("must contain names"));
                report.add("wrong-type", item.place, message, remedy);
            }
        }
    }
    names
}

/// Reads `suppress`, a mapping from lint rules to reasons. Adds mistakes for unknown rules, missing reasons and values
/// of the wrong type.
fn read_suppressions(entries: &[Entry], report: &mut Report) -> Vec<Suppression> {
    let Some(Entry { node, .. }) = find(entries, SUPPRESS) else {
        return Vec::new();
    };
    let rules = match &node.value {
        Value::Map(rules) => rules.as_slice(),
        Value::Invalid => &[],
        _ => {
            let message = format!("`{SUPPRESS}` {}", node.mismatch("must be a mapping"));
            let remedy = "write the rule and a reason, as in `no-query-budget: internal traffic`";
            report.add("wrong-type", node.place, message, remedy);
            &[]
        }
    };
    let mut suppressions = Vec::new();
    for Entry { key, place, node } in rules {
        if lint::find_rule(key).is_none() {
            let ids = lint::rules().iter().map(lint::Rule::id);
            let remedy = did_you_mean(key, ids.clone(), || {
                format!("the rules are {}", suggest::join(ids))
            });
            let message = format!("unknown lint rule {}", quote(key));
            report.add("unknown-rule", *place, message, remedy);
        }
        match &node.value {
            Value::String(reason) if !reason.trim().is_empty() => {
                suppressions.push(Suppression {
                    rule: key.clone(),
                    reason: reason.clone(),
                });
            }
            Value::Invalid => {}
            Value::String(_) | Value::Null => {
                let message = format!("the suppression of {} has no reason", quote(key));
                let remedy = "write why the rule does not apply";
                report.add("missing-reason", node.place, message, remedy);
            }
            _ => {
                let message = format!(
                    "the reason to suppress {} {}",
                    quote(key),
                    node.mismatch("must be a string")
                );
                report.add(
                    "wrong-type",
                    node.place,
                    message,
                    "write why the rule does not apply",
                );
            }
        }
    }
    suppressions
}

/// Checks the SQL of a template. Adds a mistake if `sql` is not exactly one statement that starts with an allowed
/// keyword; if it is one, checks its placeholders. Does nothing if `sql` is missing or has another mistake.
fn check_sql(template: &NormalizedTemplate, entries: &[Entry], report: &mut Report) {
    const KINDS: [&str; 5] = ["select", "insert", "update", "delete", "with"];
    let Some(sql) = template.get("sql").and_then(serde_json::Value::as_str) else {
        return;
    };
    let Some(entry) = find(entries, "sql") else {
        return;
    };
    "sql".clone_into(&mut report.field);
    let place = entry.node.place;
    let tokens = template_sql::scan(sql);
    let mut add =
        |message: String, remedy: &str| report.add("template-sql", place, message, remedy);
    if tokens.is_unclosed {
        add(
            "`sql` has a quote or a comment without an end".into(),
            "close it",
        );
    } else if tokens.statements != 1 {
        let message = format!("`sql` has {} statements", tokens.statements);
        add(message, "write exactly one statement");
    } else if !KINDS.contains(&tokens.first_word.as_str()) {
        let message = format!("`sql` starts with {}", quote(&tokens.first_word));
        add(message, "write one SELECT, INSERT, UPDATE or DELETE");
    } else {
        check_params(template, entries, &tokens, place, report);
    }
    report.field.clear();
}

/// Adds mistakes for placeholders without a parameter, for parameters without a placeholder, and for parameters with
/// the same name. Does nothing if `params` has another mistake. `sql` is the place of the SQL in the file.
fn check_params(
    template: &NormalizedTemplate,
    entries: &[Entry],
    tokens: &template_sql::Tokens,
    sql: Place,
    report: &mut Report,
) {
    let params = template.get("params").map(items).unwrap_or_default();
    let nodes = match find(entries, "params").map(|entry| &entry.node.value) {
        None => [].as_slice(),
        Some(Value::List(nodes)) if nodes.len() == params.len() => nodes,
        // The parameters have another mistake.
        Some(_) => return,
    };
    let count = u32::try_from(params.len()).unwrap_or(u32::MAX);
    for number in &tokens.placeholders {
        if !(1..=count).contains(number) {
            let message = format!("`${number}` has no parameter: `params` has {count}");
            let remedy = "number the placeholders from `$1`, with one entry in `params` for each";
            report.add("template-sql", sql, message, remedy);
        }
    }
    "params".clone_into(&mut report.field);
    for (number, (param, node)) in (1..).zip(params.iter().zip(nodes)) {
        let name = param
            .get("name")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        if !tokens.placeholders.contains(&number) {
            let message = format!(
                "the parameter {} is not used: `sql` has no `${number}`",
                quote(name)
            );
            report.add(
                "template-sql",
                node.place,
                message,
                "remove it, or use its placeholder",
            );
        }
        let has_name = |other: &serde_json::Value| other.get("name") == param.get("name");
        if params[..number as usize - 1].iter().any(has_name) {
            let message = format!("two parameters have the name {}", quote(name));
            report.add("duplicate-name", node.place, message, "rename one of them");
        }
    }
}
