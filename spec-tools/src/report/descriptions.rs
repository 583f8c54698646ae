//! Writes English descriptions of changes and of the places where they occur, for the text and
//! Markdown reports.

use std::collections::{BTreeMap, BTreeSet};

use crate::changes::{
    AdditionalFields, Change, ChangeKind, Direction, Part, Report, Severity, Subject, SubjectKind,
    Usage,
};
use crate::escape::{code_span, escape_unprintable};

/// The names of the two compared documents in a report: the paths that the user passed.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    pub old: &'a str,
    pub new: &'a str,
}

/// The maximum length of three kinds of lists in a report: the lines with the places of a change,
/// the operations in one line, and the places in one operation. A longer list is cut, and a number
/// says how much is missing.
const MAX_LISTED: usize = 6;

/// Groups the changes by severity, the most severe first. Omits empty groups.
pub fn group_by_severity(report: &Report) -> impl Iterator<Item = (Severity, Vec<&Change>)> {
    let with_changes = |severity: Severity| {
        let changes = report.changes.iter();
        let changes = changes.filter(|change| change.verdict.severity() == severity);
        (severity, changes.collect::<Vec<_>>())
    };
    let groups = Severity::ALL.into_iter().map(with_changes);
    groups.filter(|(_, changes)| !changes.is_empty())
}

/// Describes in one line what has changed and how, such as ``the field `Policy.max_rows` in
/// requests: became required``.
pub fn describe_change(change: &Change) -> String {
    // Only schemas of bodies and responses can be both sent and received.
    let is_ambiguous = |usage: &Usage| match &usage.part {
        Part::Body { .. } => change.subject.kind != SubjectKind::Body,
        Part::Response { .. } => change.subject.kind != SubjectKind::Response,
        _ => false,
    };
    let direction = change.direction;
    let direction = match direction.filter(|_| change.usages.iter().any(is_ambiguous)) {
        Some(Direction::Request) => " in requests",
        Some(Direction::Response) => " in responses",
        None => "",
    };
    format!(
        "{}{direction}: {}",
        describe_subject(&change.subject),
        describe_kind(&change.kind)
    )
}

fn describe_subject(subject: &Subject) -> String {
    let name = match subject.name.contains([' ', '`']) {
        true => subject.name.clone(),
        false => format!("`{}`", subject.name),
    };
    match subject.kind {
        SubjectKind::Server => format!("the base URL {name}"),
        SubjectKind::Operation => format!("the operation {name}"),
        SubjectKind::Security => format!("access {name}"),
        SubjectKind::Field => format!("the field {name}"),
        SubjectKind::MediaType => format!("the media type {name}"),
        SubjectKind::Type => format!("the Rust type of {name}"),
        SubjectKind::Parameter
        | SubjectKind::Body
        | SubjectKind::Response
        | SubjectKind::Header
        | SubjectKind::Value => name,
    }
}

