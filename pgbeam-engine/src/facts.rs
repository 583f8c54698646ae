//! Collects facts about one statement from its syntax tree: its kinds, relations and functions, and whether it has
//! certain clauses, such as a locking clause.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use squawk_syntax::ast::{self, AstNode, normalize_name_node};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::kind::{StatementKind, first_keyword};
use crate::predicate::special_value;
use crate::relation::{RelationName, fold, identifier, path};
use crate::settings::refused_parameter;

/// The facts about one statement.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The kind of the statement.
    pub(crate) kind: StatementKind,
    /// The further kinds that a policy must allow, such as the kinds of nested data changes. Contains neither `select`
    /// nor `kind`. Statements in bodies of functions and rules are ignored.
    pub(crate) inner_kinds: BTreeSet<StatementKind>,
    /// The uses of relations, by the byte offset of the name. References to CTEs are excluded.
    pub(crate) references: BTreeMap<u32, Reference>,
    /// The nodes of SELECT, VALUES, TABLE, set operations and data changes.
    pub(crate) queries: Vec<SyntaxNode>,
    /// Whether the statement is DROP or TRUNCATE.
    pub(crate) is_destructive: bool,
    /// The kind of the first UPDATE or DELETE without WHERE or with a constant WHERE.
    pub(crate) whereless: Option<StatementKind>,
    /// Whether an UPDATE or DELETE has a constant WHERE, such as `WHERE true`: a condition without columns, calls,
    /// subqueries and parameters.
    pub(crate) has_constant_where: bool,
    /// Whether the statement has a locking clause, such as FOR UPDATE.
    pub(crate) locks_rows: bool,
    /// Whether a locking clause other than FOR UPDATE is present, such as FOR SHARE.
    pub(crate) has_weaker_lock: bool,
    /// Whether a CTE changes data.
    pub(crate) has_writable_cte: bool,
    /// The configuration parameter that the statement changes although no policy allows this, such as `search_path`.
    /// Also `search_path` if the statement is SET SCHEMA, RESET ALL or DISCARD ALL, or writes to `pg_settings`.
    pub(crate) refused_parameter: Option<&'static str>,
    /// Whether the parser reads the name of a relation as an expression. It does so for a relation named `treat`,
    /// because the keyword TREAT starts a cast.
    pub(crate) is_misparsed: bool,
    /// Whether the statement has a CTE.
    pub(crate) has_cte: bool,
    /// Whether the statement creates a temporary relation or writes to a schema for temporary relations.
    pub(crate) creates_temporary: bool,
    /// Whether the statement is a DO block.
    pub(crate) is_do: bool,
    /// The folded names of the functions that the statement calls, without their schema.
    pub(crate) functions: BTreeSet<String>,
}

/// A use of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The node of the name.
    pub(crate) node: SyntaxNode,
    pub(crate) relation: RelationName,
    /// Whether the statement writes, creates or changes the relation.
    pub(crate) is_write: bool,
}

impl Facts {
    pub(crate) fn new(statement: &ast::Stmt) -> Self {
        let kind = StatementKind::from_statement(statement);
        let mut collector = Collector {
            facts: Self {
                kind,
                inner_kinds: BTreeSet::new(),
                references: BTreeMap::new(),
                queries: Vec::new(),
                is_destructive: matches!(
                    first_keyword(statement),
                    Some(SyntaxKind::DROP_KW | SyntaxKind::TRUNCATE_KW)
                ),
                whereless: None,
                has_constant_where: false,
                locks_rows: false,
                has_weaker_lock: false,
                has_writable_cte: false,
                refused_parameter: refused_parameter(statement),
                is_misparsed: false,
                has_cte: false,
                creates_temporary: false,
                is_do: matches!(statement, ast::Stmt::Do(_)),
                functions: BTreeSet::new(),
            },
            ctes: HashMap::new(),
            is_ddl: kind == StatementKind::Ddl,
            in_body: false,
        };
        collector.visit(statement.syntax());
        collector.facts
    }

