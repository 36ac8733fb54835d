//! Values as they are written in a statement.

use std::fmt;

use super::{DateLiteral, Path, Span};
use crate::scan;

/// A value and where it stood.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Literal {
    /// The value.
    pub value: Value,
    /// Where it stood.
    pub span: Span,
}

impl From<Value> for Literal {
    fn from(value: Value) -> Literal {
        Literal { value, span: Span::default() }
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// The meaning of `'…'`, escapes resolved. Any text is allowed here; the
    /// printer escapes it.
    String(String),
    /// The operand of `LIKE`. `%` and `_` are wildcards; `\%`, `\_` and `\\`
    /// stand for the plain character; every other escape is resolved. A
    /// backslash before anything else is taken and printed as `\\`.
    /// [`escape::like_pattern`](crate::escape::like_pattern) makes one of plain
    /// text.
    Pattern(String),
    /// `1`, `-1.5`, `1e3`.
    Number(Number),
    /// `TRUE`, `FALSE`.
    Boolean(bool),
    /// `NULL`.
    Null,
    /// `2024-02-29`.
    Date(Date),
    /// `2024-02-29T12:00:00Z`.
    DateTime(DateTime),
    /// `12:30:00.000Z`.
    Time(Time),
    /// `TODAY`, `LAST_N_DAYS:30`.
    DateLiteral(DateLiteral),
    /// `USD5000`.
    Currency(Currency),
    /// `:name`, which only Apex takes.
    Bind(Path),
}

/// Text that is not a value of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}; written {form}")]
pub struct InvalidLiteral {
    text: String,
    kind: &'static str,
    form: &'static str,
}

/// A number, kept as text since a float would lose digits of a currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(Box<str>);

/// A calendar date `YYYY-MM-DD`, checked to exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Date(Box<str>);

/// A point in time, checked to exist: `YYYY-MM-DDThh:mm:ss`, an optional
/// fraction, and `Z`, `±hh:mm` or `±hhmm`. Kept as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DateTime(Box<str>);

/// A time of day, `hh:mm:ss`, an optional fraction, `Z`. Kept as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Time(Box<str>);

impl Number {
    /// Checks digits, an optional sign, fraction and exponent.
    pub fn new(text: &str) -> Result<Number, InvalidLiteral> {
        checked(
            text,
            scan::is_number,
            "number",
            "as digits with an optional sign, fraction and exponent",
        )
        .map(Number)
    }

    pub(crate) fn trusted(text: &str) -> Number {
        debug_assert!(scan::is_number(text), "not a number: {text}");
        Number(text.into())
    }

    /// The number as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Number {
        Number(number.to_string().into())
    }
}

impl Date {
    /// Checks form and calendar.
    pub fn new(text: &str) -> Result<Date, InvalidLiteral> {
        checked(text, scan::is_date, "date", "as YYYY-MM-DD").map(Date)
    }

    /// The date as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DateTime {
    /// Checks form, calendar, clock and offset.
    pub fn new(text: &str) -> Result<DateTime, InvalidLiteral> {
        checked(
            text,
            scan::is_date_time,
            "dateTime",
            "as YYYY-MM-DDThh:mm:ssZ or with an offset like +02:00",
        )
        .map(DateTime)
    }

    /// The dateTime as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Time {
    /// Checks form and clock.
    pub fn new(text: &str) -> Result<Time, InvalidLiteral> {
        checked(text, scan::is_time, "time", "as hh:mm:ss.SSSZ").map(Time)
    }

    /// The time as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An amount with its ISO 4217 code, of organisations with several currencies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Currency {
    code: Box<str>,
    amount: Number,
}

impl Currency {
    /// Checks that `code` is three letters and `amount` has no sign and no
    /// exponent.
    pub fn new(code: &str, amount: &str) -> Result<Currency, InvalidLiteral> {
        let both = format!("{code}{amount}");
        if code.len() == 3 && scan::is_currency(&both) {
            Ok(Currency { code: code.into(), amount: Number(amount.into()) })
        } else {
            Err(invalid(
                &both,
                "currency amount",
                "as a three-letter code and an unsigned number, like USD5000",
            ))
        }
    }

    /// The three letters as written.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The amount.
    #[must_use]
    pub fn amount(&self) -> &Number {
        &self.amount
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.code, self.amount.as_str())
    }
}

fn checked(
    text: &str,
    check: fn(&str) -> bool,
    kind: &'static str,
    form: &'static str,
) -> Result<Box<str>, InvalidLiteral> {
    if check(text) { Ok(text.into()) } else { Err(invalid(text, kind, form)) }
}

fn invalid(text: &str, kind: &'static str, form: &'static str) -> InvalidLiteral {
    InvalidLiteral { text: text.chars().take(80).collect(), kind, form }
}
