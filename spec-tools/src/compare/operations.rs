//! Compares operations: which there are, and of each its access, parameters, body and responses.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    changes::{Direction, Optionality, Part, Subject, SubjectKind, What},
    compare::candidates::candidates,
    compare::matching::{Matched, matched, names, without_names},
    compare::schemas::{Found, PairId, Pairs, UsePair},
    escape::{code_span, escape_markup},
    model::{Access, Answer, ApiModel, Body, Media, Operation, Parameter, ParameterKey, Use},
};

/// What was found of one part of one operation, without what is inside its schemas.
pub struct PartComparison<'a> {
    pub operation: &'a Operation,
    pub part: Part,
    pub found: Vec<Found>,
    /// The pair of schemas of this part's value.
    pub value: Option<PairId>,
}

/// Compares the operations of two contracts.
pub fn compare<'a>(pairs: &mut Pairs<'a>) -> Vec<PartComparison<'a>> {
    let Matched { both, gone, fresh } = matched(pairs.old, pairs.new);
    let mut comparison = Comparison {
        pairs,
        at: Vec::new(),
    };
    for operation in gone {
        comparison.tell_operation(operation, What::removed());
    }
    for operation in fresh {
        comparison.tell_operation(operation, What::added(false));
    }
    for (old, new) in both {
        comparison.operation(old, new);
    }
    comparison.at
}

/// The entries of two maps: those of the first only, of the second only, and of both.
struct Sorted<'a, K, V> {
    gone: Vec<(&'a K, &'a V)>,
    fresh: Vec<(&'a K, &'a V)>,
    both: Vec<(&'a K, &'a V, &'a V)>,
}

fn sorted<'a, K: Ord, V>(old: &'a BTreeMap<K, V>, new: &'a BTreeMap<K, V>) -> Sorted<'a, K, V> {
    let missing = |(key, _): &(&K, &V), other: &BTreeMap<K, V>| !other.contains_key(key);
    Sorted {
        gone: old.iter().filter(|entry| missing(entry, new)).collect(),
        fresh: new.iter().filter(|entry| missing(entry, old)).collect(),
        both: old
            .iter()
            .filter_map(|(key, value)| Some((key, value, new.get(key)?)))
            .collect(),
    }
}

struct Comparison<'a, 'p> {
    pairs: &'p mut Pairs<'a>,
    at: Vec<PartComparison<'a>>,
}

