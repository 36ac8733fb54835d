//! All detail rows of a report, also where there are more than one run gives: the report is divided
//! by a filter until every part fits.

use std::collections::HashSet;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use crate::ops::reports::metadata::{ReportFilter, ReportMetadata, ReportOverride};
use crate::ops::reports::result::{Cell, ReportResult};
use crate::ops::reports::{MAX_ROWS, RunReport};
use crate::{Client, Error, Id};

/// How a report is divided. Whatever the division, its parts cover the whole report: what is
/// outside of the values or the span, and what has no value, are parts of their own. "No value" is
/// asked for as equal to the empty text. The rows are counted in the end, so that a filter which the
/// org reads in another way ends as [`Incomplete::CountDiffers`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Partition {
    /// By a column with dates or times, where most rows lie between two days: halved as often as
    /// needed, down to one day.
    Dates {
        /// The column, as the report names it (`CREATED_DATE`).
        column: String,
        /// The first day.
        from: Date,
        /// The day after the last.
        to: Date,
    },
    /// By a column whose values are known, such as a picklist: one run per value, and one for all
    /// others.
    Values {
        /// The column, as the report names it.
        column: String,
        /// The values.
        values: Vec<String>,
    },
}

/// A report that is read to its last row; see [`Client::report_rows`].
#[derive(Debug, Clone)]
pub struct ReportRowsQuery {
    report: Id,
    partition: Partition,
    changes: ReportOverride,
    max_runs: u32,
}

impl ReportRowsQuery {
    /// A report, and how to divide it if one run does not give all its rows.
    pub fn new(report: Id, partition: Partition) -> Self {
        Self { report, partition, changes: ReportOverride::new(), max_runs: 100 }
    }

    /// Other filters or columns than the saved ones.
    #[must_use]
    pub fn with(mut self, changes: ReportOverride) -> Self {
        self.changes = changes;
        self
    }

    /// At most this many runs, of the 500 that the org has an hour. Default 100.
    #[must_use]
    pub fn max_runs(mut self, runs: u32) -> Self {
        self.max_runs = runs;
        self
    }
}

/// The detail rows of a report. Whether they are all of them says [`incomplete`](Self::incomplete).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ReportRows {
    /// The names of the columns, in the order of each row's cells.
    pub columns: Vec<String>,
    /// The rows, part by part.
    pub rows: Vec<ReportRow>,
    /// How many rows the report counts; `None` if it does not count them.
    pub expected: Option<u64>,
    /// How many runs it took.
    pub runs: u32,
    /// Why rows are missing or may be. `None`: every part was read whole, and the rows are as many
    /// as the report counts, if it counts them.
    #[serde(serialize_with = "text")]
    pub incomplete: Option<Incomplete>,
}

/// A detail row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReportRow {
    /// The values of the groups that it is in, from outermost to innermost, down and then across.
    pub groups: Vec<Value>,
    /// The values of its columns.
    pub cells: Vec<Cell>,
}

/// Why not all rows of a report are here.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Incomplete {
    /// A part that cannot be divided has more rows than one run gives.
    PartTooLarge {
        /// Its filter.
        part: String,
    },
    /// The allowed runs are used up.
    OutOfRuns,
    /// There is another number of rows here than the report counts: it was changed meanwhile, or
    /// it has a limit of its own, or it shows its rows in a form that is not read here.
    CountDiffers {
        /// How many rows the report counts.
        expected: u64,
        /// How many there are here.
        received: u64,
    },
    /// The report does not count its rows, so that nothing tells whether the parts have them all;
    /// its record count can be switched on.
    NotCounted,
    /// A run failed; the rows of the parts before it are here.
    Failed(Error),
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartTooLarge { part } => write!(
                f,
                "the part where {part} has more than {MAX_ROWS} rows and cannot be divided further; narrow the \
                 report with filters"
            ),
            Self::OutOfRuns => f.write_str("the allowed number of report runs is used up"),
            Self::CountDiffers { expected, received } => {
                write!(f, "the report counts {expected} rows, and {received} were received")
            }
            Self::NotCounted => f.write_str(
                "the report does not count its rows, so nothing tells whether its parts have them all; switch the \
                 record count of the report on",
            ),
            Self::Failed(error) => write!(f, "a run failed: {error}"),
        }
    }
}

fn text<S: serde::Serializer>(
    incomplete: &Option<Incomplete>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    incomplete.as_ref().map(ToString::to_string).serialize(serializer)
}

/// A part of a report.
#[derive(Debug, Clone)]
enum Part {
    /// Cannot be divided.
    Fixed(ReportFilter),
    /// From the first day to before the second.
    Span(Date, Date),
}

impl Partition {
    fn column(&self) -> &str {
        match self {
            Self::Dates { column, .. } | Self::Values { column, .. } => column,
        }
    }

