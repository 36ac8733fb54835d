//! Filters of a report as conditions of a statement.

use jiff::Timestamp;
use jiff::civil::Date;
use sf_soql::escape;

use super::columns::{Column, ReportType};
use super::dates;
use super::definition::{DateFilter, Filter, StandardFilter};
use super::error::{bad, not_supported};
use crate::engine::{ApiError, id};

/// The condition of one filter.
pub(super) fn condition(
    report_type: &ReportType,
    filter: &Filter,
    now: Timestamp,
) -> Result<String, ApiError> {
    let column = report_type.known(&filter.column)?;
    if !column.filterable {
        return Err(bad(
            "Some fields, including description and long text area fields, can\u{2019}t be included in filter logic.",
        ));
    }
    if filter.filter_type.as_deref().is_some_and(|kind| kind == "fieldToField") {
        return Err(not_supported("Field-to-field filters"));
    }
    on_column(column, &filter.operator, filter.value.as_deref().unwrap_or_default(), now)
}

pub(super) fn on_column(
    column: &Column,
    operator: &str,
    value: &str,
    now: Timestamp,
) -> Result<String, ApiError> {
    let values = values(value);
    if values.iter().all(|value| value.trim().is_empty()) {
        return match operator {
            "equals" => Ok(format!("{} = null", column.path)),
            "notEqual" => Ok(format!("{} != null", column.path)),
            _ => Err(bad(format!("The filter on {} needs a value.", column.name))),
        };
    }
    match column.kind.as_str() {
        "date" | "datetime" => on_dates(column, operator, &values, now),
        "currency" | "percent" | "double" | "int" => on_numbers(column, operator, &values),
        "boolean" => on_flags(column, operator, &values),
        "multipicklist" if matches!(operator, "includes" | "excludes") => {
            let list: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            Ok(format!("{} {} ({})", column.path, operator.to_uppercase(), list.join(", ")))
        }
        _ => on_texts(column, operator, &values),
    }
}

/// `a,"b,c"` is two values.
pub(super) fn values(text: &str) -> Vec<String> {
    let (mut values, mut open) = (vec![String::new()], false);
    for character in text.chars() {
        match character {
            '"' => open = !open,
            ',' if !open => values.push(String::new()),
            other => {
                if let Some(last) = values.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    values.into_iter().map(|value| value.trim().to_owned()).collect()
}

fn quoted(value: &str) -> String {
    format!("'{}'", escape::string(value))
}

fn unknown(column: &Column, operator: &str) -> ApiError {
    bad(format!("The filter operator {operator} is invalid for the column {}.", column.name))
}

fn invalid(column: &Column, value: &str) -> ApiError {
    bad(format!("The filter value {value} is invalid for the column {}.", column.name))
}

/// Any of several, or all of them.
fn several(parts: &[String], all: bool) -> String {
    match parts {
        [one] => one.clone(),
        many => {
            let many: Vec<String> = many.iter().map(|part| format!("({part})")).collect();
            many.join(if all { " AND " } else { " OR " })
        }
    }
}

fn each(
    values: &[String],
    all: bool,
    one: impl Fn(&str) -> Result<String, ApiError>,
) -> Result<String, ApiError> {
    let parts = values.iter().map(|value| one(value)).collect::<Result<Vec<_>, _>>()?;
    Ok(several(&parts, all))
}

fn on_texts(column: &Column, operator: &str, values: &[String]) -> Result<String, ApiError> {
    // Ids are compared with the id behind a name.
    let ids = column.id_path.as_ref().filter(|_| values.iter().all(|value| id::is_id(value)));
    let path = ids.unwrap_or(&column.path);
    let nothing = |value: &str| value.is_empty();
    let compared = |sign: &str, value: &str| match nothing(value) {
        true => format!("{path} {sign} null"),
        false => format!("{path} {sign} {}", quoted(value)),
    };
    let like =
        |before: &str, value: &str| format!("{path} LIKE '{before}{}%'", escape::like(value));
    match operator {
        "equals" => each(values, false, |value| Ok(compared("=", value))),
        "notEqual" => each(values, true, |value| Ok(compared("!=", value))),
        "contains" | "includes" => each(values, false, |value| Ok(like("%", value))),
        // What has no text contains nothing.
        "notContain" | "excludes" => {
            each(values, true, |value| Ok(format!("{path} = null OR (NOT {})", like("%", value))))
        }
        "startsWith" => each(values, false, |value| Ok(like("", value))),
        "lessThan" | "greaterThan" | "lessOrEqual" | "greaterOrEqual" => {
            each(values, false, |value| Ok(compared(sign(operator).unwrap_or("="), value)))
        }
        _ => Err(unknown(column, operator)),
    }
}

fn sign(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "equals" => "=",
        "notEqual" => "!=",
        "lessThan" => "<",
        "greaterThan" => ">",
        "lessOrEqual" => "<=",
        "greaterOrEqual" => ">=",
        _ => return None,
    })
}

fn on_numbers(column: &Column, operator: &str, values: &[String]) -> Result<String, ApiError> {
    let path = &column.path;
    let number = |value: &str| -> Result<String, ApiError> {
        let plain: String = value.chars().filter(|c| !matches!(c, ',' | '$' | '%' | ' ')).collect();
        escape::number(&plain).map(str::to_owned).map_err(|_| invalid(column, value))
    };
    if operator == "between" {
        let [from, to] = values else { return Err(unknown(column, operator)) };
        return Ok(format!("{path} >= {} AND {path} <= {}", number(from)?, number(to)?));
    }
    // Commas part thousands where a comparison takes one number.
    let joined = [values.concat()];
    let values = if matches!(operator, "equals" | "notEqual") { values } else { &joined };
    let sign = sign(operator).ok_or_else(|| unknown(column, operator))?;
    each(values, operator == "notEqual", |value| match value {
        "" => Ok(format!("{path} {sign} null")),
        value => Ok(format!("{path} {sign} {}", number(value)?)),
    })
}

fn on_flags(column: &Column, operator: &str, values: &[String]) -> Result<String, ApiError> {
    let sign = match operator {
        "equals" => "=",
        "notEqual" => "!=",
        _ => return Err(unknown(column, operator)),
    };
    each(values, operator == "notEqual", |value| {
        let flag = match value.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => "TRUE",
            "false" | "0" | "no" => "FALSE",
            _ => return Err(invalid(column, value)),
        };
        Ok(format!("{} {sign} {flag}", column.path))
    })
}

