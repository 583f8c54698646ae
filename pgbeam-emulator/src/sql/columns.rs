//! Which masked columns a statement returns, as far as its text tells.
//!
//! There is no catalogue: what an unqualified column belongs to is any table around
//! it, and a `*` is every column. Where the text leaves a doubt, a column counts as
//! returned, because a mask that is missing shows what it should hide.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Delete, Expr, FromTable, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    Insert, ObjectName, ObjectNamePart, OutputClause, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Statement, TableFactor, TableObject, TableWithJoins, Update,
    UpdateTableFromKind, Visit, Visitor, visit_expressions,
};

use super::analysis::Analysis;
use super::names::{TableName, TablePattern, fold};
use super::scope::CteScopes;
use crate::policies::model::MaskingRule;

/// The rules that a statement meets, by their index.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Masked {
    /// Rules whose column is returned, or may be.
    pub(crate) returned: BTreeSet<usize>,
    /// Rules whose column is used (compared, sorted by, written elsewhere) and not
    /// returned.
    pub(crate) used: BTreeSet<usize>,
}

/// Which of `rules` the statement meets.
pub(crate) fn masked(analysis: &Analysis, rules: &[MaskingRule]) -> Masked {
    let rules: Vec<Rule<'_>> = rules
        .iter()
        .map(|rule| Rule { pattern: TablePattern::parse(&rule.table), column: &rule.column })
        .collect();
    let concerned = analysis.tables().any(|t| rules.iter().any(|rule| rule.pattern.covers(t)));
    if !concerned {
        return Masked::default();
    }
    let mut walk = Walk {
        rules,
        tables: analysis.tables().cloned().collect(),
        scopes: CteScopes::default(),
        frames: Vec::new(),
        found: Masked::default(),
    };
    let ControlFlow::Continue(()) = analysis.statement.visit(&mut walk);
    let mut found = walk.found;
    found.used.retain(|rule| !found.returned.contains(rule));
    found
}

struct Rule<'a> {
    pattern: TablePattern,
    column: &'a str,
}

impl Rule<'_> {
    /// Column names are compared without regard to case: the mask decides for the
    /// safe side.
    fn is_column(&self, name: &str) -> bool {
        self.column.trim_matches('"').to_lowercase() == name.to_lowercase()
    }
}

/// Something in FROM: what it is called, and the table that it is when it is one.
struct Source {
    alias: String,
    table: Option<TableName>,
    /// Whether its columns have other names here, as in `users AS u (a, b)`. Which is
    /// which does not show, so any of them may be a masked one.
    renamed: bool,
}

struct Walk<'a> {
    rules: Vec<Rule<'a>>,
    /// Every table of the statement: what a column belongs to when nothing closer is
    /// known.
    tables: Vec<TableName>,
    scopes: CteScopes,
    /// The FROM clauses around the present point, outermost first.
    frames: Vec<Vec<Source>>,
    found: Masked,
}

