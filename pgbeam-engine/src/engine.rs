//! `Engine`, the entry point: evaluates SQL strings and statement kinds under a policy.

use std::collections::BTreeSet;

use serde::Serialize;
use squawk_syntax::ast::{self, AstNode};

use crate::evaluation::{Block, Evaluation, MaskedColumn, Statement, Verdict};
use crate::facts::Facts;
use crate::filters::{Edit, Filters, rewrite};
use crate::kind::StatementKind;
use crate::normalize::{canonical, normalize_sql, parameters, query_hash};
use crate::notes::notes;
use crate::parse::{Parsed, text_before_nul, with_parsed};
use crate::policy::{Policy, QueryMode};
use crate::relation::RelationPattern;
use crate::rule;
use crate::verdict::{self, Allowed};

/// Evaluates SQL under policies by the published rules of the PgBeam proxy. If these rules do not cover a case, the
/// engine takes the stricter verdict.
///
/// An engine contains the query templates and honeytokens of a project. Use `Engine::default()` if there are none.
///
/// ```
/// use pgbeam_engine::{Engine, Policy, Verdict};
///
/// let policy = Policy::from_json(
///     r#"{"masking_rules": [{"table": "users", "column": "email", "kind": "hash"}]}"#,
/// )?;
/// let engine = Engine::default();
/// assert_eq!(engine.evaluate(&policy, "SELECT * FROM users").verdict, Verdict::Mask);
/// assert_eq!(engine.evaluate(&policy, "DELETE FROM users").rule, "whereless_write");
/// # Ok::<(), pgbeam_engine::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Engine {
    templates: Vec<Template>,
    honeytokens: Vec<RelationPattern>,
}

#[derive(Clone, Debug)]
struct Template {
    name: String,
    canonical: String,
    kind: Option<StatementKind>,
}

/// The decision of a policy about one kind of statement. Serializes as `PolicyStatementKindVerdict` of the API
/// contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KindVerdict {
    /// The statement kind.
    pub kind: StatementKind,
    /// Whether `access_mode`, `statement_rules` and `query_mode` allow statements of this kind. Other rules can still
    /// block a statement, for example a DROP although `ddl` is allowed.
    pub allowed: bool,
    /// The rule that blocks the kind, a constant of [`rule`](crate::rule). `None` if the kind is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// Human-readable reason. `None` if the kind is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Engine {
    /// Adds an enabled query template. Policies with the `query_mode` `templates` block all SQL that does not equal a
    /// template. Whitespace, comments, trailing semicolons and the case of unquoted words are ignored in the
    /// comparison.
    ///
    /// All other rules apply to templates too. `sql` is not validated.
    #[must_use]
    pub fn template(mut self, name: impl Into<String>, sql: &str) -> Self {
        let kind = with_parsed(sql, |parsed| match parsed {
            Parsed::Statements(statements) => statements.first().map(StatementKind::from_statement),
            _ => None,
        });
        self.templates.push(Template {
            name: name.into(),
            canonical: canonical(sql),
            kind,
        });
        self
    }

    /// Adds a honeytoken: a relation, as `table` or `schema.table`, that no agent has a reason to access. A name
    /// without a schema means every schema.
    ///
    /// Statements that name a honeytoken are blocked. Add the honeytokens with either action: PgBeam blocks also with
    /// `audit_only`.
    #[must_use]
    pub fn honeytoken(mut self, relation: &str) -> Self {
        self.honeytokens.push(RelationPattern::parse(relation));
        self
    }

    /// Evaluates `sql`, which can contain several statements, under `policy`. If one statement is blocked, all of `sql`
    /// is blocked. The part of `sql` after the first NUL character is ignored.
    ///
    /// Invalid SQL is not an error: the evaluation has the verdict [`Verdict::Block`] and the rule
    /// [`rule::PARSE_ERROR`]. The documentation of the rule lists its other causes. One of them is SQL that could nest
    /// deeper than 4,096 levels. The engine estimates the depth from the number of tokens between two commas or
    /// semicolons, so a chain of about 1,000 OR conditions is also blocked.
    ///
    /// Takes time linear in the length of `sql`.
    #[must_use]
    pub fn evaluate(&self, policy: &Policy, sql: &str) -> Evaluation {
        let sql = text_before_nul(sql);
        with_parsed(sql, |parsed| match parsed {
            Parsed::Statements(statements) => self.evaluate_all(policy, sql, &statements),
            Parsed::Empty => Evaluation::block(
                Block::new(rule::EMPTY, "the text has no statement").with_hint("Send a statement"),
            ),
            Parsed::Invalid(reason) => Evaluation::block(
                Block::new(rule::PARSE_ERROR, reason).with_hint("Send valid PostgreSQL"),
            ),
        })
    }

    /// Returns for each statement kind whether `access_mode` and `statement_rules` of `policy` allow it, in the order
    /// of [`StatementKind::ALL`]. `copy` is never allowed. With the `query_mode` `templates`, a kind is also blocked if
    /// no template starts with a statement of that kind. All other rules are ignored.
    #[must_use]
    pub fn statement_kinds(&self, policy: &Policy) -> Vec<KindVerdict> {
        let has_template = |kind| {
            self.templates
                .iter()
                .any(|template| template.kind == Some(kind))
        };
        StatementKind::ALL
            .into_iter()
            .map(|kind| {
                let block = verdict::kind_block(kind, &BTreeSet::new(), policy).or_else(|| {
                    let needs_template = policy.query_mode == QueryMode::Templates;
                    (needs_template && !has_template(kind)).then(|| {
                        let reason =
                            format!("no enabled query template has the kind {}", kind.as_str());
                        Block::new(rule::QUERY_MODE_TEMPLATES, reason)
                    })
                });
                KindVerdict {
                    kind,
                    allowed: block.is_none(),
                    rule: block.as_ref().map(|block| block.rule),
                    reason: block.map(|block| block.reason),
                }
            })
            .collect()
    }

    fn evaluate_all(&self, policy: &Policy, sql: &str, statements: &[ast::Stmt]) -> Evaluation {
        let template = self.matching_template(sql);
        let may_run_sql = policy.query_mode == QueryMode::Sql || template.is_some();
        let mut outcome = Outcome::default();
        for statement in statements {
            let facts = Facts::new(statement);
            outcome.notes.extend(notes(&facts, policy));
            let allowed =
                verdict::evaluate(statement, &facts, policy, &self.honeytokens, may_run_sql);
            let allowed = match allowed {
                Ok(allowed) => allowed,
                Err(block) => {
                    outcome.block.get_or_insert(block);
                    Allowed::default()
                }
            };
            outcome
                .statements
                .push(describe_one(sql, statement, &facts, &allowed));
            outcome.add(allowed);
        }
        Evaluation {
            template,
            ..outcome.into_evaluation(sql)
        }
    }

    fn matching_template(&self, sql: &str) -> Option<String> {
        if self.templates.is_empty() {
            return None;
        }
        let canonical = canonical(sql);
        self.templates
            .iter()
            .find(|template| template.canonical == canonical)
            .map(|template| template.name.clone())
    }
}

