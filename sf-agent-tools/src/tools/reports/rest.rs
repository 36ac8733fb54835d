//! The rows of a report beyond the 2,000 that one run gives.
//!
//! The first 2,000 come in the report's order. The others are read when a cursor gets there: the
//! whole report once more, in parts (by days or by the values of a picklist, until each part fits),
//! without the rows that were given before. A row is known again by all that the report shows of it,
//! its id behind a name among it. Two rows in which nothing differs are taken one for the other,
//! which nobody can tell; what was given and is not found again was changed meanwhile, and is told.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use sf_rest::ops::reports::metadata::{ReportMetadata, ReportOverride};
use sf_rest::ops::reports::result::{Cell, ReportResult};
use sf_rest::ops::reports::{MAX_ROWS, ReportDescription, RunReport};
use sf_rest::{Id, Incomplete, Partition, ReportRows};

use super::columns::Column;
use super::shown::Shape;
use crate::rows::{More, Rest};
use crate::{Org, ToolError};

/// Ways of dividing a report that are tried.
const MOST_WAYS: usize = 4;

/// What to do about a report that is too long.
const NARROW: &str = "Run the report with filters that narrow it, or query the records.";

/// A row, by all that is shown of it.
type Mark = [u8; 16];

/// How the rows beyond the first run of a report are had.
pub(crate) struct Remaining {
    pub(crate) id: Id,
    /// As it is saved.
    pub(crate) saved: ReportMetadata,
    /// As it was run.
    pub(crate) checked: ReportDescription,
    pub(crate) changes: ReportOverride,
    /// Columns that it may be divided by.
    pub(crate) ways: Vec<Column>,
    pub(crate) shape: Shape,
    /// The columns of its rows.
    pub(crate) columns: Vec<String>,
    /// How many rows were given, and how often each.
    pub(crate) given: (u64, HashMap<Mark, u32>),
    pub(crate) total: u64,
}

/// The marks of the rows of a result.
pub(crate) fn marks(result: &ReportResult) -> (u64, HashMap<Mark, u32>) {
    let (mut count, mut marks) = (0, HashMap::new());
    for row in result.details() {
        let groups: Vec<&Value> = row.groups.iter().map(|group| &group.value).collect();
        *marks.entry(mark(&groups, row.cells)).or_insert(0) += 1;
        count += 1;
    }
    (count, marks)
}

fn mark(groups: &[&Value], cells: &[Cell]) -> Mark {
    let text = json!([groups, cells]).to_string();
    let mut mark = [0; 16];
    mark.copy_from_slice(&digest(&SHA256, text.as_bytes()).as_ref()[..16]);
    mark
}

/// The columns by which a report may be divided, the best first: when a record was created, other
/// dates, picklists.
pub(crate) fn ways(columns: &[Column]) -> Vec<Column> {
    let usable = columns.iter().filter(|column| column.filterable);
    let rank = |column: &Column| match column {
        column if column.is_created() => Some(0),
        column if column.is_date() => Some(1),
        column
            if column.kind == "picklist" && column.values.iter().any(|value| is_value(value)) =>
        {
            Some(2)
        }
        _ => None,
    };
    let mut ways: Vec<(u8, &Column)> = usable.filter_map(|c| Some((rank(c)?, c))).collect();
    ways.sort_by_key(|(rank, _)| *rank);
    let best = ways.iter().filter(|(rank, _)| *rank < 2).take(MOST_WAYS / 2);
    let lists = ways.iter().filter(|(rank, _)| *rank == 2);
    best.chain(lists).take(MOST_WAYS).map(|(_, column)| (*column).clone()).collect()
}

#[async_trait]
impl More for Remaining {
    async fn rest(&self, org: &Org) -> Result<Rest, ToolError> {
        let most = org.limits().kept_rows as u64;
        let none = |short: String| Ok(Rest { rows: Vec::new(), short: Some(short) });
        if self.total > most {
            return none(format!("The report has more rows than are read here ({most}). {NARROW}"));
        }
        let mut read = None;
        for way in &self.ways {
            let partition = self.partition(org, way).await?;
            let rows = org.report_rows(self.id, &self.saved, partition, self.changes.clone());
            let rows = rows.await?;
            let too_large = matches!(rows.incomplete, Some(Incomplete::PartTooLarge { .. }));
            let better = |before: &ReportRows| before.rows.len() < rows.rows.len();
            if read.as_ref().is_none_or(better) {
                read = Some(rows);
            }
            if !too_large {
                break;
            }
        }
        match read {
            Some(read) => self.remaining(org, &read),
            None => none(format!(
                "One run of a report gives {MAX_ROWS} rows at most, and this one has no date and no \
                 picklist by which it could be read in parts. {NARROW}"
            )),
        }
    }
}

