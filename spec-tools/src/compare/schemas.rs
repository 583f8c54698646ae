//! Compares the schemas of two contracts, separately for requests and responses.
//!
//! An old and a new schema that describe the same value form a pair. Each pair is compared once and
//! refers to the pairs of its nested schemas. A recursive schema therefore becomes a cycle of
//! pairs, and a shared schema is not compared again for every use.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::{
    changes::{AdditionalFields, ChangeKind, Direction, Subject, SubjectKind},
    compare::rename_candidates::{RenameCandidates, find_rename_candidates},
    compare::values::{
        compare_attributes, compare_rust_type, compare_type_names, compare_values, is_plain_string,
    },
    escape::escape_markup,
    model::{AdditionalProperties, ApiModel, Attributes, Schema, SchemaId, SchemaUse},
};

/// An index into [`SchemaPairs::pairs`].
pub type PairId = usize;

/// The pairs of schemas of two contracts, and the queue of the pairs that are not compared yet.
pub struct SchemaPairs<'a> {
    pub old: &'a ApiModel,
    pub new: &'a ApiModel,
    pub pairs: Vec<SchemaPair>,
    ids: HashMap<PairKey, PairId>,
    pending: Vec<(PairId, PairKey)>,
}

/// Identifies a pair. The same schemas form one pair for requests and one for responses.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct PairKey {
    old: SchemaId,
    new: SchemaId,
    direction: Direction,
}

/// The result of the comparison of two schemas: their changes, and in `inner` the pairs of their
/// nested schemas. The pairs in `inner` contain the changes inside the nested schemas.
#[derive(Default)]
pub struct SchemaPair {
    pub changes: Vec<StepChange>,
    pub inner: Vec<(Step, PairId)>,
}

/// A change between two schemas, or between two of their fields, items, map values or variants.
pub struct StepChange {
    /// The step to the changed value, such as the field. `None` if the schemas themselves differ.
    pub step: Option<Step>,
    pub subject: Subject,
    pub kind: ChangeKind,
}

impl StepChange {
    /// Returns a change of the schemas themselves, without a step.
    pub fn new(subject: Subject, kind: ChangeKind) -> Self {
        Self {
            step: None,
            subject,
            kind,
        }
    }
}

/// A step from a value to a value inside it. A sequence of steps is a JSONPath.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    Field(String),
    Items,
    /// The values of a map (`additionalProperties`).
    MapValues,
    /// A variant of `oneOf` or `anyOf`. A variant describes the same value as the schema around it,
    /// so it adds nothing to the JSONPath.
    Variant,
}

/// A place that uses a schema, such as a field, in the old and in the new contract.
pub struct UsePair<'a> {
    pub old: &'a SchemaUse,
    pub new: &'a SchemaUse,
    pub direction: Direction,
    pub subject: Subject,
    /// The step from the surrounding schema to this place. `None` if the place is a part of an
    /// operation, such as a body.
    pub step: Option<Step>,
    /// Whether the value may be absent in the old contract (first) and in the new one (second).
    pub optional: (bool, bool),
}

impl<'a> SchemaPairs<'a> {
    pub fn new(old: &'a ApiModel, new: &'a ApiModel) -> Self {
        Self {
            old,
            new,
            pairs: Vec::new(),
            ids: HashMap::new(),
            pending: Vec::new(),
        }
    }

    /// Compares the attributes of a place that uses a schema, and adds the differences to
    /// `changes`. Returns the pair of the old and the new schema of this place. The first call for
    /// a pair adds the pair to the queue.
    pub fn compare_use(&mut self, use_pair: &UsePair<'_>, changes: &mut Vec<StepChange>) -> PairId {
        let (old, new) = (self.old.schema(use_pair.old), self.new.schema(use_pair.new));
        let none = Attributes::default();
        // A change of a component's own attributes is reported once, not for every place that uses it.
        let is_local = old.component.is_none()
            || new.component.is_none()
            || use_pair.old.attributes != none
            || use_pair.new.attributes != none;
        let (subject, optional) = match is_local {
            true => (use_pair.subject.clone(), Some(use_pair.optional)),
            false => (Subject::new(SubjectKind::Value, new.label.clone()), None),
        };
        let (before, after) = (
            self.old.attributes(use_pair.old),
            self.new.attributes(use_pair.new),
        );
        let is_string = is_plain_string(old) && is_plain_string(new);
        for kind in compare_attributes(&before, &after, optional, is_string) {
            changes.push(StepChange {
                step: use_pair.step.clone(),
                subject: subject.clone(),
                kind,
            });
        }
        self.pair_id(PairKey {
            old: use_pair.old.schema,
            new: use_pair.new.schema,
            direction: use_pair.direction,
        })
    }

