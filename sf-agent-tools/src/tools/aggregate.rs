//! `salesforce_aggregate`: groups and what is computed of them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_schema::{Field, FieldType};
use sf_soql::ast::{
    Argument, Call, Condition, Count, Direction, Expr, Function, GroupBy, GroupKind, Ident,
    OrderBy, Path, SelectItem, Span,
};

use super::conditions::{ConditionArg, Loose, compare, filter};
use super::names::Names;
use super::statement;
use crate::limits::MAX_ROWS;
use crate::rows::{Bounds, Column, Columns, Source, Table, read, start_with, table};
use crate::{CallContext, Org, Problem, Reply, Tool, ToolError};

/// Aggregates records.
pub(crate) struct Aggregate;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Object, by API name or label.
    object: String,
    /// count, or of a field: sum(Amount), avg, min, max, count, count_distinct.
    #[schemars(length(min = 1, max = 20))]
    measures: Vec<String>,
    /// Fields; dates by period: month(CloseDate), day, week, quarter, year, fiscal_quarter, fiscal_year.
    group_by: Option<Vec<String>>,
    /// Conditions {field, op, value} as in salesforce_find_records.
    r#where: Option<Loose>,
    /// As there.
    logic: Option<String>,
    /// Conditions whose field is a column, such as sum(Amount).
    having: Option<Loose>,
    /// Columns, such as sum(Amount) desc.
    order_by: Option<Vec<String>>,
    /// Most groups.
    #[schemars(range(min = 1, max = MAX_ROWS))]
    limit: Option<u32>,
}

/// A column of the result.
struct Out {
    title: String,
    alias: Ident,
    expr: Expr,
    /// What its values are.
    field: Field,
    /// The field that it groups by.
    groups: Option<Path>,
}

impl Tool for Aggregate {
    type Args = Args;
    type Output = Table;

    fn name(&self) -> &str {
        "salesforce_aggregate"
    }

    fn title(&self) -> &str {
        "Aggregate records"
    }

    fn description(&self) -> &str {
        "Computes counts, sums and the like over the records of one object, by group."
    }

    fn example(&self) -> Value {
        json!({
            "object": "Opportunity",
            "measures": ["count", "sum(Amount)"],
            "group_by": ["StageName", "quarter(CloseDate)"],
            "where": [{ "field": "CloseDate", "op": "=", "value": "THIS_YEAR" }],
            "having": [{ "field": "sum(Amount)", "op": ">", "value": 100000 }],
            "order_by": ["sum(Amount) desc"],
        })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Table>, ToolError> {
        let mut names = Names::of(org, &args.object).await?;
        let mut outs = groups(&mut names, args.group_by.as_deref().unwrap_or_default()).await?;
        let grouped = outs.len();
        measures(&mut names, &mut outs, &args.measures).await?;
        let given = Loose::read(args.r#where.as_ref(), &mut names, "where");
        let filter = filter(&mut names, "where", Some(&given), args.logic.as_deref()).await?;
        let given = Loose::read(args.having.as_ref(), &mut names, "having");
        let having = having(&mut names, &outs, &given);
        let order = order(&mut names, &outs, args.order_by.as_deref());
        if grouped == 0 && (args.having.is_some() || args.limit.is_some()) {
            names.problem(
                "group_by",
                "Without groups there is one row, and neither having nor limit.",
            );
        }
        names.refuse()?;

        let mut query = statement::select(&names.object.name, Vec::new())?;
        query.select = outs.iter().map(Out::item).collect();
        query.filter = filter;
        if grouped > 0 {
            let items =
                outs.iter().filter(|o| o.groups.is_some()).map(|o| o.expr.clone()).collect();
            query.group_by = Some(GroupBy { kind: GroupKind::Plain, items, span: Span::default() });
            query.having = having;
            query.order_by = order;
            query.limit = Some(Count::from(u64::from(args.limit.unwrap_or(MAX_ROWS))));
        }
        let mut notes = names.notes;
        let query = statement::checked(org, &query, &mut notes).await?;
        let items = outs.into_iter().map(|out| Column {
            title: out.title,
            source: Source::FirstOf(vec![out.alias.as_str().to_owned()]),
        });
        let columns = Columns::of_items(items.collect());
        let owner = org.owner(cx).await?;
        let limit = u64::from(args.limit.unwrap_or(MAX_ROWS));
        let reached = format!(
            "The limit of {limit} groups was reached: there may be more. Salesforce gives at most \
             {MAX_ROWS}; conditions narrow them."
        );
        // What the call did not ask to be cut is missing.
        let most = (grouped > 0 && args.limit.is_none()).then(|| (limit, reached.clone()));
        let page = start_with(org, &query, Some(columns), most).await?;
        let bounds = Bounds::new(org, args.limit, None);
        let slice = read(cx, org, &owner, page, bounds).await?;
        let mut reply = table(org, &owner, None, bounds.format, slice)?;
        if grouped > 0 && reply.data.total >= limit {
            notes.push(reached);
        }
        reply.data.about.notes.extend(notes);
        Ok(reply)
    }
}

impl Out {
    fn item(&self) -> SelectItem {
        let alias = Some(self.alias.clone());
        match &self.expr {
            Expr::Field(path) => SelectItem::Field { path: path.clone(), alias },
            Expr::Call(call) => SelectItem::Call { call: call.clone(), alias },
        }
    }
}

/// `month(CloseDate)` as its word, in small letters, and what it is of.
fn call(written: &str) -> (Option<String>, &str) {
    let written = written.trim();
    match written.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        Some((word, field)) => (Some(word.trim().to_lowercase()), field.trim()),
        None => (None, written),
    }
}

/// The functions that make the columns of a period, each with the word for it.
fn period(word: &str, is_time: bool) -> Option<&'static [(Function, &'static str)]> {
    use Function as F;
    Some(match word {
        "day" if is_time => &[(F::DayOnly, "day")],
        "day" => &[],
        "week" => &[(F::CalendarYear, "year"), (F::WeekInYear, "week")],
        "month" => &[(F::CalendarYear, "year"), (F::CalendarMonth, "month")],
        "quarter" => &[(F::CalendarYear, "year"), (F::CalendarQuarter, "quarter")],
        "year" => &[(F::CalendarYear, "year")],
        "fiscal_quarter" => &[(F::FiscalYear, "fiscal_year"), (F::FiscalQuarter, "fiscal_quarter")],
        "fiscal_year" => &[(F::FiscalYear, "fiscal_year")],
        _ => return None,
    })
}

