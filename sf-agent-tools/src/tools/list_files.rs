//! `salesforce_list_files`: the files of a record, or those with words in their title.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_rest::Id;

use crate::content::Kind;
use crate::org::FileInfo;
use crate::{CallContext, Completeness, Effect, Org, Problem, Reply, Tool, ToolError};

/// Files of one reply.
const MOST: usize = 100;

/// Lists files.
pub(crate) struct ListFiles;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Id of the record whose files are wanted.
    record: Option<String>,
    /// Or words that the title has.
    words: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Output {
    /// The files, those changed last first.
    files: Vec<File>,
    /// Where the values come from.
    origin: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
struct File {
    /// Its id.
    id: String,
    /// Its title.
    title: String,
    /// Its type, such as pdf.
    extension: String,
    /// Its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// When it was changed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<String>,
    /// Whether salesforce_read_file can read it.
    readable: bool,
    /// file, or attachment (of the old kind).
    kind: &'static str,
}

impl Tool for ListFiles {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_list_files"
    }

    fn title(&self) -> &str {
        "List files"
    }

    fn description(&self) -> &str {
        "Lists the files and attachments of a record, or files by words of their title."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Read]
    }

    fn example(&self) -> Value {
        json!({ "record": "001000000000001AAA" })
    }

    async fn call(
        &self,
        _: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let (mut files, more) = match (given(args.record), given(args.words)) {
            (Some(record), None) => {
                let id = Id::parse(record.trim()).map_err(|error| {
                    let text = format!("{error}.");
                    ToolError::fix_your_call(text.clone())
                        .with_problem(Problem::new("record", text))
                })?;
                let files = org.files_of(id).await?;
                let more = files.len() > MOST;
                (files, more)
            }
            (None, Some(words)) => {
                let words: Vec<String> =
                    words.split_whitespace().take(10).map(str::to_owned).collect();
                org.files_named(&words, MOST).await?
            }
            _ => {
                let message = "Give either record or words.";
                return Err(ToolError::fix_your_call(message)
                    .with_problem(Problem::new("record", message))
                    .with_example(self.example()));
            }
        };
        let all = files.len();
        files.truncate(MOST);
        let returned = files.len() as u64;
        let completeness = if more {
            Completeness::Partial {
                returned,
                total: (all > MOST).then_some(all as u64),
                reason: "There are more files than one reply lists; use words of the title."
                    .to_owned(),
                next: None,
            }
        } else {
            Completeness::Complete
        };
        let files = files.into_iter().map(file).collect();
        Ok(Reply::new(Output { files, origin: crate::rows::ORIGIN }, completeness))
    }
}

fn file(info: FileInfo) -> File {
    let kind = if info.document.is_some() { "file" } else { "attachment" };
    File {
        readable: Kind::of(&info.extension).is_some(),
        id: info.document.unwrap_or(info.id),
        title: info.title,
        extension: info.extension,
        bytes: info.bytes,
        changed: info.changed,
        kind,
    }
}
