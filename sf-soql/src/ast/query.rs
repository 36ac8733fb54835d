//! The statement as a whole and the clauses that have no file of their own.

use super::{Condition, Expr, Ident, Path, SelectItem, Span, With};

/// One SELECT: the statement, a child subquery or the sub-select of a
/// semi-join.
///
/// Printed (`Display`) in canonical form: keywords and function names in one
/// spelling, one space between words, names and literals as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    /// What is selected; at least one item.
    pub select: Vec<SelectItem>,
    /// What is selected from: an object, or in a child subquery a child
    /// relationship.
    pub from: Source,
    /// Further sources, each a path that starts at another source's alias or
    /// name: `FROM Contact c, c.Account a`.
    pub joins: Vec<Source>,
    /// `USING SCOPE`.
    pub scope: Option<Ident>,
    /// `WHERE`.
    pub filter: Option<Condition>,
    /// `WITH`.
    pub with: Option<With>,
    /// `GROUP BY`.
    pub group_by: Option<GroupBy>,
    /// `HAVING`; only after a `GROUP BY`.
    pub having: Option<Condition>,
    /// `ORDER BY`; empty when absent.
    pub order_by: Vec<OrderBy>,
    /// `LIMIT`.
    pub limit: Option<Count>,
    /// `OFFSET`.
    pub offset: Option<Count>,
    /// What follows `OFFSET`.
    pub options: Options,
    /// From `SELECT` to the end of the last clause.
    pub span: Span,
}

impl Query {
    /// `SELECT select FROM from`, and nothing else.
    #[must_use]
    pub fn new(select: Vec<SelectItem>, from: Source) -> Query {
        Query {
            select,
            from,
            joins: Vec::new(),
            scope: None,
            filter: None,
            with: None,
            group_by: None,
            having: None,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            options: Options::default(),
            span: Span::default(),
        }
    }

    /// The source that the first name of a path may stand for: one with the
    /// alias `name`, else the object `name` of `FROM` itself. A relationship of
    /// the same name is for the schema to know.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&Source> {
        let mut sources = std::iter::once(&self.from).chain(&self.joins);
        sources
            .find(|source| source.alias.as_ref().is_some_and(|alias| alias.is(name)))
            .or_else(|| self.from.name.is(name).then_some(&self.from))
    }

    /// Whether this is `SELECT COUNT() FROM …`, whose answer is a number and
    /// has no rows.
    #[must_use]
    pub fn is_count(&self) -> bool {
        matches!(&self.select[..], [SelectItem::Call { call, .. }] if call.is_bare_count())
    }

    /// Whether rows are aggregates: a `GROUP BY`, or an aggregate function
    /// other than `COUNT()` in the select list.
    #[must_use]
    pub fn is_aggregate(&self) -> bool {
        self.group_by.is_some()
            || self.select.iter().any(
                |item| matches!(item, SelectItem::Call { call, .. } if !call.is_bare_count() && call.has_aggregate()),
            )
    }
}

/// An entry of `FROM`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// The object (`Account`), in a child subquery the relationship
    /// (`Contacts`, `Account.Contacts`), in a join a path from another source
    /// (`c.Account`).
    pub name: Path,
    /// `FROM Contact c`.
    pub alias: Option<Ident>,
    /// The whole entry.
    pub span: Span,
}

impl Source {
    /// The source `name`, without an alias.
    #[must_use]
    pub fn new(name: Path) -> Source {
        Source { name, alias: None, span: Span::default() }
    }
}

/// `GROUP BY`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupBy {
    /// Plain, or with subtotals.
    pub kind: GroupKind,
    /// What is grouped by; at least one.
    pub items: Vec<Expr>,
    /// From `GROUP` to the last item.
    pub span: Span,
}

/// Which groups `GROUP BY` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// `GROUP BY a, b`.
    Plain,
    /// `GROUP BY ROLLUP(a, b)`: subtotals from right to left.
    Rollup,
    /// `GROUP BY CUBE(a, b)`: subtotals of every combination.
    Cube,
}

/// An entry of `ORDER BY`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderBy {
    /// What is sorted by.
    pub expr: Expr,
    /// `ASC`, the default, or `DESC`.
    pub direction: Direction,
    /// `NULLS FIRST` or `NULLS LAST`, if written. Unwritten, the platform puts
    /// nulls first.
    pub nulls: Option<Nulls>,
    /// The whole entry.
    pub span: Span,
}

/// The direction of a sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first. Printed as nothing, since it is the default.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// Where nulls stand in a sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nulls {
    /// `NULLS FIRST`.
    First,
    /// `NULLS LAST`.
    Last,
}

/// The number of `LIMIT` and `OFFSET`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Count {
    /// A number of rows.
    Number {
        /// The number.
        rows: u64,
        /// Where it stood.
        span: Span,
    },
    /// `:name`, which only Apex takes.
    Bind(Path),
}

impl Count {
    /// The number, unless it is a bind variable.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        match self {
            Count::Number { rows, .. } => Some(*rows),
            Count::Bind(_) => None,
        }
    }

    /// Where it stood.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Count::Number { span, .. } => *span,
            Count::Bind(variable) => variable.span(),
        }
    }
}

impl From<u64> for Count {
    fn from(rows: u64) -> Count {
        Count::Number { rows, span: Span::default() }
    }
}

/// What may follow `OFFSET`: each is present if it was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// `FOR VIEW`: marks the records as viewed.
    pub for_view: Option<Span>,
    /// `FOR REFERENCE`: marks the records as referenced.
    pub for_reference: Option<Span>,
    /// `FOR UPDATE`: locks the records. Apex only.
    pub for_update: Option<Span>,
    /// `UPDATE TRACKING`: counts the search keywords of an article.
    pub update_tracking: Option<Span>,
    /// `UPDATE VIEWSTAT`: counts the views of an article.
    pub update_view_stat: Option<Span>,
    /// `ALL ROWS`: deleted records too. Apex only; over REST it is the
    /// resource `queryAll`.
    pub all_rows: Option<Span>,
}
