//! What a policy says of kinds of statement, whatever the tables.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::closed_enum::ClosedEnum;
use crate::rule;
use crate::sql::kind::Kind;
use crate::sql::profile::{AccessMode, Profile, QueryMode};
use crate::sql::template::EnabledTemplate;

/// Why a statement is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) rule: &'static str,
    pub(crate) reason: String,
    pub(crate) hint: Option<String>,
}

impl Refusal {
    pub(crate) fn new(rule: &'static str, reason: impl Into<String>) -> Self {
        Self {
            rule,
            reason: reason.into(),
            hint: None,
        }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Whether a policy refuses a statement that is all of `kinds` at once. A deny wins
/// over everything that could allow; an allow list narrows and lifts nothing.
pub(crate) fn refusal(kinds: &BTreeSet<Kind>, profile: &Profile) -> Option<Refusal> {
    if kinds.contains(&Kind::Copy) {
        return Some(
            Refusal::new(rule::COPY_REFUSED, "COPY is refused under every policy")
                .with_hint("Use SELECT to read and INSERT to write"),
        );
    }
    let rules = profile.statement_rules.as_ref();
    let deny = rules
        .and_then(|rules| rules.deny.as_deref())
        .unwrap_or_default();
    if let Some(kind) = kinds.iter().find(|kind| names(deny, **kind)) {
        return Some(Refusal::new(
            rule::STATEMENT_DENY,
            format!("statement_rules.deny names {}", kind.as_str()),
        ));
    }
    if profile.access_mode == AccessMode::ReadOnly
        && let Some(kind) = kinds.iter().find(|kind| kind.writes())
    {
        let reason = match kind {
            Kind::Other => "access_mode is read_only and the statement is not known to be a read",
            _ => "access_mode is read_only and the statement writes",
        };
        return Some(
            Refusal::new(rule::READ_ONLY, reason)
                .with_hint("A policy with access_mode read_write admits writes"),
        );
    }
    let allow = rules
        .and_then(|rules| rules.allow.as_deref())
        .unwrap_or_default();
    let outside = kinds.iter().find(|kind| !names(allow, **kind));
    match outside {
        Some(kind) if !allow.is_empty() => Some(Refusal::new(
            rule::STATEMENT_ALLOW,
            format!("statement_rules.allow does not name {}", kind.as_str()),
        )),
        _ => None,
    }
}

fn names(words: &[String], kind: Kind) -> bool {
    words
        .iter()
        .any(|word| word.eq_ignore_ascii_case(kind.as_str()))
}

/// What a policy says of one kind.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct KindVerdict {
    pub(crate) kind: Kind,
    pub(crate) allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// One verdict for each kind, judged without tables, masks and budgets. Under a
/// templates-only policy a kind is admitted that an enabled template has.
pub(crate) fn verdicts(profile: &Profile, templates: &[EnabledTemplate]) -> Vec<KindVerdict> {
    Kind::ALL
        .iter()
        .map(|kind| {
            let refusal = refusal(&BTreeSet::from([*kind]), profile).or_else(|| {
                let templates_only = profile.query_mode == QueryMode::Templates;
                let has_template = templates.iter().any(|template| template.kind == *kind);
                (templates_only && !has_template).then(|| {
                    Refusal::new(
                        rule::QUERY_MODE_TEMPLATES,
                        format!("no enabled query template is a {}", kind.as_str()),
                    )
                })
            });
            KindVerdict {
                kind: *kind,
                allowed: refusal.is_none(),
                rule: refusal.as_ref().map(|refusal| refusal.rule),
                reason: refusal.map(|refusal| refusal.reason),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::profile::StatementRules;

    fn profile(mode: AccessMode, allow: &[&str], deny: &[&str]) -> Profile {
        let words = |words: &[&str]| Some(words.iter().map(|w| (*w).to_owned()).collect());
        Profile {
            access_mode: mode,
            statement_rules: Some(StatementRules {
                allow: words(allow),
                deny: words(deny),
            }),
            ..Profile::default()
        }
    }

    fn allowed(profile: &Profile, templates: &[EnabledTemplate]) -> Vec<&'static str> {
        verdicts(profile, templates)
            .into_iter()
            .filter(|verdict| verdict.allowed)
            .map(|verdict| verdict.kind.as_str())
            .collect()
    }

    #[test]
    fn which_kinds_a_policy_admits() {
        use AccessMode::{ReadOnly, ReadWrite};
        let reads = vec!["select", "set", "show", "explain", "transaction"];
        let cases = [
            (profile(ReadOnly, &[], &[]), reads.clone()),
            (
                profile(ReadWrite, &[], &[]),
                vec![
                    "select",
                    "insert",
                    "update",
                    "delete",
                    "ddl",
                    "set",
                    "show",
                    "explain",
                    "transaction",
                    "other",
                ],
            ),
            // Allow only narrows: it lifts neither read_only nor the refusal of COPY.
            (
                profile(ReadOnly, &["select", "insert", "copy"], &[]),
                vec!["select"],
            ),
            // Deny wins.
            (
                profile(ReadWrite, &["select", "insert"], &["insert"]),
                vec!["select"],
            ),
            (profile(ReadOnly, &[], &["set", "merge"]), {
                let mut kinds = reads;
                kinds.retain(|kind| *kind != "set");
                kinds
            }),
            // An allow list of unknown kinds leaves nothing that is known.
            (profile(ReadWrite, &["merge"], &[]), vec![]),
        ];
        for (profile, expected) in cases {
            assert_eq!(
                allowed(&profile, &[]),
                expected,
                "{:?}",
                profile.statement_rules
            );
        }
    }

    #[test]
    fn the_first_rule_in_order_is_named() {
        use AccessMode::{ReadOnly, ReadWrite};
        let rule = |profile: &Profile, kinds: &[Kind]| {
            refusal(&kinds.iter().copied().collect(), profile).map(|refusal| refusal.rule)
        };
        let strict = profile(ReadOnly, &["select"], &["insert", "copy"]);
        assert_eq!(rule(&strict, &[Kind::Copy]), Some(rule::COPY_REFUSED));
        assert_eq!(rule(&strict, &[Kind::Insert]), Some(rule::STATEMENT_DENY));
        assert_eq!(rule(&strict, &[Kind::Update]), Some(rule::READ_ONLY));
        assert_eq!(rule(&strict, &[Kind::Show]), Some(rule::STATEMENT_ALLOW));
        assert_eq!(rule(&strict, &[Kind::Select]), None);
        // Every kind that a statement is counts.
        let denies = profile(ReadWrite, &[], &["delete"]);
        assert_eq!(
            rule(&denies, &[Kind::Select, Kind::Delete]),
            Some(rule::STATEMENT_DENY)
        );
    }

    #[test]
    fn a_templates_only_policy_admits_the_kinds_of_its_templates() {
        let template = |kind| EnabledTemplate {
            name: "t".into(),
            kind,
            normalised: String::new(),
        };
        let profile = Profile {
            query_mode: QueryMode::Templates,
            ..profile(AccessMode::ReadOnly, &[], &[])
        };
        assert_eq!(allowed(&profile, &[]), Vec::<&str>::new());
        assert_eq!(
            allowed(&profile, &[template(Kind::Select), template(Kind::Insert)]),
            ["select"]
        );
    }
}
