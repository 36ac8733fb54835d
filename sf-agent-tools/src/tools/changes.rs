//! `salesforce_changes`: what was created, updated and deleted since a point in time.
//!
//! Rows come from a query by `CreatedDate` and `SystemModstamp`, which reaches back as far as one
//! likes; the platform's feeds tell up to when that is complete (a transaction that is still under
//! way shows up later with an earlier time) and what was deleted, 15 days back (REST API Developer
//! Guide, sObject Get Updated and Get Deleted).

use jiff::{SignedDuration, Timestamp, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_soql::ast::{
    CompareOp, Condition, DateTime, Direction, Expr, Literal, OrderBy, Path, Span, Value as Soql,
};

use super::names::Names;
use super::sections::{Found, Missing, sections};
use super::statement;
use crate::rows::{About, Bounds, Columns, Rows, Section, Units, read, section, start};
use crate::{CallContext, ErrorClass, Org, Problem, Reply, Tool, ToolError};

/// How far back the feed of deletions goes, with a little to spare for clocks.
const DELETED: SignedDuration = SignedDuration::from_hours(15 * 24 - 1);

/// The span in which the feed of changes is asked for how far it is complete.
const LOOK_BACK: SignedDuration = SignedDuration::from_mins(30);

/// Lists changes.
pub(crate) struct Changes;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Object, by API name or label.
    object: String,
    /// 2026-03-31T14:00:00Z, or a date (UTC).
    since: String,
    /// Default all.
    kinds: Option<Vec<Kind>>,
    /// Fields.
    fields: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Created,
    Updated,
    Deleted,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// API name of the object.
    object: String,
    /// From when on.
    since: String,
    /// Up to when this is complete. Give it as since to go on; a deletion may then come twice.
    until: String,
    /// A list for each kind.
    results: Vec<Section>,
    #[serde(flatten)]
    about: About,
}

