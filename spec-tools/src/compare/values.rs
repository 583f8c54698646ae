//! Compares the attributes, type names and allowed values of two schemas. Nested schemas, such as
//! fields and items, are compared in [`schemas`](super::schemas).

use std::collections::BTreeSet;

use crate::{
    changes::{ChangeKind, RustType, SubjectKind},
    model::is_minimum,
    model::{Attributes, Limit, Schema},
};

/// Returns `true` for a string schema without `enum`. A string with `enum` cannot be a `Secret` in
/// the SDK.
pub fn is_plain_string(schema: &Schema) -> bool {
    schema.kind == "string" && schema.values.is_none()
}

/// Returns whether the Rust type of a value changed when it became optional, required, nullable or
/// not nullable. A value that is optional, nullable or both is an `Option`.
///
/// In both pairs, the first item is from the old contract, and the second item from the new contract.
/// `optional` is whether the value may be absent.
pub fn compare_rust_type(
    optional: (bool, bool),
    attributes: (&Attributes, &Attributes),
) -> RustType {
    let before = optional.0 || attributes.0.nullable == Some(true);
    let after = optional.1 || attributes.1.nullable == Some(true);
    if before == after {
        RustType::Same
    } else {
        RustType::Changed
    }
}

/// Returns the changes of `nullable`, `default`, `deprecated` and, if `is_string` is `true`,
/// `x-secret`. A change of `default` is skipped if the value is required in both contracts.
///
/// `readOnly` and `writeOnly` are not compared here: `schemas` uses them to select the fields to
/// compare.
///
/// `optional` is whether the value may be absent, in the old and in the new contract. It is `None`
/// for the attributes of a component, because some uses of the component can be required and others
/// optional. `is_string` is `true` if both schemas are [plain strings](is_plain_string).
pub fn compare_attributes(
    old: &Attributes,
    new: &Attributes,
    optional: Option<(bool, bool)>,
    is_string: bool,
) -> Vec<ChangeKind> {
    let mut changes = Vec::new();
    let differs = |old: Option<bool>, new: Option<bool>| {
        (old == Some(true)) != (new == Some(true)) && old != new
    };
    if differs(old.nullable, new.nullable) {
        let rust_type = compare_rust_type(optional.unwrap_or_default(), (old, new));
        changes.push(match new.nullable {
            Some(true) => ChangeKind::BecameNullable(rust_type),
            _ => ChangeKind::NoLongerNullable(rust_type),
        });
    }
    // The default of a required value has no effect.
    if old.default != new.default && optional != Some((false, false)) {
        let to_string = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string);
        changes.push(ChangeKind::DefaultChanged(
            to_string(&old.default),
            to_string(&new.default),
        ));
    }
    if differs(old.deprecated, new.deprecated) {
        changes.push(match new.deprecated {
            Some(true) => ChangeKind::Deprecated,
            _ => ChangeKind::NoLongerDeprecated,
        });
    }
    if is_string && differs(old.secret, new.secret) {
        changes.push(if new.secret == Some(true) {
            ChangeKind::BecameSecret
        } else {
            ChangeKind::NoLongerSecret
        });
    }
    changes
}

/// Compares the names of the Rust types that codegen generates for two schemas, and calls `add` if
/// the names differ. For an object without fields, the name is `a map`.
///
/// Does nothing if one of the schemas has no type name, such as a plain string.
pub fn compare_type_names(
    old: &Schema,
    new: &Schema,
    add: &mut dyn FnMut(SubjectKind, ChangeKind),
) {
    // An object without fields becomes a map, which has no type name.
    let name = |schema: &Schema| match &schema.rust_name {
        None if schema.kind == "object" => Some("a map".to_owned()),
        name => name.clone(),
    };
    // `compare_values` reports a string that becomes an enumeration, and the reverse.
    if let (Some(from), Some(to)) = (name(old), name(new))
        && from != to
    {
        add(SubjectKind::Type, ChangeKind::Renamed(from, to));
    }
}