fn on_dates(
    column: &Column,
    operator: &str,
    values: &[String],
    now: Timestamp,
) -> Result<String, ApiError> {
    let days = |value: &str| -> Result<(Date, Date), ApiError> {
        let day = dates::day(value.get(..10).filter(|_| value.contains('T')).unwrap_or(value));
        let found = day.map(|day| (day, dates::next_day(day)));
        found.or_else(|| dates::literal(value, now)).ok_or_else(|| invalid(column, value))
    };
    let path = &column.path;
    let at = |day: Date| point(column, day);
    if operator == "between" {
        let [from, to] = values else { return Err(unknown(column, operator)) };
        let (start, end) = (days(from)?.0, days(to)?.1);
        return Ok(format!("{path} >= {} AND {path} < {}", at(start), at(end)));
    }
    each(values, operator == "notEqual", |value| {
        // A point in time stands for itself.
        if column.kind == "datetime" && value.contains('T') {
            let time = escape::date_time(value).map_err(|_| invalid(column, value))?;
            let sign = sign(operator).ok_or_else(|| unknown(column, operator))?;
            return Ok(format!("{path} {sign} {time}"));
        }
        let (start, end) = days(value)?;
        Ok(match operator {
            "equals" => format!("{path} >= {} AND {path} < {}", at(start), at(end)),
            "notEqual" => {
                format!("{path} = null OR {path} < {} OR {path} >= {}", at(start), at(end))
            }
            "lessThan" => format!("{path} < {}", at(start)),
            "greaterOrEqual" => format!("{path} >= {}", at(start)),
            "lessOrEqual" => format!("{path} < {}", at(end)),
            "greaterThan" => format!("{path} >= {}", at(end)),
            _ => return Err(unknown(column, operator)),
        })
    })
}

/// The beginning of a day.
fn point(column: &Column, day: Date) -> String {
    match column.kind.as_str() {
        "datetime" => format!("{day}T00:00:00Z"),
        _ => day.to_string(),
    }
}

/// The days of the standard date filter, first and last; neither for all time.
pub(super) fn standard_days(
    filter: &DateFilter,
    now: Timestamp,
) -> Result<(Option<Date>, Option<Date>), ApiError> {
    let wrong =
        |value: &str| bad(format!("The date {value} of the standard date filter is invalid."));
    match filter.duration_value.as_deref().filter(|value| !value.is_empty()) {
        None | Some("CUSTOM") => {
            let day = |text: &Option<String>| match text.as_deref() {
                None | Some("") => Ok(None),
                Some(text) => dates::day(text).map(Some).ok_or_else(|| wrong(text)),
            };
            Ok((day(&filter.start_date)?, day(&filter.end_date)?))
        }
        Some(duration) => {
            let (start, end) = dates::literal(duration, now).ok_or_else(|| wrong(duration))?;
            Ok((Some(start), Some(dates::last_day(end))))
        }
    }
}

/// Its conditions.
pub(super) fn standard_date(
    report_type: &ReportType,
    filter: &DateFilter,
    now: Timestamp,
) -> Result<Vec<String>, ApiError> {
    let column = report_type.known(filter.column.as_deref().unwrap_or(&report_type.date))?;
    if !column.is_date() {
        return Err(bad(format!("The column {} isn\u{2019}t a date.", column.name)));
    }
    let (start, end) = standard_days(filter, now)?;
    let from = start.map(|day| format!("{} >= {}", column.path, point(column, day)));
    let to = end.map(|day| format!("{} < {}", column.path, point(column, dates::next_day(day))));
    Ok(from.into_iter().chain(to).collect())
}

/// The filters that reports on opportunities have by themselves.
pub(super) fn standard(
    report_type: &ReportType,
    filter: &StandardFilter,
) -> Result<Option<String>, ApiError> {
    let wrong = || bad(format!("The standard filter {}={} is invalid.", filter.name, filter.value));
    if !report_type.has_status {
        return Err(wrong());
    }
    match filter.name.as_str() {
        "open" => Ok(match filter.value.to_ascii_lowercase().as_str() {
            "all" | "" => None,
            "open" => Some("IsClosed = FALSE".to_owned()),
            "closed" => Some("IsClosed = TRUE".to_owned()),
            "closedwon" => Some("IsWon = TRUE".to_owned()),
            _ => return Err(wrong()),
        }),
        "probability" => {
            let value = filter.value.trim();
            if value.is_empty() || value.eq_ignore_ascii_case("all") {
                return Ok(None);
            }
            // `>0` leaves nothing out that has a probability, and means all.
            if value == ">0" {
                return Ok(None);
            }
            let digits = value.trim_start_matches(['<', '>', '=']);
            let sign = &value[..value.len() - digits.len()];
            let number = escape::number(digits).map_err(|_| wrong())?;
            match sign {
                "" | "=" => Ok(Some(format!("Probability = {number}"))),
                "<" | ">" | "<=" | ">=" => Ok(Some(format!("Probability {sign} {number}"))),
                _ => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    }
}
