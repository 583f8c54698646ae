//! Compares schemas, by the direction in which their values travel.
//!
//! What is compared is pairs of an old and a new schema. Each pair is compared once, however many
//! places lead to it, and refers to the pairs of what is inside; so a schema that holds itself is
//! a circle of pairs, and the work grows with the documents alone.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::{
    changes::{Beside, Direction, Subject, SubjectKind, What},
    compare::candidates::{Candidates, candidates},
    compare::values::{attributes, is_text, optionality, renamed, values},
    escape::escape_markup,
    model::{Additional, ApiModel, Attributes, Schema, SchemaId, Use},
};

/// A place in [`Pairs::pairs`].
pub type PairId = usize;

/// All pairs that were met.
pub struct Pairs<'a> {
    pub old: &'a ApiModel,
    pub new: &'a ApiModel,
    pub pairs: Vec<Pair>,
    known: HashMap<Key, PairId>,
    open: Vec<(PairId, Key)>,
}

/// By which a pair is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    old: SchemaId,
    new: SchemaId,
    direction: Direction,
}

/// What has changed between two schemas, without what is inside them.
#[derive(Default)]
pub struct Pair {
    pub found: Vec<Found>,
    pub inside: Vec<(Step, PairId)>,
}

/// A change, and the field of the pair that it is of; none for the pair itself.
pub struct Found {
    pub step: Option<Step>,
    pub subject: Subject,
    pub what: What,
}

impl Found {
    /// A change of the pair itself.
    pub fn of(subject: Subject, what: What) -> Self {
        Self {
            step: None,
            subject,
            what,
        }
    }
}

/// A step to something inside a value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    Field(String),
    Items,
    /// The values of a map.
    Values,
    /// A variant, which is the same value.
    Here,
}

/// A place at which a schema is used, before and after.
pub struct UsePair<'a> {
    pub old: &'a Use,
    pub new: &'a Use,
    pub direction: Direction,
    pub subject: Subject,
    pub step: Option<Step>,
    /// Whether it may be absent, before and after.
    pub optional: (bool, bool),
}

impl<'a> Pairs<'a> {
    pub fn new(old: &'a ApiModel, new: &'a ApiModel) -> Self {
        Self {
            old,
            new,
            pairs: Vec::new(),
            known: HashMap::new(),
            open: Vec::new(),
        }
    }

    /// Compares what is said at a place, and notes the pair of its schemas.
    pub fn compare_use(&mut self, use_pair: &UsePair<'_>, found: &mut Vec<Found>) -> PairId {
        let (old, new) = (self.old.schema(use_pair.old), self.new.schema(use_pair.new));
        let none = Attributes::default();
        // What two components say of themselves is of the component, not of every use.
        let outside = old.component.is_none()
            || new.component.is_none()
            || use_pair.old.own != none
            || use_pair.new.own != none;
        let (subject, optional) = match outside {
            true => (use_pair.subject.clone(), Some(use_pair.optional)),
            false => (Subject::new(SubjectKind::Value, new.label.clone()), None),
        };
        let said = (
            self.old.attributes(use_pair.old),
            self.new.attributes(use_pair.new),
        );
        for what in attributes(&said.0, &said.1, optional, is_text(old) && is_text(new)) {
            found.push(Found {
                step: use_pair.step.clone(),
                subject: subject.clone(),
                what,
            });
        }
        self.pair(Key {
            old: use_pair.old.schema,
            new: use_pair.new.schema,
            direction: use_pair.direction,
        })
    }

    fn pair(&mut self, key: Key) -> PairId {
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = self.pairs.len();
        self.pairs.push(Pair::default());
        self.known.insert(key, id);
        self.open.push((id, key));
        id
    }

    /// Compares all pairs that were noted, and those that they lead to.
    pub fn run(&mut self) {
        while let Some((id, key)) = self.open.pop() {
            self.pairs[id] = self.compare(key);
        }
    }

    fn compare(&mut self, key: Key) -> Pair {
        let (before, after) = (self.old, self.new);
        let (old, new) = (&before.schemas[key.old], &after.schemas[key.new]);
        let mut pair = Pair::default();
        let mut tell = |kind: SubjectKind, what: What| {
            let subject = Subject::new(kind, new.label.clone());
            pair.found.push(Found::of(subject, what));
        };
        if old.kind != new.kind {
            let (from, to) = (old.kind.clone(), new.kind.clone());
            tell(SubjectKind::Value, What::Type(from, to));
            // Of values of another type, nothing more can be said.
            return pair;
        }
        renamed(old, new, &mut tell);
        values(old, new, &mut tell);
        self.fields(old, new, key.direction, &mut pair);
        self.beside(old, new, key.direction, &mut pair);
        self.choices(old, new, key.direction, &mut pair);
        pair
    }