    /// Returns all kinds of the statement.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = StatementKind> {
        std::iter::once(self.kind).chain(self.inner_kinds.iter().copied())
    }

    /// Returns `true` if a kind of the statement is a write ([`StatementKind::is_write`]).
    pub(crate) fn writes(&self) -> bool {
        self.kinds().any(StatementKind::is_write)
    }

    /// Returns the reference at a node that names a relation. `None` for CTEs.
    pub(crate) fn reference(&self, node: &SyntaxNode) -> Option<&Reference> {
        self.references.get(&start(node))
    }

    /// Returns the distinct relations, sorted by schema and name.
    pub(crate) fn relations(&self) -> BTreeSet<&RelationName> {
        self.references
            .values()
            .map(|reference| &reference.relation)
            .collect()
    }
}

/// Returns the byte offset of the start of a node.
pub(crate) fn start(node: &SyntaxNode) -> u32 {
    node.text_range().start().into()
}

struct Collector {
    facts: Facts,
    /// The names of CTEs, each with the number of visible definitions, which can be 0.
    ctes: HashMap<String, usize>,
    is_ddl: bool,
    /// Whether the visited node is in the body of a function or rule. The statement does not execute the body.
    in_body: bool,
}

impl Collector {
    fn visit(&mut self, node: &SyntaxNode) {
        let outer_body = self.in_body;
        let is_query =
            ast::WithQuery::can_cast(node.kind()) || node.kind() == SyntaxKind::SELECT_INTO;
        let mut ctes = Vec::new();
        if is_query {
            self.facts.queries.push(node.clone());
            if let Some(with) = with_clause(node) {
                ctes = self.visit_with(&with);
            }
        }
        match node.kind() {
            SyntaxKind::INSERT => self.add_inner(node, StatementKind::Insert),
            SyntaxKind::UPDATE => self.add_inner(node, StatementKind::Update),
            SyntaxKind::DELETE => self.add_inner(node, StatementKind::Delete),
            SyntaxKind::MERGE => self.add_inner(node, StatementKind::Other),
            SyntaxKind::MERGE_INSERT => self.add_kind(StatementKind::Insert),
            SyntaxKind::MERGE_UPDATE => self.add_kind(StatementKind::Update),
            SyntaxKind::MERGE_DELETE => self.add_kind(StatementKind::Delete),
            SyntaxKind::CONFLICT_DO_UPDATE_SET => self.add_kind(StatementKind::Update),
            SyntaxKind::SELECT_INTO => {
                self.add_kind(StatementKind::Ddl);
                // PgBeam does not publish the kind, so the policy must allow every candidate.
                self.add_kind(StatementKind::Other);
            }
            SyntaxKind::CREATE_TABLE_AS | SyntaxKind::CREATE_MATERIALIZED_VIEW if !self.is_ddl => {
                self.add_kind(StatementKind::Ddl);
            }
            SyntaxKind::EXECUTE | SyntaxKind::DECLARE
                if self.facts.kind != StatementKind::Other =>
            {
                self.add_kind(StatementKind::Other);
            }
            SyntaxKind::LOCKING_CLAUSE => {
                self.facts.locks_rows = true;
                let is_update = node
                    .children()
                    .any(|child| child.kind() == SyntaxKind::FOR_UPDATE);
                self.facts.has_weaker_lock |= !is_update;
                // The clause names aliases, not columns.
                return;
            }
            SyntaxKind::WITH_TABLE => self.facts.has_cte = true,
            SyntaxKind::EXPR_FROM_ITEM => self.facts.is_misparsed |= is_misread_relation(node),
            SyntaxKind::TEMP => self.facts.creates_temporary = true,
            SyntaxKind::CALL_EXPR => self.add_function(node),
            SyntaxKind::ATOMIC_BODY | SyntaxKind::RETURN_STMT | SyntaxKind::RULE_DO => {
                self.in_body = true;
            }
            SyntaxKind::TABLE_NAME
            | SyntaxKind::TABLE_NAME_REF
            | SyntaxKind::RELATION_NAME_REF
            | SyntaxKind::VIEW
            | SyntaxKind::VIEW_REF
            | SyntaxKind::PROPERTY_GRAPH_REF => self.add_reference(node),
            // ALTER INDEX also accepts the name of a table.
            SyntaxKind::INDEX_REF if is_altered(node) => self.add_reference(node),
            // The attributes of a row type are the columns of its table.
            SyntaxKind::TYPE_NAME_REF if changes_attributes(node) => self.add_reference(node),
            _ => {}
        }
        for child in node.children() {
            if child.kind() != SyntaxKind::WITH_CLAUSE {
                self.visit(&child);
            }
        }
        for name in ctes {
            self.ctes
                .entry(name)
                .and_modify(|count| *count = count.saturating_sub(1));
        }
        self.in_body = outer_body;
    }

