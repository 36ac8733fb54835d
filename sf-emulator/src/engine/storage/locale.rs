//! Values as a user of the locale `en_US` reads them, for `FORMAT`, and the
//! distance between two places on the globe.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

use crate::engine::scalar;

pub(super) fn register(connection: &Connection) -> Result<()> {
    let pure = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("sf_format", 3, pure, |context| {
        let kind = context.get_raw(0).as_str().unwrap_or_default().to_owned();
        let scale = usize::try_from(context.get::<i64>(1)?).unwrap_or(0);
        Ok(format(&kind, scale, context.get_raw(2)))
    })?;
    connection.create_scalar_function("sf_distance", 5, pure, |context| {
        let point = (context.get::<Option<f64>>(0)?, context.get::<Option<f64>>(1)?);
        let place = (context.get::<f64>(2)?, context.get::<f64>(3)?);
        let radius: f64 = context.get(4)?;
        Ok(point.0.zip(point.1).map(|point| radius * angle(point, place)))
    })
}

/// The angle between two places given in degrees, by the haversine formula.
fn angle(from: (f64, f64), to: (f64, f64)) -> f64 {
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let across = from.0.to_radians().cos() * to.0.to_radians().cos() * half(from.1, to.1);
    2.0 * (half(from.0, to.0) + across).clamp(0.0, 1.0).sqrt().asin()
}

/// `kind` is a field's type as describes spell it.
fn format(kind: &str, scale: usize, value: ValueRef<'_>) -> Option<String> {
    #[expect(clippy::cast_precision_loss, reason = "numbers of the platform are doubles")]
    let number = match value {
        ValueRef::Integer(number) => Some(number as f64),
        ValueRef::Real(number) => Some(number),
        _ => None,
    };
    match (kind, value) {
        (_, ValueRef::Null | ValueRef::Blob(_)) => None,
        ("currency", _) => number.map(|number| {
            let sign = if number < 0.0 { "-" } else { "" };
            format!("{sign}${}", grouped(number.abs(), 2, 2))
        }),
        ("percent", _) => number.map(|number| format!("{}%", grouped(number, 0, scale))),
        ("double" | "int", _) => number.map(|number| grouped(number, 0, scale)),
        ("boolean", ValueRef::Integer(flag)) => Some((flag != 0).to_string()),
        ("datetime", ValueRef::Integer(millis)) => {
            let time =
                TimeZone::UTC.to_datetime(Timestamp::from_millisecond(millis).unwrap_or_default());
            let hour = time.hour();
            let half = if hour < 12 { "AM" } else { "PM" };
            let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
            let (month, day, year) = (time.month(), time.day(), time.year());
            Some(format!("{month}/{day}/{year}, {twelve}:{:02} {half}", time.minute()))
        }
        ("date", ValueRef::Text(_)) => {
            let day = value.as_str().ok().and_then(scalar::date)?;
            Some(format!("{}/{}/{}", day.month(), day.day(), day.year()))
        }
        (_, ValueRef::Integer(number)) => Some(number.to_string()),
        (_, ValueRef::Real(number)) => Some(grouped(number, 0, scale)),
        (_, ValueRef::Text(_)) => value.as_str().ok().map(str::to_owned),
    }
}

/// `1,234.50`: at least `least` and at most `most` digits after the point.
fn grouped(number: f64, least: usize, most: usize) -> String {
    let text = format!("{number:.*}", most.max(least));
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = whole.trim_start_matches('-');
    let mut out = String::from(if whole.starts_with('-') { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    let kept = fraction.trim_end_matches('0').len().max(least.min(fraction.len()));
    if kept > 0 {
        out.push('.');
        out.push_str(&fraction[..kept]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_in_the_united_states() {
        let cases = [
            ("currency", 2, ValueRef::Real(1_234_567.5), "$1,234,567.50"),
            ("currency", 0, ValueRef::Real(-12.0), "-$12.00"),
            ("percent", 2, ValueRef::Real(12.5), "12.5%"),
            ("int", 0, ValueRef::Integer(25_000), "25,000"),
            ("double", 3, ValueRef::Real(0.125), "0.125"),
            ("date", 0, ValueRef::Text(b"2026-06-05"), "6/5/2026"),
            ("datetime", 0, ValueRef::Integer(1_781_514_000_000), "6/15/2026, 9:00 AM"),
            ("string", 0, ValueRef::Text(b"as is"), "as is"),
        ];
        for (kind, scale, value, expected) in cases {
            assert_eq!(format(kind, scale, value).as_deref(), Some(expected), "{kind}");
        }
        assert_eq!(format("currency", 2, ValueRef::Null), None);
    }

    #[test]
    fn distances_are_the_globe_s() {
        let (paris, london) = ((48.8566, 2.3522), (51.5074, -0.1278));
        let kilometres = 6_371.0 * angle(paris, london);
        assert!((343.0..345.0).contains(&kilometres), "{kilometres}");
        assert!(angle(paris, paris).abs() < 1e-9);
    }
}