impl Tool for Changes {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_changes"
    }

    fn title(&self) -> &str {
        "Changes since"
    }

    fn description(&self) -> &str {
        "Lists records created, updated and deleted since a point in time, and says what that \
         covers: deletions reach back 15 days."
    }

    fn example(&self) -> Value {
        json!({ "object": "Lead", "since": "2026-03-31T14:00:00Z", "fields": ["Name", "Status"] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let mut names = Names::of(org, &args.object).await?;
        let now = org.now();
        let since = point(&args.since);
        match since {
            None => names.problem("since", format!(
                "{:?} is no point in time; write 2026-03-31T14:00:00Z, or 2026-03-31 for midnight UTC.",
                crate::text::shorten(&args.since, 40)
            )),
            Some(since) if since >= now => {
                names.problem("since", format!("{since} is not past."));
            }
            Some(_) => {}
        }
        let mut fields = names.fields("fields", args.fields.as_deref()).await?;
        names.refuse()?;
        let since = since.unwrap_or(now);
        let (created, stamp) = (
            field(&names, &["CreatedDate"]),
            field(&names, &["SystemModstamp", "LastModifiedDate"]),
        );
        let (Some(created), Some(stamp)) = (created, stamp) else {
            return Err(ToolError::fix_your_call(format!(
                "Salesforce does not note when records of {} change. Nothing was sent.",
                names.object.name
            ))
            .with_problem(Problem::new(
                "object",
                "Choose an object with CreatedDate and SystemModstamp.",
            )));
        };
        for path in [&created, &stamp] {
            if !fields.iter().any(|known| known.is(path.as_str())) {
                fields.push(path.clone());
            }
        }
        let object = names.object.name.clone();
        let mut notes = names.notes;
        let kinds = args.kinds.filter(|kinds| !kinds.is_empty());
        let kinds = kinds.unwrap_or_else(|| vec![Kind::Created, Kind::Updated, Kind::Deleted]);
        let wants = |kind: Kind| kinds.contains(&kind);
        let mut until = covered(org, &object, since, now, &mut notes).await?;
        let mut gone = None;
        if wants(Kind::Deleted) {
            let (list, known) = deleted(org, &object, since, now).await?;
            // Deletions behind this may become known later.
            until = until.min(known);
            gone = Some(list);
        }
        if until <= since {
            notes.push(format!("Nothing after {since} is known yet; ask again in some minutes."));
        }
        let until = until.max(since);
        let (mut results, mut missing) = (Vec::new(), Missing::new());
        // Deletions alone have their time in UTC too.
        let mut units = Units { currency: None, time_zone: Some("UTC".to_owned()) };
        let owner = org.owner(cx).await?;
        let mut bounds = Bounds::new(org, None, None);
        bounds.tokens /= kinds.len();
        for (kind, of) in [(Kind::Created, "created"), (Kind::Updated, "updated")] {
            if !wants(kind) || until <= since {
                continue;
            }
            let at = |path: &Path, op, time| condition(path, op, time);
            let (filter, key) = match kind {
                Kind::Created => (
                    vec![at(&created, CompareOp::Ge, since), at(&created, CompareOp::Lt, until)],
                    &created,
                ),
                _ => (
                    vec![
                        at(&created, CompareOp::Lt, since),
                        at(&stamp, CompareOp::Ge, since),
                        at(&stamp, CompareOp::Lt, until),
                    ],
                    &stamp,
                ),
            };
            let mut query = statement::select(&object, fields.clone())?;
            query.filter = filter.into_iter().collect::<Option<Vec<_>>>().map(Condition::And);
            query.order_by = by_time(key);
            let query = statement::checked(org, &query, &mut notes).await?;
            let page = start(org, &query).await?;
            units = page.units.clone();
            let slice = read(cx, org, &owner, page, bounds).await?;
            let (one, gaps) = section(org, &owner, of, slice)?;
            missing.see(&one, gaps);
            results.push(one);
        }
        if let Some(list) = gone {
            let (lists, gaps) = sections(cx, org, vec![list], kinds.len()).await?;
            results.extend(lists);
            missing = missing.and(gaps);
        }
        let output = Output {
            object,
            since: since.to_string(),
            until: until.to_string(),
            results,
            about: About::new(units, notes),
        };
        Ok(Reply::new(output, missing.done()))
    }
}

/// A point in time; a date is its midnight in UTC.
fn point(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let midnight = || format!("{text}T00:00:00Z").parse().ok();
    // The platform writes offsets without a colon.
    text.parse().ok().or_else(midnight).or_else(|| text.replace("+0000", "Z").parse().ok())
}

fn field(names: &Names<'_>, wanted: &[&str]) -> Option<Path> {
    let field = wanted.iter().find_map(|name| names.object.field(name).filter(|f| f.filterable))?;
    Path::new(&field.name).ok()
}

fn condition(path: &Path, op: CompareOp, time: Timestamp) -> Option<Condition> {
    let value = DateTime::new(&time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).ok()?;
    let (left, value) = (Expr::Field(path.clone()), Literal::from(Soql::DateTime(value)));
    Some(Condition::Compare { left, op, value, span: Span::default() })
}

fn by_time(key: &Path) -> Vec<OrderBy> {
    let keys = [Some(key.clone()), Path::new("Id").ok()].into_iter().flatten();
    keys.map(|path| statement::by(Expr::Field(path), Direction::Ascending)).collect()
}

/// Up to when changes are known to be complete.
async fn covered(
    org: &Org,
    object: &str,
    since: Timestamp,
    now: Timestamp,
    notes: &mut Vec<String>,
) -> Result<Timestamp, ToolError> {
    let early = now.saturating_sub(LOOK_BACK).unwrap_or(since);
    let minute = now.saturating_sub(SignedDuration::from_secs(61)).unwrap_or(since);
    match org.changes_known_until(object, since.max(early).min(minute), now).await {
        Ok(until) => Ok(until.min(now)),
        Err(error) if error.class == ErrorClass::FixYourCall => {
            notes.push(format!(
                "Salesforce has no feed of {object}, so changes of transactions that are still under \
                 way may show up later with an earlier time."
            ));
            Ok(now)
        }
        Err(error) => Err(error),
    }
}

/// What was deleted, with what of it cannot be known, and up to when it is known.
async fn deleted(
    org: &Org,
    object: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<(Found, Timestamp), ToolError> {
    let earliest = now.saturating_sub(DELETED).unwrap_or(since);
    let minute = now.saturating_sub(SignedDuration::from_secs(61)).unwrap_or(since);
    let (start, mut gap, mut until) = (since.max(earliest).min(minute), None, now);
    let rows = match org.deleted(object, start, now).await {
        Ok(feed) => {
            until = feed.latest_date_covered.min(now);
            let known = feed.earliest_date_available.max(start);
            if known > since {
                // Whole seconds: the feed tells no more, and a model reads every digit.
                let known = known.round(Unit::Second).unwrap_or(known);
                gap =
                    Some(format!("Deletions before {known} are not known to Salesforce any more."));
            }
            let row = |r: &sf_rest::ops::feeds::DeletedRecord| {
                vec![json!(r.id.as_str()), json!(r.deleted_date.to_string())]
            };
            feed.deleted_records.iter().filter(|r| r.deleted_date >= since).map(row).collect()
        }
        Err(error) if error.class == ErrorClass::FixYourCall => {
            gap = Some(format!("Salesforce does not tell which records of {object} were deleted."));
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    let columns = Columns::named(["Id", "deleted"]);
    Ok((Found { of: "deleted".to_owned(), columns, rows: Rows::Cells(rows), gap }, until))
}
