//! `salesforce_request`: any path of the org's own REST APIs, where the host switched it on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_rest::Method;

use crate::org::{RawAnswer, RawRequest};
use crate::rows::{Bounds, Columns, Format, Kept, ORIGIN, Rows, Table, Units, read, table};
use crate::tokens::tokens_of;
use crate::{CallContext, Effect, Org, Problem, Reply, Tool, ToolError};

/// Bytes of a piece of a long answer. A piece is a row, and has to fit in one reply.
const PIECE: usize = 1_500;

/// Sends a request.
pub(crate) struct RawCall {
    /// Whether writes are switched on.
    pub(crate) writes: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Default GET.
    method: Option<Verb>,
    /// Below /services/data or /services/apexrest, or relative to the API version (limits).
    path: String,
    /// Parameters, unencoded.
    query: Option<BTreeMap<String, Scalar>>,
    /// JSON body.
    body: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// The value of a parameter.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// HTTP status.
    status: u16,
    /// The answer, if it is JSON that fits in a reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Value>,
    /// Otherwise its text in pieces, one per row; joined they are the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Table>,
    /// What there is to know of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    notes: Vec<String>,
    /// Where the values come from.
    origin: &'static str,
}

impl Tool for RawCall {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_request"
    }

    fn title(&self) -> &str {
        "Raw request"
    }

    fn description(&self) -> &str {
        "Sends one request to a REST path of the org, for what no other tool does."
    }

    fn effects(&self) -> &[Effect] {
        match self.writes {
            true => &[Effect::Read, Effect::Create, Effect::Update, Effect::Delete],
            false => &[Effect::Read],
        }
    }

    /// What a call does shows in its arguments alone, so the org asks.
    fn serves_writes(&self) -> bool {
        self.writes
    }

    fn is_idempotent(&self) -> bool {
        false
    }

    fn example(&self) -> Value {
        json!({ "path": "query", "query": { "q": "SELECT Id FROM Account LIMIT 1" } })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let method = match args.method.unwrap_or(Verb::Get) {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
            Verb::Patch => Method::PATCH,
            Verb::Delete => Method::DELETE,
        };
        let mut problems = Vec::new();
        let path = path(&args.path, org).unwrap_or_else(|problem| {
            problems.push(Problem::new("path", problem));
            String::new()
        });
        if args.body.is_some() && method == Method::GET {
            problems.push(Problem::new("body", "A GET has no body; give parameters in query."));
        }
        if !problems.is_empty() {
            return Err(ToolError::fix_your_call("The request cannot be sent. Nothing was sent.")
                .with_problems(problems)
                .with_example(self.example()));
        }
        let query = args.query.unwrap_or_default().into_iter().map(|(name, value)| {
            let value = match value {
                Scalar::Text(text) => text,
                Scalar::Number(number) => number.to_string(),
                Scalar::Flag(flag) => flag.to_string(),
            };
            (name, value)
        });
        let request = RawRequest { method, path, query: query.collect(), body: args.body };
        let answer = org.raw(cx, request).await?;
        shown(cx, org, answer).await
    }
}

/// A path on this org; or what is wrong with it.
fn path(given: &str, org: &Org) -> Result<String, String> {
    const ROOTS: [&str; 2] = ["/services/data/", "/services/apexrest/"];
    let given = given.trim();
    if given.is_empty() {
        return Err("Give a path, such as limits.".into());
    }
    if given.contains("://") || given.starts_with("//") {
        return Err("Give the path alone, without an address: requests go to this org only.".into());
    }
    if given.contains('?') || given.contains('#') {
        return Err("Give the parameters in query, not in the path.".into());
    }
    let whole = match given.strip_prefix('/') {
        Some(_) => given.to_owned(),
        None => format!("/services/data/v{}/{given}", org.api_version()),
    };
    let Some(rest) = ROOTS.iter().find_map(|root| whole.strip_prefix(root)) else {
        return Err(format!("It is not below {} or {}.", ROOTS[0], ROOTS[1]));
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@%/".contains(c);
    if let Some(odd) = whole.chars().find(|c| !allowed(*c)) {
        return Err(format!("{odd:?} cannot stand in a path; write it percent-encoded."));
    }
    for segment in rest.trim_end_matches('/').split('/') {
        // Encoded dots are dots, too, to whoever resolves a path.
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        if plain.is_empty() || plain == "." || plain == ".." {
            return Err("A part of it is empty, \".\" or \"..\".".into());
        }
        if ["%2f", "%5c", "%00"].iter().any(|hidden| plain.contains(hidden)) {
            return Err("An encoded slash or backslash cannot stand in it.".into());
        }
    }
    Ok(whole)
}

async fn shown(cx: &CallContext, org: &Org, answer: RawAnswer) -> Result<Reply<Output>, ToolError> {
    let RawAnswer { status, content_type, body } = answer;
    let (origin, mut notes) = (ORIGIN, Vec::new());
    let bytes = body.len();
    let Ok(text) = String::from_utf8(body) else {
        let kind = crate::text::shorten(&content_type, 80);
        notes.push(format!("The answer is not text ({kind}, {bytes} bytes) and is not shown."));
        return Ok(Reply::complete(Output { status, answer: None, text: None, notes, origin }));
    };
    if text.trim().is_empty() {
        notes.push("The answer has no body.".to_owned());
        return Ok(Reply::complete(Output { status, answer: None, text: None, notes, origin }));
    }
    if let Ok(json) = serde_json::from_str::<Value>(&text)
        && tokens_of(&json) + 200 <= org.limits().tokens
    {
        let answer = Some(json);
        return Ok(Reply::complete(Output { status, answer, text: None, notes, origin }));
    }
    let rows = pieces(&text).into_iter().map(|piece| vec![json!(piece)]).collect();
    let columns = Columns::named(["text"]);
    let page = Kept::whole("answer".to_owned(), columns, Rows::Cells(rows), Units::default())?;
    let owner = org.owner(cx).await?;
    let bounds = Bounds::new(org, None, Some(Format::Table));
    let slice = read(cx, org, &owner, org.pages().keep(page), bounds).await?;
    let reply = table(org, &owner, None, bounds.format, slice)?;
    notes.push(format!("The answer has {bytes} bytes."));
    let output = Output { status, answer: None, text: Some(reply.data), notes, origin };
    Ok(Reply::new(output, reply.completeness))
}

/// A text in pieces of whole characters.
fn pieces(text: &str) -> Vec<&str> {
    let (mut rest, mut pieces) = (text, Vec::new());
    while rest.len() > PIECE {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}
