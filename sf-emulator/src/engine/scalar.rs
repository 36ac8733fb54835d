//! Dates, dateTimes and times of day as texts, in statements and in written values.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// The range the platform takes: years 1700 to 4000.
const YEARS: std::ops::RangeInclusive<i16> = 1700..=4000;

/// A calendar date, `YYYY-MM-DD`.
pub(crate) fn date(text: &str) -> Option<Date> {
    if text.len() != 10 {
        return None;
    }
    text.parse::<Date>().ok().filter(|date| YEARS.contains(&date.year()))
}

/// A point in time in milliseconds since 1970: `YYYY-MM-DDThh:mm:ss`, an
/// optional fraction, and `Z`, `+hh:mm` or `+hhmm`.
pub(crate) fn datetime(text: &str) -> Option<i64> {
    if text.get(..10).is_none_or(|day| date(day).is_none())
        || text.as_bytes().get(10) != Some(&b'T')
    {
        return None;
    }
    let timestamp = text.parse::<Timestamp>().ok()?;
    YEARS.contains(&timestamp.to_zoned(TimeZone::UTC).year()).then(|| timestamp.as_millisecond())
}

/// `YYYY-MM-DD`.
pub(crate) fn date_text(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
}

/// A time of day as it is kept and shown, `HH:MM:SS.sssZ`: from that, without
/// the fraction, or without the `Z`.
pub(crate) fn time(text: &str) -> Option<String> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    if text.len() < 8 || text.as_bytes().get(2) != Some(&b':') {
        return None;
    }
    let time = text.parse::<Time>().ok()?;
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    Some(format!("{hour:02}:{minute:02}:{second:02}.{:03}Z", time.millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datetimes_take_every_offset_form() {
        let noon = Some(1_778_673_600_000);
        for text in [
            "2026-05-13T12:00:00Z",
            "2026-05-13T12:00:00.000Z",
            "2026-05-13T12:00:00.000+0000",
            "2026-05-13T14:00:00+02:00",
            "2026-05-13T07:00:00-0500",
        ] {
            assert_eq!(datetime(text), noon, "{text}");
        }
        for text in [
            "2026-05-13",
            "2026-05-13T25:00:00Z",
            "2026-02-30T12:00:00Z",
            "noon",
            "2026-05-13T12:00:00",
            "1600-01-01T00:00:00Z",
        ] {
            assert_eq!(datetime(text), None, "{text}");
        }
    }

    #[test]
    fn times_have_three_decimals() {
        for (text, kept) in [
            ("09:05:00", Some("09:05:00.000Z")),
            ("23:59:59.5Z", Some("23:59:59.500Z")),
            ("00:00:00.123Z", Some("00:00:00.123Z")),
            ("24:00:00Z", None),
            ("9:05:00Z", None),
            ("09:05", None),
            ("noon", None),
            ("2026-01-01T09:05:00", None),
        ] {
            assert_eq!(time(text).as_deref(), kept, "{text}");
        }
    }

    #[test]
    fn dates_must_exist() {
        assert!(date("2024-02-29").is_some());
        for text in ["2023-02-29", "2024-2-9", "20240229", "2024-02-29T00:00:00Z", "9999-01-01"] {
            assert!(date(text).is_none(), "{text}");
        }
    }
}
