//! A builder of SELECT statements that cannot inject.
//!
//! Values are data: whatever text they hold, they come back as that text. Names
//! are checked, and the finished tree too ([`Query::check`]), so that what
//! [`Select::build`] gives prints as a statement that means the tree.
//!
//! ```
//! use sf_soql::ast::DateLiteral;
//! use sf_soql::build::{desc, field, select};
//!
//! let query = select(["Id", "Name", "Account.Owner.Name"])
//!     .from("Contact")
//!     .children(select(["Subject"]).from("Cases").filter(field("IsClosed").eq(false)).limit(5))
//!     .filter(field("LastName").eq("O'Brien").or(field("Email").ends_with("@example.com")))
//!     .filter(field("CreatedDate").ge(DateLiteral::LastNDays(30)))
//!     .order_by(desc("CreatedDate").nulls_last())
//!     .order_by("Name")
//!     .limit(50)
//!     .build()?;
//! assert_eq!(
//!     query.to_string(),
//!     "SELECT Id, Name, Account.Owner.Name, \
//!      (SELECT Subject FROM Cases WHERE IsClosed = FALSE LIMIT 5) FROM Contact \
//!      WHERE (LastName = 'O\\'Brien' OR Email LIKE '%@example.com') AND CreatedDate >= LAST_N_DAYS:30 \
//!      ORDER BY CreatedDate DESC NULLS LAST, Name LIMIT 50",
//! );
//! assert!(select(["Id FROM User"]).from("Contact").build().is_err());
//! # Ok::<(), sf_soql::build::BuildError>(())
//! ```
//!
//! What the builder has no method for (functions, grouping, `TYPEOF`) is changed
//! in the [`Query`] it gives; print that with [`Query::to_soql`].

mod filter;

pub use filter::{Field, Filter, all, any, field};

use crate::InvalidTree;
use crate::ast::{
    Direction, Expr, InvalidName, Nulls, OrderBy, Path, Query, SelectItem, Source, Span,
};

/// Why a statement cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A field, an object or a relationship that is no name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A field compared with a list of nothing, which SOQL cannot say.
    #[error(
        "`{field}` is compared with an empty list: leave the condition out if the list does not matter, send nothing if no row can match"
    )]
    EmptyList {
        /// The field.
        field: String,
    },
    /// [`all`] or [`any`] of no condition.
    #[error("a condition is put together from no conditions: leave it out")]
    NoConditions,
    /// Everything is a name, but the grammar takes it for something else where
    /// it stands, or nothing is selected.
    #[error(transparent)]
    Tree(#[from] InvalidTree),
}

/// A statement that selects `fields`, each a field or a path such as
/// `Account.Name`. It needs an object: [`Fields::from`].
pub fn select<F: AsRef<str>>(fields: impl IntoIterator<Item = F>) -> Fields {
    Fields(
        fields.into_iter().map(|field| Ok(SelectItem::field(Path::new(field.as_ref())?))).collect(),
    )
}

/// What is selected, before it is said from where.
#[derive(Clone, Debug)]
#[must_use]
pub struct Fields(Result<Vec<SelectItem>, BuildError>);

impl Fields {
    /// From `object`; in [`Select::children`] from a child relationship.
    pub fn from(self, object: &str) -> Select {
        let query = self.0.and_then(|items| Ok(Query::new(items, Source::new(Path::new(object)?))));
        Select(query)
    }
}

/// A SELECT in the making. The first thing that is wrong is kept and told by
/// [`Select::build`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Select(Result<Query, BuildError>);

impl Select {
    /// Selects the children of each row too: `(SELECT … FROM relationship)`.
    pub fn children(self, children: Select) -> Select {
        self.with(|query| {
            query.select.push(SelectItem::Subquery(Box::new(children.0?)));
            Ok(())
        })
    }

    /// Takes only rows that `filter` holds for. Said again, both must hold.
    pub fn filter(self, filter: Filter) -> Select {
        self.with(|query| {
            let more = filter.condition()?;
            query.filter = Some(match query.filter.take() {
                Some(before) => before.and(more),
                None => more,
            });
            Ok(())
        })
    }

    /// Sorts by a field, ascending, or as [`asc`] and [`desc`] say. Said again,
    /// by that among equals.
    pub fn order_by(self, sort: impl Into<Sort>) -> Select {
        let sort = sort.into();
        self.with(|query| {
            query.order_by.push(OrderBy {
                expr: Expr::Field(sort.field?),
                direction: sort.direction,
                nulls: sort.nulls,
                span: Span::default(),
            });
            Ok(())
        })
    }

    /// Takes at most `rows`.
    pub fn limit(self, rows: u64) -> Select {
        self.with(|query| {
            query.limit = Some(rows.into());
            Ok(())
        })
    }

    /// Leaves the first `rows` out. The platform takes at most 2,000.
    pub fn offset(self, rows: u64) -> Select {
        self.with(|query| {
            query.offset = Some(rows.into());
            Ok(())
        })
    }

    /// The statement.
    ///
    /// # Errors
    /// [`BuildError`], the first one met.
    pub fn build(self) -> Result<Query, BuildError> {
        let query = self.0?;
        query.check()?;
        Ok(query)
    }

    fn with(self, change: impl FnOnce(&mut Query) -> Result<(), BuildError>) -> Select {
        Select(self.0.and_then(|mut query| {
            change(&mut query)?;
            Ok(query)
        }))
    }
}

/// How rows are sorted: by `field`, smallest first.
pub fn asc(field: &str) -> Sort {
    Sort { field: Path::new(field), direction: Direction::Ascending, nulls: None }
}

/// How rows are sorted: by `field`, largest first.
pub fn desc(field: &str) -> Sort {
    Sort { direction: Direction::Descending, ..asc(field) }
}

/// An entry of `ORDER BY`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Sort {
    field: Result<Path, InvalidName>,
    direction: Direction,
    nulls: Option<Nulls>,
}

impl Sort {
    /// Puts rows without a value first, which the platform does anyhow.
    pub fn nulls_first(self) -> Sort {
        Sort { nulls: Some(Nulls::First), ..self }
    }

    /// Puts rows without a value last.
    pub fn nulls_last(self) -> Sort {
        Sort { nulls: Some(Nulls::Last), ..self }
    }
}

impl From<&str> for Sort {
    fn from(field: &str) -> Sort {
        asc(field)
    }
}