/// Compares the values that two schemas of the same type allow, and calls `add` for each
/// difference: format, `enum`, constraints, patterns and `not`.
pub fn compare_values(old: &Schema, new: &Schema, add: &mut dyn FnMut(SubjectKind, ChangeKind)) {
    let mut add = |kind: ChangeKind| add(SubjectKind::Value, kind);
    if old.format != new.format {
        let format = |schema: &Schema| schema.format.clone().unwrap_or_else(|| "none".to_owned());
        let rust_type = match rust_type(old) == rust_type(new) {
            true => RustType::Same,
            false => RustType::Changed,
        };
        add(ChangeKind::FormatChanged {
            from: format(old),
            to: format(new),
            rust_type,
        });
    }
    let list = |values: &[serde_json::Value]| {
        let values = values.iter().map(display_value);
        values.collect::<Vec<_>>().join(", ")
    };
    match (&old.values, &new.values) {
        (Some(olds), Some(news)) => {
            let set = |values: &[serde_json::Value]| -> BTreeSet<String> {
                values.iter().map(display_value).collect()
            };
            let (olds, news) = (set(olds), set(news));
            olds.difference(&news)
                .for_each(|value| add(ChangeKind::EnumValueRemoved(value.clone())));
            news.difference(&olds)
                .for_each(|value| add(ChangeKind::EnumValueAdded(value.clone())));
        }
        (None, Some(news)) => add(ChangeKind::EnumIntroduced(list(news))),
        (Some(olds), None) => add(ChangeKind::EnumDropped(list(olds))),
        (None, None) => {}
    }
    let keywords: BTreeSet<_> = old
        .constraints
        .keys()
        .chain(new.constraints.keys())
        .collect();
    for keyword in keywords {
        let (from, to) = (old.constraints.get(keyword), new.constraints.get(keyword));
        if from != to {
            let narrower = is_narrower(keyword, from, to);
            let display = |limit: Option<&Limit>| limit.map(|limit| display_limit(keyword, limit));
            let keyword = (*keyword).to_owned();
            add(ChangeKind::ConstraintChanged {
                keyword,
                from: display(from),
                to: display(to),
                narrower,
            });
        }
    }
    if old.patterns != new.patterns {
        let join = |schema: &Schema| {
            schema
                .patterns
                .iter()
                .cloned()
                .collect::<Vec<_>>()
                .join(" and ")
        };
        add(ChangeKind::PatternChanged(join(old), join(new)));
    }
    if old.excluded != new.excluded {
        add(ChangeKind::ExclusionChanged);
    }
}

/// Renders a value as JSON. Renders a string without quotation marks.
fn display_value(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn display_limit(keyword: &str, limit: &Limit) -> String {
    if keyword == "uniqueItems" {
        "true".to_owned()
    } else {
        limit.to_string()
    }
}

/// Returns `true` if the new constraint rejects a value that the old one allows. `None` means no
/// constraint.
fn is_narrower(keyword: &str, from: Option<&Limit>, to: Option<&Limit>) -> bool {
    let (Some(from), Some(to)) = (from, to) else {
        return to.is_some();
    };
    if keyword == "multipleOf" {
        // Every multiple of 4 is a multiple of 2, so a change from 4 to 2 is not narrower.
        let factor = |limit: &Limit| limit.value.as_f64().unwrap_or(1.0);
        return factor(from) % factor(to) != 0.0;
    }
    let order = to.compare(from);
    match is_minimum(keyword) {
        _ if order.is_eq() => to.exclusive,
        true => order.is_gt(),
        false => order.is_lt(),
    }
}

/// Returns a name for the Rust type of a string or number: the format for `date`, `date-time`,
/// `binary`, `int32` and `float`, and the `type` for all other formats.
fn rust_type(schema: &Schema) -> &str {
    let format = schema.format.as_deref().unwrap_or_default();
    match (schema.kind.as_str(), format) {
        ("string", "date" | "date-time" | "binary") => format,
        ("integer", "int32") | ("number", "float") => format,
        (kind, _) => kind,
    }
}