    fn fields(&mut self, old: &'a Schema, new: &'a Schema, direction: Direction, pair: &mut Pair) {
        let (before, after) = (self.old, self.new);
        let unseen = |model: &ApiModel, of: &Use| {
            let said = model.attributes(of);
            let flag = match direction {
                Direction::Request => said.read_only,
                Direction::Answer => said.write_only,
            };
            flag == Some(true)
        };
        let seen = |model: &'a ApiModel, schema: &'a Schema| -> BTreeMap<&'a str, &'a Use> {
            let fields = schema.fields.iter().filter(|(_, of)| !unseen(model, of));
            fields.map(|(name, of)| (name.as_str(), of)).collect()
        };
        let (olds, news) = (seen(before, old), seen(after, new));
        let subject = |name: &str| Subject {
            kind: SubjectKind::Field,
            name: format!("{}.{}", new.label, escape_markup(name)),
        };
        let gone = || olds.iter().filter(|(name, _)| !news.contains_key(*name));
        let fresh = || news.iter().filter(|(name, _)| !olds.contains_key(*name));
        let typed = |model: &ApiModel, (name, of): (&&str, &&Use)| {
            ((*name).to_owned(), model.type_text(of))
        };
        let Candidates { now, before: was } = candidates(
            gone().map(|field| typed(before, field)),
            fresh().map(|field| typed(after, field)),
        );
        let mut tell = |name: &str, what: What| {
            pair.found.push(Found {
                step: Some(field(name)),
                subject: subject(name),
                what,
            });
        };
        for (name, _) in gone() {
            let perhaps = now.get(*name).cloned().unwrap_or_default();
            tell(name, What::Removed { perhaps });
        }
        for (name, _) in fresh() {
            let perhaps = was.get(*name).cloned().unwrap_or_default();
            let required = new.required.contains(*name);
            tell(name, What::Added { required, perhaps });
        }
        for (name, old_use) in &olds {
            let Some(new_use) = news.get(name) else {
                continue;
            };
            let optional = (!old.required.contains(*name), !new.required.contains(*name));
            if optional.0 != optional.1 {
                let said = (&before.attributes(old_use), &after.attributes(new_use));
                let same = optionality(optional, said);
                let what = match optional.0 {
                    true => What::Required(same),
                    false => What::Optional(same),
                };
                pair.found.push(Found {
                    step: Some(field(name)),
                    subject: subject(name),
                    what,
                });
            }
            let use_pair = UsePair {
                old: old_use,
                new: new_use,
                direction,
                subject: subject(name),
                step: Some(field(name)),
                optional,
            };
            self.inside(use_pair, pair);
        }
    }

    /// What is inside beside named fields: items, and values of a map.
    fn beside(&mut self, old: &'a Schema, new: &'a Schema, direction: Direction, pair: &mut Pair) {
        let subject = Subject::new(SubjectKind::Value, new.label.clone());
        let inside = |old, new, step, name: &str| UsePair {
            old,
            new,
            direction,
            subject: Subject::new(SubjectKind::Value, format!("{}{name}", subject.name)),
            step: Some(step),
            optional: (false, false),
        };
        let mut told = None;
        match (&old.items, &new.items) {
            (Some(old), Some(new)) => self.inside(inside(old, new, Step::Items, "[]"), pair),
            (None, None) => {}
            (one, other) => {
                let text = |model: &ApiModel, items: &Option<Use>| match items {
                    Some(items) => format!("array of {}", model.type_text(items)),
                    None => "array of anything".to_owned(),
                };
                let (from, to) = (text(self.old, one), text(self.new, other));
                told = Some(What::Type(from, to));
            }
        }
        let kind = |of: &Additional| match of {
            Additional::Open => Beside::Anything,
            Additional::Closed => Beside::Nothing,
            Additional::Of(_) => Beside::Typed,
        };
        match (&old.additional, &new.additional) {
            (Additional::Of(old), Additional::Of(new)) => {
                self.inside(inside(old, new, Step::Values, ".*"), pair);
            }
            (one, other) if kind(one) != kind(other) => {
                told = Some(What::Beside(kind(one), kind(other)));
            }
            _ => {}
        }
        pair.found.extend(told.map(|what| Found::of(subject, what)));
    }

    /// Variants are matched by their types; what is left over, in their order.
    fn choices(&mut self, old: &'a Schema, new: &'a Schema, direction: Direction, pair: &mut Pair) {
        let subject = Subject::new(SubjectKind::Value, new.label.clone());
        let none = Vec::new();
        for index in 0..old.choices.len().max(new.choices.len()) {
            let olds = old.choices.get(index).unwrap_or(&none);
            let news = new.choices.get(index).unwrap_or(&none);
            let mut by_type: HashMap<String, VecDeque<usize>> = HashMap::new();
            for (place, of) in news.iter().enumerate() {
                let places = by_type.entry(self.new.type_text(of)).or_default();
                places.push_back(place);
            }
            let mut left: Vec<Option<&Use>> = news.iter().map(Some).collect();
            let (mut matched, mut gone) = (Vec::new(), Vec::new());
            for of in olds {
                let places = by_type.get_mut(&self.old.type_text(of));
                let place = places.and_then(VecDeque::pop_front);
                match place.and_then(|place| left[place].take()) {
                    Some(new) => matched.push((of, new)),
                    None => gone.push(of),
                }
            }
            let mut fresh: Vec<&Use> = left.into_iter().flatten().collect();
            if gone.len() == fresh.len() {
                matched.extend(gone.drain(..).zip(fresh.drain(..)));
            }
            let gone = gone
                .iter()
                .map(|of| What::VariantRemoved(self.old.type_text(of)));
            let fresh = fresh
                .iter()
                .map(|of| What::VariantAdded(self.new.type_text(of)));
            let whats = gone.chain(fresh);
            let found = whats.map(|what| Found::of(subject.clone(), what));
            pair.found.extend(found);
            for (old, new) in matched {
                let use_pair = UsePair {
                    old,
                    new,
                    direction,
                    subject: subject.clone(),
                    step: Some(Step::Here),
                    optional: (false, false),
                };
                self.inside(use_pair, pair);
            }
        }
    }

    /// Compares what is said at a place inside a pair, and notes the pair of its schemas.
    fn inside(&mut self, use_pair: UsePair<'_>, pair: &mut Pair) {
        let id = self.compare_use(&use_pair, &mut pair.found);
        pair.inside.push((use_pair.step.unwrap_or(Step::Here), id));
    }
}

fn field(name: &str) -> Step {
    Step::Field(name.to_owned())
}
