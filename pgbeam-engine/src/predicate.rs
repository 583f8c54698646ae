//! `Predicate`: parses the predicate of a row filter, and adapts it to the names of a statement.

use std::borrow::Cow;
use std::ops::Range;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::parse::{PREDICATE_START, with_predicate};
use crate::relation::{RelationName, fold, identifier, truncate};

/// A predicate, parsed once per policy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Predicate {
    text: String,
    /// `None` if the predicate is not one expression.
    columns: Option<Vec<Column>>,
    has_subquery: bool,
    /// Whether a field of a row is used, such as `(orders).tenant`.
    has_row: bool,
    reads_role: bool,
    reads_parameters: bool,
}

/// A use of a column in a predicate.
#[derive(Clone, Debug, PartialEq)]
struct Column {
    /// The byte range of the column, or of its qualifier, in the predicate.
    range: Range<usize>,
    /// The folded qualifier. `None` for an unqualified column.
    table: Option<String>,
}

impl Predicate {
    pub(crate) fn parse(text: String) -> Self {
        let mut has_subquery = false;
        let mut reads_role = false;
        let mut has_row = false;
        let columns = with_predicate(&text, |predicate| {
            let predicate = predicate?;
            let nodes = || predicate.syntax().descendants();
            has_subquery = nodes().any(|node| ast::SelectVariant::can_cast(node.kind()));
            let names: Vec<_> = nodes().filter_map(ast::NameRef::cast).collect();
            has_row = nodes().any(|node| node.kind() == SyntaxKind::PAREN_EXPR && is_row(&node));
            reads_role = names
                .iter()
                .any(|name| special_value(name).is_some_and(is_role));
            Some(names.iter().filter_map(column).collect())
        });
        Self {
            columns,
            has_subquery,
            has_row,
            reads_role,
            reads_parameters: text.to_lowercase().contains("current_setting"),
            text,
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn has_subquery(&self) -> bool {
        self.has_subquery
    }

    /// Returns `true` if the predicate depends on the role of the session.
    pub(crate) fn reads_role(&self) -> bool {
        self.reads_role
    }

    /// Returns `true` if the predicate could read the session parameter `name`: it contains `current_setting`, and
    /// `name` contains a dot or is a word of the predicate.
    pub(crate) fn reads_parameter(&self, name: &str) -> bool {
        self.reads_parameters && (name.contains('.') || self.mentions(name))
    }

    /// Returns `true` if the predicate contains the word `name`, for example as a column name, or a quoted name that
    /// starts with `name`. Ignores letter case. PostgreSQL truncates names to 63 bytes, so only the first 63 bytes of a
    /// word are compared.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        let is_end = |character: char| !(character.is_alphanumeric() || character == '_');
        let (text, name) = (self.text.to_lowercase(), name.to_lowercase());
        let quoted = format!("\"{}", name.replace('"', "\"\""));
        text.split(is_end).any(|word| truncate(word) == name) || text.contains(&quoted)
    }

    /// Returns the predicate for one use of a relation. `alias` and `qualifier` are the alias and the name of the
    /// relation in the statement. With `must_qualify`, all columns get a qualifier, because other relations of the
    /// statement could have columns with the same names.
    ///
    /// # Errors
    ///
    /// Returns the reason in each of these cases:
    ///
    /// - The predicate is not one expression.
    /// - It names another relation and has no subquery.
    /// - It has a subquery or uses a row, as in `(orders).tenant`, and the relation has an alias or the columns must be
    ///   qualified.
    pub(crate) fn condition(
        &self,
        relation: &RelationName,
        alias: Option<&str>,
        qualifier: &str,
        must_qualify: bool,
    ) -> Result<Cow<'_, str>, &'static str> {
        let columns = self
            .columns
            .as_ref()
            .ok_or("its predicate is not an expression")?;
        const OTHER_RELATION: &str = "its predicate names another relation";
        let table = relation.name.as_str();
        if !must_qualify && alias.is_none() {
            let is_known = |name: &str| name == table || name == relation.schema_or_public();
            let names_other = columns
                .iter()
                .any(|column| column.table.as_deref().is_some_and(|name| !is_known(name)));
            if names_other && !self.has_subquery {
                return Err(OTHER_RELATION);
            }
            return Ok(Cow::Borrowed(&self.text));
        }
        if self.has_subquery {
            return Err(
                "its predicate has a subquery, and the statement has several relations or an alias",
            );
        }
        if self.has_row {
            return Err("its predicate uses the relation as a row");
        }
        let qualifier = alias.unwrap_or(qualifier);
        let mut condition = String::with_capacity(self.text.len());
        let mut position = 0;
        for column in columns {
            let range = &column.range;
            condition.push_str(self.text.get(position..range.start).unwrap_or_default());
            match &column.table {
                Some(name) if name != table => return Err(OTHER_RELATION),
                Some(_) => {
                    condition.push_str(qualifier);
                    position = range.end;
                }
                None => {
                    if must_qualify {
                        condition.push_str(qualifier);
                        condition.push('.');
                    }
                    position = range.start;
                }
            }
        }
        condition.push_str(self.text.get(position..).unwrap_or_default());
        Ok(Cow::Owned(condition))
    }
}

/// Returns the use of a column that starts at a name: `tenant`, or `orders` in `orders.tenant`. `None` for names after
/// a dot, function names and special values such as `current_user`.
fn column(name: &ast::NameRef) -> Option<Column> {
    let node = name.syntax();
    let parent = node.parent()?;
    if parent.kind() == SyntaxKind::CALL_EXPR || special_value(name).is_some() {
        return None;
    }
    let is_part = parent.kind() == SyntaxKind::FIELD_EXPR;
    let is_qualifier = is_part
        && parent.first_child().as_ref() == Some(node)
        && parent
            .parent()
            .is_none_or(|outer| outer.kind() != SyntaxKind::CALL_EXPR);
    if is_part && !is_qualifier {
        return None;
    }
    let range = node.text_range();
    let position = |offset: u32| {
        usize::try_from(offset)
            .unwrap_or_default()
            .saturating_sub(PREDICATE_START.len())
    };
    Some(Column {
        range: position(range.start().into())..position(range.end().into()),
        table: is_qualifier.then(|| fold(&identifier(node))),
    })
}

/// Returns `true` if a field of the value in the parentheses is used, as in `(orders).tenant`.
fn is_row(parentheses: &SyntaxNode) -> bool {
    parentheses
        .parent()
        .is_some_and(|parent| parent.kind() == SyntaxKind::FIELD_EXPR)
}

/// Returns the name of a value that looks like a column, such as `current_user`. `None` for other names.
pub(crate) fn special_value(name: &ast::NameRef) -> Option<&'static str> {
    const SPECIAL: [&str; 12] = [
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "localtime",
        "localtimestamp",
        "session_user",
        "system_user",
        "user",
    ];
    let text = name.text();
    SPECIAL
        .into_iter()
        .find(|special| !name.is_quoted() && *special == text)
}

