//! The verification of the hash chain: `verifyAuditChain`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::chain::{GENESIS, entry_hash};
use super::entry::{AuditEntry, object, string};
use super::filter::Period;
use crate::clock::format_timestamp;

const HASH_MISMATCH: &str = "hash_mismatch";
const BROKEN_LINK: &str = "broken_link";
const MISSING_ENTRY: &str = "missing_entry";

const LINK_VERIFIED: &str = "verified";
const PREDECESSOR_EXPIRED: &str = "predecessor_expired";

/// Verifies the part of the chain from the first to the last entry in the period. `entries` are all entries of the log.
/// Returns a body of the schema `AuditChainVerification`.
///
/// The chain is in the order of `seq`, which need not be the order of time. So the verified part can include entries
/// outside the period. Entries without `seq` or `entry_hash` are not part of the chain.
///
/// The first verified entry must contain the `entry_hash` of its predecessor, the entry whose `seq` is one less. An entry
/// with the `seq` 1 must contain [`GENESIS`] instead. In both cases `link_status` is `verified`, even if the check fails.
/// If the predecessor is absent, this check is skipped and `link_status` is `predecessor_expired`. The predecessor itself
/// is not verified. `link_status` is null if no entry is verified.
pub(crate) fn verify(
    entries: &[AuditEntry],
    period: &Period,
    now: DateTime<Utc>,
) -> Map<String, Value> {
    let mut chain: Vec<ChainedEntry<'_>> = entries.iter().filter_map(ChainedEntry::new).collect();
    chain.sort_by_key(|chained| chained.seq);
    let is_in_period = |chained: &ChainedEntry<'_>| period.contains(chained.entry);
    let start = chain.iter().position(is_in_period).unwrap_or(chain.len());
    let end = chain.iter().rposition(is_in_period);
    let (before, verified) = chain
        .get(..end.map_or(start, |end| end.saturating_add(1)))
        .unwrap_or_default()
        .split_at(start);

    let first = verified.first();
    let mut previous = before
        .last()
        .filter(|previous| first.is_some_and(|first| first.seq == previous.seq.saturating_add(1)));
    let has_predecessor = first.is_some_and(ChainedEntry::is_start_of_chain) || previous.is_some();
    let linked = if has_predecessor {
        first
    } else {
        verified.get(1)
    };

    let mut failure = None;
    for chained in verified {
        failure = failure.or_else(|| chained.check(previous));
        previous = Some(chained);
    }

    let is_unchained =
        |entry: &&AuditEntry| period.contains(entry) && ChainedEntry::new(entry).is_none();
    object(json!({
        "ok": failure.is_none(),
        "verified_count": verified.len(),
        "keyed_count": 0,
        "unchained_count": entries.iter().filter(is_unchained).count(),
        "chain_start_seq": first.map(|chained| chained.seq),
        "chain_end_seq": verified.last().map(|chained| chained.seq),
        "first_broken_seq": failure.map(|(seq, _)| seq),
        "failure_reason": failure.map(|(_, reason)| reason),
        "link_status": first.map(|_| if has_predecessor { LINK_VERIFIED } else { PREDECESSOR_EXPIRED }),
        "link_verified_from_seq": linked.map(|chained| chained.seq),
        "verified_at": format_timestamp(now),
    }))
}

/// An audit log entry that is part of the chain: it has a `seq` and an `entry_hash`.
#[derive(Clone, Copy)]
struct ChainedEntry<'a> {
    entry: &'a AuditEntry,
    seq: i64,
    hash: &'a str,
}

impl<'a> ChainedEntry<'a> {
    fn new(entry: &'a AuditEntry) -> Option<Self> {
        Some(Self {
            entry,
            seq: entry.get("seq")?.as_i64()?,
            hash: string(entry, "entry_hash")?,
        })
    }

    fn is_start_of_chain(&self) -> bool {
        self.seq == 1
    }

