//! The scopes of common table expressions.

use sqlparser::ast::Query;

use super::names::fold;

/// The WITH clauses that enclose the current node of a visitor.
///
/// `WITH t AS (SELECT * FROM t) SELECT * FROM t` reads the table `t` once: a CTE is not visible in its own
/// definition unless the WITH is recursive.
#[derive(Debug, Default)]
pub(crate) struct CteScopes(Vec<WithClause>);

#[derive(Debug)]
struct WithClause {
    /// The names with the addresses of their queries.
    ctes: Vec<(String, *const Query)>,
    /// The number of visible CTEs, from the first.
    visible: usize,
    recursive: bool,
}

impl WithClause {
    fn position(&self, query: &Query) -> Option<usize> {
        self.ctes
            .iter()
            .position(|(_, cte)| std::ptr::eq(*cte, query))
    }
}

impl CteScopes {
    /// Call it before visiting the children of `query`.
    pub(crate) fn enter(&mut self, query: &Query) {
        if let Some(with_clause) = self.0.last_mut()
            && let Some(index) = with_clause.position(query)
        {
            with_clause.visible = index;
        }
        let with = query.with.as_ref();
        let ctes = with.map(|with| &with.cte_tables[..]).unwrap_or_default();
        self.0.push(WithClause {
            ctes: ctes
                .iter()
                .map(|cte| {
                    (
                        fold(&cte.alias.name),
                        std::ptr::from_ref(cte.query.as_ref()),
                    )
                })
                .collect(),
            visible: 0,
            recursive: with.is_some_and(|with| with.recursive),
        });
    }

    /// Call it after visiting the children of `query`.
    pub(crate) fn leave(&mut self, query: &Query) {
        self.0.pop();
        if let Some(with_clause) = self.0.last_mut()
            && let Some(index) = with_clause.position(query)
        {
            with_clause.visible = index.saturating_add(1);
        }
    }

    /// Returns `true` if an unqualified name refers to a CTE in this scope.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|with_clause| {
            let visible = if with_clause.recursive {
                with_clause.ctes.len()
            } else {
                with_clause.visible
            };
            with_clause
                .ctes
                .iter()
                .take(visible)
                .any(|(cte, _)| cte == name)
        })
    }
}
