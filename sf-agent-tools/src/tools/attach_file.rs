//! `salesforce_attach_file`: a new file at a record.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_rest::{Id, SaveResult};

use super::operation::writable;
use super::write::refusals;
use crate::contract::class_of;
use crate::org::{Content, new_file};
use crate::prepare::{Action, Checked, How, prepare};
use crate::{
    CallContext, Effect, ErrorClass, Org, Problem, Reply, SuggestedCall, Tool, ToolError, WriteMode,
};

/// Bytes of a new file.
const MOST: u64 = 50 << 20;

/// Attaches a file.
pub(crate) struct AttachFile;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Id of the record.
    record: String,
    /// Its name with its type, such as notes.md.
    #[schemars(length(min = 1, max = 200))]
    file_name: String,
    /// Default: the name without its type.
    #[schemars(length(max = 255))]
    title: Option<String>,
    /// The content, as text,
    text: Option<String>,
    /// or in base64,
    base64: Option<String>,
    /// or the id of a result.
    result: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Output {
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Its version.
    version: String,
    /// Its size.
    bytes: u64,
}

impl Tool for AttachFile {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_attach_file"
    }

    fn title(&self) -> &str {
        "Attach a file"
    }

    fn description(&self) -> &str {
        "Creates a file and attaches it to a record. On outcome_unknown never repeat it: make the call \
         in next."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Create]
    }

    fn shows_writes(&self) -> bool {
        true
    }

    fn example(&self) -> Value {
        json!({ "record": "001000000000001AAA", "file_name": "notes.md", "text": "# Call of 3 March" })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let wrong = |at: &str, text: String| {
            ToolError::fix_your_call(text.clone()).with_problem(Problem::new(at, text))
        };
        let record =
            Id::parse(args.record.trim()).map_err(|error| wrong("record", format!("{error}.")))?;
        let file_name = args.file_name.trim();
        if file_name.contains(['/', '\\']) || file_name.chars().any(char::is_control) {
            return Err(wrong("file_name", "A name without a path, such as notes.md.".to_owned()));
        }
        let (at, content) = match (args.text, args.base64, args.result) {
            (Some(text), None, None) => ("text", Content::Bytes(text.into_bytes())),
            (None, Some(text), None) => {
                let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
                let bytes = BASE64_STANDARD.decode(text);
                let bytes =
                    bytes.map_err(|error| wrong("base64", format!("No base64: {error}.")))?;
                ("base64", Content::Bytes(bytes))
            }
            (None, None, Some(id)) => ("result", Content::File(org.results().path(cx, &id).await?)),
            _ => {
                let text = "Give the content once: as text, base64 or result.".to_owned();
                return Err(wrong("text", text).with_example(self.example()));
            }
        };
        let bytes = match &content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::File(path) => match std::fs::metadata(path) {
                Ok(data) => data.len(),
                Err(error) => {
                    tracing::warn!(%error, "a kept result cannot be looked at");
                    let text = "The result is gone; make it again. Nothing was sent.".to_owned();
                    return Err(wrong(at, text));
                }
            },
        };
        if bytes == 0 || bytes > MOST {
            let text = format!("A file has 1 to {MOST} bytes, and this has {bytes}.");
            return Err(wrong(at, text));
        }
        let object = writable(cx, org, "ContentVersion", Action::Create).await?;
        if org.policy().write_mode() == WriteMode::Prepared {
            return Err(ToolError::fix_your_call(format!(
                "This connection wants every write to be prepared. Nothing was sent. Call {} with a create \
                 of ContentVersion: Title, PathOnClient (the file name), FirstPublishLocationId (the \
                 record) and VersionData (the content in base64).",
                crate::tools::PREPARE_WRITE
            )));
        }
        cx.unless_cancelled(org.record_is_there(record)).await?;
        let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
        let title = args.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let change = new_file(record, file_name, title.unwrap_or(stem));
        let mut how = How::default();
        if org.policy().shows(&[Effect::Create]) {
            let at = String::new();
            let wanted =
                Checked { object: object.clone(), change: change.clone(), since: None, at };
            let mut prepared = prepare(org, cx, vec![wanted]).await?;
            prepared.warnings.insert(0, of_content(&content, bytes));
            how.preview = Some(prepared.preview());
        }
        let check = change.check(&object).call;
        match org.attach(cx, change, how, content).await {
            Ok(SaveResult::Saved { id, .. }) => {
                let file = org.document_of(id).await;
                Ok(Reply::complete(Output { file, version: id.to_string(), bytes }))
            }
            Ok(result) => {
                let class = class_of(result.errors().iter().map(|e| e.code.as_str()), 400);
                let error =
                    ToolError::new(class, "Salesforce refused the file; nothing was created.");
                Err(error.with_problems(refusals("", result.errors())))
            }
            Err(error) if error.class == ErrorClass::OutcomeUnknown && error.next.is_none() => {
                Err(unknown(check))
            }
            Err(error) => Err(error),
        }
    }
}

/// What a person is told of the content, who would agree to a name otherwise.
fn of_content(content: &Content, bytes: u64) -> String {
    let text = match content {
        Content::Bytes(content) => std::str::from_utf8(content).ok(),
        Content::File(_) => return format!("The file is a kept result of {bytes} bytes."),
    };
    match text.map(|text| crate::text::shorten(text, 150)) {
        Some(text) => format!("The file has {bytes} bytes: {text:?}"),
        None => format!("The file has {bytes} bytes, which are no text."),
    }
}

fn unknown(check: SuggestedCall) -> ToolError {
    ToolError::outcome_unknown(
        "The file was sent and the answer was lost: it may or may not be there. It was not sent again. \
         Make the call in next first: a row created just now, by CreatedDate, is yours. Attach it again \
         only if there is none.",
    )
    .with_next(check)
}
