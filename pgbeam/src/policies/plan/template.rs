//! Compares two versions of a query template, for the diff and the effect of a step.

use serde_json::Value;

use crate::{
    policies::{
        diff::{Diff, Effect, FieldChange},
        normalized::NormalizedTemplate,
        schema,
    },
    transport::is_equivalent,
};

/// Returns the changes from the current version to the desired version.
///
/// All changes have the same effect. The effect is tightening if one of the changes disables the template, and
/// loosening if none does.
pub(crate) fn diff(current: &NormalizedTemplate, desired: &NormalizedTemplate) -> Diff {
    let effect = match is_enabled(current) && !is_enabled(desired) {
        true => Effect::Tightening,
        false => Effect::Loosening,
    };
    let known = schema::query_template().field_names();
    let unknown = desired.unknown_fields().map(|(name, _)| name);
    let changes = known.chain(unknown).filter_map(|field| {
        let value =
            |template: &NormalizedTemplate| template.get(field).cloned().unwrap_or_default();
        let (from, to) = (value(current), value(desired));
        (!is_equivalent(&from, &to)).then(|| FieldChange {
            field: field.to_owned(),
            from,
            to,
            effect,
        })
    });
    Diff {
        changes: changes.collect(),
    }
}

/// Returns `true` if the template is enabled: agents can use it.
pub(crate) fn is_enabled(template: &NormalizedTemplate) -> bool {
    template
        .get("enabled")
        .and_then(Value::as_bool)
        .unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(fields: Value) -> NormalizedTemplate {
        let mut json =
            json!({"name": "a", "sql": "SELECT $1", "params": [{"name": "p", "type": "text"}]});
        json.as_object_mut()
            .unwrap()
            .extend(fields.as_object().cloned().unwrap());
        NormalizedTemplate::from_json(json.as_object().cloned().unwrap())
    }

    #[test]
    fn only_disabling_a_template_is_tightening() {
        let is_nullable =
            |value: Value| json!({"params": [{"name": "p", "type": "text", "nullable": value}]});
        for (from, to, changes) in [
            (json!({}), json!({}), vec![]),
            (
                json!({}),
                json!({"enabled": true, "description": ""}),
                vec![],
            ),
            (json!({}), is_nullable(json!(false)), vec![]),
            (
                json!({}),
                is_nullable(json!(true)),
                vec![("params", Effect::Loosening)],
            ),
            (
                json!({}),
                json!({"enabled": false}),
                vec![("enabled", Effect::Tightening)],
            ),
            (
                json!({"enabled": false}),
                json!({}),
                vec![("enabled", Effect::Loosening)],
            ),
            (
                json!({}),
                json!({"enabled": false, "sql": "SELECT 2"}),
                vec![("sql", Effect::Tightening), ("enabled", Effect::Tightening)],
            ),
            (json!({"new": 1}), json!({}), vec![]),
            (
                json!({"new": 1}),
                json!({"new": 2}),
                vec![("new", Effect::Loosening)],
            ),
        ] {
            let diff = diff(&template(from), &template(to));
            let actual: Vec<_> = diff
                .changes()
                .iter()
                .map(|c| (c.field(), c.effect()))
                .collect();
            assert_eq!(actual, changes);
        }
    }
}
