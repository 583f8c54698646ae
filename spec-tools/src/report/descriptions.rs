//! A change in words, as both the text and the Markdown have it.

use std::collections::{BTreeMap, BTreeSet};

use crate::changes::{
    Beside, Change, Class, Direction, Part, Report, Spot, Subject, SubjectKind, What,
};
use crate::text::{escaped, quoted};

/// What was compared, as the user named it.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    pub old: &'a str,
    pub new: &'a str,
}

/// More operations or places than this are counted instead of named.
const MOST: usize = 6;

/// The changes of each class that has any, the most harmful first.
pub fn by_class(report: &Report) -> impl Iterator<Item = (Class, Vec<&Change>)> {
    let of = |class: Class| {
        let changes = report.changes.iter();
        let changes = changes.filter(|change| change.verdict.class() == class);
        (class, changes.collect::<Vec<_>>())
    };
    let classes = Class::ALL.into_iter().map(of);
    classes.filter(|(_, changes)| !changes.is_empty())
}

/// What has changed and how, in one line.
pub fn headline(change: &Change) -> String {
    // Parameters and headers have but one way to go.
    let two_ways = |spot: &Spot| match &spot.part {
        Part::Body { .. } => change.subject.kind != SubjectKind::Body,
        Part::Answer { .. } => change.subject.kind != SubjectKind::Answer,
        _ => false,
    };
    let way = match change.direction.filter(|_| change.met.iter().any(two_ways)) {
        Some(Direction::Request) => ", when sent",
        Some(Direction::Answer) => ", when received",
        None => "",
    };
    format!("{}{way}: {}", subject(&change.subject), what(&change.what))
}

fn subject(subject: &Subject) -> String {
    let name = match subject.name.contains([' ', '`']) {
        true => subject.name.clone(),
        false => format!("`{}`", subject.name),
    };
    match subject.kind {
        SubjectKind::Server => format!("the base URL {name}"),
        SubjectKind::Operation => format!("the operation {name}"),
        SubjectKind::Access => format!("access {name}"),
        SubjectKind::Field => format!("the field {name}"),
        SubjectKind::MediaType => format!("the media type {name}"),
        SubjectKind::Type => format!("the Rust type of {name}"),
        SubjectKind::Parameter
        | SubjectKind::Body
        | SubjectKind::Answer
        | SubjectKind::Header
        | SubjectKind::Value => name,
    }
}

fn what(what: &What) -> String {
    let either = |names: &[String]| {
        names
            .iter()
            .map(|name| quoted(name))
            .collect::<Vec<_>>()
            .join(" or ")
    };
    let from_to = |from: &str, to: &str| format!("from {} to {}", quoted(from), quoted(to));
    match what {
        What::Added { required, perhaps } => {
            let added = if *required {
                "added, required"
            } else {
                "added"
            };
            match perhaps.as_slice() {
                [] => added.to_owned(),
                names => format!("{added} (perhaps renamed from {})", either(names)),
            }
        }
        What::Removed { perhaps } => match perhaps.as_slice() {
            [] => "removed".to_owned(),
            names => format!("removed (perhaps renamed to {})", either(names)),
        },
        What::Moved(from, to) => format!("moved {}", from_to(from, to)),
        What::Renamed(from, to) => format!("renamed {}", from_to(from, to)),
        What::Area(from, to) => {
            format!("moved from the area {} to {}", quoted(from), quoted(to))
        }
        What::Method(from, to) => format!("its method moved {}", from_to(from, to)),
        What::Deprecated => "deprecated".to_owned(),
        What::NotDeprecated => "no longer deprecated".to_owned(),
        What::RejectsKey(true) => "refuses an idempotency key".to_owned(),
        What::RejectsKey(false) => "takes an idempotency key".to_owned(),
        What::Required(_) => "became required".to_owned(),
        What::Optional(_) => "became optional".to_owned(),
        What::Nullable(_) => "became nullable".to_owned(),
        What::NotNullable(_) => "no longer nullable".to_owned(),
        What::Encoding(from, to) => format!("encoding changed {}", from_to(from, to)),
        What::Type(from, to) => format!("type changed {}", from_to(from, to)),
        What::Format { from, to, .. } => format!("format changed {}", from_to(from, to)),
        What::ValueAdded(value) => format!("value {} added", quoted(value)),
        What::ValueRemoved(value) => format!("value {} removed", quoted(value)),
        What::ValuesListed(values) => format!("restricted to the values {}", quoted(values)),
        What::ValuesOpened(values) => {
            format!("no longer restricted to the values {}", quoted(values))
        }
        What::Default(from, to) => changed("default", from.as_deref(), to.as_deref()),
        What::Bound {
            keyword, from, to, ..
        } => changed(&quoted(keyword), from.as_deref(), to.as_deref()),
        What::Pattern(from, to) => {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            changed("pattern", some(from).as_deref(), some(to).as_deref())
        }
        What::Beside(from, to) => {
            format!(
                "{} beside its fields, instead of {}",
                beside(*to),
                beside(*from)
            )
        }
        What::VariantAdded(name) => format!("variant {} added", quoted(name)),
        What::VariantRemoved(name) => format!("variant {} removed", quoted(name)),
        What::Excluded => "`not` changed".to_owned(),
        What::Secret => "marked as a secret".to_owned(),
        What::NotSecret => "no longer marked as a secret".to_owned(),
    }
}

