//! Dates in reports: what a duration or a filter's value means, and the groups
//! of days of a grouping (Reports and Dashboards REST API Developer Guide,
//! standard date filter durations, date granularity).

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use sf_soql::ast::DateLiteral;

use crate::engine::date_range;

/// Groups of durations: the label of the group, and each duration with its label.
const DURATIONS: [(&str, &[(&str, &str)]); 8] = [
    ("Custom", &[("CUSTOM", "Custom")]),
    (
        "Fiscal Year",
        &[
            ("THIS_FISCAL_YEAR", "Current FY"),
            ("LAST_FISCAL_YEAR", "Previous FY"),
            ("LAST_N_FISCAL_YEARS:2", "Previous 2 FY"),
            ("N_FISCAL_YEARS_AGO:2", "2 FY Ago"),
            ("NEXT_FISCAL_YEAR", "Next FY"),
        ],
    ),
    (
        "Fiscal Quarter",
        &[
            ("THIS_FISCAL_QUARTER", "Current FQ"),
            ("LAST_FISCAL_QUARTER", "Previous FQ"),
            ("NEXT_FISCAL_QUARTER", "Next FQ"),
        ],
    ),
    (
        "Calendar Year",
        &[("THIS_YEAR", "Current CY"), ("LAST_YEAR", "Previous CY"), ("NEXT_YEAR", "Next CY")],
    ),
    (
        "Calendar Quarter",
        &[
            ("THIS_QUARTER", "Current CQ"),
            ("LAST_QUARTER", "Previous CQ"),
            ("NEXT_QUARTER", "Next CQ"),
        ],
    ),
    (
        "Calendar Month",
        &[("LAST_MONTH", "Last Month"), ("THIS_MONTH", "This Month"), ("NEXT_MONTH", "Next Month")],
    ),
    (
        "Calendar Week",
        &[("LAST_WEEK", "Last Week"), ("THIS_WEEK", "This Week"), ("NEXT_WEEK", "Next Week")],
    ),
    (
        "Day",
        &[
            ("YESTERDAY", "Yesterday"),
            ("TODAY", "Today"),
            ("TOMORROW", "Tomorrow"),
            ("LAST_N_DAYS:7", "Last 7 Days"),
            ("LAST_N_DAYS:30", "Last 30 Days"),
            ("LAST_N_DAYS:60", "Last 60 Days"),
            ("LAST_N_DAYS:90", "Last 90 Days"),
            ("LAST_N_DAYS:120", "Last 120 Days"),
            ("NEXT_N_DAYS:7", "Next 7 Days"),
            ("NEXT_N_DAYS:30", "Next 30 Days"),
            ("NEXT_N_DAYS:60", "Next 60 Days"),
            ("NEXT_N_DAYS:90", "Next 90 Days"),
            ("NEXT_N_DAYS:120", "Next 120 Days"),
        ],
    ),
];

/// `standardDateFilterDurationGroups`, with the days as of now.
pub(super) fn duration_groups(now: Timestamp) -> Value {
    let groups = DURATIONS.iter().map(|(label, durations)| {
        let durations = durations.iter().map(|(value, label)| {
            let days = literal(value, now);
            json!({
                "endDate": days.map(|(_, end)| last_day(end).to_string()),
                "label": label,
                "startDate": days.map(|(start, _)| start.to_string()),
                "value": value,
            })
        });
        json!({ "label": label, "standardDateFilterDurations": durations.collect::<Vec<_>>() })
    });
    Value::Array(groups.collect())
}

/// The first day of a literal, and the day after its last; `LAST_N_DAYS:7` may
/// be written `LAST 7 DAYS`, as people write it in filters.
pub(super) fn literal(text: &str, now: Timestamp) -> Option<(Date, Date)> {
    let text = text.trim();
    let literal = match text.split_once(':') {
        Some((name, n)) => DateLiteral::new(name, Some(n.parse().ok()?)),
        None => DateLiteral::new(&text.replace(' ', "_"), None).or_else(|| spoken(text)),
    };
    Some(date_range(literal?, now))
}

/// `LAST 7 DAYS`, `2 YEARS AGO`.
fn spoken(text: &str) -> Option<DateLiteral> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (name, n) = match words.as_slice() {
        [n, unit @ .., "AGO" | "ago"] if n.parse::<u32>().is_ok() => {
            (format!("N_{}_AGO", unit.join("_")), n)
        }
        [first, n, unit @ ..] => (format!("{first}_N_{}", unit.join("_")), n),
        _ => return None,
    };
    DateLiteral::new(&name, Some(n.parse().ok()?))
}

/// A day as filters write it: `2026-06-15`, `6/15/2026`.
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Ok(day) = text.parse::<Date>() {
        return Some(day);
    }
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

pub(super) fn last_day(after: Date) -> Date {
    after.checked_sub(1.day()).unwrap_or(after)
}

pub(super) fn next_day(day: Date) -> Date {
    day.checked_add(1.day()).unwrap_or(day)
}

/// How a grouping puts days together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Granularity {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    FiscalQuarter,
    FiscalYear,
    MonthInYear,
    DayInMonth,
}

