//! Functions of one row: the date functions, `toLabel`.

use sf_soql::ast::{Argument, Call, Function, Path};

use super::scope::{Column, Scope};
use crate::engine::ApiError;
use crate::engine::schema::{FieldType, Storage};

/// A call outside the select list's aggregates.
pub(super) fn scalar<'a>(scope: &mut Scope<'a>, call: &'a Call) -> Result<Column<'a>, ApiError> {
    if call.function == Function::ToLabel {
        // Labels equal values in this org.
        let path = call.field().ok_or_else(|| unsupported(scope, call))?;
        return scope.column(path);
    }
    if !call.function.is_date() {
        return Err(unsupported(scope, call));
    }
    let path = date_argument(call).ok_or_else(|| unsupported(scope, call))?;
    let column = scope.column(path)?;
    date_function(call.function, &column).ok_or_else(|| {
        let text =
            format!("field {} does not support function {}", column.name, call.function.name());
        scope.cx.statement.invalid_field(call.span, &text)
    })
}

fn unsupported(scope: &Scope<'_>, call: &Call) -> ApiError {
    scope.cx.statement.unsupported(call.span, &format!("The function {}", call.function.name()))
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