fn beside(beside: Beside) -> &'static str {
    match beside {
        Beside::Anything => "anything",
        Beside::Nothing => "nothing",
        Beside::Typed => "values of one type",
    }
}

fn changed(name: &str, from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => {
            format!("{name} changed from {} to {}", quoted(from), quoted(to))
        }
        (None, Some(to)) => format!("{name} {} added", quoted(to)),
        (Some(from), None) => format!("{name} {} removed", quoted(from)),
        (None, None) => format!("{name} changed"),
    }
}

/// The statuses by part and path within an operation.
type Places<'a> = BTreeMap<(String, &'a str), BTreeSet<&'a str>>;

/// Where a change is met: a line for each set of operations that meet it in the same places.
pub fn places(change: &Change) -> Vec<String> {
    let mut of_operation: BTreeMap<&str, Places<'_>> = BTreeMap::new();
    let mut order = Vec::new();
    for spot in &change.met {
        let places = of_operation.entry(&spot.operation).or_insert_with(|| {
            order.push(spot.operation.as_str());
            Places::new()
        });
        // The value as a whole needs no path.
        let path = spot.json_path.as_deref().filter(|path| *path != "$");
        let place = (part(&spot.part), path.unwrap_or_default());
        let statuses = places.entry(place).or_default();
        // Problem documents are the same whatever the status.
        statuses.extend(spot.part.status().filter(|_| !spot.part.is_problem()));
    }
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for operation in order {
        let places = of_operation.get(operation).map(named).unwrap_or_default();
        let group = *known.entry(places.clone()).or_insert_with(|| {
            groups.push((places, Vec::new()));
            groups.len() - 1
        });
        groups[group].1.push(operation);
    }
    let lines = groups.iter().take(MOST).map(|(places, operations)| {
        let operations = some_of(operations, ", ", " and");
        escaped(&match places.as_str() {
            "" => operations,
            places => format!("{operations}: {places}"),
        })
    });
    let mut lines: Vec<String> = lines.collect();
    let rest: usize = groups.iter().skip(MOST).map(|(_, of)| of.len()).sum();
    if rest > 0 {
        lines.push(format!("other places of {}", counted(rest, "operation")));
    }
    lines
}

fn part(part: &Part) -> String {
    match part {
        Part::Operation => String::new(),
        Part::Parameter { location, name } => format!("{location} {name}"),
        Part::Body { .. } => "body".to_owned(),
        part if part.is_problem() => "problem document".to_owned(),
        Part::Answer { .. } => "answer".to_owned(),
        Part::Header { name, .. } => format!("header {name} of"),
    }
}

fn named(places: &Places<'_>) -> String {
    let places = places.iter().map(|((part, path), statuses)| {
        let statuses = Vec::from_iter(statuses.iter().copied()).join(", ");
        let words = [part.as_str(), &statuses, path];
        let words = words.into_iter().filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ")
    });
    let places: Vec<String> = places.collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    some_of(&places, "; ", "; and")
}

/// The first items of a list, and how many more there are.
fn some_of(items: &[&str], separator: &str, and: &str) -> String {
    let mut text = items[..items.len().min(MOST)].join(separator);
    if items.len() > MOST {
        text.push_str(&format!("{and} {} more", items.len() - MOST));
    }
    text
}

/// One line that sums a report up.
pub fn summary(report: &Report) -> String {
    if report.changes.is_empty() {
        return "no change of meaning".to_owned();
    }
    let parts = Class::ALL.map(|class| (report.count(class), class.summary()));
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    format!(
        "{} at {}: {}",
        counted(report.changes.len(), "change"),
        counted(report.operations().len(), "operation"),
        parts.join(", ")
    )
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}