/// The API name of each granularity, and its label.
pub(super) const GRANULARITIES: [(&str, &str); 10] = [
    ("NONE", "None"),
    ("DAY", "Day"),
    ("WEEK", "Calendar Week"),
    ("MONTH", "Calendar Month"),
    ("QUARTER", "Calendar Quarter"),
    ("YEAR", "Calendar Year"),
    ("FISCAL_QUARTER", "Fiscal Quarter"),
    ("FISCAL_YEAR", "Fiscal Year"),
    ("MONTH_IN_YEAR", "Calendar Month in Year"),
    ("DAY_IN_MONTH", "Calendar Day in Month"),
];

impl Granularity {
    /// A granularity in the forms that metadata has: `FISCAL_QUARTER`,
    /// `FiscalQuarter`, `Fiscal Quarter`. `None` for every single day.
    pub(super) fn of(text: Option<&str>) -> Option<Self> {
        let text: String =
            text.unwrap_or_default().chars().filter(char::is_ascii_alphabetic).collect();
        let text = text.to_ascii_lowercase();
        let text = text.strip_prefix("calendar").unwrap_or(&text);
        Some(match text {
            "" | "none" | "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            "fiscalquarter" => Self::FiscalQuarter,
            "fiscalyear" => Self::FiscalYear,
            "monthinyear" => Self::MonthInYear,
            "dayinmonth" => Self::DayInMonth,
            _ => return None,
        })
    }

    /// The value of the group that a day is in, and its label.
    pub(super) fn group(self, day: Date) -> (Value, String) {
        let (year, month) = (day.year(), day.month());
        let quarter = (month - 1) / 3 + 1;
        let from = |day: Date| Value::from(day.to_string());
        match self {
            Self::Day => (from(day), short(day)),
            Self::Week => {
                let back = i64::from(day.weekday().to_sunday_zero_offset());
                let start = day.checked_sub(back.days()).unwrap_or(day);
                let end = start.checked_add(6.days()).unwrap_or(start);
                (from(start), format!("{} - {}", short(start), short(end)))
            }
            Self::Month => (from(date(year, month, 1)), day.strftime("%B %Y").to_string()),
            Self::Quarter => {
                (from(date(year, (quarter - 1) * 3 + 1, 1)), format!("Q{quarter} CY{year}"))
            }
            Self::FiscalQuarter => {
                (from(date(year, (quarter - 1) * 3 + 1, 1)), format!("Q{quarter} FY {year}"))
            }
            Self::Year => (from(date(year, 1, 1)), format!("CY{year}")),
            Self::FiscalYear => (from(date(year, 1, 1)), format!("FY {year}")),
            Self::MonthInYear => (Value::from(month), day.strftime("%B").to_string()),
            Self::DayInMonth => (Value::from(day.day()), day.day().to_string()),
        }
    }
}

/// `6/15/2026`.
pub(super) fn short(day: Date) -> String {
    format!("{}/{}/{}", day.month(), day.day(), day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_written_in_two_ways() {
        // A Monday.
        let now: Timestamp = "2026-06-15T09:00:00Z".parse().unwrap();
        let range = |text: &str| {
            literal(text, now).map(|(start, end)| format!("{start} to {}", last_day(end)))
        };
        assert_eq!(range("THIS_FISCAL_QUARTER").unwrap(), "2026-04-01 to 2026-06-30");
        assert_eq!(range("last month").unwrap(), "2026-05-01 to 2026-05-31");
        assert_eq!(range("LAST 7 DAYS"), range("LAST_N_DAYS:7"));
        assert_eq!(range("LAST_N_DAYS:7").unwrap(), "2026-06-08 to 2026-06-15");
        assert_eq!(range("2 YEARS AGO").unwrap(), "2024-01-01 to 2024-12-31");
        assert_eq!(range("someday"), None);
        assert_eq!(day("2/3/2026"), day("2026-02-03"));
        assert_eq!(day("2/30/2026"), None);
    }

    #[test]
    fn days_fall_into_groups() {
        let day = date(2026, 8, 5);
        let groups = GRANULARITIES.iter().map(|(name, _)| {
            let (value, label) = Granularity::of(Some(name)).unwrap().group(day);
            format!("{name} {value} {label}")
        });
        insta::assert_snapshot!(groups.collect::<Vec<_>>().join("\n"), @r#"
        NONE "2026-08-05" 8/5/2026
        DAY "2026-08-05" 8/5/2026
        WEEK "2026-08-02" 8/2/2026 - 8/8/2026
        MONTH "2026-08-01" August 2026
        QUARTER "2026-07-01" Q3 CY2026
        YEAR "2026-01-01" CY2026
        FISCAL_QUARTER "2026-07-01" Q3 FY 2026
        FISCAL_YEAR "2026-01-01" FY 2026
        MONTH_IN_YEAR 8 August
        DAY_IN_MONTH 5 5
        "#);
        assert_eq!(Granularity::of(Some("FiscalQuarter")), Some(Granularity::FiscalQuarter));
        assert_eq!(Granularity::of(Some("Fortnight")), None);
    }
}
