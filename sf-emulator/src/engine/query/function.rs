//! Functions of one row: the date functions, `toLabel`, `FORMAT`,
//! `convertCurrency`, `DISTANCE`.

use sf_soql::ast::{Argument, Call, Function, Path, Value};

use super::scope::{Column, Scope, Target};
use super::select::address_parts;
use crate::engine::ApiError;
use crate::engine::schema::{FieldType, Storage};
use crate::engine::storage::tables::quote;

/// A call that may stand in conditions, groups and sort keys.
pub(super) fn scalar<'a>(scope: &mut Scope<'a>, call: &'a Call) -> Result<Column<'a>, ApiError> {
    match call.function {
        Function::ToLabel => Ok(labelled(argument(scope, call)?)),
        Function::Distance => distance(scope, call),
        function if function.is_date() => {
            let path = date_argument(call).ok_or_else(|| misplaced(scope, call))?;
            let column = scope.column(path)?;
            let zoned = matches!(call.args.first(), Some(Argument::Call(_)));
            let part = date_function(function, &column);
            // Only a point in time has a zone to be converted to.
            part.filter(|_| !zoned || column.ty == FieldType::DateTime).ok_or_else(|| {
                let text =
                    format!("field {} does not support function {}", column.name, function.name());
                scope.cx.statement.invalid_field(call.span, &text)
            })
        }
        _ => Err(misplaced(scope, call)),
    }
}

/// A call that stands in the select list of a query of records.
pub(super) fn selected<'a>(scope: &mut Scope<'a>, call: &'a Call) -> Result<Column<'a>, ApiError> {
    match call.function {
        Function::ConvertCurrency => {
            let column = argument(scope, call)?;
            converted(scope, call, column)
        }
        Function::Format => {
            let column = match call.args.first() {
                Some(Argument::Call(inner)) => selected(scope, inner)?,
                _ => argument(scope, call)?,
            };
            Ok(formatted(column))
        }
        _ => scalar(scope, call),
    }
}

/// One currency: an amount is worth itself.
pub(super) fn converted<'a>(
    scope: &Scope<'a>,
    call: &Call,
    column: Column<'a>,
) -> Result<Column<'a>, ApiError> {
    if column.ty == FieldType::Currency {
        return Ok(column);
    }
    let text = format!("field {} does not support function convertCurrency", column.name);
    Err(scope.cx.statement.invalid_field(call.span, &text))
}

