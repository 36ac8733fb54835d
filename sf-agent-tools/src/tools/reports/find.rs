//! The report or dashboard that a call names, by id or by its exact name.

use sf_rest::Id;
use sf_soql::escape;

use crate::{Org, Problem, SuggestedCall, ToolError};

/// The kinds of things that are looked for.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) object: &'static str,
    /// The field of its name.
    pub(crate) name: &'static str,
    /// What its ids start with.
    prefix: &'static str,
    pub(crate) word: &'static str,
    /// The tool that lists them.
    pub(super) list: &'static str,
}

pub(crate) const REPORT: Kind = Kind {
    object: "Report",
    name: "Name",
    prefix: "00O",
    word: "report",
    list: "salesforce_list_reports",
};

pub(crate) const DASHBOARD: Kind = Kind {
    object: "Dashboard",
    name: "Title",
    prefix: "01Z",
    word: "dashboard",
    list: "salesforce_list_dashboards",
};

/// Names that are told of at most.
const TOLD: usize = 5;

/// The id that `given` means.
///
/// # Errors
/// If nothing has this name, or several have it; with those that were probably meant.
pub(crate) async fn find(org: &Org, kind: Kind, given: &str) -> Result<Id, ToolError> {
    let given = given.trim();
    if let Ok(id) = Id::parse(given)
        && id.key_prefix() == kind.prefix
    {
        return Ok(id);
    }
    org.given(kind.object).await?;
    let word = kind.word;
    if let Ok(id) = Id::parse(given) {
        let wrong = format!("{id} is not the id of a {word}: those start with {}.", kind.prefix);
        return Err(refused(kind, given, wrong, Vec::new()));
    }
    let exact = format!("{} = '{}'", kind.name, escape::string(given));
    let found = named(org, kind, &exact).await?;
    match found.as_slice() {
        [(id, _)] => return Ok(*id),
        [] => {}
        several => {
            let ids = several.iter().map(|(id, _)| id.to_string()).collect();
            let wrong = format!("Several {word}s are called {given:?}; give the id of one.");
            return Err(refused(kind, given, wrong, ids));
        }
    }
    let like = format!("{} LIKE '%{}%'", kind.name, escape::like(given));
    let near = named(org, kind, &like).await?;
    let names = near.into_iter().map(|(_, name)| name).collect();
    let given = crate::text::shorten(given, 80);
    Err(refused(
        kind,
        &given,
        format!("There is no {word} {given:?} that is to be seen here."),
        names,
    ))
}

fn refused(kind: Kind, given: &str, what: String, near: Vec<String>) -> ToolError {
    ToolError::fix_your_call(what)
        .with_problem(Problem::new(kind.word, "Give an id or the exact name.").did_you_mean(near))
        .with_next(SuggestedCall::new(kind.list, serde_json::json!({ "words": given })))
}

/// Ids and names of those that fulfil a condition; a statement as any other, so that a policy holds.
async fn named(org: &Org, kind: Kind, condition: &str) -> Result<Vec<(Id, String)>, ToolError> {
    let (object, name) = (kind.object, kind.name);
    let limit = TOLD + 1;
    let soql =
        format!("SELECT Id, {name} FROM {object} WHERE {condition} ORDER BY Id LIMIT {limit}");
    let page = org.query(&org.parse(&soql)?).await?;
    let named = page.records.iter().filter_map(|row| {
        let id = Id::parse(row.get("Id")?.as_str()?).ok()?;
        Some((id, row.get(name)?.as_str()?.to_owned()))
    });
    let mut named: Vec<_> = named.collect();
    named.truncate(TOLD);
    Ok(named)
}
