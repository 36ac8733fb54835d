//! `salesforce_search`: words across objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_rest::Record;
use sf_soql::ast::{Count, Expression, Ident, Path, ReturnedField, Returning, Search, SearchGroup};

use super::conditions::{Loose, filter};
use super::names::Names;
use super::sections::{Found, sections};
use crate::rows::{About, Columns, Rows, Scale, Section};
use crate::{CallContext, Org, Problem, Reply, Tool, ToolError};

/// Records of an object when the call does not say.
const DEFAULT_ROWS: u32 = 20;

/// Records that one search gives at most (SOQL and SOSL Reference, "SOSL Limits").
const MOST_ROWS: u64 = 2_000;

/// What nothing in an answer tells: the index gives 2,000 matches, of which rights and conditions
/// leave some (as above).
const NARROWED: &str = "Conditions narrow the first 2,000 records that the words find: of frequent \
                        words there may be more that fit. salesforce_find_records is exact.";

/// Characters of a search beyond which the platform drops operators, and beyond which it finds
/// nothing, are far above this.
const MOST_CHARACTERS: usize = 1_000;

/// Searches.
pub(crate) struct SearchRecords;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Whole words, all to be found.
    #[schemars(length(max = MOST_CHARACTERS))]
    words: String,
    /// Where to look; conditions as in salesforce_find_records.
    #[schemars(length(min = 1, max = 10))]
    objects: Vec<ObjectArg>,
    /// Default all.
    r#in: Option<Group>,
    /// Most of each object, default 20.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ObjectArg {
    /// Object.
    object: String,
    /// Fields.
    fields: Option<Vec<String>>,
    /// Conditions.
    r#where: Option<Loose>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Group {
    All,
    Name,
    Email,
    Phone,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// What was found, a list for each object, the best first.
    results: Vec<Section>,
    #[serde(flatten)]
    about: About,
}

impl Tool for SearchRecords {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_search"
    }

    fn title(&self) -> &str {
        "Search records"
    }

    fn description(&self) -> &str {
        "Searches words in texts of several objects at once. The index lags minutes behind; exact \
         and complete is salesforce_find_records."
    }

    fn example(&self) -> Value {
        json!({ "words": "acme", "objects": [{ "object": "Account" }, { "object": "Contact", "fields": ["Name", "Email"] }] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let mut notes = Vec::new();
        let mut search = Search::new(words(&args.words, &mut notes)?);
        search.group = args.r#in.map(|group| match group {
            Group::All => SearchGroup::All,
            Group::Name => SearchGroup::Name,
            Group::Email => SearchGroup::Email,
            Group::Phone => SearchGroup::Phone,
        });
        let limit = args.limit.unwrap_or(DEFAULT_ROWS);
        let (mut problems, mut scale) = (Vec::new(), Scale::default());
        let mut wanted: Vec<(String, Vec<Path>)> = Vec::new();
        for (n, one) in args.objects.iter().enumerate() {
            let at = format!("objects[{n}]");
            let mut names = Names::of(org, &one.object).await?;
            let fields = names.fields(&format!("{at}.fields"), one.fields.as_deref()).await?;
            let place = format!("{at}.where");
            let given = Loose::read(one.r#where.as_ref(), &mut names, &place);
            let filter = filter(&mut names, &place, Some(&given), None).await?;
            names.scale(&mut scale, fields.iter().map(Path::as_str)).await?;
            let name = names.object.name.clone();
            if !names.object.searchable {
                names.problem(&at, format!("{name} is not searched; use salesforce_find_records."));
            }
            if wanted.iter().any(|(before, _)| *before == name) {
                names.problem(&at, format!("{name} is named twice; name it once with all fields."));
            }
            problems.append(&mut names.problems);
            notes.append(&mut names.notes);
            let Ok(ident) = Ident::new(&name) else { continue };
            search.returning.push(Returning {
                fields: fields.iter().cloned().map(ReturnedField::new).collect(),
                filter,
                limit: Some(Count::from(u64::from(limit))),
                ..Returning::new(ident)
            });
            wanted.push((name, fields));
        }
        if !problems.is_empty() {
            return Err(ToolError::fix_your_call(
                "The search cannot be understood as it is. Nothing was sent.",
            )
            .with_problems(problems));
        }
        for entry in &search.returning {
            super::statement::checked(org, &entry.to_query(), &mut notes).await?;
        }
        let found = org.search(&search).await?;
        let all = found.len() as u64;
        let lists = wanted.into_iter().map(|(name, fields)| {
            let is_of = |record: &&Record| record.object_type() == Some(name.as_str());
            let records: Vec<Record> = found.iter().filter(is_of).cloned().collect();
            let gap = (records.len() as u64 >= u64::from(limit)).then(|| {
                format!("{name}: the limit of {limit} was reached, more may fit; give more words or conditions, or a higher limit.")
            });
            let columns = Columns::named(fields.iter().map(Path::as_str));
            Found { of: name, columns, rows: Rows::Records(records), gap }
        });
        let lists: Vec<Found> = lists.collect();
        let share = lists.len();
        let (results, mut missing) = sections(cx, org, lists, share).await?;
        if all >= MOST_ROWS {
            missing.add(format!("A search gives at most {MOST_ROWS} records."));
        }
        if all == 0 {
            notes.push(
                "Nothing was found. Only whole words are, and what was written in the last minutes \
                 may be missing."
                    .to_owned(),
            );
        }
        if search.returning.iter().any(|entry| entry.filter.is_some()) {
            notes.push(NARROWED.to_owned());
        }
        let about = About::new(org.units(scale).await, notes);
        Ok(Reply::new(Output { results, about }, missing.done()))
    }
}

/// The words as an expression in which nothing is an operator. What is too short to be searched is
/// left out, and told.
pub(super) fn words(text: &str, notes: &mut Vec<String>) -> Result<Expression, ToolError> {
    let long = |word: &&str| word.chars().filter(|c| c.is_alphanumeric()).count() > 1;
    let (kept, short): (Vec<&str>, Vec<&str>) = text.split_whitespace().partition(long);
    if !short.is_empty() && !kept.is_empty() {
        let short = crate::text::shorten(&short.join(" "), 60);
        notes.push(format!("Too short to be searched, and left out: {short}"));
    }
    Expression::words(&kept.join(" ")).ok_or_else(|| {
        ToolError::fix_your_call("There is nothing to search for. Nothing was sent.").with_problem(
            Problem::new("words", "Salesforce searches words of at least two letters or digits."),
        )
    })
}
