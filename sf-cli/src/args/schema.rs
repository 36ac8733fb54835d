//! The options of `sf-agent schema` and `sf-agent codegen`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Output;

pub(super) const EXAMPLES: &str = "\
Examples:
  sf-agent schema snapshot before/            # every object that can be queried
  sf-agent schema diff before/ after/         # what changed, and what of it breaks
  sf-agent schema diff before/                # the same, against the org as it is now
  sf-agent schema card Account --budget 500 --used
  sf-agent schema diagram Account Contact Invoice__c > org.mmd";

const DIFF_HELP: &str = "\
Example: sf-agent schema diff before/ after/
The exit status is 0 if nothing breaks, and 1 if something does, or if the two could not be
compared. What is only new breaks nothing.";

const CARD_HELP: &str = "\
Examples:
  sf-agent schema card Account                       # the card
  sf-agent schema card Account --line                # the line of a list of objects
  sf-agent schema card Account --group picklists     # a group of its fields, a line each
  sf-agent schema card Account --field Industry      # one field in full
What was left out to keep the budget is told on stderr.";

#[derive(clap::Args)]
pub(crate) struct Schema {
    #[command(subcommand)]
    pub(crate) command: SchemaCommand,
}

#[derive(Subcommand)]
pub(crate) enum SchemaCommand {
    /// Load every describe found below a folder, in JSON or YAML, alone or in a recorded reply.
    #[command(after_help = "Example: sf-agent schema check describes/")]
    Check {
        /// The folder.
        folder: PathBuf,
    },
    /// Save the org's describes in a folder, as the org sends them.
    #[command(after_help = "Example: sf-agent schema snapshot before/ Account Contact\n\
        The folder has sobjects.json, the list of objects, and sobjects/<Object>.json, \
        the describe of each. It costs an API call for each object and takes the place of an \
        older snapshot once it is whole; a folder that holds anything else is left alone.")]
    Snapshot {
        /// The folder; it is made.
        folder: PathBuf,
        /// Only these objects. Default: all that can be queried.
        objects: Vec<String>,
        /// Only custom objects.
        #[arg(long, conflicts_with = "objects")]
        only_custom: bool,
    },
    /// Tell what changed between two snapshots, or since one, and what of it breaks callers.
    #[command(after_help = DIFF_HELP)]
    Diff {
        /// The folder of the older snapshot.
        old: PathBuf,
        /// The folder of the newer one. Default: the org, asked for what the older one has.
        new: Option<PathBuf>,
        /// How it is printed.
        #[arg(long, value_enum, default_value_t = Output::Text)]
        format: Output,
    },
    /// Print what a model reads of an object, in any tier and any budget.
    #[command(after_help = CARD_HELP)]
    Card(Card),
    /// Print the size of every tier of some objects, in bytes and in tokens.
    #[command(after_help = "Example: sf-agent schema sizes Account Case")]
    Sizes {
        /// The objects. Default: Account, Contact, Opportunity, Case, Lead, Event, and the first
        /// of them with its fields repeated until it has 250.
        objects: Vec<String>,
    },
    /// Print a Mermaid entity diagram of some objects and the references among them.
    #[command(after_help = "Example: sf-agent schema diagram Account Contact > org.mmd")]
    Diagram {
        /// API names or labels of the objects.
        #[arg(required = true)]
        objects: Vec<String>,
    },
}

#[derive(clap::Args)]
pub(crate) struct Card {
    /// API name or label of the object.
    pub(crate) object: String,
    /// Most tokens of the text, as the product estimates them.
    #[arg(long, value_name = "TOKENS", default_value_t = 2_000)]
    pub(crate) budget: usize,
    /// The one line that stands for the object in a list.
    #[arg(long, conflicts_with_all = ["group", "field"])]
    pub(crate) line: bool,
    /// A group of fields: all, required, writable, picklists, references, ...
    #[arg(long, value_name = "NAME", conflicts_with = "field")]
    pub(crate) group: Option<String>,
    /// Go on behind this field of the group.
    #[arg(long, value_name = "FIELD", requires = "group")]
    pub(crate) after: Option<String>,
    /// One field in full, by its API name or label.
    #[arg(long, value_name = "NAME")]
    pub(crate) field: Option<String>,
    /// Look at 200 records to tell which fields are used most; one more API call.
    #[arg(long)]
    pub(crate) used: bool,
    /// Read the user's page layout to tell which fields people work with; one more API call.
    #[arg(long)]
    pub(crate) layout: bool,
    /// The administrator's notes, a JSON file: {"Account": {"note": "...", "fields": {"Rating": "..."}}}.
    #[arg(long, value_name = "FILE")]
    pub(crate) notes: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct Codegen {
    #[command(subcommand)]
    pub(crate) command: CodegenCommand,
}

#[derive(Subcommand)]
pub(crate) enum CodegenCommand {
    /// Print Rust structs for the records of some objects: as read, for a create, for an update.
    #[command(after_help = "Example: sf-agent codegen rust Account Contact > src/salesforce.rs\n\
        The code needs serde with its feature derive, and serde_json.")]
    Rust {
        /// API names or labels of the objects.
        #[arg(required = true)]
        objects: Vec<String>,
    },
    /// Print the JSON Schema (2020-12) of the values that a create or an update takes.
    #[command(
        name = "json-schema",
        after_help = "Example: sf-agent codegen json-schema Contact --update"
    )]
    JsonSchema {
        /// API name or label of the object.
        object: String,
        /// Of an update instead of a create.
        #[arg(long)]
        update: bool,
    },
}
