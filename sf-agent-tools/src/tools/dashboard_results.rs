//! `salesforce_dashboard_results`: what a dashboard shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sf_rest::Id;
use sf_rest::ops::dashboards::{Component, ComponentData, DashboardMetadata};
use sf_rest::ops::reports::result::ReportResult;

use super::reports::find::{DASHBOARD, find};
use super::reports::shown::{Shape, units};
use super::reports::{Named, groups};
use super::sections::{Found, sections};
use crate::org::Board;
use crate::rows::{Columns, ORIGIN, Rows, Section};
use crate::{CallContext, Org, Problem, Reply, Tool, ToolError};

/// Reads a dashboard.
pub(crate) struct ReadDashboard;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Id or exact name.
    dashboard: String,
    /// Titles or ids of components; default all.
    components: Option<Vec<String>>,
    /// Choices of its filters.
    filters: Option<Vec<Choice>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Choice {
    /// Filter name.
    filter: String,
    /// Option, by its name or id.
    option: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// The dashboard.
    dashboard: Named,
    /// Whose rights its data is seen with.
    seen_as: &'static str,
    /// What its components show.
    components: Vec<Shown>,
    /// Its filters with their options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    filters: Vec<Filter>,
    /// Where the values come from.
    origin: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Filter {
    /// Name.
    filter: String,
    /// What can be chosen.
    options: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Shown {
    /// Its title.
    title: String,
    /// Id of its report, for salesforce_run_report.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<String>,
    /// When its data was read; what was changed later is not in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
    /// Grand totals.
    #[serde(skip_serializing_if = "Map::is_empty")]
    totals: Map<String, Value>,
    /// The currency of amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Its groups, or its rows if it has no groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Section>,
    /// Why it has no data.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Tool for ReadDashboard {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_dashboard_results"
    }

    fn title(&self) -> &str {
        "Dashboard results"
    }

    fn description(&self) -> &str {
        "Returns what the components of a dashboard showed after its last refresh."
    }

    fn example(&self) -> Value {
        json!({ "dashboard": "Sales Overview", "components": ["Amount by stage"] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let id = find(org, DASHBOARD, &args.dashboard).await?;
        let mut board = cx.unless_cancelled(org.dashboard(id)).await?;
        let mut problems = Vec::new();
        let wanted = args.components.as_ref();
        let wanted = wanted.map(|names| chosen(&board, names, &mut problems));
        let choices = args.filters.as_deref().unwrap_or_default();
        let options = options(&board.metadata, choices, &mut problems);
        if !problems.is_empty() {
            return Err(ToolError::fix_your_call(
                "The call names what the dashboard does not have. Nothing was read.",
            )
            .with_problems(problems));
        }
        let before = board.left_out;
        let narrowed = wanted.is_some() || before > 0;
        let asked: Vec<Id> = match wanted {
            Some(ids) => ids,
            None => board.shown.iter().map(|(id, _)| *id).collect(),
        };
        if asked.is_empty() && before > 0 {
            return Err(ToolError::ask_a_person(format!(
                "No component of the dashboard can be shown here: they use what this connection may \
                 not read. Nothing was read.{}",
                org.policy().rules().map(crate::policy::Rules::who).unwrap_or_default()
            )));
        }
        let ids: &[Id] = if narrowed { &asked } else { &[] };
        let results = org.dashboard_results(&mut board, ids, options);
        let results = cx.unless_cancelled(results).await?;
        let (shown, mut missing) = shown(cx, org, &board, &asked, results.component_data).await?;
        if board.left_out > 0 {
            missing.add(format!(
                "{} left out: they use what this connection may not read.",
                match board.left_out {
                    1 => "1 component is".to_owned(),
                    n => format!("{n} components are"),
                }
            ));
        }
        let kind = board.metadata.rest.get("dashboardType").and_then(Value::as_str);
        let output = Output {
            dashboard: Named { id: board.id.to_string(), name: board.name.clone() },
            seen_as: match kind {
                Some("LoggedInUser" | "MyTeamUser") => "this user",
                _ => "the dashboard's running user, who may see other records than this user",
            },
            components: shown,
            filters: filters(&board.metadata),
            origin: ORIGIN,
        };
        Ok(Reply::new(output, missing.done()))
    }
}

/// The components of these titles or ids, of those that may be shown.
fn chosen(board: &Board, names: &[String], problems: &mut Vec<Problem>) -> Vec<Id> {
    let known: Vec<&Component> =
        board.metadata.components.iter().filter(|c| is_shown(board, c)).collect();
    let mut ids = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let name = name.trim();
        let titled =
            |component: &&&Component| titles(component).any(|t| t.eq_ignore_ascii_case(name));
        let by_id = Id::parse(name).ok();
        let mut found: Vec<Id> = known.iter().filter(titled).map(|c| c.id).collect();
        if let Some(id) = by_id.filter(|id| known.iter().any(|c| c.id == *id)) {
            found = vec![id];
        }
        if found.is_empty() {
            let titles: Vec<Value> =
                known.iter().map(|component| json!(title(component))).collect();
            let bound = 20;
            let text = "The dashboard has no such component.";
            problems.push(Problem::new(format!("components[{at}]"), text).allowed(titles, bound));
        }
        ids.extend(found);
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn is_shown(board: &Board, component: &Component) -> bool {
    board.shown.iter().any(|(id, _)| *id == component.id)
}

/// Title and header: a component may have either.
fn titles(component: &Component) -> impl Iterator<Item = &str> {
    let header = component.rest.get("header").and_then(Value::as_str);
    component.title.as_deref().into_iter().chain(header).filter(|text| !text.trim().is_empty())
}

fn title(component: &Component) -> String {
    titles(component).next().map_or_else(|| component.id.to_string(), str::to_owned)
}

/// The chosen options by the places of their filters; the empty text is no choice.
fn options(
    board: &DashboardMetadata,
    choices: &[Choice],
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let mut options = vec![String::new(); board.filters.len()];
    for (at, choice) in choices.iter().enumerate() {
        let same = |a: &str, b: &str| a.trim().eq_ignore_ascii_case(b.trim());
        let Some(place) = board.filters.iter().position(|f| same(&f.name, &choice.filter)) else {
            let names: Vec<Value> = board.filters.iter().map(|f| json!(f.name)).collect();
            let bound = names.len();
            let text = "The dashboard has no such filter.";
            problems
                .push(Problem::new(format!("filters[{at}].filter"), text).allowed(names, bound));
            continue;
        };
        let known = &board.filters[place].options;
        let found = known.iter().find(|option| {
            same(&option.id, &choice.option) || same(&option_name(option), &choice.option)
        });
        match found {
            Some(option) => options[place].clone_from(&option.id),
            None => {
                let names: Vec<Value> = known.iter().map(|o| json!(option_name(o))).collect();
                let text = "The filter has no such option.";
                let problem = Problem::new(format!("filters[{at}].option"), text);
                let bound = names.len();
                problems.push(problem.allowed(names, bound));
            }
        }
    }
    if choices.is_empty() { Vec::new() } else { options }
}

fn option_name(option: &sf_rest::ops::dashboards::FilterOption) -> String {
    let text = |key: &str| option.rest.get(key).and_then(Value::as_str).unwrap_or_default();
    match option.alias.as_deref().filter(|alias| !alias.is_empty()) {
        Some(alias) => alias.to_owned(),
        None if text("operation") == "between" => {
            format!("between {} and {}", text("startValue"), text("endValue"))
        }
        None => format!("{} {}", text("operation"), text("value")),
    }
}

fn filters(board: &DashboardMetadata) -> Vec<Filter> {
    let of = |filter: &sf_rest::ops::dashboards::DashboardFilter| Filter {
        filter: filter.name.clone(),
        options: filter.options.iter().map(option_name).collect(),
    };
    board.filters.iter().map(of).collect()
}

/// The components with their data, in the dashboard's order.
async fn shown(
    cx: &CallContext,
    org: &Org,
    board: &Board,
    asked: &[Id],
    data: Vec<ComponentData>,
) -> Result<(Vec<Shown>, super::sections::Missing), ToolError> {
    let (mut all, mut lists) = (Vec::new(), Vec::new());
    let mut silent: Vec<String> = Vec::new();
    for component in board.metadata.components.iter().filter(|c| is_shown(board, c)) {
        let Some(data) = data.iter().find(|data| data.component_id == component.id) else {
            silent.extend(asked.contains(&component.id).then(|| title(component)));
            continue;
        };
        let mut one = Shown {
            title: title(component),
            report: component.report_id.map(|id| id.to_string()),
            as_of: data.status.refresh_date.clone(),
            totals: Map::new(),
            currency: None,
            data: None,
            problem: None,
        };
        match &data.report_result {
            Some(result) => {
                let list = list(&one.title, result);
                let rows = result.report_metadata.groupings_down.is_empty();
                one.currency = units(org, result, rows).await.currency;
                one.totals = groups::totals(result);
                org.gate().rows(list.rows.len() as u64)?;
                lists.push(list);
            }
            None => one.problem = Some(problem(org, data)),
        }
        all.push(one);
    }
    let share = lists.len();
    let (sections, mut missing) = sections(cx, org, lists, share).await?;
    if !silent.is_empty() {
        missing
            .add(format!("Salesforce sent nothing for these components: {}.", silent.join(", ")));
    }
    let mut sections = sections.into_iter();
    for one in all.iter_mut().filter(|one| one.problem.is_none()) {
        one.data = sections.next();
    }
    Ok((all, missing))
}

fn list(title: &str, result: &ReportResult) -> Found {
    let metadata = &result.report_metadata;
    let of = title.to_owned();
    if metadata.groupings_down.is_empty() && metadata.groupings_across.is_empty() {
        let shape = Shape::of(result, false);
        let rows = result
            .details()
            .map(|row| shape.row(row.groups.iter().map(|group| &group.value), row.cells));
        let gap = (!result.all_data).then(|| {
            format!(
                "{title}: these are the first rows of its report; salesforce_run_report has all."
            )
        });
        return Found { of, columns: shape.columns(), rows: Rows::Cells(rows.collect()), gap };
    }
    let table = groups::table(result);
    let columns = Columns::named(table.columns.iter().map(String::as_str));
    let gap = groups::short(result).map(|short| format!("{title}: {short}"));
    Found { of, columns, rows: Rows::Cells(table.rows), gap }
}

fn problem(org: &Org, data: &ComponentData) -> String {
    match (&data.status.error_message, data.status.data_status.as_deref()) {
        // The words of the platform may name what rules hide.
        (Some(_), _) if org.policy().rules().is_some() => "Its report cannot be run.".to_owned(),
        (Some(message), _) => crate::text::shorten(message, 300),
        (None, Some("NODATA")) => "It has no data.".to_owned(),
        _ => "It shows no report, or was never refreshed.".to_owned(),
    }
}
