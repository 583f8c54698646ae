//! Compares the operations of two contracts: method, path, SDK names, security requirements,
//! parameters, bodies and responses. Queues the schemas of these parts, which
//! [`schemas`](super::schemas) compares.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    changes::{ChangeKind, Direction, Part, RustType, Subject, SubjectKind},
    compare::operation_matching::{
        OperationMatches, match_operations, parameter_names, without_parameter_names,
    },
    compare::rename_candidates::find_rename_candidates,
    compare::schemas::{PairId, SchemaPairs, StepChange, UsePair},
    escape::{code_span, escape_markup},
    model::{
        ApiModel, Body, Media, Operation, Parameter, ParameterKey, Response, SchemaUse,
        SecurityRequirement,
    },
};

/// The changes of one part of an operation. The changes inside the schema of the part are in its
/// schema pair.
pub struct PartChanges<'a> {
    pub operation: &'a Operation,
    pub part: Part,
    pub changes: Vec<StepChange>,
    /// The pair of the part's old and new schema. `None` if the part lacks a schema in one of the
    /// contracts, or if `changes` concern an operation, body or response as a whole.
    pub schema_pair: Option<PairId>,
}

/// Compares the operations of the two contracts of `pairs`, and returns the changes of each part of
/// an operation. Adds the schemas of the parts to `pairs`, where [`SchemaPairs::compare_all`]
/// compares them.
pub fn compare<'a>(pairs: &mut SchemaPairs<'a>) -> Vec<PartChanges<'a>> {
    let OperationMatches {
        matched,
        removed,
        added,
    } = match_operations(pairs.old, pairs.new);
    let mut comparison = Comparison {
        pairs,
        parts: Vec::new(),
    };
    for operation in removed {
        comparison.add_operation_change(operation, ChangeKind::removed());
    }
    for operation in added {
        comparison.add_operation_change(operation, ChangeKind::added(false));
    }
    for (old, new) in matched {
        comparison.compare_operation(old, new);
    }
    comparison.parts
}

/// The entries of an old and a new map. `common` contains each key that is in both maps, with the
/// old and the new value.
struct MapDiff<'a, K, V> {
    removed: Vec<(&'a K, &'a V)>,
    added: Vec<(&'a K, &'a V)>,
    common: Vec<(&'a K, &'a V, &'a V)>,
}

fn diff_maps<'a, K: Ord, V>(old: &'a BTreeMap<K, V>, new: &'a BTreeMap<K, V>) -> MapDiff<'a, K, V> {
    let is_missing = |(key, _): &(&K, &V), other: &BTreeMap<K, V>| !other.contains_key(key);
    MapDiff {
        removed: old.iter().filter(|entry| is_missing(entry, new)).collect(),
        added: new.iter().filter(|entry| is_missing(entry, old)).collect(),
        common: old
            .iter()
            .filter_map(|(key, value)| Some((key, value, new.get(key)?)))
            .collect(),
    }
}

struct Comparison<'a, 'p> {
    pairs: &'p mut SchemaPairs<'a>,
    parts: Vec<PartChanges<'a>>,
}