    fn pair_id(&mut self, key: PairKey) -> PairId {
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let id = self.pairs.len();
        self.pairs.push(SchemaPair::default());
        self.ids.insert(key, id);
        self.pending.push((id, key));
        id
    }

    /// Compares the queued pairs until the queue is empty. A comparison can queue the pairs of
    /// nested schemas.
    pub fn compare_all(&mut self) {
        while let Some((id, key)) = self.pending.pop() {
            self.pairs[id] = self.compare_pair(key);
        }
    }

    fn compare_pair(&mut self, key: PairKey) -> SchemaPair {
        let (before, after) = (self.old, self.new);
        let (old, new) = (&before.schemas[key.old], &after.schemas[key.new]);
        let mut pair = SchemaPair::default();
        let mut add = |subject_kind: SubjectKind, kind: ChangeKind| {
            let subject = Subject::new(subject_kind, new.label.clone());
            pair.changes.push(StepChange::new(subject, kind));
        };
        if old.kind != new.kind {
            let (from, to) = (old.kind.clone(), new.kind.clone());
            add(SubjectKind::Value, ChangeKind::TypeChanged(from, to));
            // All other differences follow from the changed type.
            return pair;
        }
        compare_type_names(old, new, &mut add);
        compare_values(old, new, &mut add);
        self.compare_fields(old, new, key.direction, &mut pair);
        self.compare_items_and_map_values(old, new, key.direction, &mut pair);
        self.compare_variants(old, new, key.direction, &mut pair);
        pair
    }

