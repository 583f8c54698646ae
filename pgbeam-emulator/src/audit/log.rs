//! `AuditLog`: stores the audit log entries of a project, with a hash chain, and lists them in pages, newest first.

use std::collections::BTreeSet;
use std::ops::Bound;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::chain::{GENESIS, entry_hash};
use super::entry::{AuditEntry, string, time};
use super::filter::AuditFilter;

/// The prefix of page tokens.
const TOKEN_PREFIX: &str = "aud.";

/// The entries of a project's audit log.
#[derive(Clone, Debug)]
pub(crate) struct AuditLog {
    /// The entries in the order in which they were appended.
    entries: Vec<AuditEntry>,
    by_time: BTreeSet<Position>,
    last_hash: String,
}

impl Default for AuditLog {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            by_time: BTreeSet::new(),
            last_hash: GENESIS.to_owned(),
        }
    }
}

/// The position of an entry in the order of time. Entries of the same time are in the order in which they were
/// appended. Entries without a valid time come before all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    microseconds: i64,
    index: usize,
}

impl Position {
    fn new(entry: &AuditEntry, index: usize) -> Self {
        let microseconds = time(entry).map_or(i64::MIN, |time| time.timestamp_micros());
        Self {
            microseconds,
            index,
        }
    }

    /// Parses a page token of `listAuditLogs`. Returns `None` if the token is invalid.
    pub(crate) fn from_token(token: &str) -> Option<Self> {
        let (microseconds, index) = token.strip_prefix(TOKEN_PREFIX)?.split_once('.')?;
        let position = Self {
            microseconds: microseconds.parse().ok()?,
            index: index.parse().ok()?,
        };
        // Rejects other spellings of the numbers, such as leading zeros.
        (position.to_token() == token).then_some(position)
    }

    fn to_token(self) -> String {
        format!("{TOKEN_PREFIX}{}.{}", self.microseconds, self.index)
    }
}

/// A page of the audit log. `next_page_token` is `None` on the last page.
#[derive(Debug, PartialEq)]
pub(crate) struct AuditPage<'a> {
    pub(crate) entries: Vec<&'a AuditEntry>,
    pub(crate) next_page_token: Option<String>,
}

impl AuditLog {
    /// Appends an entry to the log and the hash chain: sets `seq`, `prev_hash` and `entry_hash`. Returns the stored
    /// entry.
    ///
    /// [Edits](Self::edit) of earlier entries do not change these values.
    pub(crate) fn append(&mut self, mut entry: AuditEntry) -> AuditEntry {
        let index = self.entries.len();
        entry.insert("seq".to_owned(), index.saturating_add(1).into());
        let hash = entry_hash(&entry, &self.last_hash);
        let prev_hash = std::mem::replace(&mut self.last_hash, hash.clone());
        entry.insert("prev_hash".to_owned(), prev_hash.into());
        entry.insert("entry_hash".to_owned(), hash.into());
        self.by_time.insert(Position::new(&entry, index));
        self.entries.push(entry.clone());
        entry
    }

    /// Changes fields of the entry with this id. Does not recompute its hash, so that the verification of the chain can
    /// find the edit. `null` removes a field. Returns the changed entry, or `None` if there is no such entry.
    pub(crate) fn edit(&mut self, id: &str, changes: Map<String, Value>) -> Option<&AuditEntry> {
        let has_id = |entry: &AuditEntry| string(entry, "id") == Some(id);
        let index = self.entries.iter().position(has_id)?;
        let entry = self.entries.get_mut(index)?;
        self.by_time.remove(&Position::new(entry, index));
        for (name, value) in changes {
            if value.is_null() {
                entry.remove(&name);
            } else {
                entry.insert(name, value);
            }
        }
        self.by_time.insert(Position::new(entry, index));
        Some(entry)
    }

    /// Returns all entries in the order in which they were appended.
    pub(crate) fn entries(&self) -> &[AuditEntry] {
        &self.entries
    }

    /// Returns the entries from `start` (inclusive) to `end` (exclusive), oldest first. Does not read the other
    /// entries.
    pub(crate) fn between(
        &self,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> impl Iterator<Item = &AuditEntry> {
        let [start, end] = [start, end].map(|time| Position {
            microseconds: time.timestamp_micros(),
            index: 0,
        });
        // `BTreeSet::range` panics if the start is after the end. The range is empty instead.
        let range = start..end.max(start);
        let positions = self.by_time.range(range);
        positions.filter_map(|position| self.entries.get(position.index))
    }

    /// Returns the entries that match the filter, newest first.
    pub(crate) fn matching(&self, filter: &AuditFilter) -> impl Iterator<Item = &AuditEntry> {
        self.matching_after(filter, None).map(|(_, entry)| entry)
    }

    /// Returns a page of at most `size` entries that match the filter, newest first. `after` is the position of the
    /// last entry of the previous page, or `None` for the first page.
    ///
    /// If entries are appended between two pages, the existing entries are neither repeated nor skipped.
    pub(crate) fn page(
        &self,
        filter: &AuditFilter,
        after: Option<Position>,
        size: usize,
    ) -> AuditPage<'_> {
        let mut matching = self.matching_after(filter, after);
        let taken: Vec<(Position, &AuditEntry)> = matching.by_ref().take(size).collect();
        let next_page_token = match (taken.last(), matching.next()) {
            (Some((last, _)), Some(_)) => Some(last.to_token()),
            _ => None,
        };
        AuditPage {
            entries: taken.into_iter().map(|(_, entry)| entry).collect(),
            next_page_token,
        }
    }

