//! What a query groups by, with the subtotals of `ROLLUP` and `CUBE`.
//!
//! SQLite has no subtotals, so a query with them is the union of one query per
//! set of fields that its rows are grouped by. In their shared text a field
//! stands as a mark, which is the field in one set and NULL in another.

use sf_soql::ast::{Argument, Call, Expr, Function, GroupKind, Query};

use super::function;
use super::order::Key;
use super::scope::{Column, Scope};
use crate::engine::ApiError;
use crate::engine::schema::FieldType;

/// ROLLUP and CUBE take no more (SOQL and SOSL Reference, "GROUP BY ROLLUP").
const MOST_SUBTOTALS: usize = 3;

/// The fields and functions of `GROUP BY`.
pub(super) struct Groups<'a> {
    kind: GroupKind,
    columns: Vec<Column<'a>>,
}

/// The clauses of a query of groups, without what the sets decide.
pub(super) struct Clauses {
    pub(super) select: Vec<String>,
    pub(super) tables: String,
    pub(super) condition: String,
    pub(super) having: String,
    pub(super) order: Vec<Key>,
    pub(super) limit: String,
}

impl<'a> Groups<'a> {
    pub(super) fn new(scope: &mut Scope<'a>, query: &'a Query) -> Result<Self, ApiError> {
        let statement = scope.cx.statement;
        let Some(group_by) = &query.group_by else {
            return Ok(Self { kind: GroupKind::Plain, columns: Vec::new() });
        };
        if group_by.kind != GroupKind::Plain && group_by.items.len() > MOST_SUBTOTALS {
            let text = "GROUP BY ROLLUP and CUBE take at most 3 fields";
            return Err(statement.malformed(group_by.span, text));
        }
        let mut columns = Vec::new();
        for item in &group_by.items {
            let column = match item {
                Expr::Field(path) => {
                    let column = scope.column(path)?;
                    if column.field.is_some_and(|field| !field.groupable) {
                        let text =
                            format!("field '{}' can not be grouped in a query call", column.name);
                        return Err(statement.malformed(path.span(), &text));
                    }
                    column
                }
                Expr::Call(call) if call.function == Function::Distance => {
                    let text = "the function DISTANCE can not be used here";
                    return Err(statement.malformed(call.span, text));
                }
                Expr::Call(call) => function::scalar(scope, call)?,
            };
            columns.push(column);
        }
        Ok(Self { kind: group_by.kind, columns })
    }

    pub(super) fn have_subtotals(&self) -> bool {
        self.kind != GroupKind::Plain
    }

    fn place(&self, scope: &mut Scope<'a>, expr: &'a Expr) -> Result<Option<usize>, ApiError> {
        let column = match expr {
            Expr::Field(path) => scope.column(path)?,
            Expr::Call(call) if call.has_aggregate() => return Ok(None),
            Expr::Call(call) => function::scalar(scope, call)?,
        };
        Ok(self.position(&column))
    }

    fn position(&self, column: &Column<'_>) -> Option<usize> {
        self.columns.iter().position(|known| known.sql == column.sql)
    }

