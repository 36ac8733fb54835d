//! Date literals: `TODAY`, `THIS_QUARTER`, `LAST_N_DAYS:30` (SOQL and SOSL
//! Reference, "Date Formats and Date Literals in WHERE").

use std::fmt;

/// A range of time relative to now, in the user's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateLiteral {
    /// `YESTERDAY`.
    Yesterday,
    /// `TODAY`.
    Today,
    /// `TOMORROW`.
    Tomorrow,
    /// `LAST_90_DAYS`: today and the 90 days before.
    Last90Days,
    /// `NEXT_90_DAYS`: 90 days from tomorrow.
    Next90Days,
    /// `LAST_N_DAYS:n`: today and the n days before.
    LastNDays(u32),
    /// `NEXT_N_DAYS:n`: n days from tomorrow.
    NextNDays(u32),
    /// `N_DAYS_AGO:n`: that one day.
    NDaysAgo(u32),
    /// `LAST_WEEK`: the period before the current one.
    Last(Period),
    /// `THIS_WEEK`: the current period.
    This(Period),
    /// `NEXT_WEEK`: the period after the current one.
    Next(Period),
    /// `LAST_N_WEEKS:n`: n periods, ending before the current one.
    LastN(Period, u32),
    /// `NEXT_N_WEEKS:n`: n periods, starting after the current one.
    NextN(Period, u32),
    /// `N_WEEKS_AGO:n`: that one period.
    NAgo(Period, u32),
}

/// A period of the calendar or of the fiscal year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each variant is the period of the same name")]
pub enum Period {
    Week,
    Month,
    Quarter,
    Year,
    FiscalQuarter,
    FiscalYear,
}

impl Period {
    /// Every period.
    pub const ALL: [Period; 6] = [
        Period::Week,
        Period::Month,
        Period::Quarter,
        Period::Year,
        Period::FiscalQuarter,
        Period::FiscalYear,
    ];

    /// The word within a date literal, without the plural's S.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Period::Week => "WEEK",
            Period::Month => "MONTH",
            Period::Quarter => "QUARTER",
            Period::Year => "YEAR",
            Period::FiscalQuarter => "FISCAL_QUARTER",
            Period::FiscalYear => "FISCAL_YEAR",
        }
    }

    fn from_word(word: &str) -> Option<Period> {
        Period::ALL.into_iter().find(|period| period.as_str() == word)
    }
}

impl DateLiteral {
    /// The literal called `name` (any case, without `:n`), with the number
    /// `n`, which must be there exactly if the literal takes one.
    #[must_use]
    pub fn new(name: &str, n: Option<u32>) -> Option<DateLiteral> {
        let name = name.to_ascii_uppercase();
        match n {
            Some(n) => with_number(&name, n),
            None => without_number(&name),
        }
    }

    /// Whether a literal called `name` takes `:n`; `None` if there is none of
    /// that name.
    #[must_use]
    pub fn takes_number(name: &str) -> Option<bool> {
        if name.len() < 5 || name.len() > 25 {
            return None;
        }
        let name = name.to_ascii_uppercase();
        if without_number(&name).is_some() {
            Some(false)
        } else {
            with_number(&name, 1).map(|_| true)
        }
    }
}

fn without_number(name: &str) -> Option<DateLiteral> {
    Some(match name {
        "YESTERDAY" => DateLiteral::Yesterday,
        "TODAY" => DateLiteral::Today,
        "TOMORROW" => DateLiteral::Tomorrow,
        "LAST_90_DAYS" => DateLiteral::Last90Days,
        "NEXT_90_DAYS" => DateLiteral::Next90Days,
        _ => {
            let (which, period) = name.split_once('_')?;
            let period = Period::from_word(period)?;
            match which {
                "LAST" => DateLiteral::Last(period),
                "THIS" => DateLiteral::This(period),
                "NEXT" => DateLiteral::Next(period),
                _ => return None,
            }
        }
    })
}

fn with_number(name: &str, n: u32) -> Option<DateLiteral> {
    Some(match name {
        "LAST_N_DAYS" => DateLiteral::LastNDays(n),
        "NEXT_N_DAYS" => DateLiteral::NextNDays(n),
        "N_DAYS_AGO" => DateLiteral::NDaysAgo(n),
        _ => {
            if let Some(rest) = name.strip_prefix("LAST_N_") {
                DateLiteral::LastN(Period::from_word(rest.strip_suffix('S')?)?, n)
            } else if let Some(rest) = name.strip_prefix("NEXT_N_") {
                DateLiteral::NextN(Period::from_word(rest.strip_suffix('S')?)?, n)
            } else {
                let word = name.strip_prefix("N_")?.strip_suffix("S_AGO")?;
                DateLiteral::NAgo(Period::from_word(word)?, n)
            }
        }
    })
}

impl fmt::Display for DateLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DateLiteral::Yesterday => f.write_str("YESTERDAY"),
            DateLiteral::Today => f.write_str("TODAY"),
            DateLiteral::Tomorrow => f.write_str("TOMORROW"),
            DateLiteral::Last90Days => f.write_str("LAST_90_DAYS"),
            DateLiteral::Next90Days => f.write_str("NEXT_90_DAYS"),
            DateLiteral::LastNDays(n) => write!(f, "LAST_N_DAYS:{n}"),
            DateLiteral::NextNDays(n) => write!(f, "NEXT_N_DAYS:{n}"),
            DateLiteral::NDaysAgo(n) => write!(f, "N_DAYS_AGO:{n}"),
            DateLiteral::Last(period) => write!(f, "LAST_{}", period.as_str()),
            DateLiteral::This(period) => write!(f, "THIS_{}", period.as_str()),
            DateLiteral::Next(period) => write!(f, "NEXT_{}", period.as_str()),
            DateLiteral::LastN(period, n) => write!(f, "LAST_N_{}S:{n}", period.as_str()),
            DateLiteral::NextN(period, n) => write!(f, "NEXT_N_{}S:{n}", period.as_str()),
            DateLiteral::NAgo(period, n) => write!(f, "N_{}S_AGO:{n}", period.as_str()),
        }
    }
}