async fn groups(names: &mut Names<'_>, given: &[String]) -> Result<Vec<Out>, ToolError> {
    let mut outs: Vec<Out> = Vec::new();
    for (n, written) in given.iter().enumerate() {
        let at = format!("group_by[{n}]");
        let (word, name) = call(written);
        let Some(named) = names.field(&at, name).await? else { continue };
        let (path, field) = (named.path, named.field.unwrap_or_default());
        let is_time = field.ty == FieldType::Datetime;
        let functions = match word.as_deref() {
            None if is_time => Err(format!(
                "{path} is a point in time: group it by a period, such as month({path})."
            )),
            None => Ok(Default::default()),
            Some(_) if !is_time && field.ty != FieldType::Date => {
                Err(format!("{path} ({}) is no date, so it has no periods.", field.ty))
            }
            Some(word) => period(word, is_time).ok_or_else(|| {
                format!(
                    "{:?} is no period: day, week, month, quarter, year, fiscal_quarter or \
                     fiscal_year.",
                    crate::text::shorten(word, 40)
                )
            }),
        };
        let functions: &[(Function, &str)] = match functions {
            Ok(functions) => functions,
            Err(wrong) => {
                names.problem(&at, wrong);
                continue;
            }
        };
        if functions.is_empty() {
            let expr = Expr::Field(path.clone());
            push(&mut outs, path.to_string(), expr, field, Some(path));
            continue;
        }
        for (function, what) in functions {
            let call = match is_time {
                // The user's days, not those of UTC.
                true => {
                    let local = Call::of_field(Function::ConvertTimezone, path.clone());
                    let (function, args) = (*function, vec![Argument::Call(local)]);
                    Call { function, args, span: Span::default() }
                }
                false => Call::of_field(*function, path.clone()),
            };
            let mut value = Field::default();
            value.name.clone_from(&field.name);
            value.ty = if *what == "day" { FieldType::Date } else { FieldType::Int };
            push(&mut outs, format!("{what}({path})"), Expr::Call(call), value, Some(path.clone()));
        }
    }
    Ok(outs)
}