impl Remaining {
    /// The rows that were not given before.
    fn remaining(&self, org: &Org, read: &ReportRows) -> Result<Rest, ToolError> {
        if let Some(Incomplete::Failed(error)) = &read.incomplete {
            return Err(org.explained(error, None));
        }
        if read.columns != self.columns {
            return Err(ToolError::fix_your_call(
                "The report was changed since its first rows were read. Run it again.",
            ));
        }
        let (_, mut given) = self.given.clone();
        let mut rows = Vec::new();
        for row in &read.rows {
            let groups: Vec<&Value> = row.groups.iter().collect();
            match given.get_mut(&mark(&groups, &row.cells)) {
                Some(times) if *times > 0 => *times -= 1,
                _ => rows.push(self.shape.row(row.groups.iter(), &row.cells)),
            }
        }
        org.gate().rows(rows.len() as u64)?;
        let lost: u64 = given.values().map(|times| u64::from(*times)).sum();
        let mut short = read.incomplete.as_ref().map(told);
        // Where parts are missing, the rows that were given may be in them.
        if lost > 0 && short.is_none() {
            short = Some(format!(
                "{lost} of the first {} rows were not found again: they were changed or deleted \
                 meanwhile, and those that were changed may be here twice. Run the report again for \
                 exact figures.",
                self.given.0
            ));
        }
        Ok(Rest { rows, short })
    }

    /// The report divided by a column.
    async fn partition(&self, org: &Org, way: &Column) -> Result<Partition, ToolError> {
        let column = way.name.clone();
        if way.is_date() {
            let (from, to) = self.span(org, &column).await?;
            return Ok(Partition::Dates { column, from, to });
        }
        let mut seen = HashSet::new();
        let distinct =
            |value: &&String| is_value(value) && seen.insert(value.trim().to_lowercase());
        let values = way.values.iter().filter(distinct).cloned().collect();
        Ok(Partition::Values { column, values })
    }

    /// Where the values of a date column lie, or for lack of that any day of this platform. The
    /// division covers all rows, whatever this says.
    async fn span(&self, org: &Org, column: &str) -> Result<(Date, Date), ToolError> {
        let today = org.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        // Salesforce is from 1999.
        let first = Date::new(1999, 1, 1).unwrap_or(Date::MIN);
        let any = (first, today.saturating_add(2.days()));
        let aggregates = [format!("m!{column}"), format!("mx!{column}")];
        let mut checked = self.checked.clone();
        checked.report_metadata.aggregates = aggregates.to_vec();
        let changes = self.changes.clone().set("aggregates", json!(aggregates));
        let run = RunReport::new(self.id).without_details().with(changes);
        let Ok(result) = org.run_report(&checked, &run).await else { return Ok(any) };
        let day = |name: &str| {
            let (_, cell) = result.totals().find(|(known, _)| *known == name)?;
            cell.value.as_str()?.get(..10)?.parse::<Date>().ok()
        };
        // A day is another one in the user's own time zone.
        let span = day(&aggregates[0])
            .zip(day(&aggregates[1]))
            .map(|(from, to)| (from.saturating_sub(1.day()), to.saturating_add(2.days())));
        Ok(span.filter(|(from, to)| from < to).unwrap_or(any))
    }
}

fn is_value(text: &str) -> bool {
    !text.trim().is_empty()
}

fn told(incomplete: &Incomplete) -> String {
    match incomplete {
        Incomplete::PartTooLarge { part } => format!(
            "The part of the report where {part} has more than {MAX_ROWS} rows, and cannot be read \
             whole. {NARROW}"
        ),
        Incomplete::OutOfRuns => {
            format!("It would take more runs of the report than are made here. {NARROW}")
        }
        Incomplete::CountDiffers { expected, received } => format!(
            "The report counts {expected} rows and its parts have {received}: it was changed \
             meanwhile, or has a limit of its own. Run it again for exact figures."
        ),
        _ => "The report does not count its rows, so nothing tells whether these are all.".into(),
    }
}