    fn compare_fields(
        &mut self,
        old: &'a Schema,
        new: &'a Schema,
        direction: Direction,
        pair: &mut SchemaPair,
    ) {
        let (before, after) = (self.old, self.new);
        let is_visible = |model: &ApiModel, field: &SchemaUse| {
            let attributes = model.attributes(field);
            let is_hidden = match direction {
                Direction::Request => attributes.read_only,
                Direction::Response => attributes.write_only,
            };
            is_hidden != Some(true)
        };
        let visible = |model: &'a ApiModel, schema: &'a Schema| {
            let fields = schema.fields.iter();
            let fields = fields.filter(|(_, field)| is_visible(model, field));
            fields
                .map(|(name, field)| (name.as_str(), field))
                .collect::<BTreeMap<&'a str, &'a SchemaUse>>()
        };
        let (olds, news) = (visible(before, old), visible(after, new));
        let subject = |name: &str| Subject {
            kind: SubjectKind::Field,
            name: format!("{}.{}", new.label, escape_markup(name)),
        };
        let removed = || olds.iter().filter(|(name, _)| !news.contains_key(*name));
        let added = || news.iter().filter(|(name, _)| !olds.contains_key(*name));
        let with_type = |model: &ApiModel, (name, field): (&&str, &&SchemaUse)| {
            ((*name).to_owned(), model.type_name(field))
        };
        let RenameCandidates {
            new_names,
            old_names,
        } = find_rename_candidates(
            removed().map(|field| with_type(before, field)),
            added().map(|field| with_type(after, field)),
        );
        let mut add = |name: &str, kind: ChangeKind| {
            pair.changes.push(StepChange {
                step: Some(field(name)),
                subject: subject(name),
                kind,
            });
        };
        for (name, _) in removed() {
            let rename_candidates = new_names.get(*name).cloned().unwrap_or_default();
            add(name, ChangeKind::Removed { rename_candidates });
        }
        for (name, _) in added() {
            let kind = ChangeKind::Added {
                required: new.required.contains(*name),
                rename_candidates: old_names.get(*name).cloned().unwrap_or_default(),
            };
            add(name, kind);
        }
        for (name, old_use) in &olds {
            let Some(new_use) = news.get(name) else {
                continue;
            };
            let optional = (!old.required.contains(*name), !new.required.contains(*name));
            if optional.0 != optional.1 {
                let attributes = (&before.attributes(old_use), &after.attributes(new_use));
                let rust_type = compare_rust_type(optional, attributes);
                let kind = match optional.0 {
                    true => ChangeKind::BecameRequired(rust_type),
                    false => ChangeKind::BecameOptional(rust_type),
                };
                pair.changes.push(StepChange {
                    step: Some(field(name)),
                    subject: subject(name),
                    kind,
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
            self.compare_inner(use_pair, pair);
        }
    }

    fn compare_items_and_map_values(
        &mut self,
        old: &'a Schema,
        new: &'a Schema,
        direction: Direction,
        pair: &mut SchemaPair,
    ) {
        let subject = Subject::new(SubjectKind::Value, new.label.clone());
        let inner_site = |old, new, step, suffix: &str| UsePair {
            old,
            new,
            direction,
            subject: Subject::new(SubjectKind::Value, format!("{}{suffix}", subject.name)),
            step: Some(step),
            optional: (false, false),
        };
        let mut change = None;
        match (&old.items, &new.items) {
            (Some(old), Some(new)) => {
                self.compare_inner(inner_site(old, new, Step::Items, "[]"), pair);
            }
            (None, None) => {}
            (before, after) => {
                let type_name = |model: &ApiModel, items: &Option<SchemaUse>| match items {
                    Some(items) => format!("array of {}", model.type_name(items)),
                    None => "array of anything".to_owned(),
                };
                let (from, to) = (type_name(self.old, before), type_name(self.new, after));
                change = Some(ChangeKind::TypeChanged(from, to));
            }
        }
        let allowed = |additional: &AdditionalProperties| match additional {
            AdditionalProperties::Any => AdditionalFields::Any,
            AdditionalProperties::Forbidden => AdditionalFields::Forbidden,
            AdditionalProperties::Typed(_) => AdditionalFields::Typed,
        };
        match (&old.additional, &new.additional) {
            (AdditionalProperties::Typed(old), AdditionalProperties::Typed(new)) => {
                self.compare_inner(inner_site(old, new, Step::MapValues, ".*"), pair);
            }
            (before, after) if allowed(before) != allowed(after) => {
                let (from, to) = (allowed(before), allowed(after));
                change = Some(ChangeKind::AdditionalFieldsChanged(from, to));
            }
            _ => {}
        }
        pair.changes
            .extend(change.map(|kind| StepChange::new(subject, kind)));
    }

    /// Compares the variants of `oneOf` and `anyOf`.
    ///
    /// Matches each old variant with a new variant of the same type, if there is one. If the number
    /// of unmatched old variants equals the number of unmatched new variants, matches them in order.
    /// If the numbers differ, reports the unmatched old variants as removed and the unmatched new
    /// variants as added.
    fn compare_variants(
        &mut self,
        old: &'a Schema,
        new: &'a Schema,
        direction: Direction,
        pair: &mut SchemaPair,
    ) {
        let subject = Subject::new(SubjectKind::Value, new.label.clone());
        let none = Vec::new();
        for index in 0..old.choices.len().max(new.choices.len()) {
            let olds = old.choices.get(index).unwrap_or(&none);
            let news = new.choices.get(index).unwrap_or(&none);
            let mut by_type: HashMap<String, VecDeque<usize>> = HashMap::new();
            for (position, variant) in news.iter().enumerate() {
                let positions = by_type.entry(self.new.type_name(variant)).or_default();
                positions.push_back(position);
            }
            let mut unmatched: Vec<Option<&SchemaUse>> = news.iter().map(Some).collect();
            let (mut matched, mut removed) = (Vec::new(), Vec::new());
            for variant in olds {
                let positions = by_type.get_mut(&self.old.type_name(variant));
                let position = positions.and_then(VecDeque::pop_front);
                match position.and_then(|position| unmatched[position].take()) {
                    Some(new) => matched.push((variant, new)),
                    None => removed.push(variant),
                }
            }
            let mut added: Vec<&SchemaUse> = unmatched.into_iter().flatten().collect();
            if removed.len() == added.len() {
                matched.extend(removed.drain(..).zip(added.drain(..)));
            }
            let removed = removed
                .iter()
                .map(|variant| ChangeKind::VariantRemoved(self.old.type_name(variant)));
            let added = added
                .iter()
                .map(|variant| ChangeKind::VariantAdded(self.new.type_name(variant)));
            let kinds = removed.chain(added);
            let changes = kinds.map(|kind| StepChange::new(subject.clone(), kind));
            pair.changes.extend(changes);
            for (old, new) in matched {
                let use_pair = UsePair {
                    old,
                    new,
                    direction,
                    subject: subject.clone(),
                    step: Some(Step::Variant),
                    optional: (false, false),
                };
                self.compare_inner(use_pair, pair);
            }
        }
    }

    /// Compares one part of the two schemas of `pair`, such as a field or a variant. Adds to `pair`
    /// the changes of the part's attributes, and the pair of the part's own schemas.
    fn compare_inner(&mut self, use_pair: UsePair<'_>, pair: &mut SchemaPair) {
        let id = self.compare_use(&use_pair, &mut pair.changes);
        pair.inner
            .push((use_pair.step.unwrap_or(Step::Variant), id));
    }
}

fn field(name: &str) -> Step {
    Step::Field(name.to_owned())
}
