//! Date literals as ranges of days, in UTC (SOQL and SOSL Reference, "Date
//! Formats and Date Literals in WHERE"). Weeks start on Sunday and the fiscal
//! year on 1 January, as in a new org of the United States.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use sf_soql::ast::{DateLiteral, Period};

/// First day, and the day after the last.
pub(crate) fn range(literal: DateLiteral, now: Timestamp) -> (Date, Date) {
    let today = now.to_zoned(TimeZone::UTC).date();
    let days = |from: i64, to: i64| (plus_days(today, from), plus_days(today, to));
    let periods = |period: Period, from: i64, to: i64| {
        let start = start_of(period, today);
        (plus(period, start, from), plus(period, start, to))
    };
    match literal {
        DateLiteral::Yesterday => days(-1, 0),
        DateLiteral::Today => days(0, 1),
        DateLiteral::Tomorrow => days(1, 2),
        DateLiteral::Last90Days => days(-90, 1),
        DateLiteral::Next90Days => days(1, 91),
        DateLiteral::LastNDays(n) => days(-i64::from(n), 1),
        DateLiteral::NextNDays(n) => days(1, i64::from(n) + 1),
        DateLiteral::NDaysAgo(n) => days(-i64::from(n), 1 - i64::from(n)),
        DateLiteral::Last(period) => periods(period, -1, 0),
        DateLiteral::This(period) => periods(period, 0, 1),
        DateLiteral::Next(period) => periods(period, 1, 2),
        DateLiteral::LastN(period, n) => periods(period, -i64::from(n), 0),
        DateLiteral::NextN(period, n) => periods(period, 1, i64::from(n) + 1),
        DateLiteral::NAgo(period, n) => periods(period, -i64::from(n), 1 - i64::from(n)),
    }
}

fn start_of(period: Period, day: Date) -> Date {
    let (year, month) = (day.year(), day.month());
    match period {
        Period::Week => plus_days(day, -i64::from(day.weekday().to_sunday_zero_offset())),
        Period::Month => date(year, month, 1),
        Period::Quarter | Period::FiscalQuarter => date(year, (month - 1) / 3 * 3 + 1, 1),
        Period::Year | Period::FiscalYear => date(year, 1, 1),
    }
}

fn plus(period: Period, start: Date, n: i64) -> Date {
    match period {
        Period::Week => plus_days(start, n.saturating_mul(7)),
        Period::Month => plus_months(start, n),
        Period::Quarter | Period::FiscalQuarter => plus_months(start, n.saturating_mul(3)),
        Period::Year | Period::FiscalYear => plus_months(start, n.saturating_mul(12)),
    }
}

/// Beyond the calendar's end the end: any number may stand in a statement.
fn plus_days(day: Date, n: i64) -> Date {
    Span::new().try_days(n).map_or(limit(n), |span| day.checked_add(span).unwrap_or(limit(n)))
}

fn plus_months(day: Date, n: i64) -> Date {
    Span::new().try_months(n).map_or(limit(n), |span| day.checked_add(span).unwrap_or(limit(n)))
}

fn limit(n: i64) -> Date {
    if n < 0 { date(0, 1, 1) } else { Date::MAX }
}

/// Midnight UTC in milliseconds since 1970.
pub(crate) fn millis(day: Date) -> i64 {
    day.to_zoned(TimeZone::UTC).map_or(i64::MAX, |zoned| zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::scalar::date_text;

    #[test]
    fn ranges_are_the_documented_ones() {
        // A Wednesday.
        let now: Timestamp = "2026-05-13T15:30:00Z".parse().unwrap();
        for (literal, from, to) in [
            (DateLiteral::Yesterday, "2026-05-12", "2026-05-13"),
            (DateLiteral::Today, "2026-05-13", "2026-05-14"),
            (DateLiteral::Tomorrow, "2026-05-14", "2026-05-15"),
            (DateLiteral::Last(Period::Week), "2026-05-03", "2026-05-10"),
            (DateLiteral::This(Period::Week), "2026-05-10", "2026-05-17"),
            (DateLiteral::Next(Period::Month), "2026-06-01", "2026-07-01"),
            (DateLiteral::This(Period::Quarter), "2026-04-01", "2026-07-01"),
            (DateLiteral::Last(Period::Quarter), "2026-01-01", "2026-04-01"),
            (DateLiteral::Last(Period::Year), "2025-01-01", "2026-01-01"),
            (DateLiteral::Next(Period::FiscalYear), "2027-01-01", "2028-01-01"),
            (DateLiteral::Last90Days, "2026-02-12", "2026-05-14"),
            (DateLiteral::Next90Days, "2026-05-14", "2026-08-12"),
            (DateLiteral::LastNDays(1), "2026-05-12", "2026-05-14"),
            (DateLiteral::NextNDays(2), "2026-05-14", "2026-05-16"),
            (DateLiteral::NDaysAgo(3), "2026-05-10", "2026-05-11"),
            (DateLiteral::LastN(Period::Month, 2), "2026-03-01", "2026-05-01"),
            (DateLiteral::NextN(Period::Quarter, 1), "2026-07-01", "2026-10-01"),
            (DateLiteral::NAgo(Period::Year, 2), "2024-01-01", "2025-01-01"),
        ] {
            let (start, end) = range(literal, now);
            assert_eq!(
                (date_text(start), date_text(end)),
                (from.to_owned(), to.to_owned()),
                "{literal}"
            );
        }
    }

    #[test]
    fn any_number_has_a_range() {
        let now = Timestamp::UNIX_EPOCH;
        for n in [0, 1, 400_000, u32::MAX] {
            for literal in [
                DateLiteral::LastNDays(n),
                DateLiteral::NextN(Period::Year, n),
                DateLiteral::NAgo(Period::Week, n),
            ] {
                let (start, end) = range(literal, now);
                assert!(start <= end, "{literal}");
            }
        }
    }
}