    /// Visits the CTEs, makes their names visible, and returns the names. Without RECURSIVE, a CTE sees only the CTEs
    /// before it.
    fn visit_with(&mut self, with: &ast::WithClause) -> Vec<String> {
        let names: Vec<String> = with
            .with_tables()
            .map(|table| {
                table
                    .name()
                    .map_or_else(String::new, |name| identifier(name.syntax()))
            })
            .collect();
        let is_recursive = with.recursive_token().is_some();
        if is_recursive {
            for name in &names {
                self.define_cte(name);
            }
        }
        for (table, name) in with.with_tables().zip(&names) {
            let changes_data = table.query().is_some_and(|query| {
                matches!(
                    query,
                    ast::WithQuery::Insert(_)
                        | ast::WithQuery::Update(_)
                        | ast::WithQuery::Delete(_)
                        | ast::WithQuery::Merge(_)
                )
            });
            self.facts.has_writable_cte |= changes_data;
            self.visit(table.syntax());
            if !is_recursive {
                self.define_cte(name);
            }
        }
        names
    }

    fn define_cte(&mut self, name: &str) {
        let count = self.ctes.entry(name.to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    /// Records the kind of an INSERT, UPDATE, DELETE or MERGE. Also records the first UPDATE or DELETE without WHERE or
    /// with a constant WHERE.
    fn add_inner(&mut self, node: &SyntaxNode, kind: StatementKind) {
        let needs_where = matches!(kind, StatementKind::Update | StatementKind::Delete);
        let has_where = node.children().any(|child| match child.kind() {
            SyntaxKind::WHERE_CURRENT_OF => true,
            SyntaxKind::WHERE_CLAUSE => !self.is_constant(&child),
            _ => false,
        });
        if needs_where && !has_where && self.facts.whereless.is_none() {
            self.facts.whereless = Some(kind);
        }
        self.add_kind(kind);
    }

    /// Returns `true` for a constant condition, such as `true` or `1 = 1`, and records that the statement has one.
    fn is_constant(&mut self, condition: &SyntaxNode) -> bool {
        let is_constant = !condition.descendants_with_tokens().any(|element| {
            matches!(
                element.kind(),
                SyntaxKind::NAME_REF
                    | SyntaxKind::CALL_EXPR
                    | SyntaxKind::SELECT
                    | SyntaxKind::POSITIONAL_PARAM
            )
        });
        self.facts.has_constant_where |= is_constant;
        is_constant
    }

    fn add_kind(&mut self, kind: StatementKind) {
        if !self.in_body && kind != self.facts.kind {
            self.facts.inner_kinds.insert(kind);
        }
    }

    fn add_function(&mut self, call: &SyntaxNode) {
        let name = match call.children().next().and_then(ast::Expr::cast) {
            Some(ast::Expr::NameRef(name)) => Some(name),
            Some(ast::Expr::FieldExpr(field)) => field.field(),
            _ => None,
        };
        if let Some(name) = name {
            self.facts.functions.insert(fold_node(name.syntax()));
        }
    }

    fn add_reference(&mut self, node: &SyntaxNode) {
        let Some(relation) = RelationName::from_node(node) else {
            return;
        };
        let parent = node.parent();
        let grandparent = parent.as_ref().and_then(SyntaxNode::parent);
        let kind_of = |node: &Option<SyntaxNode>| node.as_ref().map(SyntaxNode::kind);
        // UPDATE, DELETE and TABLE have the name in one more node.
        let user = match kind_of(&parent) {
            Some(SyntaxKind::RELATION_NAME) => kind_of(&grandparent),
            kind => kind,
        };
        let (is_write, can_be_cte) = match user {
            Some(SyntaxKind::RELATION_FROM_ITEM | SyntaxKind::TABLE) => (false, true),
            Some(SyntaxKind::INSERT | SyntaxKind::UPDATE | SyntaxKind::DELETE) => (true, false),
            Some(
                SyntaxKind::REFERENCES_CONSTRAINT
                | SyntaxKind::FOREIGN_KEY_CONSTRAINT
                | SyntaxKind::LIKE_CLAUSE
                | SyntaxKind::COPY_TABLE,
            ) => (false, false),
            Some(SyntaxKind::TABLE_RELATION_NAME) => (true, false),
            _ => (self.is_ddl || user == Some(SyntaxKind::INTO_CLAUSE), false),
        };
        if can_be_cte && relation.schema.is_none() {
            let is_cte = path(node)
                .last()
                .and_then(|name| self.ctes.get(&name))
                .is_some_and(|count| *count > 0);
            if is_cte {
                return;
            }
        }
        let is_temporary = |schema: &String| schema.starts_with("pg_temp");
        self.facts.creates_temporary |=
            is_write && relation.schema.as_ref().is_some_and(is_temporary);
        let is_system = relation.schema.is_none() || relation.is_catalog();
        if is_write && is_system && relation.name == "pg_settings" {
            self.facts.refused_parameter = Some("search_path");
        }
        self.facts.references.insert(
            start(node),
            Reference {
                node: node.clone(),
                relation,
                is_write,
            },
        );
    }
}

/// Returns the name in a name node, folded by [`fold`].
pub(crate) fn fold_node(node: &SyntaxNode) -> String {
    fold(&normalize_name_node(node))
}

/// Returns the WITH clause that applies to a query. For the first operand of a set operation, returns `None`.
///
/// The parser puts the WITH of `WITH … SELECT … UNION …` into the first SELECT, but it belongs to the whole set
/// operation.
pub(crate) fn with_clause(query: &SyntaxNode) -> Option<ast::WithClause> {
    let is_first_operand = query.parent().is_some_and(|parent| {
        parent.kind() == SyntaxKind::COMPOUND_SELECT && parent.first_child().as_ref() == Some(query)
    });
    if is_first_operand {
        return None;
    }
    let mut owner = query.clone();
    while owner.kind() == SyntaxKind::COMPOUND_SELECT {
        owner = owner.first_child()?;
    }
    owner.children().find_map(ast::WithClause::cast)
}

/// Returns `true` for a FROM item that the parser reads as an expression although it starts with the name of a relation.
/// An example is `treat.users`: `treat` is also a keyword, with which a cast can start.
fn is_misread_relation(item: &SyntaxNode) -> bool {
    item.children().any(|child| match child.kind() {
        SyntaxKind::FIELD_EXPR | SyntaxKind::BIN_EXPR => true,
        _ => ast::NameRef::cast(child).is_some_and(|name| special_value(&name).is_none()),
    })
}

/// Returns `true` for the name in an ALTER TYPE that changes attributes.
fn changes_attributes(name: &SyntaxNode) -> bool {
    name.parent().is_some_and(|parent| {
        parent.kind() == SyntaxKind::ALTER_TYPE
            && parent.children().any(|child| {
                matches!(
                    child.kind(),
                    SyntaxKind::RENAME_ATTRIBUTE | SyntaxKind::ALTER_TYPE_ATTRIBUTE_ACTION_LIST
                )
            })
    })
}

/// Returns `true` for the name in ALTER INDEX.
fn is_altered(index: &SyntaxNode) -> bool {
    index
        .parent()
        .is_some_and(|parent| parent.kind() == SyntaxKind::ALTER_INDEX)
}
