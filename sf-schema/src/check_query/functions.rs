//! Functions: on which fields and where (SOQL and SOSL Reference, "Date
//! Functions", "Aggregate Functions" and the pages of the others).

use sf_soql::ast::{Argument, Call, Function, Value};

use super::uses::is_compound;
use super::{Check, Column};
use crate::bind::Scope;
use crate::{FieldType, QueryProblemKind as Kind};

/// The clause that a function stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Select,
    Where,
    Group,
    Order,
}

/// A function of one row: the date functions, `toLabel`, `FORMAT`,
/// `convertCurrency`, `DISTANCE`.
pub(super) fn of_row(check: &mut Check<'_>, scope: &Scope, call: &Call, at: At) -> Option<Column> {
    let function = call.function;
    match function {
        Function::Distance => distance(check, scope, call, at),
        Function::ToLabel => {
            let column = argument(check, scope, call)?;
            plain(check, call, &column)?;
            Some(Column { field: None, ..column })
        }
        Function::Format if at == At::Select => {
            let column = match call.args.first() {
                Some(Argument::Call(inner)) => of_row(check, scope, inner, at)?,
                _ => argument(check, scope, call)?,
            };
            plain(check, call, &column)?;
            Some(Column { ty: FieldType::String, field: None, ..column })
        }
        Function::ConvertCurrency if at == At::Select => {
            let column = argument(check, scope, call)?;
            if column.ty == FieldType::Currency {
                return Some(column);
            }
            unfit(check, call, &column, "it takes a currency field");
            None
        }
        _ if function.is_date() => date(check, scope, call),
        _ => {
            let message = match at {
                At::Select => format!("{} cannot stand here.", function.name()),
                _ => format!("{} can stand in the select list only.", function.name()),
            };
            check.error(Kind::Function, function.name(), call.span, message);
            None
        }
    }
}

/// The field that a call works on.
fn argument(check: &mut Check<'_>, scope: &Scope, call: &Call) -> Option<Column> {
    let path = call.field()?;
    check.field(scope, path)
}

fn unfit(check: &mut Check<'_>, call: &Call, column: &Column, why: &str) {
    let name = call.function.name();
    let message = format!("{name} does not go with {}: {why}.", told(column));
    check.error(Kind::Function, &column.name, call.span, message);
}

pub(super) fn told(column: &Column) -> String {
    format!("{} ({})", column.name, column.ty)
}

/// Refuses what has no one value to show.
fn plain(check: &mut Check<'_>, call: &Call, column: &Column) -> Option<()> {
    let compound = column.field.as_ref().is_some_and(is_compound);
    if !compound && column.ty != FieldType::Base64 {
        return Some(());
    }
    unfit(check, call, column, "it takes a field with one plain value");
    None
}

fn date(check: &mut Check<'_>, scope: &Scope, call: &Call) -> Option<Column> {
    let zoned = match call.args.first()? {
        Argument::Call(inner) if inner.function == Function::ConvertTimezone => true,
        Argument::Field(_) => false,
        _ => {
            let message = format!("{} takes a date or dateTime field.", call.function.name());
            check.error(Kind::Function, call.function.name(), call.span, message);
            return None;
        }
    };
    let column = argument(check, scope, call)?;
    let timed = zoned || matches!(call.function, Function::HourInDay | Function::DayOnly);
    let fits = match column.ty {
        FieldType::Datetime => true,
        FieldType::Date => !timed,
        _ => false,
    };
    if !fits {
        unfit(
            check,
            call,
            &column,
            if timed { "it takes a dateTime field" } else { "it takes a date or dateTime field" },
        );
        return None;
    }
    let ty = if call.function == Function::DayOnly { FieldType::Date } else { FieldType::Int };
    let key = format!("{}({})", call.function.name(), column.key);
    Some(Column { key, ty, field: None, ..column })
}

fn distance(check: &mut Check<'_>, scope: &Scope, call: &Call, at: At) -> Option<Column> {
    if at == At::Group {
        let message = "DISTANCE can stand in SELECT, WHERE and ORDER BY only.";
        check.error(Kind::Function, "DISTANCE", call.span, message);
        return None;
    }
    if let Some(Argument::Call(place)) = call.args.get(1) {
        let degrees = |at: usize, most: f64| {
            let Some(Argument::Literal(literal)) = place.args.get(at) else { return true };
            let Value::Number(number) = &literal.value else { return true };
            number.as_str().parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most)
        };
        if !(degrees(0, 90.0) && degrees(1, 180.0)) {
            let message =
                "GEOLOCATION takes a latitude from -90 to 90, then a longitude from -180 to 180.";
            check.error(Kind::Function, "GEOLOCATION", place.span, message);
        }
    }
    let column = argument(check, scope, call)?;
    if !matches!(column.ty, FieldType::Location | FieldType::Address) {
        unfit(check, call, &column, "it takes a location or an address");
        return None;
    }
    let key = call.to_string().to_lowercase();
    Some(Column { key, ty: FieldType::Double, field: None, ..column })
}

/// An aggregate function, or one of a row around it.
pub(super) fn aggregate(check: &mut Check<'_>, scope: &Scope, call: &Call) -> Option<Column> {
    let function = call.function;
    match call.args.first() {
        None => Some(Column {
            name: "COUNT".to_owned(),
            key: "count()".to_owned(),
            ty: FieldType::Int,
            field: None,
        }),
        Some(Argument::Call(inner)) => {
            let column = aggregate(check, scope, inner)?;
            match function {
                Function::Format => Some(Column { ty: FieldType::String, field: None, ..column }),
                Function::ConvertCurrency if column.ty == FieldType::Currency => Some(column),
                Function::ConvertCurrency => {
                    unfit(check, call, &column, "it takes a currency field");
                    None
                }
                _ => {
                    let message = format!("{} cannot be made of an aggregate.", function.name());
                    check.error(Kind::Function, function.name(), call.span, message);
                    None
                }
            }
        }
        Some(_) => {
            let column = argument(check, scope, call)?;
            // A reference to several objects is described by each of them.
            let able = column.field.as_ref().is_none_or(|field| field.aggregatable);
            let of_numbers = matches!(function, Function::Sum | Function::Avg);
            if !able || (of_numbers && !column.ty.is_number()) {
                let message = if able {
                    format!("{} takes a number, which {} is not.", function.name(), told(&column))
                } else {
                    format!("{} cannot be aggregated; count Id instead.", told(&column))
                };
                check.error(Kind::NotAggregatable, &column.name, call.span, message);
                return None;
            }
            let ty = match function {
                Function::Count | Function::CountDistinct => FieldType::Int,
                Function::Sum | Function::Avg if column.ty == FieldType::Int => FieldType::Double,
                _ => column.ty.clone(),
            };
            let key = format!("{}({})", function.name(), column.key);
            Some(Column { key, ty, field: None, ..column })
        }
    }
}