    /// Checks the entry. Returns `None` if it is intact, or else the `seq` of the broken or missing entry and the
    /// reason. `previous` is the entry before it; `None` if it is absent.
    fn check(&self, previous: Option<&ChainedEntry<'_>>) -> Option<(i64, &'static str)> {
        let prev_hash = string(self.entry, "prev_hash").unwrap_or_default();
        let expected_prev_hash = match previous {
            Some(previous) => {
                let expected_seq = previous.seq.saturating_add(1);
                if self.seq > expected_seq {
                    return Some((expected_seq, MISSING_ENTRY));
                }
                Some(previous.hash)
            }
            None => self.is_start_of_chain().then_some(GENESIS),
        };
        if expected_prev_hash.is_some_and(|expected| expected != prev_hash) {
            return Some((self.seq, BROKEN_LINK));
        }
        let is_unchanged = entry_hash(self.entry, prev_hash) == self.hash;
        (!is_unchanged).then_some((self.seq, HASH_MISMATCH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::log::AuditLog;
    use crate::audit::testing::{assert_valid, entry, time};

    /// Returns a log with the entries `aud_1` to `aud_4`, at the hours 1, 2, 0 and 4: `aud_3` is older than the others.
    fn log() -> AuditLog {
        let mut log = AuditLog::default();
        for (id, hour) in [("aud_1", 1), ("aud_2", 2), ("aud_3", 0), ("aud_4", 4)] {
            log.append(entry(json!({
                "id": id, "project_id": "prj_1", "event": "query", "ts": format!("2026-01-01T0{hour}:00:00Z"),
            })));
        }
        log
    }

    fn hour(hour: u8) -> Option<DateTime<Utc>> {
        Some(time(&format!("2026-01-01T0{hour}:00:00Z")))
    }

    fn check(log: &AuditLog, period: Period) -> Value {
        let now = time("2026-01-02T00:00:00Z");
        let verification = verify(log.entries(), &period, now);
        assert_valid("AuditChainVerification", verification)
    }

    #[test]
    fn the_verified_part_depends_on_the_period() {
        // (start, end, verified_count, chain_start_seq, chain_end_seq, link_status)
        let cases = [
            (None, None, 4, json!(1), json!(4), json!("verified")),
            (hour(1), None, 4, json!(1), json!(4), json!("verified")),
            (hour(2), None, 3, json!(2), json!(4), json!("verified")),
            (None, hour(2), 3, json!(1), json!(3), json!("verified")),
            (hour(4), hour(5), 1, json!(4), json!(4), json!("verified")),
            (hour(5), None, 0, json!(null), json!(null), json!(null)),
        ];
        for (start, end, count, first, last, link) in cases {
            let body = check(&log(), Period { start, end });
            assert_eq!(body["ok"], true, "{start:?} {end:?}");
            assert_eq!(body["verified_count"], count, "{start:?} {end:?}");
            assert_eq!(body["chain_start_seq"], first);
            assert_eq!(body["chain_end_seq"], last);
            assert_eq!(body["link_status"], link);
            assert_eq!(body["link_verified_from_seq"], first);
            assert_eq!(body["failure_reason"], Value::Null);
        }
    }

    #[test]
    fn an_absent_predecessor_is_no_failure() {
        let log = log();
        let entries = log.entries().get(1..).expect("entries");
        let now = time("2026-01-02T00:00:00Z");
        let body = verify(entries, &Period::default(), now);
        assert_eq!(body["ok"], true);
        assert_eq!(body["link_status"], PREDECESSOR_EXPIRED);
        assert_eq!(body["link_verified_from_seq"], 3);
    }

    #[test]
    fn edits_are_found() {
        let rehashed = |changes: Value| {
            let log = log();
            let mut edited = log.entries().get(1).expect("an entry").clone();
            edited.extend(entry(changes));
            let prev_hash = string(&edited, "prev_hash").expect("a hash").to_owned();
            entry(json!({
                "sql": edited.get("sql"), "prev_hash": prev_hash, "entry_hash": entry_hash(&edited, &prev_hash),
            }))
        };
        // (changes of `aud_2`, first_broken_seq, failure_reason)
        let cases = [
            (entry(json!({"sql": "SELECT 2"})), 2, HASH_MISMATCH),
            (entry(json!({"event": null})), 2, HASH_MISMATCH),
            (entry(json!({"ts": "not a time"})), 2, HASH_MISMATCH),
            (entry(json!({"entry_hash": GENESIS})), 2, HASH_MISMATCH),
            (entry(json!({"prev_hash": GENESIS})), 2, BROKEN_LINK),
            (entry(json!({"prev_hash": null})), 2, BROKEN_LINK),
            (rehashed(json!({"prev_hash": GENESIS})), 2, BROKEN_LINK),
            // The hash of `aud_2` is correct, but `aud_3` contains the old one.
            (rehashed(json!({"sql": "SELECT 2"})), 3, BROKEN_LINK),
            (entry(json!({"seq": 7})), 2, MISSING_ENTRY),
            (entry(json!({"seq": 1})), 1, HASH_MISMATCH),
            (entry(json!({"seq": 3})), 2, MISSING_ENTRY),
            (entry(json!({"seq": null})), 2, MISSING_ENTRY),
            (entry(json!({"entry_hash": ""})), 2, MISSING_ENTRY),
        ];
        for (changes, seq, reason) in cases {
            let mut log = log();
            log.edit("aud_2", changes.clone()).expect("an entry");
            let body = check(&log, Period::default());
            assert_eq!(body["ok"], false, "{changes:?}");
            assert_eq!(body["first_broken_seq"], seq, "{changes:?}");
            assert_eq!(body["failure_reason"], reason, "{changes:?}");
        }
    }

    #[test]
    fn an_edit_outside_the_verified_part_is_not_found() {
        let mut log = log();
        log.edit("aud_1", entry(json!({"sql": "SELECT 2"})));
        let period = Period {
            start: hour(2),
            end: None,
        };
        assert_eq!(check(&log, period)["ok"], true);
        log.edit("aud_1", entry(json!({"entry_hash": GENESIS})));
        let body = check(&log, period);
        assert_eq!(body["failure_reason"], BROKEN_LINK);
        assert_eq!(body["first_broken_seq"], 2);
    }

    #[test]
    fn unchained_entries_of_the_period_are_counted() {
        let mut log = log();
        log.edit("aud_4", entry(json!({"entry_hash": null})));
        let body = check(&log, Period::default());
        assert_eq!(
            (&body["ok"], &body["verified_count"]),
            (&json!(true), &json!(3))
        );
        assert_eq!(body["unchained_count"], 1);
        let earlier = Period {
            start: None,
            end: hour(4),
        };
        assert_eq!(check(&log, earlier)["unchained_count"], 0);
    }
}
