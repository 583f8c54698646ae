//! Fields of policy files whose value has a unit, such as `statement_timeout: 5s` for `statement_timeout_ms: 5000`.

use super::suggest::join;
use crate::policies::{
    diff::rules::{RULES, Rule},
    document::errors::quote,
};

/// A field of policy files whose value has a unit. Reading the field sets a field of the API contract, whose value has
/// no unit.
#[derive(Debug)]
pub(crate) struct Spelling {
    /// The name in policy files, such as `statement_timeout`.
    pub(crate) name: &'static str,
    /// The name of the field of the API contract, such as `statement_timeout_ms`.
    pub(crate) field: &'static str,
    /// A valid value, as an example in messages.
    pub(crate) example: &'static str,
    /// The accepted units, each with its size in milliseconds or bytes.
    pub(crate) units: &'static [(&'static str, i64)],
    /// The size of the unit of the field of the API contract, in milliseconds or bytes.
    pub(crate) contract_unit: i64,
    /// The name of the unit of the field of the API contract, such as `seconds`.
    pub(crate) contract_unit_name: &'static str,
}

const TIMES: &[(&str, i64)] = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
const SIZES: &[(&str, i64)] = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// All fields with a unit.
pub(crate) const SPELLINGS: &[Spelling] = &[
    Spelling {
        name: "statement_timeout",
        field: "statement_timeout_ms",
        example: "5s",
        units: TIMES,
        contract_unit: 1,
        contract_unit_name: "milliseconds",
    },
    Spelling {
        name: "approval_timeout",
        field: "approval_timeout_seconds",
        example: "5m",
        units: TIMES,
        contract_unit: 1_000,
        contract_unit_name: "seconds",
    },
    Spelling {
        name: "egress_per_day",
        field: "egress_bytes_per_day",
        example: "10 MiB",
        units: SIZES,
        contract_unit: 1,
        contract_unit_name: "bytes",
    },
    Spelling {
        name: "content_scan_max",
        field: "content_scan_max_bytes",
        example: "64 KiB",
        units: SIZES,
        contract_unit: 1,
        contract_unit_name: "bytes",
    },
];

/// The value that a file can contain instead of 0 in fields in which 0 means no limit.
pub(crate) const UNLIMITED: &str = "unlimited";

/// Returns `true` if 0 means no limit in a field of the API contract.
pub(crate) fn zero_is_unlimited(field: &str) -> bool {
    RULES.contains(&(field, Rule::Limit))
}

/// Returns what 0 means in an integer field of a policy profile, for messages.
pub(crate) fn meaning_of_zero(field: &str) -> &'static str {
    let rule = RULES.iter().find(|(name, _)| *name == field);
    match rule.map(|(_, rule)| rule) {
        Some(Rule::Limit) => "no limit",
        Some(Rule::TimeLimit) => "the default of the project",
        Some(Rule::Exemption) => "that nothing is approved automatically",
        Some(Rule::ScannedBytes) => "4 MiB",
        _ => "a time that the API does not specify",
    }
}

/// A mistake in a value: the rule, the message and the remedy.
pub(crate) type Mistake = (&'static str, String, String);

impl Spelling {
    /// Returns the field with a unit that has this name in policy files.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        SPELLINGS.iter().find(|spelling| spelling.name == name)
    }

    /// Returns the field with a unit that sets `field`, a field of the API contract.
    pub(crate) fn for_field(field: &str) -> Option<&'static Self> {
        SPELLINGS.iter().find(|spelling| spelling.field == field)
    }

    /// Converts a value, such as `5s` or `unlimited`, to the value in the API contract.
    ///
    /// # Errors
    ///
    /// The value is not a whole number with a known unit, is 0, is too large, or is not a whole number of the
    /// contract's unit, such as `1500ms` for seconds. `unlimited` is an error unless 0 means no limit in the field.
    pub(crate) fn parse(&self, text: &str) -> Result<i64, Mistake> {
        let Self { name, field, .. } = self;
        if text == UNLIMITED {
            return match zero_is_unlimited(field) {
                true => Ok(0),
                false => Err(not_unlimited(name, field)),
            };
        }
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let unit = unit.trim_start_matches(' ');
        let remedy = || {
            let units = join(self.units.iter().map(|(unit, _)| *unit));
            format!(
                "write a whole number with a unit, such as `{}`; the units are {units}",
                self.example
            )
        };
        let Some((_, size)) = self.units.iter().find(|(name, _)| *name == unit) else {
            let quoted = quote(text);
            let message = match (digits, unit) {
                (0, _) => format!("{quoted} is not a number with a unit"),
                (_, "") => format!("{quoted} has no unit"),
                _ => format!("{quoted} has an unknown unit"),
            };
            return Err(("wrong-unit", message, remedy()));
        };
        if digits == 0 {
            let message = format!("{} has no number", quote(text));
            return Err(("wrong-unit", message, remedy()));
        }
        let total = number
            .parse::<i64>()
            .ok()
            .and_then(|n| n.checked_mul(*size));
        let Some(total) = total else {
            let message = format!("{} is too large", quote(text));
            return Err(("out-of-range", message, "write a smaller value".into()));
        };
        if total == 0 {
            let meaning = meaning_of_zero(field);
            let message = format!("{} is ambiguous: 0 means {meaning}", quote(text));
            let remedy = match zero_is_unlimited(field) {
                true => format!("write `{name}: {UNLIMITED}`, or a value above 0"),
                false => format!("write a value above 0, or omit `{name}` for the default"),
            };
            return Err(("out-of-range", message, remedy));
        }
        if total % self.contract_unit != 0 {
            let unit = self.contract_unit_name;
            let message = format!("{} is not a whole number of {unit}", quote(text));
            return Err((
                "out-of-range",
                message,
                format!("write a whole number of {unit}"),
            ));
        }
        Ok(total / self.contract_unit)
    }
}

