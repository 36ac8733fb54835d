//! The options of `sf-agent bulk` and `sf-agent report`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::Format;

pub(super) const BULK: &str = "\
Examples:
  sf-agent bulk query \"SELECT Id, Name FROM Account\" --out accounts.csv
  sf-agent bulk load Contact --csv contacts.csv --operation insert";

const QUERY: &str = "\
Examples:
  sf-agent bulk query \"SELECT Id, Name FROM Account\" --out accounts.csv
  sf-agent bulk query \"SELECT Id, Name FROM Account\" --out - --format json
The file takes its name once it is whole. The Bulk API sends values as text, so json has them as
texts, too, but for null.";

const LOAD: &str = "\
Examples:
  sf-agent bulk load Contact --csv contacts.csv --operation insert
  sf-agent bulk load Invoice__c --csv invoices.csv --operation upsert --external-id External_Id__c \\
      --failed refused.csv
The columns of the file are named as the fields; a delete wants the column Id alone. Rows that
were not written go to the file of --failed, with the reason, and the exit status is 1 then. Ctrl-C
aborts the job; what it has written stays, and is counted. Where the config names a policy or an
audit log for the org, all rows are checked before the first is sent.";

pub(super) const REPORT: &str = "\
Examples:
  sf-agent report list pipeline
  sf-agent report run 00OdE0000000002UAA --format csv";

#[derive(clap::Args)]
pub(crate) struct Bulk {
    #[command(subcommand)]
    pub(crate) command: BulkCommand,
}

#[derive(Subcommand)]
pub(crate) enum BulkCommand {
    /// Read the rows of a query in the background, into a file.
    #[command(after_help = QUERY)]
    Query(BulkQuery),
    /// Load the rows of a CSV file in the background.
    #[command(after_help = LOAD)]
    Load(BulkLoad),
}

#[derive(clap::Args)]
pub(crate) struct BulkQuery {
    /// The statement, in quotes.
    pub(crate) soql: String,
    /// The file for the rows; `-` is stdout.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// How rows are written.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub(crate) format: Format,
}

#[derive(clap::Args)]
pub(crate) struct BulkLoad {
    /// API name of the object.
    pub(crate) object: String,
    /// The rows, with a header of field names.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: PathBuf,
    /// What is done with each row.
    #[arg(long, value_enum)]
    pub(crate) operation: LoadOperation,
    /// The external id field, for an upsert.
    #[arg(long, value_name = "FIELD", required_if_eq("operation", "upsert"))]
    pub(crate) external_id: Option<String>,
    /// The file for rows that were not written. Default: the CSV file's name with .failed.csv.
    #[arg(long, value_name = "FILE")]
    pub(crate) failed: Option<PathBuf>,
    /// Do not ask before a delete. Without a terminal to ask on it must be given.
    #[arg(long)]
    pub(crate) yes: bool,
    /// How the outcome is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// What a load does with each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LoadOperation {
    /// Create records.
    Insert,
    /// Change records, named by the column Id.
    Update,
    /// Change the records that have the external id, and create the others.
    Upsert,
    /// Move records to the recycle bin, named by the column Id.
    Delete,
}

#[derive(clap::Args)]
pub(crate) struct Report {
    #[command(subcommand)]
    pub(crate) command: ReportCommand,
}

#[derive(Subcommand)]
pub(crate) enum ReportCommand {
    /// List the reports that this user can run.
    #[command(
        after_help = "Examples:\n  sf-agent report list\n  sf-agent report list pipeline --format csv"
    )]
    List {
        /// Only reports that have each of these words in their name or description.
        filter: Option<String>,
        /// How they are printed.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Tell what a report shows: its columns, groups and filters.
    #[command(after_help = "Example: sf-agent report describe 00OdE0000000002UAA")]
    Describe {
        /// The report's id, or its whole name.
        report: String,
        /// How it is printed.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Run a report and print its rows.
    #[command(after_help = "Examples:\n  sf-agent report run 00OdE0000000002UAA\n  \
        sf-agent report run 'Opportunities by Stage' --format csv\n\
        Salesforce gives 2,000 rows in one run. Those beyond come in parts, after the others.")]
    Run {
        /// The report's id, or its whole name.
        report: String,
        /// How rows are printed.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}