/// Describes the statements of an SQL string without a policy: kinds, relations, parameters and normalized SQL. The
/// part of `sql` after the first NUL character is ignored.
///
/// ```
/// let statements = pgbeam_engine::describe("SELECT id FROM orders WHERE id = $1").unwrap();
/// assert_eq!(statements[0].reads[0].to_string(), "orders");
/// assert_eq!(statements[0].parameters, [1]);
/// ```
///
/// # Errors
///
/// Returns a human-readable reason if `sql` contains no statement, or if it cannot be parsed: the parser rejects it, it
/// exceeds the nesting limit of [`Engine::evaluate`], or the continuation of an `E'…'` string on another line contains
/// a backslash.
pub fn describe(sql: &str) -> Result<Vec<Statement>, String> {
    let sql = text_before_nul(sql);
    with_parsed(sql, |parsed| match parsed {
        Parsed::Statements(statements) => Ok(statements
            .iter()
            .map(|statement| {
                describe_one(sql, statement, &Facts::new(statement), &Allowed::default())
            })
            .collect()),
        Parsed::Empty => Err("the text has no statement".to_owned()),
        Parsed::Invalid(reason) => Err(reason),
    })
}

/// Accumulates the results of the statements of one SQL string.
#[derive(Default)]
struct Outcome {
    /// The block of the first blocked statement.
    block: Option<Block>,
    masked_columns: BTreeSet<MaskedColumn>,
    predicates: Vec<String>,
    edits: Vec<Edit>,
    notes: BTreeSet<String>,
    statements: Vec<Statement>,
}

impl Outcome {
    fn add(&mut self, allowed: Allowed) {
        self.masked_columns.extend(allowed.masked_columns);
        let Filters { predicates, edits } = allowed.filters;
        for predicate in predicates {
            if !self.predicates.contains(&predicate) {
                self.predicates.push(predicate);
            }
        }
        self.edits.extend(edits);
        self.notes.extend(allowed.notes);
    }

    fn into_evaluation(mut self, sql: &str) -> Evaluation {
        if let Some(block) = self.block {
            self.notes.extend(block.note.map(str::to_owned));
            for statement in &mut self.statements {
                statement.masked_columns.clear();
                statement.row_filters.clear();
            }
            return Evaluation {
                notes: self.notes.into_iter().collect(),
                statements: self.statements,
                ..Evaluation::block(block)
            };
        }
        let row_filter_predicate = match self.predicates.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            several => {
                let nested: Vec<_> = several
                    .iter()
                    .map(|predicate| format!("({predicate})"))
                    .collect();
                Some(nested.join(" AND "))
            }
        };
        let (verdict, reason) = if row_filter_predicate.is_some() {
            (
                Verdict::RowFilter,
                "row filters of the policy apply to the statement",
            )
        } else if self.masked_columns.is_empty() {
            (Verdict::Allow, "no rule of the policy blocks the statement")
        } else {
            (
                Verdict::Mask,
                "the statement uses relations with masked columns",
            )
        };
        Evaluation {
            verdict,
            masked_columns: self.masked_columns.into_iter().collect(),
            rewritten_sql: row_filter_predicate
                .is_some()
                .then(|| rewrite(sql, self.edits)),
            row_filter_predicate,
            notes: self.notes.into_iter().collect(),
            statements: self.statements,
            ..Evaluation::new(reason)
        }
    }
}

fn describe_one(sql: &str, statement: &ast::Stmt, facts: &Facts, allowed: &Allowed) -> Statement {
    let relations = |is_write: bool| {
        let relations: BTreeSet<_> = facts
            .references
            .values()
            .filter(|reference| reference.is_write == is_write)
            .map(|reference| reference.relation.clone())
            .collect();
        relations.into_iter().collect()
    };
    let range = statement.syntax().text_range();
    let text = sql
        .get(range.start().into()..range.end().into())
        .unwrap_or_default();
    Statement {
        kind: facts.kind,
        inner_kinds: facts.inner_kinds.iter().copied().collect(),
        reads: relations(false),
        writes: relations(true),
        masked_columns: allowed.masked_columns.iter().cloned().collect(),
        row_filters: allowed.filters.predicates.clone(),
        parameters: parameters(text)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        normalized_sql: normalize_sql(text),
        query_hash: query_hash(text),
    }
}
