//! `salesforce_list_files`: the files of a record, or those with words in title or content.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_rest::Id;

use crate::content::Kind;
use crate::org::FileInfo;
use crate::{CallContext, Completeness, Org, Problem, Reply, Tool, ToolError};

/// Files of one reply.
const MOST: usize = 100;

/// Words of a call.
const WORDS: usize = 10;

/// What a search of content is (Salesforce Help, "How Does Search Handle Files").
const INDEX: &str = "Titles have the words anywhere. In content only whole words are found, and only \
                     in files that Salesforce has indexed: not in those of the last minutes, in \
                     pictures, or in every type and size.";

/// Lists files.
pub(crate) struct ListFiles;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Id of the record whose files are wanted.
    record: Option<String>,
    /// Words of title or content; with record: of the title.
    words: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Output {
    /// The files, those changed last first.
    files: Vec<File>,
    /// How words were looked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    notes: Vec<String>,
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
    /// Where the words were found: title or content.
    #[serde(skip_serializing_if = "Option::is_none")]
    found_in: Option<&'static str>,
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
        "Lists the files and attachments of a record, or files by words of title or content."
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
        let text = given(args.words).unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        let (mut notes, mut missing) = (Vec::new(), Vec::new());
        let mut files = match given(args.record) {
            Some(record) => {
                let id = Id::parse(record.trim())
                    .map_err(|error| wrong("record", format!("{error}.")))?;
                let mut files = org.files_of(id).await?;
                let has = |file: &FileInfo| {
                    let title = file.title.to_lowercase();
                    words.iter().all(|word| title.contains(&word.to_lowercase()))
                };
                files.found.retain(has);
                files
            }
            None if words.is_empty() => {
                let message = "Give record, words, or both.";
                return Err(wrong("record", message.to_owned()).with_example(self.example()));
            }
            None if words.len() > WORDS => {
                return Err(wrong("words", format!("Give at most {WORDS} words.")));
            }
            None => {
                // What is too short for the search is looked for in titles alone.
                let search = super::search::words(&text, &mut notes).ok();
                notes.extend(search.is_some().then(|| INDEX.to_owned()));
                org.files_with(&words, search, MOST).await?
            }
        };
        let all = files.found.len();
        if files.more || all > MOST {
            missing.push(
                "There are more files than one reply lists; more words narrow them.".to_owned(),
            );
        }
        missing.append(&mut files.unseen);
        files.found.truncate(MOST);
        let completeness = if missing.is_empty() {
            Completeness::Complete
        } else {
            Completeness::Partial {
                returned: files.found.len() as u64,
                total: (all > MOST && !files.more).then_some(all as u64),
                reason: missing.join(" "),
                next: None,
            }
        };
        let files = files.found.into_iter().map(file).collect();
        Ok(Reply::new(Output { files, notes, origin: crate::rows::ORIGIN }, completeness))
    }
}

fn wrong(at: &str, text: String) -> ToolError {
    ToolError::fix_your_call(text.clone()).with_problem(Problem::new(at, text))
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
        found_in: info.by,
    }
}