impl Walk<'_> {
    fn sources_of(&self, tables: &[TableWithJoins]) -> Vec<Source> {
        let mut sources = Vec::new();
        for table in tables {
            self.add_sources(table, &mut sources);
        }
        sources
    }

    fn add_sources(&self, table: &TableWithJoins, sources: &mut Vec<Source>) {
        let joined = table.joins.iter().map(|join| &join.relation);
        for factor in std::iter::once(&table.relation).chain(joined) {
            self.add_source(factor, sources);
        }
    }

    fn add_source(&self, factor: &TableFactor, sources: &mut Vec<Source>) {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let table = TableName::from_object_name(name)
                    .filter(|table| name.0.len() > 1 || !self.scopes.names(&table.name));
                let own_name = name.0.last().and_then(ObjectNamePart::as_ident).map(fold);
                let renamed = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
                let alias = alias.as_ref().map(|alias| fold(&alias.name)).or(own_name);
                sources.push(Source { alias: alias.unwrap_or_default(), table, renamed });
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.add_sources(table_with_joins, sources);
            }
            // What a subquery returns is looked at inside it; what a function
            // returns is no column of a table.
            TableFactor::Derived { alias, .. }
            | TableFactor::Table { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::UNNEST { alias, .. } => {
                let alias = alias.as_ref().map(|alias| fold(&alias.name));
                sources.push(Source {
                    alias: alias.unwrap_or_default(),
                    table: None,
                    renamed: false,
                });
            }
            _ => {}
        }
    }

    /// Rules that an unqualified column may meet: it belongs to any table around.
    fn rules_of_column(&self, column: &str) -> BTreeSet<usize> {
        if self.frames.is_empty() {
            return self.rules_for(&self.all_tables(), Some(column));
        }
        let sources = self.frames.iter().flatten();
        sources.flat_map(|source| self.rules_of_source(source, column)).collect()
    }

    /// Rules that a column of this source meets.
    fn rules_of_source(&self, source: &Source, column: &str) -> BTreeSet<usize> {
        match &source.table {
            Some(table) => self.rules_for(&[table], (!source.renamed).then_some(column)),
            None => BTreeSet::new(),
        }
    }

    fn all_tables(&self) -> Vec<&TableName> {
        self.tables.iter().collect()
    }

    /// The source of this name that is closest.
    fn source(&self, name: &str) -> Option<&Source> {
        self.frames.iter().rev().flatten().find(|source| source.alias == name)
    }

    /// Rules about a column of one of `tables`; of `None`, about any column.
    fn rules_for(&self, tables: &[&TableName], column: Option<&str>) -> BTreeSet<usize> {
        self.rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| tables.iter().any(|table| rule.pattern.covers(table)))
            .filter(|(_, rule)| column.is_none_or(|column| rule.is_column(column)))
            .map(|(index, _)| index)
            .collect()
    }

    /// Rules that a reference such as `email`, `u.email`, `public.users.email` or,
    /// for a whole row, `u` meets.
    fn rules_of_reference(&self, idents: &[Ident]) -> BTreeSet<usize> {
        match idents {
            [] => BTreeSet::new(),
            [name] => {
                let mut met = self.rules_of_column(&name.value);
                met.extend(self.rules_of_row(&fold(name)));
                met
            }
            [source, column] => match self.source(&fold(source)) {
                Some(source) => self.rules_of_source(source, &column.value),
                // Not in sight: a column of any table of the statement, for all we
                // know.
                None => self.rules_for(&self.all_tables(), Some(&column.value)),
            },
            [.., schema, table, column] => {
                let table = TableName::new(fold(schema), fold(table));
                self.rules_for(&[&table], Some(&column.value))
            }
        }
    }

    /// Rules that a whole row of the source of this name meets.
    fn rules_of_row(&self, name: &str) -> BTreeSet<usize> {
        match self.source(name) {
            Some(Source { table: Some(table), .. }) => self.rules_for(&[table], None),
            _ => BTreeSet::new(),
        }
    }

    fn rules_of_expr(&self, expr: &Expr) -> BTreeSet<usize> {
        match expr {
            Expr::Identifier(ident) => self.rules_of_reference(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(idents) => self.rules_of_reference(idents),
            Expr::QualifiedWildcard(name, _) => self.rules_of_rows(name),
            Expr::Wildcard(_) => self.rules_for(&self.all_tables(), None),
            // `to_jsonb(u.*)`; the `*` of `count(*)` is no columns.
            Expr::Function(Function { args: FunctionArguments::List(list), .. }) => list
                .args
                .iter()
                .flat_map(|argument| match argument {
                    FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name))
                    | FunctionArg::Named {
                        arg: FunctionArgExpr::QualifiedWildcard(name), ..
                    }
                    | FunctionArg::ExprNamed {
                        arg: FunctionArgExpr::QualifiedWildcard(name),
                        ..
                    } => self.rules_of_rows(name),
                    _ => BTreeSet::new(),
                })
                .collect(),
            _ => BTreeSet::new(),
        }
    }

    fn returns_expr(&mut self, expr: &Expr) {
        let mut met = BTreeSet::new();
        let ControlFlow::Continue(()) = visit_expressions(expr, |inner| {
            met.extend(self.rules_of_expr(inner));
            ControlFlow::<std::convert::Infallible>::Continue(())
        });
        self.found.returned.extend(met);
    }

    /// Rules that `name.*` meets.
    fn rules_of_rows(&self, name: &ObjectName) -> BTreeSet<usize> {
        let idents: Option<Vec<&Ident>> = name.0.iter().map(ObjectNamePart::as_ident).collect();
        match idents.as_deref() {
            Some([alias]) if self.source(&fold(alias)).is_some() => self.rules_of_row(&fold(alias)),
            Some([_]) | None => self.rules_for(&self.all_tables(), None),
            Some(idents) => {
                let table = TableName::from_idents(idents);
                self.rules_for(&table.iter().collect::<Vec<_>>(), None)
            }
        }
    }

    /// What a SELECT list or a RETURNING clause returns, of the innermost FROM.
    fn returns(&mut self, items: &[SelectItem]) {
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr)
                | SelectItem::ExprWithAlias { expr, .. }
                | SelectItem::ExprWithAliases { expr, .. }
                | SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                    self.returns_expr(expr);
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    _,
                ) => {
                    let met = self.rules_of_rows(name);
                    self.found.returned.extend(met);
                }
                SelectItem::Wildcard(_) => {
                    let innermost = self.frames.last().into_iter().flatten();
                    let tables: Vec<&TableName> =
                        innermost.filter_map(|source| source.table.as_ref()).collect();
                    let met = self.rules_for(&tables, None);
                    self.found.returned.extend(met);
                }
            }
        }
    }

    /// The FROM of a statement that is no SELECT, as its expressions see it.
    fn frame_of(&self, statement: &Statement) -> Option<Vec<Source>> {
        let mut sources = Vec::new();
        match statement {
            Statement::Insert(Insert {
                table: TableObject::TableName(name), table_alias, ..
            }) => {
                let own_name = name.0.last().and_then(ObjectNamePart::as_ident).map(fold);
                let alias = table_alias.as_ref().map(|alias| fold(&alias.alias)).or(own_name);
                let table = TableName::from_object_name(name);
                sources.push(Source { alias: alias.unwrap_or_default(), table, renamed: false });
            }
            Statement::Update(Update { table, from, .. }) => {
                self.add_sources(table, &mut sources);
                if let Some(
                    UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from),
                ) = from
                {
                    sources.extend(self.sources_of(from));
                }
            }
            Statement::Delete(Delete { from, using, .. }) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = from;
                sources.extend(self.sources_of(from));
                sources.extend(self.sources_of(using.as_deref().unwrap_or_default()));
            }
            Statement::Merge(merge) => {
                self.add_source(&merge.table, &mut sources);
                self.add_source(&merge.source, &mut sources);
            }
            _ => return None,
        }
        Some(sources)
    }
}

fn returning(statement: &Statement) -> &[SelectItem] {
    let (clause, output) = match statement {
        Statement::Insert(Insert { returning, output, .. })
        | Statement::Update(Update { returning, output, .. })
        | Statement::Delete(Delete { returning, output, .. }) => (returning, output),
        Statement::Merge(merge) => (&None, &merge.output),
        _ => return &[],
    };
    match (clause, output) {
        (Some(items), _) => items,
        (None, Some(OutputClause::Returning { select_items, .. })) => select_items,
        _ => &[],
    }
}

impl Visitor for Walk<'_> {
    type Break = std::convert::Infallible;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        if let Some(frame) = self.frame_of(statement) {
            self.frames.push(frame);
            self.returns(returning(statement));
            // The query that an INSERT takes its rows from does not see the target.
            if matches!(statement, Statement::Insert(_)) {
                self.frames.pop();
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        if matches!(statement, Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_)) {
            self.frames.pop();
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.scopes.enter(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.scopes.leave(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        let frame = self.sources_of(&select.from);
        self.frames.push(frame);
        self.returns(&select.projection);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<Self::Break> {
        self.frames.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        let met = self.rules_of_expr(expr);
        self.found.used.extend(met);
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests;