    /// All parts, the first last.
    fn parts(&self) -> Vec<Part> {
        let fixed = |operator: &str, value: &str| {
            Part::Fixed(ReportFilter::new(self.column(), operator, value))
        };
        match self {
            Self::Dates { from, to, .. } => vec![
                fixed("equals", ""),
                fixed("greaterOrEqual", &to.to_string()),
                Part::Span(*from, *to),
                fixed("lessThan", &from.to_string()),
            ],
            Self::Values { values, .. } => {
                let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
                let mut parts = vec![fixed("notEqual", &values.join(","))];
                parts.extend(values.iter().rev().map(|value| fixed("equals", value)));
                parts
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        let problem = match self {
            Self::Dates { from, to, .. } if from >= to => "the span of days is empty",
            Self::Values { values, .. } if values.is_empty() => "there are no values to divide by",
            Self::Values { values, .. } if values.iter().any(|value| value.trim().is_empty()) => {
                "a value to divide by is empty; what has no value is a part by itself"
            }
            Self::Values { values, .. } if has_twice(values) => {
                "a value to divide by is there twice, and its rows would be"
            }
            _ => return Ok(()),
        };
        Err(Error::invalid(format!("the report cannot be divided: {problem}")))
    }
}

/// Filters do not regard case.
fn has_twice(values: &[String]) -> bool {
    let mut seen = HashSet::new();
    !values.iter().all(|value| seen.insert(value.trim().to_lowercase()))
}

/// A comma separates the values of a filter unless they are quoted.
fn quoted(value: &str) -> String {
    if value.contains([',', '"']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

impl Part {
    fn filters(&self, column: &str) -> Vec<ReportFilter> {
        match self {
            Self::Fixed(filter) => vec![filter.clone()],
            Self::Span(from, to) => vec![
                ReportFilter::new(column, "greaterOrEqual", from.to_string()),
                ReportFilter::new(column, "lessThan", to.to_string()),
            ],
        }
    }

    /// Two halves, the first last; `None` if it cannot be divided.
    fn halves(&self) -> Option<[Self; 2]> {
        let Self::Span(from, to) = self else { return None };
        let days = from.until(*to).ok()?.get_days();
        let middle = from.checked_add((days / 2).days()).ok()?;
        (days > 1).then_some([Self::Span(middle, *to), Self::Span(*from, middle)])
    }

    fn describe(&self, column: &str) -> String {
        let filters = self.filters(column);
        let texts = filters
            .iter()
            .map(|filter| format!("{} {} {:?}", filter.column, filter.operator, filter.value));
        texts.collect::<Vec<_>>().join(" and ")
    }
}

/// The filters of the report and those of a part, all of which hold.
fn narrowed(
    changes: &ReportOverride,
    report: &ReportMetadata,
    more: &[ReportFilter],
) -> ReportOverride {
    let filters: Vec<ReportFilter> = report.report_filters.iter().chain(more).cloned().collect();
    let changes = changes.clone().filters(&filters);
    match report.report_boolean_filter.as_deref().filter(|logic| !logic.trim().is_empty()) {
        None => changes,
        Some(logic) => {
            let numbers = report.report_filters.len() + 1..=filters.len();
            let more: Vec<String> = numbers.map(|number| number.to_string()).collect();
            changes.boolean_filter(format!("({logic}) AND {}", more.join(" AND ")))
        }
    }
}

/// Reads all rows.
pub(crate) async fn read(client: &Client, query: &ReportRowsQuery) -> Result<ReportRows, Error> {
    query.partition.check()?;
    let run = RunReport::new(query.report);
    let whole = match query.changes == ReportOverride::new() {
        true => client.send(&run).await?,
        false => client.send(&run.clone().with(query.changes.clone())).await?,
    };
    let metadata = &whole.report_metadata;
    let mut found = ReportRows {
        columns: metadata.detail_columns.clone(),
        rows: Vec::new(),
        expected: whole.row_count(),
        runs: 1,
        incomplete: None,
    };
    if whole.all_data {
        found.take(&whole);
        found.incomplete = found.miscounted();
        return Ok(found);
    }
    let column = query.partition.column();
    let mut parts = query.partition.parts();
    while let Some(part) = parts.pop() {
        if found.runs >= query.max_runs {
            found.incomplete = Some(Incomplete::OutOfRuns);
            return Ok(found);
        }
        found.runs += 1;
        let changes = narrowed(&query.changes, metadata, &part.filters(column));
        let result = match client.send(&run.clone().with(changes)).await {
            Ok(result) => result,
            Err(error) => {
                found.incomplete = Some(Incomplete::Failed(error));
                return Ok(found);
            }
        };
        match part.halves() {
            Some(halves) if !result.all_data => parts.extend(halves),
            _ => {
                found.take(&result);
                if !result.all_data {
                    let part = part.describe(column);
                    found.incomplete.get_or_insert(Incomplete::PartTooLarge { part });
                }
            }
        }
    }
    if found.incomplete.is_none() {
        found.incomplete = match found.expected {
            Some(_) => found.miscounted(),
            None => Some(Incomplete::NotCounted),
        };
    }
    Ok(found)
}

impl ReportRows {
    fn miscounted(&self) -> Option<Incomplete> {
        let received = self.rows.len() as u64;
        let expected = self.expected.filter(|expected| *expected != received)?;
        Some(Incomplete::CountDiffers { expected, received })
    }

    fn take(&mut self, result: &ReportResult) {
        self.rows.extend(result.details().map(|row| ReportRow {
            groups: row.groups.iter().map(|group| group.value.clone()).collect(),
            cells: row.cells.to_vec(),
        }));
    }
}