    fn matching_after(
        &self,
        filter: &AuditFilter,
        after: Option<Position>,
    ) -> impl Iterator<Item = (Position, &AuditEntry)> {
        let end = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_time
            .range((Bound::Unbounded, end))
            .rev()
            .filter_map(|position| Some((*position, self.entries.get(position.index)?)))
            .filter(|(_, entry)| filter.matches(entry))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit::testing::{assert_valid, entry, time};

    fn append(log: &mut AuditLog, id: &str, hour: u8) -> AuditEntry {
        log.append(entry(json!({
            "id": id, "project_id": "prj_1", "event": "query", "ts": format!("2026-01-01T{hour:02}:00:00Z"),
        })))
    }

    fn ids<'a>(entries: impl IntoIterator<Item = &'a AuditEntry>) -> Vec<&'a str> {
        entries
            .into_iter()
            .filter_map(|entry| string(entry, "id"))
            .collect()
    }

    #[test]
    fn appended_entries_are_linked() {
        let mut log = AuditLog::default();
        let first = append(&mut log, "a", 1);
        assert_valid("AuditLogEntry", first.clone());
        assert_eq!(first["seq"], 1);
        assert_eq!(first["prev_hash"], GENESIS);
        log.edit(
            "a",
            entry(json!({"seq": 9, "entry_hash": "x", "event": null})),
        );
        let second = append(&mut log, "b", 2);
        assert_eq!(second["seq"], 2);
        assert_eq!(second["prev_hash"], first["entry_hash"]);
        assert_eq!(log.entries()[0]["seq"], 9);
        assert_eq!(log.entries()[0].get("event"), None);
        assert_eq!(log.entries()[1], second);
        assert!(log.edit("c", Map::new()).is_none());
    }

    #[test]
    fn pages_are_newest_first_and_survive_appended_entries() {
        let mut log = AuditLog::default();
        let filter = AuditFilter::default();
        assert_eq!(
            log.page(&filter, None, 2).entries,
            Vec::<&AuditEntry>::new()
        );
        // `d` is older than the entries before it; `b` and `c` have the same time.
        for (id, hour) in [("a", 1), ("b", 3), ("c", 3), ("d", 2), ("e", 4)] {
            append(&mut log, id, hour);
        }
        assert_eq!(ids(log.matching(&filter)), ["e", "c", "b", "d", "a"]);
        let page = log.page(&filter, None, 2);
        assert_eq!(ids(page.entries), ["e", "c"]);
        let token = page.next_page_token.expect("more entries");
        append(&mut log, "f", 5);
        append(&mut log, "g", 3);
        let page = log.page(&filter, Position::from_token(&token), 3);
        assert_eq!(ids(page.entries), ["b", "d", "a"]);
        assert_eq!(page.next_page_token, None);
    }

    #[test]
    fn entries_between_two_times_are_found() {
        let mut log = AuditLog::default();
        for (id, hour) in [("a", 1), ("b", 3), ("c", 2), ("d", 4)] {
            append(&mut log, id, hour);
        }
        let hour = |hour: u8| time(&format!("2026-01-01T{hour:02}:00:00Z"));
        for (start, end, expected) in [
            (0, 5, &["a", "c", "b", "d"][..]),
            (2, 4, &["c", "b"]),
            (2, 2, &[]),
            (4, 2, &[]),
        ] {
            let between = log.between(hour(start), hour(end));
            assert_eq!(ids(between), expected, "{start} {end}");
        }
    }

    #[test]
    fn pages_have_only_matching_entries() {
        let mut log = AuditLog::default();
        for hour in 0..6 {
            append(&mut log, if hour % 2 == 0 { "even" } else { "odd" }, hour);
        }
        log.edit(
            "odd",
            entry(json!({"event": "blocked", "ts": "2026-01-02T00:00:00Z"})),
        );
        let filter = AuditFilter::from_query(&entry(json!({"decision": "allow"})));
        let page = log.page(&filter, None, 5);
        assert_eq!(ids(page.entries), ["odd", "even", "odd", "even", "even"]);
        assert_eq!(
            page.next_page_token, None,
            "the blocked entry does not match"
        );
        assert_eq!(
            ids(log.matching(&AuditFilter::default()))[0],
            "odd",
            "its time changed"
        );
    }

    #[test]
    fn rejects_tokens_that_no_page_has() {
        let position = Position {
            microseconds: -5,
            index: 7,
        };
        assert_eq!(position.to_token(), "aud.-5.7");
        assert_eq!(Position::from_token("aud.-5.7"), Some(position));
        for token in [
            "",
            "aud.",
            "aud.1",
            "aud.01.7",
            "aud.+1.7",
            "aud.1.x",
            "pol.1.7",
            "aud.1.7.7",
        ] {
            assert_eq!(Position::from_token(token), None, "{token}");
        }
    }
}