async fn measures(
    names: &mut Names<'_>,
    outs: &mut Vec<Out>,
    given: &[String],
) -> Result<(), ToolError> {
    for (n, written) in given.iter().enumerate() {
        let at = format!("measures[{n}]");
        let (word, name) = match call(written) {
            (None, "count" | "COUNT" | "Count") => (Some("count".to_owned()), ""),
            (None, name) => (None, name),
            (word, "*") => (word, ""),
            other => other,
        };
        let word = word.as_deref().unwrap_or("");
        let function = match word {
            "count" => Function::Count,
            "count_distinct" => Function::CountDistinct,
            "sum" => Function::Sum,
            "avg" => Function::Avg,
            "min" => Function::Min,
            "max" => Function::Max,
            _ => {
                names.problem(&at, format!(
                    "{:?} computes nothing: write count, or a function of a field such as sum(Amount); \
                     the functions are sum, avg, min, max, count and count_distinct.",
                    crate::text::shorten(written, 60)
                ));
                continue;
            }
        };
        if name.is_empty() && function != Function::Count {
            names.problem(&at, format!("{word} wants a field; only count goes without."));
            continue;
        }
        let of = if name.is_empty() { "Id" } else { name };
        let Some(named) = names.field(&at, of).await? else { continue };
        let mut field = named.field.unwrap_or_default();
        if matches!(function, Function::Count | Function::CountDistinct) {
            field.ty = FieldType::Int;
        }
        let title = match name {
            "" => word.to_owned(),
            _ => format!("{word}({})", named.path),
        };
        if outs.iter().any(|out| out.title == title) {
            names.problem(&at, format!("{title} is asked for twice."));
            continue;
        }
        push(outs, title, Expr::Call(Call::of_field(function, named.path)), field, None);
    }
    Ok(())
}

fn push(outs: &mut Vec<Out>, title: String, expr: Expr, field: Field, groups: Option<Path>) {
    let same = |out: &&Out| out.expr == expr && out.groups.is_some();
    // A year that two periods share is grouped by once.
    if outs.iter().any(|out| same(&out)) {
        return;
    }
    if let Ok(alias) = Ident::new(&format!("c{}", outs.len())) {
        outs.push(Out { title, alias, expr, field, groups });
    }
}

/// The columns that are called so: of a field that is grouped by periods, all of them.
fn columns<'o>(outs: &'o [Out], written: &str) -> Vec<&'o Out> {
    let plain = |text: &str| text.to_lowercase().replace(' ', "");
    let wanted = plain(written);
    match outs.iter().find(|out| plain(&out.title) == wanted) {
        Some(out) => vec![out],
        None => {
            let of =
                |out: &&Out| out.groups.as_ref().is_some_and(|path| plain(path.as_str()) == wanted);
            outs.iter().filter(of).collect()
        }
    }
}

fn no_column(names: &mut Names<'_>, at: &str, written: &str, outs: &[Out]) {
    let titles: Vec<Value> = outs.iter().map(|out| json!(out.title)).collect();
    let bound = titles.len();
    let message = format!("There is no column {:?}.", crate::text::shorten(written, 60));
    names.problems.push(Problem::new(at, message).allowed(titles, bound));
}

fn having(names: &mut Names<'_>, outs: &[Out], given: &[ConditionArg]) -> Option<Condition> {
    let mut all: Vec<Condition> = Vec::new();
    for (n, one) in given.iter().enumerate() {
        match columns(outs, &one.field).as_slice() {
            [out] => match compare(out.expr.clone(), &out.field, one.op, &one.value) {
                Ok(condition) => all.push(condition),
                Err(wrong) => names.problem(&format!("having[{n}].value"), wrong),
            },
            _ => no_column(names, &format!("having[{n}].field"), &one.field, outs),
        }
    }
    all.into_iter().reduce(Condition::and)
}

fn order(names: &mut Names<'_>, outs: &[Out], given: Option<&[String]>) -> Vec<OrderBy> {
    let Some(given) = given.filter(|given| !given.is_empty()) else {
        let groups = outs.iter().filter(|out| out.groups.is_some());
        return groups.map(|out| statement::by(out.expr.clone(), Direction::Ascending)).collect();
    };
    let mut keys = Vec::new();
    for (n, written) in given.iter().enumerate() {
        let (column, direction) = statement::sort_key(written);
        let found = columns(outs, column);
        if found.is_empty() {
            no_column(names, &format!("order_by[{n}]"), column, outs);
        }
        keys.extend(found.into_iter().map(|out| statement::by(out.expr.clone(), direction)));
    }
    keys
}
