//! Aggregate functions and `GROUP BY`.

use rusqlite::types::Value;
use sf_soql::ast::{Argument, Call, Expr, Function, Query, SelectItem};

use super::groups::{Clauses, Groups};
use super::scope::{Column, Params, Scope};
use super::{clauses, compare, filter, function, order};
use crate::engine::ApiError;
use crate::engine::schema::{FieldType, Storage};

/// Groups beyond this do not fit one batch, and aggregates have no locator.
pub(super) const MOST_GROUPS: usize = 2000;

/// A query of groups, lowered.
pub(super) struct Plan {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    /// Key and type of each column.
    pub(super) columns: Vec<(String, Storage)>,
    /// A null says that the row is a subtotal, whatever the type.
    pub(super) subtotals: bool,
}

/// How an expression is quoted in an error.
pub(super) fn shown(expr: &Expr) -> String {
    match expr {
        Expr::Field(path) => path.last().to_owned(),
        Expr::Call(call) => call.field().map_or_else(String::new, |path| path.last().to_owned()),
    }
}

pub(super) fn plan<'a>(scope: &mut Scope<'a>, query: &'a Query) -> Result<Plan, ApiError> {
    let statement = scope.cx.statement;
    let groups = Groups::new(scope, query)?;
    if query.group_by.is_none() && (query.limit.is_some() || query.offset.is_some()) {
        let text = "Non-grouped query that uses overall aggregate functions cannot also use LIMIT";
        return Err(statement.malformed(query.span, text));
    }
    let mut params = Params::default();
    let mut columns: Vec<(String, Storage)> = Vec::new();
    let mut select = Vec::new();
    let mut unnamed = 0;
    for item in &query.select {
        let (key, column) = item_column(scope, &mut params, &groups, item, &mut unnamed)?;
        if columns.iter().any(|(known, _)| known.eq_ignore_ascii_case(&key)) {
            return Err(statement.malformed(item.span(), &format!("duplicate alias: {key}")));
        }
        columns.push((key, column.ty.storage()));
        select.push(column.sql);
    }
    let conditions = clauses::conditions(scope, &mut params, query)?;
    let having = match &query.having {
        Some(condition) => {
            check_having(scope, &groups, condition)?;
            format!(" HAVING {}", filter::having(scope, &mut params, &groups, condition)?)
        }
        None => String::new(),
    };
    let order = order::of_groups(scope, &mut params, &query.order_by, &groups)?;
    let limit = clauses::window(&mut params, query);
    let sql = groups.sql(&Clauses {
        select,
        tables: scope.tables_sql(),
        condition: clauses::where_sql(&conditions),
        having,
        order,
        limit,
    });
    Ok(Plan { sql, values: params.0, columns, subtotals: groups.have_subtotals() })
}

fn item_column<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    groups: &Groups<'a>,
    item: &'a SelectItem,
    unnamed: &mut usize,
) -> Result<(String, Column<'a>), ApiError> {
    let statement = scope.cx.statement;
    let not_grouped = |name: &str| {
        statement.malformed(item.span(), &format!("Field must be grouped or aggregated: {name}"))
    };
    match item {
        SelectItem::Field { path, alias } => {
            let column = scope.column(path)?;
            let Some(column) = groups.of_column(&column) else {
                return Err(not_grouped(&column.name));
            };
            let key = alias
                .as_ref()
                .map_or_else(|| column.name.clone(), |alias| alias.as_str().to_owned());
            Ok((key, column))
        }
        SelectItem::Call { call: found, alias } => {
            let column = if found.has_aggregate() {
                call(scope, params, found)?
            } else if found.function == Function::Grouping {
                groups.grouping(scope, found)?
            } else {
                grouped_call(scope, groups, found)?
            };
            let key = alias.as_ref().map_or_else(
                || {
                    *unnamed += 1;
                    format!("expr{}", *unnamed - 1)
                },
                |alias| alias.as_str().to_owned(),
            );
            Ok((key, column))
        }
        SelectItem::Subquery(query) => Err(statement
            .malformed(query.span, "Grouped query can not have a child relationship sub-select")),
        SelectItem::TypeOf(type_of) => {
            Err(statement.malformed(type_of.span, "TYPEOF can not be used with GROUP BY"))
        }
        SelectItem::Fields { span, .. } => Err(statement.malformed(
            *span,
            "The SOQL FIELDS function is not supported with GROUP BY or aggregates",
        )),
    }
}