impl<'a> Comparison<'a, '_> {
    fn add_change(
        &mut self,
        operation: &'a Operation,
        part: Part,
        subject: Subject,
        kind: ChangeKind,
    ) {
        self.parts.push(PartChanges {
            operation,
            part,
            changes: vec![StepChange::new(subject, kind)],
            schema_pair: None,
        });
    }

    fn add_operation_change(&mut self, operation: &'a Operation, kind: ChangeKind) {
        let subject = Subject::new(SubjectKind::Operation, code_span(&operation.id));
        self.add_change(operation, Part::Operation, subject, kind);
    }

    /// Adds a part that exists in both contracts: the changes in `kinds`, the changes of its
    /// attributes, and the pair of its schemas.
    fn add_value(
        &mut self,
        operation: &'a Operation,
        part: Part,
        kinds: impl IntoIterator<Item = ChangeKind>,
        use_pair: UsePair<'_>,
    ) {
        let kinds = kinds.into_iter();
        let mut changes: Vec<StepChange> = kinds
            .map(|kind| StepChange::new(use_pair.subject.clone(), kind))
            .collect();
        let schema_pair = Some(self.pairs.compare_use(&use_pair, &mut changes));
        self.parts.push(PartChanges {
            operation,
            part,
            changes,
            schema_pair,
        });
    }

    fn compare_operation(&mut self, old: &'a Operation, new: &'a Operation) {
        let mut kinds = Vec::new();
        if old.method != new.method
            || without_parameter_names(&old.path) != without_parameter_names(&new.path)
        {
            let name = |operation: &Operation| format!("{} {}", operation.method, operation.path);
            kinds.push(ChangeKind::Moved(name(old), name(new)));
        }
        if old.id != new.id {
            kinds.push(ChangeKind::Renamed(old.id.clone(), new.id.clone()));
        }
        let or_none = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
        if old.area != new.area {
            let (from, to) = (or_none(&old.area), or_none(&new.area));
            kinds.push(ChangeKind::AreaChanged(from, to));
        }
        if old.method_path != new.method_path {
            let (from, to) = (or_none(&old.method_path), or_none(&new.method_path));
            kinds.push(ChangeKind::MethodChanged(from, to));
        }
        kinds.extend(compare_deprecated(old.deprecated, new.deprecated));
        if old.rejects_key != new.rejects_key {
            kinds.push(ChangeKind::RejectsIdempotencyKey(new.rejects_key));
        }
        for kind in kinds {
            self.add_operation_change(new, kind);
        }
        self.compare_security(old, new);
        self.compare_parameters(old, new);
        self.compare_body(old, new);
        self.compare_responses(old, new);
    }

    fn compare_security(&mut self, old: &'a Operation, new: &'a Operation) {
        // Compares definitions instead of names, so that a renamed scheme is no change.
        let difference =
            |these: &BTreeSet<SecurityRequirement>, others| -> BTreeMap<String, String> {
                let requirements = these.difference(others);
                requirements
                    .map(|requirement| (requirement.definition.clone(), requirement.name.clone()))
                    .collect()
            };
        let olds = difference(&old.security, &new.security);
        let news = difference(&new.security, &old.security);
        let MapDiff { removed, added, .. } = diff_maps(&olds, &news);
        let removed = removed
            .iter()
            .map(|(_, name)| (name, ChangeKind::removed()));
        let added = added
            .iter()
            .map(|(_, name)| (name, ChangeKind::added(false)));
        for (name, kind) in removed.chain(added) {
            let name = match name.is_empty() {
                true => "without a credential".to_owned(),
                false => format!("with {name}"),
            };
            let subject = Subject::new(SubjectKind::Security, name);
            self.add_change(new, Part::Operation, subject, kind);
        }
    }

    fn compare_parameters(&mut self, old: &'a Operation, new: &'a Operation) {
        let key = |name: &str| ParameterKey {
            location: "path".to_owned(),
            name: name.to_owned(),
        };
        let mut renamed = BTreeMap::new();
        if without_parameter_names(&old.path) == without_parameter_names(&new.path) {
            let pairs = parameter_names(&old.path).zip(parameter_names(&new.path));
            renamed.extend(pairs.map(|(old, new)| (key(old), key(new))));
        }
        let new_key = |key: &'a ParameterKey| renamed.get(key).unwrap_or(key).clone();
        let olds = old.parameters.iter();
        let olds: BTreeMap<ParameterKey, &'a Parameter> = olds
            .map(|(key, parameter)| (new_key(key), parameter))
            .collect();
        let news = new.parameters.iter();
        let news: BTreeMap<ParameterKey, &'a Parameter> = news
            .map(|(key, parameter)| (key.clone(), parameter))
            .collect();
        let MapDiff {
            removed,
            added,
            common,
        } = diff_maps(&olds, &news);
        let with_type = |model: &ApiModel, key: &ParameterKey, parameter: &Parameter| {
            let kind = format!("{} {}", key.location, model.type_name(&parameter.schema));
            (subject(key, parameter).name, kind)
        };
        let candidates = find_rename_candidates(
            removed
                .iter()
                .map(|(key, parameter)| with_type(self.pairs.old, key, parameter)),
            added
                .iter()
                .map(|(key, parameter)| with_type(self.pairs.new, key, parameter)),
        );
        for (key, parameter) in removed {
            let subject = subject(key, parameter);
            let new_names = candidates.new_names.get(&subject.name).cloned();
            let kind = ChangeKind::Removed {
                rename_candidates: new_names.unwrap_or_default(),
            };
            self.add_change(new, part(key, parameter), subject, kind);
        }
        for (key, parameter) in added {
            let subject = subject(key, parameter);
            let old_names = candidates.old_names.get(&subject.name).cloned();
            let kind = ChangeKind::Added {
                required: parameter.required,
                rename_candidates: old_names.unwrap_or_default(),
            };
            self.add_change(new, part(key, parameter), subject, kind);
        }
        for (key, before, after) in common {
            self.compare_parameter(new, key, before, after);
        }
    }

    fn compare_parameter(
        &mut self,
        operation: &'a Operation,
        key: &ParameterKey,
        old: &'a Parameter,
        new: &'a Parameter,
    ) {
        let mut kinds = Vec::new();
        if key.location == "path" && old.name != new.name {
            kinds.push(ChangeKind::Renamed(old.name.clone(), new.name.clone()));
        }
        kinds.extend(compare_required(old.required, new.required));
        kinds.extend(compare_deprecated(old.deprecated, new.deprecated));
        if old.encoding != new.encoding {
            let display = |encoding: &str| match encoding {
                "" => "the OpenAPI default".to_owned(),
                _ => encoding.to_owned(),
            };
            kinds.push(ChangeKind::EncodingChanged(
                display(&old.encoding),
                display(&new.encoding),
            ));
        }
        let use_pair = UsePair {
            old: &old.schema,
            new: &new.schema,
            direction: Direction::Request,
            subject: subject(key, new),
            step: None,
            optional: (!old.required, !new.required),
        };
        self.add_value(operation, part(key, new), kinds, use_pair);
    }

    fn compare_body(&mut self, old: &'a Operation, new: &'a Operation) {
        let part = |media: &str| Part::Body {
            media: media.to_owned(),
        };
        let first = |body: &Body| part(body.media.keys().next().map_or("", String::as_str));
        let subject = || Subject::new(SubjectKind::Body, "the body".to_owned());
        match (&old.body, &new.body) {
            (None, None) => {}
            (Some(old), None) => {
                self.add_change(new, first(old), subject(), ChangeKind::removed());
            }
            (None, Some(body)) => {
                let kind = ChangeKind::added(body.required);
                self.add_change(new, first(body), subject(), kind);
            }
            (Some(old), Some(body)) => {
                if let Some(kind) = compare_required(old.required, body.required) {
                    self.add_change(new, first(body), subject(), kind);
                }
                let media = (&old.media, &body.media);
                self.compare_media(new, media, Direction::Request, &part);
            }
        }
    }

    fn compare_responses(&mut self, old: &'a Operation, new: &'a Operation) {
        let subject = |status: &str| {
            Subject::new(
                SubjectKind::Response,
                format!("the response {}", escape_markup(status)),
            )
        };
        let part = |status: &str| Part::Response {
            status: status.to_owned(),
            media: None,
        };
        let MapDiff {
            removed,
            added,
            common,
        } = diff_maps(&old.responses, &new.responses);
        let success = |responses: &[(&'a String, &'a Response)]| {
            let responses = responses.iter();
            let responses = responses.filter(|(status, _)| status.starts_with('2'));
            responses.copied().collect::<Vec<_>>()
        };
        // If one success status replaces another, the response has moved.
        let (mut moved_from, mut moved_to) = (Vec::new(), Vec::new());
        if let ([from], [to]) = (success(&removed).as_slice(), success(&added).as_slice()) {
            let kind = ChangeKind::Moved(from.0.clone(), to.0.clone());
            self.add_change(new, part(to.0), subject(from.0), kind);
            self.compare_response(new, to.0, from.1, to.1);
            (moved_from, moved_to) = (vec![from.0], vec![to.0]);
        }
        let removed = removed.iter();
        for (status, _) in removed.filter(|(status, _)| !moved_from.contains(status)) {
            self.add_change(new, part(status), subject(status), ChangeKind::removed());
        }
        let added = added.iter();
        for (status, _) in added.filter(|(status, _)| !moved_to.contains(status)) {
            let kind = ChangeKind::added(false);
            self.add_change(new, part(status), subject(status), kind);
        }
        for (status, before, after) in common {
            self.compare_response(new, status, before, after);
        }
    }

    fn compare_response(
        &mut self,
        operation: &'a Operation,
        status: &str,
        old: &'a Response,
        new: &'a Response,
    ) {
        let part = |name: &str| Part::Header {
            status: status.to_owned(),
            name: name.to_owned(),
        };
        let subject = |name: &str| {
            Subject::new(
                SubjectKind::Header,
                format!("the header {}", code_span(name)),
            )
        };
        let MapDiff {
            removed,
            added,
            common,
        } = diff_maps(&old.headers, &new.headers);
        for (_, header) in removed {
            let name = &header.name;
            self.add_change(operation, part(name), subject(name), ChangeKind::removed());
        }
        for (_, before, after) in common {
            let kinds = compare_required(before.required, after.required)
                .into_iter()
                .chain(compare_deprecated(before.deprecated, after.deprecated));
            let name = &after.name;
            if let (Some(old), Some(new)) = (&before.schema, &after.schema) {
                let use_pair = UsePair {
                    old,
                    new,
                    direction: Direction::Response,
                    subject: subject(name),
                    step: None,
                    optional: (!before.required, !after.required),
                };
                self.add_value(operation, part(name), kinds, use_pair);
            } else {
                kinds.for_each(|kind| self.add_change(operation, part(name), subject(name), kind));
            }
        }
        for (_, header) in added {
            let (name, kind) = (&header.name, ChangeKind::added(header.required));
            self.add_change(operation, part(name), subject(name), kind);
        }
        let part = |media: &str| Part::Response {
            status: status.to_owned(),
            media: Some(media.to_owned()),
        };
        let media = (&old.media, &new.media);
        self.compare_media(operation, media, Direction::Response, &part);
    }

    fn compare_media(
        &mut self,
        operation: &'a Operation,
        (old, new): (&'a Media, &'a Media),
        direction: Direction,
        part: &dyn Fn(&str) -> Part,
    ) {
        let subject = |name: &str| Subject::new(SubjectKind::MediaType, code_span(name));
        let MapDiff {
            removed,
            added,
            common,
        } = diff_maps(old, new);
        for (name, _) in removed {
            self.add_change(operation, part(name), subject(name), ChangeKind::removed());
        }
        for (name, before, after) in common {
            let type_name = |model: &ApiModel, schema: &Option<SchemaUse>| match schema {
                Some(schema) => model.type_name(schema),
                None => "any".to_owned(),
            };
            match (before, after) {
                (None, None) => {}
                (Some(old), Some(new)) => {
                    let label = self.pairs.new.schema(new).label.clone();
                    let use_pair = UsePair {
                        old,
                        new,
                        direction,
                        subject: Subject::new(SubjectKind::Value, label),
                        step: None,
                        optional: (false, false),
                    };
                    self.add_value(operation, part(name), None, use_pair);
                }
                (before, after) => {
                    let from = type_name(self.pairs.old, before);
                    let to = type_name(self.pairs.new, after);
                    let kind = ChangeKind::TypeChanged(from, to);
                    self.add_change(operation, part(name), subject(name), kind);
                }
            }
        }
        for (name, _) in added {
            let kind = ChangeKind::added(false);
            self.add_change(operation, part(name), subject(name), kind);
        }
    }
}

fn compare_required(old: bool, new: bool) -> Option<ChangeKind> {
    match (old, new) {
        (false, true) => Some(ChangeKind::BecameRequired(RustType::Changed)),
        (true, false) => Some(ChangeKind::BecameOptional(RustType::Changed)),
        _ => None,
    }
}

fn compare_deprecated(old: bool, new: bool) -> Option<ChangeKind> {
    match (old, new) {
        (false, true) => Some(ChangeKind::Deprecated),
        (true, false) => Some(ChangeKind::NoLongerDeprecated),
        _ => None,
    }
}

fn subject(key: &ParameterKey, parameter: &Parameter) -> Subject {
    let (location, name) = (escape_markup(&key.location), code_span(&parameter.name));
    Subject::new(
        SubjectKind::Parameter,
        format!("the {location} parameter {name}"),
    )
}

fn part(key: &ParameterKey, parameter: &Parameter) -> Part {
    Part::Parameter {
        location: key.location.clone(),
        name: parameter.name.clone(),
    }
}