/// Returns `true` for values that depend on the role.
fn is_role(special: &str) -> bool {
    special == "user" || special.ends_with("_user") || special.ends_with("_role")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_name_the_relation_as_the_statement_does() {
        let cases = [
            ("tenant = 7", None, false, Ok("tenant = 7")),
            ("tenant = 7", Some("o"), false, Ok("tenant = 7")),
            ("tenant = 7", None, true, Ok("orders.tenant = 7")),
            (
                "tenant = 7 AND \"B\"",
                Some("o"),
                true,
                Ok("o.tenant = 7 AND o.\"B\""),
            ),
            ("Orders.tenant = a", Some("o"), false, Ok("o.tenant = a")),
            ("Orders.tenant = a", Some("o"), true, Ok("o.tenant = o.a")),
            (
                "f(a) = s.g(b)",
                None,
                true,
                Ok("f(orders.a) = s.g(orders.b)"),
            ),
            (
                "a = current_user",
                None,
                true,
                Ok("orders.a = current_user"),
            ),
            ("users.a = 1", Some("o"), false, Err(())),
            ("users.a = 1", None, false, Err(())),
            ("app.orders.a = 1", None, false, Ok("app.orders.a = 1")),
            ("public.orders.a = 1", None, false, Err(())),
            ("a IN (SELECT 1)", None, false, Ok("a IN (SELECT 1)")),
            ("a IN (SELECT 1)", None, true, Err(())),
            (
                "(orders).tenant = 7",
                None,
                false,
                Ok("(orders).tenant = 7"),
            ),
            ("(orders).tenant = 7", Some("o"), false, Err(())),
            ("a =", None, false, Err(())),
            ("true) OR (true", None, false, Err(())),
        ];
        let orders = RelationName {
            schema: Some("app".to_owned()),
            name: "orders".to_owned(),
        };
        for (text, alias, must_qualify, expected) in cases {
            let predicate = Predicate::parse(text.to_owned());
            let condition = predicate.condition(&orders, alias, "orders", must_qualify);
            let condition = condition.map_err(|_| ());
            assert_eq!(condition.as_deref(), expected.as_deref(), "{text}");
        }
    }

    #[test]
    fn finds_what_a_predicate_depends_on() {
        for (text, role, parameters, subquery) in [
            ("a = 1", false, false, false),
            ("a = CURRENT_USER", true, false, false),
            ("a = \"user\"", false, false, false),
            ("a = Current_Setting('x')", false, true, false),
            ("EXISTS (SELECT 1)", false, false, true),
        ] {
            let predicate = Predicate::parse(text.to_owned());
            let found = (
                predicate.reads_role(),
                predicate.reads_parameter("app.tenant"),
                predicate.has_subquery(),
            );
            assert_eq!(found, (role, parameters, subquery), "{text}");
        }
    }
}