/// A function of a row, of something that is grouped by.
fn grouped_call<'a>(
    scope: &mut Scope<'a>,
    groups: &Groups<'a>,
    found: &'a Call,
) -> Result<Column<'a>, ApiError> {
    let (inner, format) = match (found.function, found.args.first()) {
        (Function::Format, Some(Argument::Field(path))) => (scope.column(path)?, true),
        _ => (function::scalar(scope, found)?, false),
    };
    match groups.of_column(&inner) {
        Some(column) if format => Ok(function::formatted(column)),
        Some(column) => Ok(column),
        None => {
            let text = format!("Field must be grouped or aggregated: {}", inner.name);
            Err(scope.cx.statement.malformed(found.span, &text))
        }
    }
}

/// HAVING may use aggregates and what is grouped by.
fn check_having<'a>(
    scope: &mut Scope<'a>,
    groups: &Groups<'a>,
    condition: &'a sf_soql::ast::Condition,
) -> Result<(), ApiError> {
    use sf_soql::ast::Condition;
    match condition {
        Condition::And(parts) | Condition::Or(parts) => {
            parts.iter().try_for_each(|part| check_having(scope, groups, part))
        }
        Condition::Not(inner) => check_having(scope, groups, inner),
        Condition::Compare { left, .. } | Condition::In { left, .. } => match left {
            Expr::Call(call) if call.has_aggregate() => Ok(()),
            expr if groups.find(scope, expr)?.is_some() => Ok(()),
            expr => {
                let text = format!("Field must be grouped or aggregated: {}", shown(expr));
                Err(scope.cx.statement.malformed(expr.span(), &text))
            }
        },
        Condition::Includes { left, .. } => {
            let text = format!("Field must be grouped or aggregated: {}", left.last());
            Err(scope.cx.statement.malformed(left.span(), &text))
        }
    }
}

/// One aggregate function of one field.
pub(super) fn call<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    call: &'a Call,
) -> Result<Column<'a>, ApiError> {
    let statement = scope.cx.statement;
    let unsupported =
        || statement.unsupported(call.span, &format!("{} of an aggregate", call.function.name()));
    let path = match call.args.first() {
        None => {
            let sql = "COUNT(*)".to_owned();
            return Ok(Column { sql, name: "COUNT".to_owned(), ty: FieldType::Int, field: None });
        }
        Some(Argument::Field(path)) if call.function.is_aggregate() => path,
        // FORMAT(SUM(Amount)), convertCurrency(MAX(Amount)).
        Some(Argument::Call(inner)) => {
            let column = self::call(scope, params, inner)?;
            return match call.function {
                Function::Format => Ok(function::formatted(column)),
                Function::ConvertCurrency => function::converted(scope, call, column),
                _ => Err(unsupported()),
            };
        }
        Some(_) => return Err(unsupported()),
    };
    let column = scope.column(path)?;
    let number = column.ty.is_number();
    let aggregatable = column.field.is_none_or(|field| field.aggregatable);
    if !aggregatable || (matches!(call.function, Function::Sum | Function::Avg) && !number) {
        let text = format!(
            "field {} does not support aggregate operator {}",
            column.name,
            call.function.name()
        );
        return Err(statement.invalid_field(call.span, &text));
    }
    let sql = &column.sql;
    let (sql, ty) = match call.function {
        Function::Count => (format!("COUNT({sql})"), FieldType::Int),
        Function::CountDistinct => (format!("COUNT(DISTINCT {sql})"), FieldType::Int),
        Function::Sum => (format!("SUM({sql})"), of_numbers(column.ty)),
        Function::Avg => (format!("AVG({sql})"), of_numbers(column.ty)),
        Function::Min | Function::Max => (extreme(params, call.function, &column), column.ty),
        _ => return Err(unsupported()),
    };
    Ok(Column { sql, ty, field: None, ..column })
}

/// The type of a sum: `FORMAT` prints a sum of amounts as an amount.
fn of_numbers(ty: FieldType) -> FieldType {
    if ty == FieldType::Int { FieldType::Double } else { ty }
}

/// A picklist's smallest value is the first as defined, so its rank goes in
/// front for the comparison and comes off again.
fn extreme(params: &mut Params, function: Function, column: &Column<'_>) -> String {
    let (name, sql) = (function.name(), &column.sql);
    match column.field {
        Some(field) if field.ty == FieldType::Picklist && !field.values.is_empty() => {
            let list = params.bind(compare::rank_list(&field.values));
            format!("substr({name}(printf('%06d', sf_rank({list}, {sql})) || {sql}), 7)")
        }
        _ => format!("{name}({sql})"),
    }
}
