//! Compares operations: which there are, and of each its access, parameters, body and answers.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    changes::{Direction, Optionality, Part, Subject, SubjectKind, What},
    compare::candidates::candidates,
    compare::matching::{Matched, matched, names, without_names},
    compare::schemas::{Found, PairId, Pairs, Site},
    model::{Access, Answer, Body, Meaning, Media, Operation, Parameter, ParameterKey, Use},
    text::{plain, quoted},
};

/// What was found of one part of one operation, without what is inside its schemas.
pub struct At<'a> {
    pub operation: &'a Operation,
    pub part: Part,
    pub found: Vec<Found>,
    /// The pair of schemas of this part's value.
    pub value: Option<PairId>,
}

/// Compares the operations of two contracts.
pub fn compare<'a>(pairs: &mut Pairs<'a>) -> Vec<At<'a>> {
    let (old, new) = (pairs.old, pairs.new);
    let mut comparison = Comparison {
        pairs,
        at: Vec::new(),
    };
    let Matched { both, gone, fresh } = matched(old, new);
    for operation in gone {
        let what = What::Removed {
            perhaps: Vec::new(),
        };
        comparison.tell(operation, Part::Operation, of_operation(operation, what));
    }
    for operation in fresh {
        let what = What::Added {
            required: false,
            perhaps: Vec::new(),
        };
        comparison.tell(operation, Part::Operation, of_operation(operation, what));
    }
    for (old, new) in both {
        comparison.operation(old, new);
    }
    comparison.at
}

fn of_operation(operation: &Operation, what: What) -> Found {
    found(SubjectKind::Operation, quoted(&operation.id), what)
}

fn found(kind: SubjectKind, name: String, what: What) -> Found {
    Found {
        step: None,
        subject: Subject { kind, name },
        what,
    }
}

struct Comparison<'a, 'p> {
    pairs: &'p mut Pairs<'a>,
    at: Vec<At<'a>>,
}

