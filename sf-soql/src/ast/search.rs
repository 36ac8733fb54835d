//! The SOSL statement.

use super::{
    CategoryFilter, Condition, Count, Expr, Expression, Ident, Literal, OrderBy, Path, Query,
    SelectItem, Source, Span,
};

/// One FIND statement (SOQL and SOSL Reference, "SOSL Syntax").
///
/// Printed (`Display`) in canonical form, as [`Query`] is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Search {
    /// What is looked for.
    pub find: Find,
    /// `IN … FIELDS`; without it all fields are searched.
    pub group: Option<SearchGroup>,
    /// `RETURNING`. Empty when absent: the answer is then the ids of all
    /// searchable objects in which something is found.
    pub returning: Vec<Returning>,
    /// The `WITH` clauses in the order written, each kind at most once.
    pub with: Vec<SearchWith>,
    /// `LIMIT`, of all objects together.
    pub limit: Option<Count>,
    /// `UPDATE TRACKING`: counts the search words of an article.
    pub update_tracking: Option<Span>,
    /// `UPDATE VIEWSTAT`: counts the views of an article.
    pub update_view_stat: Option<Span>,
    /// From `FIND` to the end of the last clause.
    pub span: Span,
}

impl Search {
    /// `FIND {expression}`, and nothing else.
    #[must_use]
    pub fn new(expression: impl Into<Expression>) -> Search {
        let find =
            Find::Text { expression: expression.into(), quoted: false, span: Span::default() };
        Search {
            find,
            group: None,
            returning: Vec::new(),
            with: Vec::new(),
            limit: None,
            update_tracking: None,
            update_view_stat: None,
            span: Span::default(),
        }
    }
}

/// What stands after `FIND`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Find {
    /// `{acme AND corp}`, or in single quotes, which only Apex takes.
    Text {
        /// The words and the operators between.
        expression: Expression,
        /// Whether it stood in single quotes, and so is printed in them. There
        /// the escapes of a string are resolved first, then those of a search.
        quoted: bool,
        /// With the braces or quotes.
        span: Span,
    },
    /// `:words`, which only Apex takes.
    Bind(Path),
}

impl Find {
    /// What is looked for, unless it is a bind variable.
    #[must_use]
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Find::Text { expression, .. } => Some(expression),
            Find::Bind(_) => None,
        }
    }
}

/// The fields that are searched, `IN … FIELDS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SearchGroup {
    /// `ALL FIELDS`, the default.
    All,
    /// `NAME FIELDS`: the name and what each object has beside it.
    Name,
    /// `EMAIL FIELDS`.
    Email,
    /// `PHONE FIELDS`.
    Phone,
    /// `SIDEBAR FIELDS`.
    Sidebar,
}

impl SearchGroup {
    /// Every group.
    pub const ALL: [SearchGroup; 5] = [
        SearchGroup::All,
        SearchGroup::Name,
        SearchGroup::Email,
        SearchGroup::Phone,
        SearchGroup::Sidebar,
    ];

    /// The word before `FIELDS` as it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SearchGroup::All => "ALL",
            SearchGroup::Name => "NAME",
            SearchGroup::Email => "EMAIL",
            SearchGroup::Phone => "PHONE",
            SearchGroup::Sidebar => "SIDEBAR",
        }
    }
}

/// An entry of `RETURNING`: `Account`, `Contact(Id, Name WHERE … LIMIT 5)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Returning {
    /// The object.
    pub object: Ident,
    /// Its fields. Empty when there are no parentheses: the answer is then the
    /// ids alone, and none of the clauses below can stand.
    pub fields: Vec<ReturnedField>,
    /// `WHERE`.
    pub filter: Option<Condition>,
    /// `USING ListView = name`: only what this list view shows.
    pub list_view: Option<Ident>,
    /// `ORDER BY`; empty when absent.
    pub order_by: Vec<OrderBy>,
    /// `LIMIT`, of this object.
    pub limit: Option<Count>,
    /// `OFFSET`.
    pub offset: Option<Count>,
    /// The whole entry.
    pub span: Span,
}

impl Returning {
    /// The ids of `object`.
    #[must_use]
    pub fn new(object: Ident) -> Returning {
        Returning {
            object,
            fields: Vec::new(),
            filter: None,
            list_view: None,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            span: Span::default(),
        }
    }