/// As text, in the way of the user's locale (`en_US`).
pub(super) fn formatted(column: Column<'_>) -> Column<'_> {
    let scale = column.field.map_or(2, |field| field.scale);
    let sql = format!("sf_format('{}', {scale}, {})", column.ty.name(), column.sql);
    Column { sql, ty: FieldType::String, field: None, ..column }
}

/// A picklist's label for its value, where they differ.
fn labelled(column: Column<'_>) -> Column<'_> {
    let labels = match column.field {
        Some(field) if field.ty == FieldType::Picklist && !field.labels.is_empty() => &field.labels,
        _ => return column,
    };
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let whens: String = labels
        .iter()
        .map(|(value, label)| format!(" WHEN {} THEN {}", text(value), text(label)))
        .collect();
    let sql = format!("(CASE {0}{whens} ELSE {0} END COLLATE sf)", column.sql);
    Column { sql, ty: FieldType::String, ..column }
}

/// The field that is a function's only argument.
fn argument<'a>(scope: &mut Scope<'a>, call: &'a Call) -> Result<Column<'a>, ApiError> {
    let path = call.field().ok_or_else(|| misplaced(scope, call))?;
    scope.column(path)
}

fn misplaced(scope: &Scope<'_>, call: &Call) -> ApiError {
    let text = format!("the function {} can not be used here", call.function.name());
    scope.cx.statement.malformed(call.span, &text)
}

fn distance<'a>(scope: &mut Scope<'a>, call: &'a Call) -> Result<Column<'a>, ApiError> {
    let statement = scope.cx.statement;
    let (Some(path), Some(place), Some(unit)) =
        (call.field(), call.args.get(1).and_then(place), call.args.get(2))
    else {
        return Err(misplaced(scope, call));
    };
    let segments = scope.strip(path.segments().collect());
    let (last, parents) = segments.split_last().ok_or_else(ApiError::not_found)?;
    let target = scope.follow(parents, path.span())?;
    let column = scope.field_of(&target, last, path.span())?;
    let refused = || {
        let text = format!("field {} does not support function DISTANCE", column.name);
        statement.invalid_field(call.span, &text)
    };
    let (Target::One(hop), Some(field)) = (&target, column.field) else { return Err(refused()) };
    let part = |wanted| {
        let found = address_parts(hop.object, field).find(|(key, _)| *key == wanted);
        found.map(|(_, part)| format!("{}.{}", hop.alias, quote(&part.name)))
    };
    let (latitude, longitude) = part("latitude").zip(part("longitude")).ok_or_else(refused)?;
    let radius = match unit {
        Argument::Literal(literal) if literal.value == Value::String("km".to_owned()) => 6_371.0,
        _ => 3_958.756,
    };
    let sql =
        format!("sf_distance({latitude}, {longitude}, {:?}, {:?}, {radius:?})", place.0, place.1);
    Ok(Column { sql, ty: FieldType::Double, field: None, ..column })
}

/// Degrees of `GEOLOCATION(latitude, longitude)`.
fn place(argument: &Argument) -> Option<(f64, f64)> {
    let Argument::Call(call) = argument else { return None };
    let degrees = |at: usize| match call.args.get(at)? {
        Argument::Literal(literal) => match &literal.value {
            Value::Number(number) => number.as_str().parse::<f64>().ok().filter(|n| n.is_finite()),
            _ => None,
        },
        _ => None,
    };
    degrees(0).zip(degrees(1)).filter(|(latitude, longitude)| {
        (-90.0..=90.0).contains(latitude) && (-180.0..=180.0).contains(longitude)
    })
}

/// The field of `CALENDAR_YEAR(f)` or `CALENDAR_YEAR(convertTimezone(f))`;
/// users of this org live in UTC, so the conversion changes nothing.
fn date_argument(call: &Call) -> Option<&Path> {
    match call.args.first()? {
        Argument::Field(path) => Some(path),
        Argument::Call(inner) if inner.function == Function::ConvertTimezone => inner.field(),
        _ => None,
    }
}

fn date_function<'a>(function: Function, column: &Column<'a>) -> Option<Column<'a>> {
    let time = match column.ty.storage() {
        Storage::Date => column.sql.clone(),
        Storage::DateTime => format!("{} / 1000.0, 'unixepoch'", column.sql),
        _ => return None,
    };
    let part = |format: &str| format!("CAST(strftime('{format}', {time}) AS INTEGER)");
    let sql = match function {
        Function::CalendarYear | Function::FiscalYear => part("%Y"),
        Function::CalendarMonth | Function::FiscalMonth => part("%m"),
        Function::CalendarQuarter | Function::FiscalQuarter => {
            format!("(({} + 2) / 3)", part("%m"))
        }
        Function::DayInMonth => part("%d"),
        Function::DayInWeek => format!("({} + 1)", part("%w")),
        Function::DayInYear => part("%j"),
        Function::WeekInMonth => format!("(({} + 6) / 7)", part("%d")),
        Function::WeekInYear => format!("(({} + 6) / 7)", part("%j")),
        Function::HourInDay if column.ty == FieldType::DateTime => part("%H"),
        Function::DayOnly if column.ty == FieldType::DateTime => {
            return Some(Column {
                sql: format!("date({time})"),
                ty: FieldType::Date,
                field: None,
                ..column.clone()
            });
        }
        _ => return None,
    };
    Some(Column { sql, ty: FieldType::Int, field: None, ..column.clone() })
}
