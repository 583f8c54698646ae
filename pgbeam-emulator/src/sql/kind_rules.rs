//! The rules of a policy about statement kinds.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::closed_enum::ClosedEnum;
use crate::rule;
use crate::sql::kind::Kind;
use crate::sql::profile::{AccessMode, Profile, QueryMode};
use crate::sql::template::EnabledTemplate;

/// The rule that blocks a statement, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockReason {
    pub(crate) rule: &'static str,
    pub(crate) reason: String,
    pub(crate) hint: Option<String>,
}

impl BlockReason {
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

/// Returns why a policy blocks a statement that has all of `kinds`, or `None` if it does not. `deny`
/// overrides every permission. `allow` only restricts.
pub(crate) fn kind_block_reason(kinds: &BTreeSet<Kind>, profile: &Profile) -> Option<BlockReason> {
    if kinds.contains(&Kind::Copy) {
        return Some(
            BlockReason::new(rule::COPY_REFUSED, "every policy blocks COPY")
                .with_hint("Use SELECT to read and INSERT to write"),
        );
    }
    let rules = profile.statement_rules.as_ref();
    let deny = rules
        .and_then(|rules| rules.deny.as_deref())
        .unwrap_or_default();
    if let Some(kind) = kinds.iter().find(|kind| contains(deny, **kind)) {
        return Some(BlockReason::new(
            rule::STATEMENT_DENY,
            format!("statement_rules.deny has {}", kind.as_str()),
        ));
    }
    if profile.access_mode == AccessMode::ReadOnly
        && let Some(kind) = kinds.iter().find(|kind| kind.can_write())
    {
        let reason = match kind {
            Kind::Other => "access_mode is read_only and the statement is not known to be a read",
            _ => "access_mode is read_only and the statement writes",
        };
        return Some(
            BlockReason::new(rule::READ_ONLY, reason)
                .with_hint("A policy with access_mode read_write allows writes"),
        );
    }
    let allow = rules
        .and_then(|rules| rules.allow.as_deref())
        .unwrap_or_default();
    let outside = kinds.iter().find(|kind| !contains(allow, **kind));
    match outside {
        Some(kind) if !allow.is_empty() => Some(BlockReason::new(
            rule::STATEMENT_ALLOW,
            format!("statement_rules.allow does not have {}", kind.as_str()),
        )),
        _ => None,
    }
}

fn contains(words: &[String], kind: Kind) -> bool {
    words
        .iter()
        .any(|word| word.eq_ignore_ascii_case(kind.as_str()))
}

/// The verdict of a policy on one statement kind.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct KindVerdict {
    pub(crate) kind: Kind,
    pub(crate) allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// Returns one verdict per kind. Ignores the rules about tables, masks and budgets. If `query_mode` is
/// `templates`, a kind without an enabled query template is blocked.
pub(crate) fn verdicts(profile: &Profile, templates: &[EnabledTemplate]) -> Vec<KindVerdict> {
    Kind::ALL
        .iter()
        .map(|kind| {
            let block_reason = kind_block_reason(&BTreeSet::from([*kind]), profile).or_else(|| {
                let is_templates_only = profile.query_mode == QueryMode::Templates;
                let has_template = templates.iter().any(|template| template.kind == *kind);
                (is_templates_only && !has_template).then(|| {
                    BlockReason::new(
                        rule::QUERY_MODE_TEMPLATES,
                        format!("no enabled query template has the kind {}", kind.as_str()),
                    )
                })
            });
            KindVerdict {
                kind: *kind,
                allowed: block_reason.is_none(),
                rule: block_reason.as_ref().map(|reason| reason.rule),
                reason: block_reason.map(|reason| reason.reason),
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
    fn allows_the_kinds_of_the_policy() {
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
            // `allow` overrides neither read_only nor the block of COPY.
            (
                profile(ReadOnly, &["select", "insert", "copy"], &[]),
                vec!["select"],
            ),
            // `deny` overrides `allow`.
            (
                profile(ReadWrite, &["select", "insert"], &["insert"]),
                vec!["select"],
            ),
            (profile(ReadOnly, &[], &["set", "merge"]), {
                let mut kinds = reads;
                kinds.retain(|kind| *kind != "set");
                kinds
            }),
            // An allow list of unknown kinds blocks all known kinds.
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
    fn returns_the_first_rule_in_order() {
        use AccessMode::{ReadOnly, ReadWrite};
        let rule = |profile: &Profile, kinds: &[Kind]| {
            kind_block_reason(&kinds.iter().copied().collect(), profile).map(|reason| reason.rule)
        };
        let strict = profile(ReadOnly, &["select"], &["insert", "copy"]);
        assert_eq!(rule(&strict, &[Kind::Copy]), Some(rule::COPY_REFUSED));
        assert_eq!(rule(&strict, &[Kind::Insert]), Some(rule::STATEMENT_DENY));
        assert_eq!(rule(&strict, &[Kind::Update]), Some(rule::READ_ONLY));
        assert_eq!(rule(&strict, &[Kind::Show]), Some(rule::STATEMENT_ALLOW));
        assert_eq!(rule(&strict, &[Kind::Select]), None);
        // All kinds of a statement count.
        let denies = profile(ReadWrite, &[], &["delete"]);
        assert_eq!(
            rule(&denies, &[Kind::Select, Kind::Delete]),
            Some(rule::STATEMENT_DENY)
        );
    }

    #[test]
    fn templates_only_policies_allow_the_kinds_of_enabled_templates() {
        let template = |kind| EnabledTemplate {
            name: "t".into(),
            kind,
            normalized: String::new(),
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