fn describe_kind(kind: &ChangeKind) -> String {
    let either = |names: &[String]| {
        names
            .iter()
            .map(|name| code_span(name))
            .collect::<Vec<_>>()
            .join(" or ")
    };
    let from_to = |from: &str, to: &str| format!("from {} to {}", code_span(from), code_span(to));
    match kind {
        ChangeKind::Added {
            required,
            rename_candidates,
        } => {
            let added = if *required {
                "added, required"
            } else {
                "added"
            };
            match rename_candidates.as_slice() {
                [] => added.to_owned(),
                names => format!("{added} (possibly renamed from {})", either(names)),
            }
        }
        ChangeKind::Removed { rename_candidates } => match rename_candidates.as_slice() {
            [] => "removed".to_owned(),
            names => format!("removed (possibly renamed to {})", either(names)),
        },
        ChangeKind::Moved(from, to) => format!("moved {}", from_to(from, to)),
        ChangeKind::Renamed(from, to) => format!("renamed {}", from_to(from, to)),
        ChangeKind::AreaChanged(from, to) => format!("area changed {}", from_to(from, to)),
        ChangeKind::MethodChanged(from, to) => format!("SDK method changed {}", from_to(from, to)),
        ChangeKind::Deprecated => "deprecated".to_owned(),
        ChangeKind::NoLongerDeprecated => "no longer deprecated".to_owned(),
        ChangeKind::RejectsIdempotencyKey(true) => "rejects an idempotency key".to_owned(),
        ChangeKind::RejectsIdempotencyKey(false) => "accepts an idempotency key".to_owned(),
        ChangeKind::BecameRequired(_) => "became required".to_owned(),
        ChangeKind::BecameOptional(_) => "became optional".to_owned(),
        ChangeKind::BecameNullable(_) => "became nullable".to_owned(),
        ChangeKind::NoLongerNullable(_) => "no longer nullable".to_owned(),
        ChangeKind::EncodingChanged(from, to) => format!("encoding changed {}", from_to(from, to)),
        ChangeKind::TypeChanged(from, to) => format!("type changed {}", from_to(from, to)),
        ChangeKind::FormatChanged { from, to, .. } => {
            format!("format changed {}", from_to(from, to))
        }
        ChangeKind::EnumValueAdded(value) => format!("value {} added", code_span(value)),
        ChangeKind::EnumValueRemoved(value) => format!("value {} removed", code_span(value)),
        ChangeKind::EnumIntroduced(values) => {
            format!("restricted to the values {}", code_span(values))
        }
        ChangeKind::EnumDropped(values) => {
            format!("no longer restricted to the values {}", code_span(values))
        }
        ChangeKind::DefaultChanged(from, to) => {
            describe_setting("default", from.as_deref(), to.as_deref())
        }
        ChangeKind::ConstraintChanged {
            keyword, from, to, ..
        } => describe_setting(&code_span(keyword), from.as_deref(), to.as_deref()),
        ChangeKind::PatternChanged(from, to) => {
            let non_empty = |pattern: &str| (!pattern.is_empty()).then(|| pattern.to_owned());
            let (from, to) = (non_empty(from), non_empty(to));
            describe_setting("pattern", from.as_deref(), to.as_deref())
        }
        ChangeKind::AdditionalFieldsChanged(from, to) => {
            let (from, to) = (describe_additional(*from), describe_additional(*to));
            format!("additional fields changed from {from} to {to}")
        }
        ChangeKind::VariantAdded(name) => format!("variant {} added", code_span(name)),
        ChangeKind::VariantRemoved(name) => format!("variant {} removed", code_span(name)),
        ChangeKind::ExclusionChanged => "`not` changed".to_owned(),
        ChangeKind::BecameSecret => "marked as a secret".to_owned(),
        ChangeKind::NoLongerSecret => "no longer marked as a secret".to_owned(),
    }
}

fn describe_additional(additional: AdditionalFields) -> &'static str {
    match additional {
        AdditionalFields::Any => "any",
        AdditionalFields::Forbidden => "forbidden",
        AdditionalFields::Typed => "values of one type",
    }
}

fn describe_setting(name: &str, from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => {
            format!(
                "{name} changed from {} to {}",
                code_span(from),
                code_span(to)
            )
        }
        (None, Some(to)) => format!("{name} {} added", code_span(to)),
        (Some(from), None) => format!("{name} {} removed", code_span(from)),
        (None, None) => format!("{name} changed"),
    }
}

/// The places in one operation where a change occurs. The key is a description of the part, and the
/// JSONPath inside the part (empty for the whole part). The value is the set of response statuses
/// with which the change occurs at this place.
type OperationUsages<'a> = BTreeMap<(String, &'a str), BTreeSet<&'a str>>;

