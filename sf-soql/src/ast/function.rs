//! Functions and their calls.

use super::{Literal, Path, Span};

/// A call: `COUNT()`, `CALENDAR_YEAR(convertTimezone(CreatedDate))`,
/// `DISTANCE(Location__c, GEOLOCATION(37.8, -122.4), 'mi')`.
///
/// The parser checks number and kind of the arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// Which function.
    pub function: Function,
    /// Its arguments in order.
    pub args: Vec<Argument>,
    /// From the name to the closing parenthesis.
    pub span: Span,
}

impl Call {
    /// A call of `function` on the one field `path`.
    #[must_use]
    pub fn of_field(function: Function, path: Path) -> Call {
        Call { function, args: vec![Argument::Field(path)], span: Span::default() }
    }

    /// Whether this is `COUNT()`.
    #[must_use]
    pub fn is_bare_count(&self) -> bool {
        self.function == Function::Count && self.args.is_empty()
    }

    /// Whether this is an aggregate function or has one inside, as
    /// `FORMAT(SUM(Amount))` does.
    #[must_use]
    pub fn has_aggregate(&self) -> bool {
        self.function.is_aggregate()
            || self
                .args
                .iter()
                .any(|arg| matches!(arg, Argument::Call(inner) if inner.has_aggregate()))
    }

    /// The field that the call works on: its first argument, however deeply
    /// wrapped. `COUNT()` and `GEOLOCATION` have none.
    #[must_use]
    pub fn field(&self) -> Option<&Path> {
        match self.args.first()? {
            Argument::Field(path) => Some(path),
            Argument::Call(inner) => inner.field(),
            Argument::Literal(_) => None,
        }
    }
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Argument {
    /// A field.
    Field(Path),
    /// Another call.
    Call(Call),
    /// A number or a string (of `GEOLOCATION` and `DISTANCE`).
    Literal(Literal),
}

impl Argument {
    /// Where it stood.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Argument::Field(path) => path.span(),
            Argument::Call(call) => call.span,
            Argument::Literal(literal) => literal.span,
        }
    }
}

/// The functions of SOQL (SOQL and SOSL Reference, "SOQL SELECT Functions",
/// "Aggregate Functions", "Date Functions").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each variant is the function of the same name")]
pub enum Function {
    Avg,
    Count,
    CountDistinct,
    Min,
    Max,
    Sum,
    CalendarMonth,
    CalendarQuarter,
    CalendarYear,
    DayInMonth,
    DayInWeek,
    DayInYear,
    DayOnly,
    FiscalMonth,
    FiscalQuarter,
    FiscalYear,
    HourInDay,
    WeekInMonth,
    WeekInYear,
    ConvertTimezone,
    ConvertCurrency,
    Format,
    ToLabel,
    Grouping,
    Distance,
    Geolocation,
}

impl Function {
    /// Every function.
    pub const ALL: [Function; 26] = [
        Function::Avg,
        Function::Count,
        Function::CountDistinct,
        Function::Min,
        Function::Max,
        Function::Sum,
        Function::CalendarMonth,
        Function::CalendarQuarter,
        Function::CalendarYear,
        Function::DayInMonth,
        Function::DayInWeek,
        Function::DayInYear,
        Function::DayOnly,
        Function::FiscalMonth,
        Function::FiscalQuarter,
        Function::FiscalYear,
        Function::HourInDay,
        Function::WeekInMonth,
        Function::WeekInYear,
        Function::ConvertTimezone,
        Function::ConvertCurrency,
        Function::Format,
        Function::ToLabel,
        Function::Grouping,
        Function::Distance,
        Function::Geolocation,
    ];

    /// The name, spelled as it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Function::Avg => "AVG",
            Function::Count => "COUNT",
            Function::CountDistinct => "COUNT_DISTINCT",
            Function::Min => "MIN",
            Function::Max => "MAX",
            Function::Sum => "SUM",
            Function::CalendarMonth => "CALENDAR_MONTH",
            Function::CalendarQuarter => "CALENDAR_QUARTER",
            Function::CalendarYear => "CALENDAR_YEAR",
            Function::DayInMonth => "DAY_IN_MONTH",
            Function::DayInWeek => "DAY_IN_WEEK",
            Function::DayInYear => "DAY_IN_YEAR",
            Function::DayOnly => "DAY_ONLY",
            Function::FiscalMonth => "FISCAL_MONTH",
            Function::FiscalQuarter => "FISCAL_QUARTER",
            Function::FiscalYear => "FISCAL_YEAR",
            Function::HourInDay => "HOUR_IN_DAY",
            Function::WeekInMonth => "WEEK_IN_MONTH",
            Function::WeekInYear => "WEEK_IN_YEAR",
            Function::ConvertTimezone => "convertTimezone",
            Function::ConvertCurrency => "convertCurrency",
            Function::Format => "FORMAT",
            Function::ToLabel => "toLabel",
            Function::Grouping => "GROUPING",
            Function::Distance => "DISTANCE",
            Function::Geolocation => "GEOLOCATION",
        }
    }

    /// The function called `name`, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Function> {
        Function::ALL.into_iter().find(|function| function.name().eq_ignore_ascii_case(name))
    }

    /// `AVG`, `COUNT`, `COUNT_DISTINCT`, `MIN`, `MAX`, `SUM`.
    #[must_use]
    pub fn is_aggregate(self) -> bool {
        matches!(
            self,
            Function::Avg
                | Function::Count
                | Function::CountDistinct
                | Function::Min
                | Function::Max
                | Function::Sum
        )
    }

    /// The functions that make a period or a day of a date or dateTime, from
    /// `CALENDAR_MONTH` to `WEEK_IN_YEAR`.
    #[must_use]
    pub fn is_date(self) -> bool {
        matches!(
            self,
            Function::CalendarMonth
                | Function::CalendarQuarter
                | Function::CalendarYear
                | Function::DayInMonth
                | Function::DayInWeek
                | Function::DayInYear
                | Function::DayOnly
                | Function::FiscalMonth
                | Function::FiscalQuarter
                | Function::FiscalYear
                | Function::HourInDay
                | Function::WeekInMonth
                | Function::WeekInYear
        )
    }
}
