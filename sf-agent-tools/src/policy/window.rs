//! Time windows: when an agent may work.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::PolicyError;

pub(crate) const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Hours of some days of the week in which calls are possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    days: Vec<Weekday>,
    from: Time,
    to: Time,
    zone: TimeZone,
}

impl Window {
    /// The hours from `from` up to, not including, `to` (`HH:MM`) of `days` (`mon` … `sun`) in a time
    /// zone of the IANA database, such as `Europe/Berlin`. If `to` is not after `from`, the window
    /// ends on the next day; `00:00` to `00:00` is the whole day.
    ///
    /// # Errors
    /// For a day, a time or a zone that there is not.
    pub fn new<D: AsRef<str>>(
        days: impl IntoIterator<Item = D>,
        from: &str,
        to: &str,
        zone: &str,
    ) -> Result<Self, PolicyError> {
        let days: Vec<Weekday> =
            days.into_iter().map(|day| Self::day(day.as_ref())).collect::<Result<_, _>>()?;
        if days.is_empty() {
            let error = PolicyError::new("a window has at least one day.");
            return Err(error.allowing(DAYS.map(|(name, _)| name)));
        }
        Ok(Self { days, from: Self::time(from)?, to: Self::time(to)?, zone: Self::zone(zone)? })
    }

    pub(crate) fn day(name: &str) -> Result<Weekday, PolicyError> {
        let found = DAYS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, day)| *day).ok_or_else(|| {
            PolicyError::new(format!("{name:?} is not a day.")).allowing(DAYS.map(|(name, _)| name))
        })
    }

    pub(crate) fn time(text: &str) -> Result<Time, PolicyError> {
        let wrong = || {
            PolicyError::new(format!("{text:?} is not a time of day."))
                .allowing(["HH:MM, from 00:00 to 23:59"])
        };
        if text.len() != 5 || text.as_bytes().get(2) != Some(&b':') {
            return Err(wrong());
        }
        text.parse().map_err(|_| wrong())
    }

    pub(crate) fn zone(name: &str) -> Result<TimeZone, PolicyError> {
        TimeZone::get(name).map_err(|_| {
            PolicyError::new(format!("{name:?} is not a time zone."))
                .allowing(["UTC", "a name of the IANA database such as Europe/Berlin"])
        })
    }

    /// Whether `at` lies in it.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = at.to_zoned(self.zone.clone());
        let time = local.time();
        let on = |day: Weekday| self.days.contains(&day);
        let today = local.weekday();
        if self.from < self.to {
            return on(today) && self.from <= time && time < self.to;
        }
        // The hours after midnight belong to the day on which the window began.
        (on(today) && time >= self.from) || (on(today.previous()) && time < self.to)
    }

    /// When it opens next after `at`.
    fn opens(&self, at: Timestamp) -> Option<Zoned> {
        let local = at.to_zoned(self.zone.clone());
        (0..=7_i64).find_map(|days| {
            let date = local.date().checked_add(days.days()).ok()?;
            let start = date.to_datetime(self.from).to_zoned(self.zone.clone()).ok()?;
            (self.days.contains(&date.weekday()) && start.timestamp() > at).then_some(start)
        })
    }
}

/// Nothing, or when the next of `windows` opens if `at` lies in none of them.
pub(crate) fn closed(windows: &[Window], at: Timestamp) -> Option<String> {
    if windows.is_empty() || windows.iter().any(|window| window.is_open(at)) {
        return None;
    }
    let next = windows.iter().filter_map(|window| window.opens(at)).min_by_key(Zoned::timestamp);
    let text = next.map(|start| start.strftime("%A %Y-%m-%d %H:%M %Z").to_string());
    Some(text.unwrap_or_else(|| "a later time".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn hours_are_local_and_may_pass_midnight() {
        let office = Window::new(["mon", "Fri"], "08:00", "18:00", "Europe/Berlin").unwrap();
        let night = Window::new(["fri"], "22:00", "06:00", "UTC").unwrap();
        let cases = [
            (&office, "2026-07-06T05:59:59Z", false),
            (&office, "2026-07-06T06:00:00Z", true),
            (&office, "2026-07-06T16:00:00Z", false),
            (&office, "2026-07-07T10:00:00Z", false),
            (&office, "2026-01-05T06:30:00Z", false),
            (&office, "2026-01-05T07:00:00Z", true),
            (&night, "2026-07-10T22:00:00Z", true),
            (&night, "2026-07-11T05:59:00Z", true),
            (&night, "2026-07-11T06:00:00Z", false),
            (&night, "2026-07-11T22:30:00Z", false),
            (&night, "2026-07-10T05:00:00Z", false),
        ];
        for (window, time, open) in cases {
            assert_eq!(window.is_open(at(time)), open, "{time}");
        }
    }

    #[test]
    fn says_when_the_next_window_opens() {
        let windows = [
            Window::new(["mon"], "08:00", "18:00", "Europe/Berlin").unwrap(),
            Window::new(["wed"], "09:00", "10:00", "UTC").unwrap(),
        ];
        assert_eq!(closed(&windows, at("2026-07-06T07:00:00Z")), None);
        assert_eq!(closed(&[], at("2026-07-06T07:00:00Z")), None);
        insta::assert_snapshot!(
            closed(&windows, at("2026-07-06T17:00:00Z")).unwrap(),
            @"Wednesday 2026-07-08 09:00 UTC"
        );
        insta::assert_snapshot!(
            closed(&windows, at("2026-07-08T17:00:00Z")).unwrap(),
            @"Monday 2026-07-13 08:00 CEST"
        );
    }
}
