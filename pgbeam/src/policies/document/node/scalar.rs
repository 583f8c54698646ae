//! Parses numbers, and determines the types of unquoted YAML scalars.

use serde_json::Number;

use super::{Place, Value};
use crate::policies::document::errors::{Report, quote};

/// Converts an unquoted YAML scalar by the rules of the YAML 1.2 core schema. A hexadecimal or octal number above 64
/// bits becomes a string.
///
/// Adds a mistake and returns [`Value::Invalid`] for infinity and NaN, which JSON does not have, for a decimal number
/// with a leading zero, which YAML 1.1 can read as octal, and for a decimal number that does not fit into 64 bits.
pub(super) fn resolve(text: &str, place: Place, report: &mut Report) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN" => {
            report_infinite(text, place, report);
            return Value::Invalid;
        }
        _ => {}
    }
    if let Some(number) = parse_radix(text) {
        return Value::Number(number);
    }
    let starts_like_number = unsigned.starts_with(|first: char| first.is_ascii_digit());
    if !starts_like_number && !unsigned.starts_with('.') || !is_decimal(unsigned) {
        return Value::String(text.to_owned());
    }
    let has_leading_zero =
        unsigned.starts_with('0') && unsigned[1..].starts_with(|next: char| next.is_ascii_digit());
    if has_leading_zero {
        report.add(
            "wrong-type",
            place,
            format!("the number {} has a leading zero", quote(text)),
            "remove the zero, or write a string in quotes",
        );
        return Value::Invalid;
    }
    number(text, place, report)
}

/// Parses a hexadecimal or octal integer, such as `0x1F` or `0o17`. Returns `None` for other text and for numbers above
/// 64 bits.
fn parse_radix(text: &str) -> Option<Number> {
    let (digits, radix) = match text.get(..2)? {
        "0x" => (&text[2..], 16),
        "0o" => (&text[2..], 8),
        _ => return None,
    };
    let has_sign = digits.starts_with('+');
    let number = u64::from_str_radix(digits, radix).ok()?;
    (!has_sign).then(|| number.into())
}

/// Returns `true` for a decimal number without a sign, such as `1`, `1.5`, `.5`, `1.` and `1e5`.
fn is_decimal(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digit = !whole.is_empty() || !fraction.is_empty();
    let exponent = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
    has_digit
        && is_digits(whole)
        && is_digits(fraction)
        && exponent.is_none_or(|text| !text.is_empty() && is_digits(text))
}

/// Adds the mistake for infinity or NaN.
fn report_infinite(text: &str, place: Place, report: &mut Report) {
    let message = format!("{} is not a finite number", quote(text));
    report.add(
        "wrong-type",
        place,
        message,
        "write a finite number, or a string in quotes",
    );
}

/// Parses a decimal number. If the number does not fit into `i64`, `u64` or `f64`, or is the `inf` or `nan` of TOML,
/// adds a mistake and returns [`Value::Invalid`].
pub(super) fn number(text: &str, place: Place, report: &mut Report) -> Value {
    if text.ends_with("inf") || text.ends_with("nan") {
        report_infinite(text, place, report);
        return Value::Invalid;
    }
    let is_integer = !text.contains(['.', 'e', 'E']);
    let signed = text.strip_prefix('+').unwrap_or(text);
    let number = if is_integer {
        let signed_number = signed.parse::<i64>().ok().map(Number::from);
        signed_number.or_else(|| signed.parse::<u64>().ok().map(Number::from))
    } else {
        signed.parse::<f64>().ok().and_then(Number::from_f64)
    };
    number.map(Value::Number).unwrap_or_else(|| {
        report.add(
            "out-of-range",
            place,
            format!("the number {} is too large", quote(text)),
            "write a smaller number, or a string in quotes",
        );
        Value::Invalid
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unquoted_scalars_have_the_types_of_the_core_schema() {
        let cases = [
            ("", json!(null)),
            ("~", json!(null)),
            ("Null", json!(null)),
            ("nULL", json!("nULL")),
            ("true", json!(true)),
            ("yes", json!("yes")),
            ("off", json!("off")),
            ("0", json!(0)),
            ("-0", json!(0)),
            ("+7", json!(7)),
            ("-7", json!(-7)),
            ("18446744073709551615", json!(u64::MAX)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("0x", json!("0x")),
            ("0x+1", json!("0x+1")),
            ("-0x1", json!("-0x1")),
            ("1e3", json!(1000.0)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            ("1.5E-1", json!(0.15)),
            (".", json!(".")),
            ("1e", json!("1e")),
            ("e5", json!("e5")),
            ("1_000", json!("1_000")),
            ("1:30", json!("1:30")),
            ("--1", json!("--1")),
            ("2024-01-01", json!("2024-01-01")),
            ("5s", json!("5s")),
            ("inf", json!("inf")),
            ("日本", json!("日本")),
        ];
        for (text, expected) in cases {
            let mut report = Report::new("a.yaml");
            let value = resolve(text, Place::START, &mut report);
            let node = super::super::Node {
                place: Place::START,
                value,
            };
            assert_eq!(node.to_json(), expected, "{text}");
            assert_eq!(report.into_findings(), [], "{text}");
        }
        for text in [
            "007",
            "-01",
            "00.5",
            ".inf",
            "-.NaN",
            "18446744073709551616",
            "1e999",
        ] {
            let mut report = Report::new("a.yaml");
            assert_eq!(resolve(text, Place::START, &mut report), Value::Invalid);
            assert_eq!(report.into_findings().len(), 1, "{text}");
        }
    }
}
