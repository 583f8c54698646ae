//! Compares what two schemas say of a value itself, without what is inside it.

use std::collections::BTreeSet;

use crate::{
    changes::{Optionality, SubjectKind, What},
    model::is_least,
    model::{Attributes, Limit, Schema},
};

/// Whether a secret can be made of it.
pub fn is_text(schema: &Schema) -> bool {
    schema.kind == "string" && schema.values.is_none()
}

/// What is optional and what is nullable are both an `Option` in Rust.
pub fn optionality(optional: (bool, bool), said: (&Attributes, &Attributes)) -> Optionality {
    let before = optional.0 || said.0.nullable == Some(true);
    let after = optional.1 || said.1.nullable == Some(true);
    if before == after {
        Optionality::Same
    } else {
        Optionality::Other
    }
}

/// Compares what may be said of a schema both by itself and where it is used. Whether a component
/// may be absent is not known.
pub fn attributes(
    old: &Attributes,
    new: &Attributes,
    optional: Option<(bool, bool)>,
    text: bool,
) -> Vec<What> {
    let mut found = Vec::new();
    let turned = |old: Option<bool>, new: Option<bool>| {
        (old == Some(true)) != (new == Some(true)) && old != new
    };
    if turned(old.nullable, new.nullable) {
        let same = optionality(optional.unwrap_or_default(), (old, new));
        found.push(match new.nullable {
            Some(true) => What::Nullable(same),
            _ => What::NotNullable(same),
        });
    }
    // What must be present has no use for a default.
    if old.default != new.default && optional != Some((false, false)) {
        let text = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string);
        found.push(What::Default(text(&old.default), text(&new.default)));
    }
    if turned(old.deprecated, new.deprecated) {
        found.push(match new.deprecated {
            Some(true) => What::Deprecated,
            _ => What::NotDeprecated,
        });
    }
    if text && turned(old.secret, new.secret) {
        found.push(if new.secret == Some(true) {
            What::Secret
        } else {
            What::NotSecret
        });
    }
    found
}

/// Compares the names that codegen gives to types.
pub fn renamed(old: &Schema, new: &Schema, tell: &mut dyn FnMut(SubjectKind, What)) {
    // An object without fields has no type of its own.
    let name = |of: &Schema| match &of.rust {
        None if of.kind == "object" => Some("a map".to_owned()),
        name => name.clone(),
    };
    // Text that became an enumeration, or the other way round, is told as such.
    if let (Some(from), Some(to)) = (name(old), name(new))
        && from != to
    {
        tell(SubjectKind::Type, What::Renamed(from, to));
    }
}

/// Compares the values that two schemas of one type admit, without what is inside.
pub fn values(old: &Schema, new: &Schema, tell: &mut dyn FnMut(SubjectKind, What)) {
    let mut tell = |what: What| tell(SubjectKind::Value, what);
    if old.format != new.format {
        let text = |of: &Schema| of.format.clone().unwrap_or_else(|| "none".to_owned());
        let rust = rust_type(old) != rust_type(new);
        tell(What::Format {
            from: text(old),
            to: text(new),
            rust,
        });
    }
    let listed =
        |values: &[serde_json::Value]| values.iter().map(shown).collect::<Vec<_>>().join(", ");
    match (&old.values, &new.values) {
        (Some(olds), Some(news)) => {
            let set = |values: &[serde_json::Value]| -> BTreeSet<String> {
                values.iter().map(shown).collect()
            };
            let (olds, news) = (set(olds), set(news));
            olds.difference(&news)
                .for_each(|value| tell(What::ValueRemoved(value.clone())));
            news.difference(&olds)
                .for_each(|value| tell(What::ValueAdded(value.clone())));
        }
        (None, Some(news)) => tell(What::ValuesListed(listed(news))),
        (Some(olds), None) => tell(What::ValuesOpened(listed(olds))),
        (None, None) => {}
    }
    let keywords: BTreeSet<_> = old.bounds.keys().chain(new.bounds.keys()).collect();
    for keyword in keywords {
        let (from, to) = (old.bounds.get(keyword), new.bounds.get(keyword));
        if from != to {
            let narrower = narrower(keyword, from, to);
            let text = |limit: Option<&Limit>| limit.map(|limit| shown_limit(keyword, limit));
            let keyword = (*keyword).to_owned();
            tell(What::Bound {
                keyword,
                from: text(from),
                to: text(to),
                narrower,
            });
        }
    }
    if old.patterns != new.patterns {
        let text = |of: &Schema| {
            of.patterns
                .iter()
                .cloned()
                .collect::<Vec<_>>()
                .join(" and ")
        };
        tell(What::Pattern(text(old), text(new)));
    }
    if old.excluded != new.excluded {
        tell(What::Excluded);
    }
}

/// A value as a person writes it.
fn shown(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn shown_limit(keyword: &str, limit: &Limit) -> String {
    if keyword == "uniqueItems" {
        "true".to_owned()
    } else {
        limit.to_string()
    }
}

/// Whether a bound admits less than before.
fn narrower(keyword: &str, from: Option<&Limit>, to: Option<&Limit>) -> bool {
    let (Some(from), Some(to)) = (from, to) else {
        return to.is_some();
    };
    if keyword == "multipleOf" {
        // The multiples of 5 are among those of 1.
        let of = |limit: &Limit| limit.value.as_f64().unwrap_or(1.0);
        return of(from) % of(to) != 0.0;
    }
    let order = to.compare(from);
    match is_least(keyword) {
        _ if order.is_eq() => to.exclusive,
        true => order.is_gt(),
        false => order.is_lt(),
    }
}

/// The Rust type of a text or a number: codegen keeps the formats that have one of their own.
fn rust_type(schema: &Schema) -> &str {
    let format = schema.format.as_deref().unwrap_or_default();
    match (schema.kind.as_str(), format) {
        ("string", "date" | "date-time" | "binary") => format,
        ("integer", "int32") | ("number", "float") => format,
        (kind, _) => kind,
    }
}