    /// The group that an expression is, if it is one.
    pub(super) fn find(
        &self,
        scope: &mut Scope<'a>,
        expr: &'a Expr,
    ) -> Result<Option<Column<'a>>, ApiError> {
        if let Expr::Call(call) = expr
            && call.function == Function::Grouping
        {
            return self.grouping(scope, call).map(Some);
        }
        Ok(self.place(scope, expr)?.map(|at| self.column(at)))
    }

    /// The group that a column is, if it is one.
    pub(super) fn of_column(&self, column: &Column<'_>) -> Option<Column<'a>> {
        self.position(column).map(|at| self.column(at))
    }

    fn column(&self, at: usize) -> Column<'a> {
        let column = self.columns[at].clone();
        match self.kind {
            GroupKind::Plain => column,
            _ => Column { sql: mark('g', at), ..column },
        }
    }

    /// `GROUPING(f)`: 1 on the rows that are a subtotal over `f`.
    pub(super) fn grouping(
        &self,
        scope: &mut Scope<'a>,
        call: &'a Call,
    ) -> Result<Column<'a>, ApiError> {
        let column = match call.args.first() {
            Some(Argument::Field(path)) => Some(scope.column(path)?),
            Some(Argument::Call(inner)) => Some(function::scalar(scope, inner)?),
            _ => None,
        };
        let place = column.and_then(|column| self.position(&column));
        match place.filter(|_| self.kind != GroupKind::Plain) {
            Some(at) => Ok(Column {
                sql: mark('n', at),
                ty: FieldType::Int,
                field: None,
                ..self.columns[at].clone()
            }),
            None => {
                let text = "GROUPING takes a field of GROUP BY ROLLUP or GROUP BY CUBE";
                Err(scope.cx.statement.malformed(call.span, text))
            }
        }
    }

    /// The whole statement.
    pub(super) fn sql(&self, clauses: &Clauses) -> String {
        match self.kind {
            GroupKind::Plain => self.plain(clauses),
            GroupKind::Rollup => {
                let sets = (0..=self.columns.len()).rev().map(|kept| (1 << kept) - 1);
                self.union(clauses, sets.collect())
            }
            GroupKind::Cube => {
                let all = 1_u32 << self.columns.len();
                self.union(clauses, (0..all).rev().collect())
            }
        }
    }

    fn plain(&self, clauses: &Clauses) -> String {
        let groups: Vec<&str> = self.columns.iter().map(|column| column.sql.as_str()).collect();
        // Groups come out sorted even if nothing was asked, so that answers repeat.
        let order: Vec<String> = clauses
            .order
            .iter()
            .map(Key::to_sql)
            .chain(groups.iter().map(|sql| (*sql).to_owned()))
            .collect();
        format!(
            "SELECT {} FROM {}{}{}{}{}{}",
            clauses.select.join(", "),
            clauses.tables,
            clauses.condition,
            list(" GROUP BY ", &groups),
            clauses.having,
            list(" ORDER BY ", &order),
            clauses.limit,
        )
    }

    fn union(&self, clauses: &Clauses, sets: Vec<u32>) -> String {
        let count = self.columns.len();
        let asked = clauses.order.iter().map(|key| (key.sql.clone(), key.rest.clone()));
        // Subtotals follow the rows they sum up.
        let own = (0..count).flat_map(|at| [mark('n', at), mark('g', at)]);
        let keys: Vec<(String, String)> =
            asked.chain(own.map(|sql| (sql, String::new()))).collect();
        let select: Vec<String> = clauses
            .select
            .iter()
            .enumerate()
            .map(|(at, sql)| format!("{sql} AS c{at}"))
            .chain(keys.iter().enumerate().map(|(at, (sql, _))| format!("{sql} AS o{at}")))
            .collect();
        let parts: Vec<String> = sets
            .into_iter()
            .map(|set| {
                let kept: Vec<&str> = (0..count)
                    .filter(|at| set & (1 << at) != 0)
                    .map(|at| self.columns[at].sql.as_str())
                    .collect();
                // By NULL all rows are one group, and no rows none.
                let group = if kept.is_empty() { "NULL".to_owned() } else { kept.join(", ") };
                let sql = format!(
                    "SELECT {} FROM {}{} GROUP BY {group}{}",
                    select.join(", "),
                    clauses.tables,
                    clauses.condition,
                    clauses.having,
                );
                self.resolve(&sql, set)
            })
            .collect();
        let columns: Vec<String> = (0..clauses.select.len()).map(|at| format!("c{at}")).collect();
        let order: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(at, (_, rest))| format!("o{at} COLLATE sf {rest}"))
            .collect();
        format!(
            "SELECT {} FROM ({}) ORDER BY {}{}",
            columns.join(", "),
            parts.join(" UNION ALL "),
            order.join(", "),
            clauses.limit,
        )
    }

    fn resolve(&self, sql: &str, set: u32) -> String {
        let mut sql = sql.to_owned();
        for (at, column) in self.columns.iter().enumerate() {
            let kept = set & (1 << at) != 0;
            sql = sql.replace(&mark('n', at), if kept { "0" } else { "1" });
            sql = sql.replace(&mark('g', at), if kept { &column.sql } else { "NULL" });
        }
        sql
    }
}

fn list<T: AsRef<str>>(keyword: &str, parts: &[T]) -> String {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    if parts.is_empty() { String::new() } else { format!("{keyword}{}", parts.join(", ")) }
}

/// No statement has control characters outside its parameters.
fn mark(kind: char, at: usize) -> String {
    format!("\u{1}{kind}{at}\u{1}")
}
