//! Which names are those of common table expressions, at any point of a statement.

use sqlparser::ast::Query;

use super::names::fold;

/// The WITH clauses around the point that a visitor has reached.
///
/// `WITH t AS (SELECT * FROM t) SELECT * FROM t` reads the table `t` once: within its
/// own definition a CTE is not visible yet, unless the WITH is recursive.
#[derive(Debug, Default)]
pub(crate) struct CteScopes(Vec<Frame>);

#[derive(Debug)]
struct Frame {
    /// Names, with the identity of their queries.
    ctes: Vec<(String, *const Query)>,
    /// How many of them, from the first, can be referred to.
    visible: usize,
    recursive: bool,
}

impl Frame {
    fn position(&self, query: &Query) -> Option<usize> {
        self.ctes
            .iter()
            .position(|(_, cte)| std::ptr::eq(*cte, query))
    }
}

impl CteScopes {
    /// To be called before the parts of `query` are visited.
    pub(crate) fn enter(&mut self, query: &Query) {
        if let Some(frame) = self.0.last_mut()
            && let Some(index) = frame.position(query)
        {
            frame.visible = index;
        }
        let with = query.with.as_ref();
        let ctes = with.map(|with| &with.cte_tables[..]).unwrap_or_default();
        self.0.push(Frame {
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

    /// To be called after the parts of `query` were visited.
    pub(crate) fn leave(&mut self, query: &Query) {
        self.0.pop();
        if let Some(frame) = self.0.last_mut()
            && let Some(index) = frame.position(query)
        {
            frame.visible = index.saturating_add(1);
        }
    }

    /// Whether an unqualified name is that of a CTE here.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.0.iter().any(|frame| {
            let visible = if frame.recursive {
                frame.ctes.len()
            } else {
                frame.visible
            };
            frame.ctes.iter().take(visible).any(|(cte, _)| cte == name)
        })
    }
}