    /// The SELECT that reads the same fields of the same object under the same
    /// conditions, without what is searched for and without the list view, so
    /// that what is known about a [`Query`] holds for an entry too. No field
    /// list reads `Id`. The parts keep their spans.
    #[must_use]
    pub fn to_query(&self) -> Query {
        let item = |field: &ReturnedField| match &field.expr {
            Expr::Field(path) => {
                SelectItem::Field { path: path.clone(), alias: field.alias.clone() }
            }
            Expr::Call(call) => SelectItem::Call { call: call.clone(), alias: field.alias.clone() },
        };
        let select = if self.fields.is_empty() {
            let id = Ident::trusted("Id", self.object.span());
            vec![SelectItem::field(id.into())]
        } else {
            self.fields.iter().map(item).collect()
        };
        let from = Source { span: self.object.span(), ..Source::new(self.object.clone().into()) };
        let mut query = Query::new(select, from);
        query.filter.clone_from(&self.filter);
        query.order_by.clone_from(&self.order_by);
        query.limit.clone_from(&self.limit);
        query.offset.clone_from(&self.offset);
        query.span = self.span;
        query
    }
}

/// A field of a `RETURNING` entry: `Name`, `toLabel(Status) label`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReturnedField {
    /// The field, or a call of `toLabel`, `FORMAT`, `convertCurrency` or
    /// `DISTANCE`.
    pub expr: Expr,
    /// The name that its column has in the answer.
    pub alias: Option<Ident>,
}

impl ReturnedField {
    /// The field `path`, without an alias.
    #[must_use]
    pub fn new(path: Path) -> ReturnedField {
        ReturnedField { expr: Expr::Field(path), alias: None }
    }

    /// Where it stood, with its alias.
    #[must_use]
    pub fn span(&self) -> Span {
        let span = self.expr.span();
        self.alias.as_ref().map_or(span, |alias| span.to(alias.span()))
    }
}

/// A `WITH` clause of a search.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SearchWith {
    /// `DIVISION = 'Global'`.
    Division {
        /// The division: a string or a bind variable.
        division: Literal,
        /// From `DIVISION` to the value.
        span: Span,
    },
    /// `DATA CATEGORY group AT category AND …`; at least one.
    DataCategory(Vec<CategoryFilter>),
    /// `HIGHLIGHT`: marks what was found.
    Highlight {
        /// Where it stood.
        span: Span,
    },
    /// `SNIPPET`, `SNIPPET(target_length=120)`: the text around what was found.
    Snippet {
        /// About how many characters.
        target_length: Option<u64>,
        /// The whole clause without `WITH`.
        span: Span,
    },
    /// `NETWORK = '0DB…'`, `NETWORK IN ('0DB…', …)`.
    Network {
        /// The ids of sites: strings or bind variables; at least one.
        networks: Vec<Literal>,
        /// The whole clause without `WITH`.
        span: Span,
    },
    /// `PricebookId = '01s…'`.
    PricebookId {
        /// The id: a string or a bind variable.
        id: Literal,
        /// The whole clause without `WITH`.
        span: Span,
    },
    /// `METADATA = 'LABELS'`: the labels of objects and fields beside the rows.
    Metadata {
        /// The whole clause without `WITH`.
        span: Span,
    },
    /// `SPELL_CORRECTION = FALSE`; true when not written.
    SpellCorrection {
        /// Whether corrected spellings are searched for.
        on: bool,
        /// The whole clause without `WITH`.
        span: Span,
    },
    /// `USER_MODE`: run with the user's permissions.
    UserMode {
        /// Where it stood.
        span: Span,
    },
    /// `SYSTEM_MODE`: run without. Apex only.
    SystemMode {
        /// Where it stood.
        span: Span,
    },
}

impl SearchWith {
    /// Where it stood, without the word `WITH`.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            SearchWith::DataCategory(filters) => Span::over(filters.iter().map(|one| one.span)),
            SearchWith::Division { span, .. }
            | SearchWith::Highlight { span }
            | SearchWith::Snippet { span, .. }
            | SearchWith::Network { span, .. }
            | SearchWith::PricebookId { span, .. }
            | SearchWith::Metadata { span }
            | SearchWith::SpellCorrection { span, .. }
            | SearchWith::UserMode { span }
            | SearchWith::SystemMode { span } => *span,
        }
    }
}
