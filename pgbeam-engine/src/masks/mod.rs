//! Follows masked columns through a statement.
//!
//! A query may return a masked column under any name. A statement is blocked if it uses a masked column in a larger
//! expression, to select or sort rows, or to write a value. Most schema changes that use or rename a masked column are
//! blocked, too. These uses are allowed although they compare values: joins by equality of two columns, GROUP BY of the
//! column by itself, DISTINCT and UNION.

mod columns;
mod ctes;
mod ddl;
mod expressions;
mod from;
mod joins;
mod queries;
mod scope;
mod writes;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use self::columns::Columns;
use self::scope::Scope;
use crate::evaluation::{Block, MaskedColumn};
use crate::facts::Facts;
use crate::policy::Policy;
use crate::rule;

/// The maximum number of repeated evaluations of recursive CTEs in one statement. A recursive CTE is evaluated again
/// until its columns stop changing. A statement that needs more evaluations is blocked.
const MAX_REEVALUATIONS: u32 = 32;

/// Returns the masked columns: those of all relations of the statement, and those of its result.
///
/// # Errors
///
/// Returns a block if the statement uses a masked column in a way that is not allowed.
pub(crate) fn masked_columns(
    statement: &ast::Stmt,
    facts: &Facts,
    policy: &Policy,
) -> Result<BTreeSet<MaskedColumn>, Block> {
    let mut columns = BTreeSet::new();
    for relation in facts.relations() {
        columns.extend(policy.masks_of(relation).map(|mask| MaskedColumn {
            column: mask.name.clone(),
            kind: mask.kind,
        }));
    }
    if columns.is_empty() {
        return Ok(columns);
    }
    let mut lineage = Lineage {
        facts,
        policy,
        scope: Scope::default(),
        ctes: HashMap::new(),
        rule: rule::MASKED_COLUMN_EXPRESSION,
        from_levels: 0,
        join_start: 0,
        outer_tails: Vec::new(),
        reevaluations: MAX_REEVALUATIONS,
        block: None,
    };
    let result = lineage.statement(statement.syntax());
    if let Some(block) = lineage.block {
        return Err(block);
    }
    columns.extend(result.masked().map(|(column, kind)| MaskedColumn {
        column: column.name.to_string(),
        kind,
    }));
    Ok(columns)
}

/// The state of a walk through one statement.
struct Lineage<'a> {
    facts: &'a Facts,
    policy: &'a Policy,
    scope: Scope,
    /// The visible CTEs by name. The last definition of a name hides the others. `None` for a CTE that is not evaluated
    /// yet.
    ctes: HashMap<String, Vec<Option<Rc<Columns>>>>,
    /// The rule that blocks masked values in the current clause.
    rule: &'static str,
    /// The parentheses directly around the query that is read next. Their ORDER BY and LIMIT apply to that query.
    outer_tails: Vec<SyntaxNode>,
    /// The number of levels of the scope that belong to the FROM clause that is being read.
    from_levels: usize,
    /// The index in the innermost FROM of the first item of the join that is being read.
    join_start: usize,
    /// The number of repeated evaluations of recursive CTEs that are left.
    reevaluations: u32,
    /// The block for the first use that is not allowed, if any.
    block: Option<Block>,
}

impl Lineage<'_> {
    /// Returns the result columns of a statement; no columns for a statement without a query. Sets `block` if the
    /// statement uses a masked column in a way that is not allowed.
    fn statement(&mut self, node: &SyntaxNode) -> Columns {
        match node.kind() {
            SyntaxKind::EXPLAIN
            | SyntaxKind::PREPARE
            | SyntaxKind::DECLARE
            | SyntaxKind::COPY
            | SyntaxKind::COPY_QUERY => {
                let inner: Vec<_> = node.children().collect();
                inner
                    .iter()
                    .find(|child| is_query(child.kind()) || ast::Stmt::can_cast(child.kind()))
                    .map_or_else(Columns::default, |inner| self.statement(inner))
            }
            kind if is_query(kind) => self.query(node),
            _ => {
                self.schema_change(node);
                Columns::default()
            }
        }
    }

    /// Blocks the statement, if it is not already blocked.
    fn block(&mut self, block: Block) {
        self.block.get_or_insert(block);
    }

    /// Blocks the statement for a masked value in `node`, under the rule of the current clause.
    fn block_value(&mut self, node: &SyntaxNode) {
        let text = shorten(&node.text().to_string());
        let block = match self.rule {
            rule::MASKED_COLUMN_PREDICATE => Block::new(
                self.rule,
                format!("a condition, sorting or window uses masked values: {text}"),
            )
            .with_hint("Use only columns without masks to select and sort rows")
            .unpublished("whether PgBeam allows masked columns in conditions is not published"),
            rule::MASKED_COLUMN_COPY => Block::new(
                self.rule,
                format!("the statement copies masked values: {text}"),
            )
            .with_hint("Write values that are not read from masked columns")
            .unpublished("whether PgBeam allows writes of masked values is not published"),
            rule::MASKED_COLUMN_DDL => Block::new(
                self.rule,
                format!("the schema change uses masked columns: {text}"),
            )
            .with_hint("Change the mask before the schema"),
            _ => Block::new(
                self.rule,
                format!("an expression contains masked values: {text}"),
            )
            .with_hint("Return the masked column by itself"),
        };
        self.block(block);
    }

    /// Blocks an expression over a whole row with masked columns, such as `(u).email` or `u.to_json`. PgBeam does not
    /// publish whether it allows such expressions.
    fn block_row_form(&mut self, node: &SyntaxNode) {
        let text = shorten(&node.text().to_string());
        self.block(
            Block::new(
                rule::MASKED_COLUMN_EXPRESSION,
                format!("an expression uses a whole row with masked values: {text}"),
            )
            .with_hint("Return the columns by name")
            .unpublished("whether PgBeam allows this form of a whole row is not published"),
        );
    }

    /// Calls `f`. During the call, `rule` is the rule that blocks masked values.
    fn with_rule<T>(&mut self, rule: &'static str, f: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.rule, rule);
        let result = f(self);
        self.rule = outer;
        result
    }
}

/// Returns `true` for nodes that have result columns: SELECT and its variants, and data changes.
fn is_query(kind: SyntaxKind) -> bool {
    ast::SelectVariant::can_cast(kind) || ast::WithQuery::can_cast(kind)
}

/// Returns the first 60 characters of `text` for a message, with each run of whitespace as one space.
fn shorten(text: &str) -> String {
    const MAX_CHARS: usize = 60;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
