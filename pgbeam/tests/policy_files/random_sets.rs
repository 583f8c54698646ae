//! Generates random profiles and policy sets. They contain strings that are hard to write in YAML.

use pgbeam::policies::{NormalizedProfile, NormalizedTemplate, document::PolicySet};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Generates strings that are hard to write in YAML, and random strings.
fn text() -> impl Strategy<Value = String> {
    let hard = prop::sample::select(vec![
        "null",
        "~",
        "yes",
        "No",
        "1e3",
        "0x1F",
        "-",
        "- a",
        "a: b",
        "a #b",
        "#",
        "&a",
        "*a",
        "!t",
        "<<",
        "%",
        "@",
        "`",
        "\"",
        "'",
        "{}",
        "[]",
        "a\nb",
        "a\n",
        "\n",
        " a\nb",
        "a \nb",
        "a\n\n b\n",
        "a\tb\nc",
        "a\r\nb",
        "---",
        "...",
        "\u{0}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{ffff}",
        "a,b",
        "?",
        ": ",
        "|",
        ">",
        "ä",
    ]);
    let random = prop::string::string_regex("(?s).{1,40}").expect("a pattern");
    prop_oneof![hard.prop_map(str::to_owned), random, "[a-z \n'\":#-]{1,20}"]
}

/// Generates a JSON value other than null.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let nullable = prop_oneof![4 => inner, 1 => Just(Value::Null)];
        prop_oneof![
            prop::collection::vec(nullable.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text(), nullable, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
    // A field with the value null would be treated as an omitted field.
    .prop_filter("null", |value| !value.is_null())
}

/// Generates a profile as JSON, without a name. It can contain unknown values and fields.
pub fn random_profile() -> impl Strategy<Value = Map<String, Value>> {
    let words = |words: &'static [&'static str]| prop::sample::select(words).prop_map(Value::from);
    let texts = || prop::collection::vec(text(), 0..4).prop_map(Value::from);
    let object = |fields: Vec<(&'static str, BoxedStrategy<Value>)>| {
        let (names, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        values.prop_map(move |values| {
            let fields = names.iter().map(|name| (*name).to_owned()).zip(values);
            Value::Object(fields.collect())
        })
    };
    let mask = object(vec![
        ("table", text().prop_map(Value::from).boxed()),
        ("column", text().prop_map(Value::from).boxed()),
        ("kind", words(&["redact", "null", "hash", "blur"]).boxed()),
    ]);
    let filter = object(vec![
        ("table", text().prop_map(Value::from).boxed()),
        ("predicate", text().prop_map(Value::from).boxed()),
    ]);
    let kinds = || prop::collection::vec(words(&["select", "ddl", "other", "merge"]), 0..3);
    let rules = object(vec![
        ("allow", kinds().prop_map(Value::from).boxed()),
        ("deny", kinds().prop_map(Value::from).boxed()),
    ]);
    let number = || (0..=i64::MAX).prop_map(Value::from).boxed();
    let fields: Vec<(&'static str, BoxedStrategy<Value>)> = vec![
        (
            "access_mode",
            words(&["read_only", "read_write", "admin"]).boxed(),
        ),
        ("statement_rules", rules.boxed()),
        ("table_allowlist", texts().boxed()),
        ("table_denylist", texts().boxed()),
        (
            "masking_rules",
            prop::collection::vec(mask, 0..3)
                .prop_map(Value::from)
                .boxed(),
        ),
        (
            "row_filters",
            prop::collection::vec(filter, 0..3)
                .prop_map(Value::from)
                .boxed(),
        ),
        ("max_rows", number()),
        ("statement_timeout_ms", number()),
        ("approval_timeout_seconds", number()),
        ("egress_bytes_per_day", number()),
        ("query_mode", words(&["sql", "templates"]).boxed()),
        ("new_guard", json_value().boxed()),
    ];
    let optional: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| prop::option::of(value).prop_map(move |value| Some((name, value?))))
        .collect();
    (
        optional,
        prop::collection::btree_map("x[ -~]{1,12}", json_value(), 0..2),
    )
        .prop_map(|(known, unknown)| {
            let known = known.into_iter().flatten();
            let known = known.map(|(name, value)| (name.to_owned(), value));
            known.chain(unknown).collect()
        })
}

/// Generates a set of profiles and query templates.
pub fn random_set() -> impl Strategy<Value = PolicySet> {
    let profiles = prop::collection::btree_map(text(), random_profile(), 0..4);
    let templates =
        prop::collection::btree_map("[a-z][a-z0-9_]{0,62}", (text(), any::<bool>()), 0..3);
    (profiles, templates).prop_map(|(profiles, templates)| {
        let set = profiles
            .into_iter()
            .fold(PolicySet::new(), |set, (name, mut fields)| {
                fields.insert("name".into(), name.into());
                set.profile(NormalizedProfile::from_json(fields))
            });
        templates
            .into_iter()
            .fold(set, |set, (name, (description, enabled))| {
                let template = json!({
                    "name": name,
                    "description": description,
                    "sql": "SELECT *\n  FROM t\n WHERE a = $1",
                    "params": [{"name": "a", "type": "text", "nullable": enabled}],
                    "enabled": enabled,
                });
                let template = template.as_object().cloned().expect("an object");
                set.query_template(NormalizedTemplate::from_json(template))
            })
    })
}
