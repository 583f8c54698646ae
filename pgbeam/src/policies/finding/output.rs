//! Renders findings as text, JSON, SARIF, JUnit and annotations of GitHub Actions.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Finding, Location, Severity};
use crate::policies::diff::escape;

/// Renders one line for each finding: its `Display` text, with control characters escaped.
pub fn to_text(findings: &[Finding]) -> String {
    let lines = findings
        .iter()
        .map(|finding| escape(&finding.to_string()) + "\n");
    lines.collect()
}

/// Renders a JSON array with one object for each finding. An object has `file`, `line`, `column`, `rule`, `severity`,
/// `policy`, `field`, `message` and `remedy`. Without a location, `file` is empty, and `line` and `column` are 0.
pub fn to_json(findings: &[Finding]) -> Value {
    serde_json::to_value(findings).expect("a finding is serializable")
}

/// Renders the findings as a SARIF 2.1.0 log, the format of code scanning tools such as GitHub code scanning.
pub fn to_sarif(findings: &[Finding]) -> Value {
    let mut rules: Vec<&str> = findings.iter().map(|finding| &*finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let rules: Vec<Value> = rules.iter().map(|id| json!({ "id": id })).collect();
    let results: Vec<Value> = findings.iter().map(sarif_result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "pgbeam-policies",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

fn sarif_result(finding: &Finding) -> Value {
    let level = match finding.severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level,
        "message": {"text": message(finding)},
    });
    if let Some(location) = &finding.location {
        let mut physical = json!({"artifactLocation": {"uri": uri(&location.file)}});
        if location.line > 0 {
            physical["region"] =
                json!({"startLine": location.line, "startColumn": location.column.max(1)});
        }
        result["locations"] = json!([{ "physicalLocation": physical }]);
    }
    result
}

/// Converts a path to a URI reference: replaces `\` by `/`, and percent-encodes all bytes except ASCII letters,
/// digits and `/-_.~`.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

/// Renders a JUnit report with one test case for each finding. A finding of severity [`Info`](Severity::Info) is a
/// passed test case. A finding of another severity is a failed test case. If there are no findings, the report has one
/// passed test case.
pub fn to_junit(findings: &[Finding]) -> String {
    let is_failure = |finding: &&Finding| finding.severity > Severity::Info;
    let failures = findings.iter().filter(is_failure).count();
    let tests = findings.len().max(1);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"pgbeam-policies\" \
         tests=\"{tests}\" failures=\"{failures}\">\n"
    );
    if findings.is_empty() {
        xml.push_str("    <testcase classname=\"pgbeam-policies\" name=\"no findings\"/>\n");
    }
    for finding in findings {
        let place = finding.location.as_ref().map(Location::to_string);
        let place = place.unwrap_or_else(|| finding.policy.clone());
        let _ = write!(
            xml,
            "    <testcase classname=\"{}\" name=\"{}\"",
            xml_text(&finding.rule),
            xml_text(&place)
        );
        let message = xml_text(&message(finding));
        let _ = match finding.severity {
            Severity::Info => writeln!(xml, "><system-out>{message}</system-out></testcase>"),
            severity => writeln!(
                xml,
                "><failure type=\"{severity}\" message=\"{message}\"/></testcase>"
            ),
        };
    }
    xml + "  </testsuite>\n</testsuites>\n"
}

/// Escapes text for XML. Tabs and line breaks become character references. Other control characters, U+FFFE and U+FFFF
/// become U+FFFD.
fn xml_text(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Renders one workflow command of GitHub Actions for each finding, each on its own line. If a step of a workflow
/// prints the commands, GitHub shows each finding as an annotation, at the location of the finding if it has one.
pub fn to_github(findings: &[Finding]) -> String {
    let mut commands = String::new();
    for finding in findings {
        let command = match finding.severity {
            Severity::Info => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let _ = write!(commands, "::{command} ");
        if let Some(location) = &finding.location {
            let _ = write!(commands, "file={},", github_property(&location.file));
            if location.line > 0 {
                let _ = write!(commands, "line={},col={},", location.line, location.column);
            }
        }
        let _ = writeln!(
            commands,
            "title={}::{}",
            github_property(&finding.rule),
            github_data(&message(finding))
        );
    }
    commands
}

/// Escapes the message of a workflow command.
fn github_data(text: &str) -> String {
    let text = text.replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property of a workflow command.
fn github_property(text: &str) -> String {
    github_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Joins the policy, the message and the remedy of a finding with colons.
fn message(finding: &Finding) -> String {
    let mut message = String::new();
    if !finding.policy.is_empty() {
        message = format!("{}: ", finding.policy);
    }
    message.push_str(&finding.message);
    if !finding.remedy.is_empty() {
        let _ = write!(message, ": {}", finding.remedy);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        vec![
            Finding::new("unknown-field", Severity::Error, "unknown field `a<b>`")
                .policy("Support")
                .field("a<b>")
                .remedy("did you mean `max_rows`?")
                .location(Location::new("policies/a b,c.yaml", 3, 5)),
            Finding::new("no-query-budget", Severity::Info, "50%\nno \u{1b}budget").policy("Desk"),
        ]
    }

    #[test]
    fn text() {
        assert_eq!(
            to_text(&findings()),
            "policies/a b,c.yaml:3:5: error: unknown field `a<b>`: did you mean `max_rows`? [unknown-field]\n\
             info: Desk: 50%\\nno \\u{1b}budget [no-query-budget]\n"
        );
    }

    #[test]
    fn json() {
        let json = to_json(&findings());
        assert_eq!(json[0]["line"], 3);
        let expected = json!({
            "file": "", "line": 0, "column": 0, "rule": "no-query-budget", "severity": "info",
            "policy": "Desk", "field": "", "message": "50%\nno \u{1b}budget", "remedy": "",
        });
        assert_eq!(json[1], expected);
    }

    #[test]
    fn sarif() {
        let sarif = to_sarif(&findings());
        let run = &sarif["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "no-query-budget");
        let place = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "policies/a%20b%2Cc.yaml");
        assert_eq!(place["region"]["startLine"], 3);
        assert_eq!(run["results"][1]["level"], "note");
        assert_eq!(run["results"][1].get("locations"), None);
    }

    #[test]
    fn junit() {
        let xml = to_junit(&findings());
        assert!(xml.contains("tests=\"2\" failures=\"1\""), "{xml}");
        assert!(
            xml.contains("message=\"Support: unknown field `a&lt;b&gt;`:"),
            "{xml}"
        );
        assert!(xml.contains("50%&#10;no \u{fffd}budget"), "{xml}");
        assert!(to_junit(&[]).contains("tests=\"1\" failures=\"0\""));
    }

    #[test]
    fn github() {
        assert_eq!(
            to_github(&findings()),
            "::error file=policies/a b%2Cc.yaml,line=3,col=5,title=unknown-field::Support: unknown field `a<b>`: \
             did you mean `max_rows`?\n\
             ::notice title=no-query-budget::Desk: 50%25%0Ano \u{1b}budget\n"
        );
    }
}