impl<'a> Comparison<'a, '_> {
    fn tell(&mut self, operation: &'a Operation, part: Part, found: Found) {
        self.at.push(At {
            operation,
            part,
            found: vec![found],
            value: None,
        });
    }

    fn operation(&mut self, old: &'a Operation, new: &'a Operation) {
        let mut tell = |what: What| self.tell(new, Part::Operation, of_operation(new, what));
        let name = |of: &Operation| format!("{} {}", of.method, of.path);
        if old.method != new.method || without_names(&old.path) != without_names(&new.path) {
            tell(What::Moved {
                from: name(old),
                to: name(new),
            });
        }
        if old.id != new.id {
            tell(What::Renamed {
                from: old.id.clone(),
                to: new.id.clone(),
            });
        }
        if old.area != new.area {
            let text = |area: &Option<String>| area.clone().unwrap_or_else(|| "none".to_owned());
            tell(What::Area {
                from: text(&old.area),
                to: text(&new.area),
            });
        }
        if old.method_path != new.method_path {
            let text = |path: &Option<String>| path.clone().unwrap_or_else(|| "none".to_owned());
            tell(What::Method {
                from: text(&old.method_path),
                to: text(&new.method_path),
            });
        }
        if old.deprecated != new.deprecated {
            tell(if new.deprecated {
                What::Deprecated
            } else {
                What::NotDeprecated
            });
        }
        if old.refuses_key != new.refuses_key {
            tell(What::RefusesKey(new.refuses_key));
        }
        self.access(old, new);
        self.parameters(old, new);
        self.body(old, new);
        self.answers(old, new);
    }

    fn access(&mut self, old: &'a Operation, new: &'a Operation) {
        // A scheme that is only called otherwise asks for the same.
        let only =
            |these: &BTreeSet<Access>, others: &BTreeSet<Access>| -> BTreeMap<String, String> {
                let these = these.difference(others);
                these
                    .map(|way| (way.asks.clone(), way.name.clone()))
                    .collect()
            };
        let (gone, fresh) = (
            only(&old.access, &new.access),
            only(&new.access, &old.access),
        );
        let mut tell = |name: &str, what: What| {
            let name = match name.is_empty() {
                true => "without a credential".to_owned(),
                false => format!("with {name}"),
            };
            self.tell(new, Part::Operation, found(SubjectKind::Access, name, what));
        };
        for (asks, name) in &gone {
            if !fresh.contains_key(asks) {
                tell(
                    name,
                    What::Removed {
                        perhaps: Vec::new(),
                    },
                );
            }
        }
        for (asks, name) in &fresh {
            if !gone.contains_key(asks) {
                tell(
                    name,
                    What::Added {
                        required: false,
                        perhaps: Vec::new(),
                    },
                );
            }
        }
    }

    fn parameters(&mut self, old: &'a Operation, new: &'a Operation) {
        let key = |name: &str| ParameterKey {
            location: "path".to_owned(),
            name: name.to_owned(),
        };
        let same_path = without_names(&old.path) == without_names(&new.path);
        let renamed: BTreeMap<ParameterKey, ParameterKey> = match same_path {
            true => names(&old.path)
                .zip(names(&new.path))
                .map(|(a, b)| (key(a), key(b)))
                .collect(),
            false => BTreeMap::new(),
        };
        let now = |key: &'a ParameterKey| renamed.get(key).unwrap_or(key).clone();
        let olds: BTreeMap<ParameterKey, &'a Parameter> = old
            .parameters
            .iter()
            .map(|(key, of)| (now(key), of))
            .collect();
        let gone: Vec<_> = olds
            .iter()
            .filter(|(key, _)| !new.parameters.contains_key(key))
            .collect();
        let fresh: Vec<_> = new
            .parameters
            .iter()
            .filter(|(key, _)| !olds.contains_key(key))
            .collect();
        let typed = |meaning: &Meaning, key: &ParameterKey, of: &Parameter| {
            (
                label(key, of),
                format!("{} {}", key.location, meaning.type_text(&of.schema)),
            )
        };
        let perhaps = candidates(
            gone.iter().map(|(key, of)| typed(self.pairs.old, key, of)),
            fresh.iter().map(|(key, of)| typed(self.pairs.new, key, of)),
        );
        for (key, of) in gone {
            let name = label(key, of);
            let what = What::Removed {
                perhaps: perhaps.now.get(&name).cloned().unwrap_or_default(),
            };
            self.tell(
                new,
                part(key, of),
                found(SubjectKind::Parameter, name, what),
            );
        }
        for (key, of) in fresh {
            let name = label(key, of);
            let perhaps = perhaps.before.get(&name).cloned().unwrap_or_default();
            let what = What::Added {
                required: of.required,
                perhaps,
            };
            self.tell(
                new,
                part(key, of),
                found(SubjectKind::Parameter, name, what),
            );
        }
        for (key, before) in &olds {
            let Some(after) = new.parameters.get(key) else {
                continue;
            };
            self.parameter(new, key, before, after);
        }
    }

    fn parameter(
        &mut self,
        operation: &'a Operation,
        key: &ParameterKey,
        old: &'a Parameter,
        new: &'a Parameter,
    ) {
        let subject = Subject {
            kind: SubjectKind::Parameter,
            name: label(key, new),
        };
        let mut told = Vec::new();
        let mut tell = |what: What| {
            told.push(Found {
                step: None,
                subject: subject.clone(),
                what,
            });
        };
        if key.location == "path" && old.name != new.name {
            tell(What::Renamed {
                from: old.name.clone(),
                to: new.name.clone(),
            });
        }
        required(old.required, new.required, &mut tell);
        if old.deprecated != new.deprecated {
            tell(if new.deprecated {
                What::Deprecated
            } else {
                What::NotDeprecated
            });
        }
        if old.encoding != new.encoding {
            let text = |text: &str| match text {
                "" => "what OpenAPI does unasked".to_owned(),
                _ => text.to_owned(),
            };
            tell(What::Encoding {
                from: text(&old.encoding),
                to: text(&new.encoding),
            });
        }
        let site = Site {
            old: &old.schema,
            new: &new.schema,
            direction: Direction::Request,
            subject,
            step: None,
            optional: (!old.required, !new.required),
        };
        let value = Some(self.pairs.site(&site, &mut told));
        self.at.push(At {
            operation,
            part: part(key, new),
            found: told,
            value,
        });
    }

    fn body(&mut self, old: &'a Operation, new: &'a Operation) {
        let media = |body: &Body| body.media.keys().next().cloned().unwrap_or_default();
        let name = || "the body".to_owned();
        let (before, after) = match (&old.body, &new.body) {
            (Some(before), Some(after)) => (before, after),
            (None, None) => return,
            (Some(before), None) => {
                let what = What::Removed {
                    perhaps: Vec::new(),
                };
                let part = Part::Body {
                    media: media(before),
                };
                return self.tell(new, part, found(SubjectKind::Body, name(), what));
            }
            (None, Some(after)) => {
                let what = What::Added {
                    required: after.required,
                    perhaps: Vec::new(),
                };
                let part = Part::Body {
                    media: media(after),
                };
                return self.tell(new, part, found(SubjectKind::Body, name(), what));
            }
        };
        required(before.required, after.required, &mut |what| {
            let part = Part::Body {
                media: media(after),
            };
            self.tell(new, part, found(SubjectKind::Body, name(), what));
        });
        let part = |media: &str| Part::Body {
            media: media.to_owned(),
        };
        self.media(
            new,
            (&before.media, &after.media),
            Direction::Request,
            &part,
        );
    }

    fn answers(&mut self, old: &'a Operation, new: &'a Operation) {
        let gone: Vec<&'a String> = old
            .answers
            .keys()
            .filter(|status| !new.answers.contains_key(*status))
            .collect();
        let fresh: Vec<&'a String> = new
            .answers
            .keys()
            .filter(|status| !old.answers.contains_key(*status))
            .collect();
        let part = |status: &str| Part::Answer {
            status: status.to_owned(),
            media: None,
        };
        let success = |of: &[&'a String]| -> Vec<&'a String> {
            of.iter()
                .filter(|status| status.starts_with('2'))
                .copied()
                .collect()
        };
        let moved = match (success(&gone).as_slice(), success(&fresh).as_slice()) {
            ([from], [to]) => Some((*from, *to)),
            _ => None,
        };
        let name = |status: &str| format!("the answer {}", plain(status));
        if let Some((from, to)) = moved {
            let what = What::Moved {
                from: from.clone(),
                to: to.clone(),
            };
            self.tell(new, part(to), found(SubjectKind::Answer, name(from), what));
            self.answer(new, to, &old.answers[from], &new.answers[to]);
        }
        let unmoved =
            |status: &&&String| moved.is_none_or(|(from, to)| **status != from && **status != to);
        for status in gone.iter().filter(unmoved) {
            let what = What::Removed {
                perhaps: Vec::new(),
            };
            self.tell(
                new,
                part(status),
                found(SubjectKind::Answer, name(status), what),
            );
        }
        for status in fresh.iter().filter(unmoved) {
            let what = What::Added {
                required: false,
                perhaps: Vec::new(),
            };
            self.tell(
                new,
                part(status),
                found(SubjectKind::Answer, name(status), what),
            );
        }
        for (status, before) in &old.answers {
            if let Some(after) = new.answers.get(status) {
                self.answer(new, status, before, after);
            }
        }
    }

    fn answer(&mut self, operation: &'a Operation, status: &str, old: &'a Answer, new: &'a Answer) {
        for (key, before) in &old.headers {
            let after = new.headers.get(key);
            let mut told = Vec::new();
            let subject = Subject {
                kind: SubjectKind::Header,
                name: format!("the header {}", quoted(&after.unwrap_or(before).name)),
            };
            let mut tell = |what: What| {
                told.push(Found {
                    step: None,
                    subject: subject.clone(),
                    what,
                });
            };
            let mut value = None;
            match after {
                None => tell(What::Removed {
                    perhaps: Vec::new(),
                }),
                Some(after) => {
                    required(before.required, after.required, &mut tell);
                    if before.deprecated != after.deprecated {
                        tell(match after.deprecated {
                            true => What::Deprecated,
                            false => What::NotDeprecated,
                        });
                    }
                    if let (Some(old), Some(new)) = (&before.schema, &after.schema) {
                        let optional = (!before.required, !after.required);
                        let site = Site {
                            old,
                            new,
                            direction: Direction::Answer,
                            subject,
                            step: None,
                            optional,
                        };
                        value = Some(self.pairs.site(&site, &mut told));
                    }
                }
            }
            let name = after.unwrap_or(before).name.clone();
            let part = Part::Header {
                status: status.to_owned(),
                name,
            };
            self.at.push(At {
                operation,
                part,
                found: told,
                value,
            });
        }
        for (key, header) in &new.headers {
            if !old.headers.contains_key(key) {
                let what = What::Added {
                    required: header.required,
                    perhaps: Vec::new(),
                };
                let part = Part::Header {
                    status: status.to_owned(),
                    name: header.name.clone(),
                };
                let name = format!("the header {}", quoted(&header.name));
                self.tell(operation, part, found(SubjectKind::Header, name, what));
            }
        }
        let part = |media: &str| Part::Answer {
            status: status.to_owned(),
            media: Some(media.to_owned()),
        };
        self.media(
            operation,
            (&old.media, &new.media),
            Direction::Answer,
            &part,
        );
    }

    fn media(
        &mut self,
        operation: &'a Operation,
        media: (&'a Media, &'a Media),
        direction: Direction,
        part: &dyn Fn(&str) -> Part,
    ) {
        let (old, new) = media;
        for (name, before) in old {
            match (before, new.get(name)) {
                (_, None) => {
                    let what = What::Removed {
                        perhaps: Vec::new(),
                    };
                    let name_of = quoted(name);
                    self.tell(
                        operation,
                        part(name),
                        found(SubjectKind::MediaType, name_of, what),
                    );
                }
                (Some(old), Some(Some(new))) => {
                    let subject = Subject {
                        kind: SubjectKind::Value,
                        name: self.pairs.new.schema(new).label.clone(),
                    };
                    let site = Site {
                        old,
                        new,
                        direction,
                        subject,
                        step: None,
                        optional: (false, false),
                    };
                    let mut told = Vec::new();
                    let value = Some(self.pairs.site(&site, &mut told));
                    self.at.push(At {
                        operation,
                        part: part(name),
                        found: told,
                        value,
                    });
                }
                (None, Some(None)) => {}
                (one, Some(other)) => {
                    let text = |meaning: &Meaning, of: &Option<Use>| match of {
                        Some(of) => meaning.type_text(of),
                        None => "any".to_owned(),
                    };
                    let from = text(self.pairs.old, one);
                    let to = text(self.pairs.new, other);
                    let what = What::Type { from, to };
                    let name_of = quoted(name);
                    self.tell(
                        operation,
                        part(name),
                        found(SubjectKind::MediaType, name_of, what),
                    );
                }
            }
        }
        for name in new.keys().filter(|name| !old.contains_key(*name)) {
            let what = What::Added {
                required: false,
                perhaps: Vec::new(),
            };
            let name_of = quoted(name);
            self.tell(
                operation,
                part(name),
                found(SubjectKind::MediaType, name_of, what),
            );
        }
    }
}

fn required(old: bool, new: bool, tell: &mut dyn FnMut(What)) {
    match (old, new) {
        (false, true) => tell(What::Required(Optionality::Other)),
        (true, false) => tell(What::Optional(Optionality::Other)),
        _ => {}
    }
}

fn label(key: &ParameterKey, parameter: &Parameter) -> String {
    format!(
        "the {} parameter {}",
        plain(&key.location),
        quoted(&parameter.name)
    )
}

fn part(key: &ParameterKey, parameter: &Parameter) -> Part {
    Part::Parameter {
        location: key.location.clone(),
        name: parameter.name.clone(),
    }
}