/// Returns the mistake for the value `unlimited` in a field in which 0 does not mean no limit. `name` is the name of
/// the field in the file, and `field` its name in the API contract.
pub(crate) fn not_unlimited(name: &str, field: &str) -> Mistake {
    let message = format!(
        "`{name}` cannot be `{UNLIMITED}`: 0 means {}",
        meaning_of_zero(field)
    );
    let remedy = format!("write a value above 0, or omit `{name}` for the default");
    ("unknown-value", message, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::schema;

    #[test]
    fn values_with_units_are_converted_or_rejected() {
        let cases = [
            ("statement_timeout", "5s", 5_000),
            ("statement_timeout", "5 s", 5_000),
            ("statement_timeout", "1ms", 1),
            ("statement_timeout", "2m", 120_000),
            ("statement_timeout", "1h", 3_600_000),
            ("approval_timeout", "5m", 300),
            ("approval_timeout", "2000ms", 2),
            ("egress_per_day", "10 MiB", 10 << 20),
            ("egress_per_day", "1B", 1),
            ("egress_per_day", "unlimited", 0),
            ("content_scan_max", "64KiB", 64 << 10),
            ("content_scan_max", "2  GiB", 2 << 30),
        ];
        for (name, text, expected) in cases {
            let spelling = Spelling::find(name).expect("a spelling");
            assert_eq!(spelling.parse(text), Ok(expected), "{name}: {text}");
        }
        let cases = [
            ("statement_timeout", "5", "`5` has no unit"),
            ("statement_timeout", "5 S", "`5 S` has an unknown unit"),
            ("statement_timeout", "5min", "unknown unit"),
            ("statement_timeout", "5\ts", "unknown unit"),
            ("statement_timeout", "1.5s", "unknown unit"),
            ("statement_timeout", "-5s", "is not a number with a unit"),
            ("statement_timeout", "s", "`s` has no number"),
            ("statement_timeout", "", "is not a number with a unit"),
            ("statement_timeout", " 5s", "is not a number with a unit"),
            ("statement_timeout", "5s ", "unknown unit"),
            (
                "statement_timeout",
                "0s",
                "0 means the default of the project",
            ),
            (
                "statement_timeout",
                "unlimited",
                "0 means the default of the project",
            ),
            ("statement_timeout", "5 MiB", "unknown unit"),
            ("statement_timeout", "9223372036854775807s", "is too large"),
            ("statement_timeout", "99999999999999999999s", "is too large"),
            (
                "approval_timeout",
                "1500ms",
                "is not a whole number of seconds",
            ),
            ("approval_timeout", "unlimited", "does not specify"),
            ("egress_per_day", "10 MB", "unknown unit"),
            ("egress_per_day", "10 mib", "unknown unit"),
            ("egress_per_day", "0 B", "0 means no limit"),
            ("egress_per_day", "Unlimited", "is not a number with a unit"),
            ("content_scan_max", "unlimited", "0 means 4 MiB"),
            ("content_scan_max", "0 GiB", "0 means 4 MiB"),
        ];
        for (name, text, expected) in cases {
            let spelling = Spelling::find(name).expect("a spelling");
            let (_, message, remedy) = spelling.parse(text).expect_err(text);
            assert!(message.contains(expected), "{name}: {text}: {message}");
            assert!(!remedy.is_empty());
        }
    }

    #[test]
    fn spellings_set_fields_of_the_contract() {
        let profile = schema::policy_profile();
        for spelling in SPELLINGS {
            assert!(profile.field(spelling.field).is_some());
            assert!(profile.field(spelling.name).is_none());
            assert!(spelling.parse(spelling.example).is_ok());
        }
    }
}