impl<'a> Comparison<'a, '_> {
    fn tell(&mut self, operation: &'a Operation, part: Part, subject: Subject, what: What) {
        self.at.push(PartComparison {
            operation,
            part,
            found: vec![Found::of(subject, what)],
            value: None,
        });
    }

    fn tell_operation(&mut self, operation: &'a Operation, what: What) {
        let subject = Subject::new(SubjectKind::Operation, code_span(&operation.id));
        self.tell(operation, Part::Operation, subject, what);
    }

    /// Tells what has changed of a part, and notes the pair of its value's schemas.
    fn value(
        &mut self,
        operation: &'a Operation,
        part: Part,
        whats: impl IntoIterator<Item = What>,
        use_pair: UsePair<'_>,
    ) {
        let whats = whats.into_iter();
        let mut found: Vec<Found> = whats
            .map(|what| Found::of(use_pair.subject.clone(), what))
            .collect();
        let value = Some(self.pairs.compare_use(&use_pair, &mut found));
        self.at.push(PartComparison {
            operation,
            part,
            found,
            value,
        });
    }

    fn operation(&mut self, old: &'a Operation, new: &'a Operation) {
        let mut found = Vec::new();
        if old.method != new.method || without_names(&old.path) != without_names(&new.path) {
            let name = |of: &Operation| format!("{} {}", of.method, of.path);
            found.push(What::Moved(name(old), name(new)));
        }
        if old.id != new.id {
            found.push(What::Renamed(old.id.clone(), new.id.clone()));
        }
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        if old.area != new.area {
            found.push(What::Area(or_none(&old.area), or_none(&new.area)));
        }
        if old.method_path != new.method_path {
            let (from, to) = (or_none(&old.method_path), or_none(&new.method_path));
            found.push(What::Method(from, to));
        }
        found.extend(deprecated(old.deprecated, new.deprecated));
        if old.rejects_key != new.rejects_key {
            found.push(What::RejectsKey(new.rejects_key));
        }
        for what in found {
            self.tell_operation(new, what);
        }
        self.access(old, new);
        self.parameters(old, new);
        self.body(old, new);
        self.answers(old, new);
    }

    fn access(&mut self, old: &'a Operation, new: &'a Operation) {
        // A scheme that is only called otherwise asks for the same.
        let only = |these: &BTreeSet<Access>, others| -> BTreeMap<String, String> {
            let these = these.difference(others);
            these
                .map(|way| (way.asks.clone(), way.name.clone()))
                .collect()
        };
        let olds = only(&old.access, &new.access);
        let news = only(&new.access, &old.access);
        let Sorted { gone, fresh, .. } = sorted(&olds, &news);
        let gone = gone.iter().map(|(_, name)| (name, What::removed()));
        let fresh = fresh.iter().map(|(_, name)| (name, What::added(false)));
        for (name, what) in gone.chain(fresh) {
            let name = match name.is_empty() {
                true => "without a credential".to_owned(),
                false => format!("with {name}"),
            };
            let subject = Subject::new(SubjectKind::Access, name);
            self.tell(new, Part::Operation, subject, what);
        }
    }

    fn parameters(&mut self, old: &'a Operation, new: &'a Operation) {
        let key = |name: &str| ParameterKey {
            location: "path".to_owned(),
            name: name.to_owned(),
        };
        let mut renamed = BTreeMap::new();
        if without_names(&old.path) == without_names(&new.path) {
            let pairs = names(&old.path).zip(names(&new.path));
            renamed.extend(pairs.map(|(old, new)| (key(old), key(new))));
        }
        let now = |key: &'a ParameterKey| renamed.get(key).unwrap_or(key).clone();
        let olds = old.parameters.iter();
        let olds: BTreeMap<ParameterKey, &'a Parameter> =
            olds.map(|(key, of)| (now(key), of)).collect();
        let news = new.parameters.iter();
        let news: BTreeMap<ParameterKey, &'a Parameter> =
            news.map(|(key, of)| (key.clone(), of)).collect();
        let Sorted { gone, fresh, both } = sorted(&olds, &news);
        let typed = |meaning: &ApiModel, key: &ParameterKey, of: &Parameter| {
            let kind = format!("{} {}", key.location, meaning.type_text(&of.schema));
            (subject(key, of).name, kind)
        };
        let candidates = candidates(
            gone.iter().map(|(key, of)| typed(self.pairs.old, key, of)),
            fresh.iter().map(|(key, of)| typed(self.pairs.new, key, of)),
        );
        for (key, of) in gone {
            let subject = subject(key, of);
            let perhaps = candidates.now.get(&subject.name).cloned();
            let perhaps = perhaps.unwrap_or_default();
            self.tell(new, part(key, of), subject, What::Removed { perhaps });
        }
        for (key, of) in fresh {
            let subject = subject(key, of);
            let perhaps = candidates.before.get(&subject.name).cloned();
            let what = What::Added {
                required: of.required,
                perhaps: perhaps.unwrap_or_default(),
            };
            self.tell(new, part(key, of), subject, what);
        }
        for (key, before, after) in both {
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
        let mut found = Vec::new();
        if key.location == "path" && old.name != new.name {
            found.push(What::Renamed(old.name.clone(), new.name.clone()));
        }
        found.extend(required(old.required, new.required));
        found.extend(deprecated(old.deprecated, new.deprecated));
        if old.encoding != new.encoding {
            let text = |text: &str| match text {
                "" => "what OpenAPI does unasked".to_owned(),
                _ => text.to_owned(),
            };
            found.push(What::Encoding(text(&old.encoding), text(&new.encoding)));
        }
        let use_pair = UsePair {
            old: &old.schema,
            new: &new.schema,
            direction: Direction::Request,
            subject: subject(key, new),
            step: None,
            optional: (!old.required, !new.required),
        };
        self.value(operation, part(key, new), found, use_pair);
    }

    fn body(&mut self, old: &'a Operation, new: &'a Operation) {
        let part = |media: &str| Part::Body {
            media: media.to_owned(),
        };
        let first = |body: &Body| part(body.media.keys().next().map_or("", String::as_str));
        let subject = || Subject::new(SubjectKind::Body, "the body".to_owned());
        match (&old.body, &new.body) {
            (None, None) => {}
            (Some(old), None) => self.tell(new, first(old), subject(), What::removed()),
            (None, Some(body)) => {
                self.tell(new, first(body), subject(), What::added(body.required));
            }
            (Some(old), Some(body)) => {
                if let Some(what) = required(old.required, body.required) {
                    self.tell(new, first(body), subject(), what);
                }
                let media = (&old.media, &body.media);
                self.media(new, media, Direction::Request, &part);
            }
        }
    }

    fn answers(&mut self, old: &'a Operation, new: &'a Operation) {
        let subject = |status: &str| {
            Subject::new(
                SubjectKind::Answer,
                format!("the answer {}", escape_markup(status)),
            )
        };
        let part = |status: &str| Part::Answer {
            status: status.to_owned(),
            media: None,
        };
        let Sorted { gone, fresh, both } = sorted(&old.answers, &new.answers);
        let success = |of: &[(&'a String, &'a Answer)]| -> Vec<(&'a String, &'a Answer)> {
            let of = of.iter().filter(|(status, _)| status.starts_with('2'));
            of.copied().collect()
        };
        let (mut moved, mut stayed) = (Vec::new(), Vec::new());
        if let ([from], [to]) = (success(&gone).as_slice(), success(&fresh).as_slice()) {
            let what = What::Moved(from.0.clone(), to.0.clone());
            self.tell(new, part(to.0), subject(from.0), what);
            self.answer(new, to.0, from.1, to.1);
            (moved, stayed) = (vec![from.0], vec![to.0]);
        }
        for (status, _) in gone.iter().filter(|(status, _)| !moved.contains(status)) {
            self.tell(new, part(status), subject(status), What::removed());
        }
        for (status, _) in fresh.iter().filter(|(status, _)| !stayed.contains(status)) {
            self.tell(new, part(status), subject(status), What::added(false));
        }
        for (status, before, after) in both {
            self.answer(new, status, before, after);
        }
    }

    fn answer(&mut self, operation: &'a Operation, status: &str, old: &'a Answer, new: &'a Answer) {
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
        let Sorted { gone, fresh, both } = sorted(&old.headers, &new.headers);
        for (_, header) in gone {
            let name = &header.name;
            self.tell(operation, part(name), subject(name), What::removed());
        }
        for (_, before, after) in both {
            let found = required(before.required, after.required)
                .into_iter()
                .chain(deprecated(before.deprecated, after.deprecated));
            let name = &after.name;
            if let (Some(old), Some(new)) = (&before.schema, &after.schema) {
                let use_pair = UsePair {
                    old,
                    new,
                    direction: Direction::Answer,
                    subject: subject(name),
                    step: None,
                    optional: (!before.required, !after.required),
                };
                self.value(operation, part(name), found, use_pair);
            } else {
                found.for_each(|what| self.tell(operation, part(name), subject(name), what));
            }
        }
        for (_, header) in fresh {
            let (name, what) = (&header.name, What::added(header.required));
            self.tell(operation, part(name), subject(name), what);
        }
        let part = |media: &str| Part::Answer {
            status: status.to_owned(),
            media: Some(media.to_owned()),
        };
        let media = (&old.media, &new.media);
        self.media(operation, media, Direction::Answer, &part);
    }

    fn media(
        &mut self,
        operation: &'a Operation,
        (old, new): (&'a Media, &'a Media),
        direction: Direction,
        part: &dyn Fn(&str) -> Part,
    ) {
        let subject = |name: &str| Subject::new(SubjectKind::MediaType, code_span(name));
        let Sorted { gone, fresh, both } = sorted(old, new);
        for (name, _) in gone {
            self.tell(operation, part(name), subject(name), What::removed());
        }
        for (name, before, after) in both {
            let text = |meaning: &ApiModel, of: &Option<Use>| match of {
                Some(of) => meaning.type_text(of),
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
                    self.value(operation, part(name), None, use_pair);
                }
                (one, other) => {
                    let (from, to) = (text(self.pairs.old, one), text(self.pairs.new, other));
                    self.tell(operation, part(name), subject(name), What::Type(from, to));
                }
            }
        }
        for (name, _) in fresh {
            self.tell(operation, part(name), subject(name), What::added(false));
        }
    }
}

fn required(old: bool, new: bool) -> Option<What> {
    match (old, new) {
        (false, true) => Some(What::Required(Optionality::Other)),
        (true, false) => Some(What::Optional(Optionality::Other)),
        _ => None,
    }
}

fn deprecated(old: bool, new: bool) -> Option<What> {
    match (old, new) {
        (false, true) => Some(What::Deprecated),
        (true, false) => Some(What::NotDeprecated),
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