/// Describes the places where a change occurs. Operations with the same places (parts, statuses and
/// JSONPaths) share one line, such as ``createPolicy, updatePolicy: body $.max_rows``.
///
/// Returns at most six of these lines. If there are more, adds one line with the number of the
/// operations in the remaining lines.
pub fn describe_usages(change: &Change) -> Vec<String> {
    let mut by_operation: BTreeMap<&str, OperationUsages<'_>> = BTreeMap::new();
    let mut order = Vec::new();
    for usage in &change.usages {
        let usages = by_operation.entry(&usage.operation).or_insert_with(|| {
            order.push(usage.operation.as_str());
            OperationUsages::new()
        });
        // The path `$` of the whole value is omitted.
        let path = usage.json_path.as_deref().filter(|path| *path != "$");
        let key = (describe_part(&usage.part), path.unwrap_or_default());
        let statuses = usages.entry(key).or_default();
        // All problem documents have the same schema, so their statuses are omitted.
        statuses.extend(usage.part.status().filter(|_| !usage.part.is_problem()));
    }
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    let mut group_indexes: BTreeMap<String, usize> = BTreeMap::new();
    for operation in order {
        let usages = by_operation.get(operation);
        let usages = usages.map(describe_operation_usages).unwrap_or_default();
        let group = *group_indexes.entry(usages.clone()).or_insert_with(|| {
            groups.push((usages, Vec::new()));
            groups.len() - 1
        });
        groups[group].1.push(operation);
    }
    let lines = groups.iter().take(MAX_LISTED).map(|(usages, operations)| {
        let operations = join_first(operations, ", ", " and");
        escape_unprintable(&match usages.as_str() {
            "" => operations,
            usages => format!("{operations}: {usages}"),
        })
    });
    let mut lines: Vec<String> = lines.collect();
    let rest = groups.iter().skip(MAX_LISTED);
    let rest: usize = rest.map(|(_, operations)| operations.len()).sum();
    if rest > 0 {
        lines.push(format!("other places in {}", count(rest, "operation")));
    }
    lines
}

fn describe_part(part: &Part) -> String {
    match part {
        Part::Operation => String::new(),
        Part::Parameter { location, name } => format!("{location} {name}"),
        Part::Body { .. } => "body".to_owned(),
        part if part.is_problem() => "problem document".to_owned(),
        Part::Response { .. } => "response".to_owned(),
        Part::Header { name, .. } => format!("header {name} of"),
    }
}

fn describe_operation_usages(usages: &OperationUsages<'_>) -> String {
    let usages = usages.iter().map(|((part, path), statuses)| {
        let statuses = Vec::from_iter(statuses.iter().copied()).join(", ");
        let words = [part.as_str(), &statuses, path];
        let words = words.into_iter().filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ")
    });
    let usages: Vec<String> = usages.collect();
    let usages: Vec<&str> = usages.iter().map(String::as_str).collect();
    join_first(&usages, "; ", "; and")
}

/// Joins the first [`MAX_LISTED`] items with `separator`. If there are more items, appends
/// `conjunction` and the number of the remaining items, such as ` and 3 more`.
fn join_first(items: &[&str], separator: &str, conjunction: &str) -> String {
    let mut joined = items[..items.len().min(MAX_LISTED)].join(separator);
    if items.len() > MAX_LISTED {
        joined.push_str(&format!("{conjunction} {} more", items.len() - MAX_LISTED));
    }
    joined
}

/// Summarizes a report in one line, such as `2 changes in 1 operation: 1 breaking for all clients,
/// 1 compatible`.
pub fn summarize(report: &Report) -> String {
    if report.changes.is_empty() {
        return "no changes".to_owned();
    }
    let counts = Severity::ALL.map(|severity| (report.count(severity), severity.summary()));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, label)| format!("{count} {label}"))
        .collect();
    format!(
        "{} in {}: {}",
        count(report.changes.len(), "change"),
        count(report.operations().len(), "operation"),
        counts.join(", ")
    )
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}
