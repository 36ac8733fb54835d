//! Values as reports show them: a label in the format of `en_US`, and the value
//! itself (Reports and Dashboards REST API Developer Guide, Decode the Fact Map).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Number, Value, json};

use super::columns::Column;
use super::dates;
use super::run::Datum;

/// Shown for no value.
pub(super) const NOTHING: &str = "-";

/// A cell of a detail row.
pub(super) fn cell(column: &Column, datum: &Datum) -> Value {
    let value = match (&datum.id, &datum.value) {
        (Some(id), _) => Value::from(id.as_str()),
        (None, Value::Null) => Value::Null,
        (None, value) if column.kind == "currency" => {
            json!({ "amount": number(value), "currency": null })
        }
        (None, value) => plain(column, value),
    };
    json!({ "label": label(column, &datum.value), "value": value })
}

/// A value without its dress: numbers without an empty fraction, points in time
/// as the analytics resources write them.
pub(super) fn plain(column: &Column, value: &Value) -> Value {
    match value {
        Value::Number(_) => number(value),
        Value::String(text) if column.kind == "datetime" => match instant(text) {
            Some(time) => Value::from(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

pub(super) fn label(column: &Column, value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(_) => figure(&column.kind, column.scale, value.as_f64().unwrap_or_default()),
        Value::String(text) => match column.kind.as_str() {
            "date" => text.parse::<Date>().map_or_else(|_| text.clone(), dates::short),
            "datetime" => instant(text).map_or_else(
                || text.clone(),
                |time| {
                    let (hour, half) = (time.hour(), if time.hour() < 12 { "AM" } else { "PM" });
                    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
                    format!("{}, {twelve}:{:02} {half}", dates::short(time.date()), time.minute())
                },
            ),
            "picklist" => {
                let choice = column.choices.iter().find(|choice| choice.value == *text);
                choice.map_or_else(|| text.clone(), |choice| choice.label.clone())
            }
            _ => text.clone(),
        },
        other => other.to_string(),
    }
}

fn instant(text: &str) -> Option<jiff::civil::DateTime> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(TimeZone::UTC.to_datetime(time))
}

/// The day of a date or of a point in time.
pub(super) fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// A number as a person reads it.
pub(super) fn figure(kind: &str, scale: usize, value: f64) -> String {
    match kind {
        "currency" => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}${}", grouped(value.abs(), 2, false))
        }
        "percent" => format!("{}%", grouped(value, scale, true)),
        "int" => grouped(value, 0, false),
        _ => grouped(value, scale, true),
    }
}

/// `1,234.50`; `trims` leaves zeros at the end of the fraction out.
fn grouped(value: f64, decimals: usize, trims: bool) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    let fraction = if trims { fraction.trim_end_matches('0') } else { fraction };
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A number without an empty fraction: `500000`, `16000.01`.
fn number(value: &Value) -> Value {
    value.as_f64().map_or(Value::Null, of_f64)
}

pub(super) fn of_f64(value: f64) -> Value {
    /// Up to here every whole number is itself.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_in_the_united_states() {
        let cases = [
            ("currency", 2, 25_000.0, "$25,000.00"),
            ("currency", 2, -0.5, "-$0.50"),
            ("percent", 0, 60.0, "60%"),
            ("percent", 2, 12.5, "12.5%"),
            ("int", 0, 1_234_567.0, "1,234,567"),
            ("double", 2, 3.10, "3.1"),
        ];
        for (kind, scale, value, expected) in cases {
            assert_eq!(figure(kind, scale, value), expected);
        }
        assert_eq!(of_f64(500_000.0).to_string(), "500000");
        assert_eq!(of_f64(16_000.01).to_string(), "16000.01");
    }
}
