//! The command line: what can be asked for, and how.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// The heading of the options that every command has.
const WHICH: &str = "Which org";

const WHICH_ORG: &str = "\
Which org:
  1. What --org or SF_ORG names: an org of the configuration file, an account
     (`sf-agent login NAME` makes one), or demo, an embedded org.
  2. The first of these sets of environment variables that is set:
       SF_LOGIN_URL  SF_CLIENT_ID  SF_JWT_KEY_FILE  SF_USERNAME   JWT bearer
       SF_LOGIN_URL  SF_CLIENT_ID  SF_CLIENT_SECRET               client credentials
       SF_INSTANCE_URL  SF_ACCESS_TOKEN                           an existing session
  3. The default org of the configuration file (`sf-agent orgs default NAME`),
     otherwise the org or account `default`, if there is one.
  4. An embedded org that is gone when the command ends.
  SF_CA_FILE names certificate authorities to trust besides the system's.
  SF_AGENT_HOME is the folder of the accounts and the configuration file, instead
  of sf-agent in the user's folders for data and for configuration.
  SF_AGENT_LOG=debug shows what happens underneath, on stderr.";

/// Salesforce for AI agents: tools that read, search and write an org safely.
#[derive(Parser)]
#[command(name = "sf-agent", version, after_help = after_help())]
pub(crate) struct Args {
    /// Work on this org: one of the configuration file, an account, or demo.
    #[arg(long, global = true, value_name = "NAME", env = "SF_ORG", hide_env = true, help_heading = WHICH)]
    pub(crate) org: Option<String>,
    /// The configuration file, instead of the usual one.
    #[arg(long, global = true, value_name = "FILE", env = "SF_AGENT_CONFIG", hide_env = true, help_heading = WHICH)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

fn after_help() -> String {
    format!(
        "Example: sf-agent query \"SELECT Name FROM Account LIMIT 5\" --org demo\n\n{WHICH_ORG}\n\n{}",
        crate::exit::table()
    )
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Watch an agent's work on the embedded org, call by call.
    #[command(after_help = "Example: sf-agent demo --full")]
    Demo(Demo),
    /// Run an embedded org for other programs until Ctrl-C.
    #[command(after_help = emulate::EXAMPLES)]
    Emulate(Emulate),
    /// Run a SOQL query and print every row.
    #[command(
        after_help = "Example: sf-agent query \"SELECT Name, Owner.Name FROM Account LIMIT 5\" --format csv\n\
            Ctrl-C ends it after a whole row, with the exit status 130."
    )]
    Query(Query),
    /// Find records by conditions.
    #[command(after_help = data::FIND)]
    Find(Find),
    /// Read one record.
    #[command(after_help = data::GET)]
    Get(Get),
    /// Create a record, or several from a file.
    #[command(after_help = data::CREATE)]
    Create(Create),
    /// Change fields of a record.
    #[command(after_help = data::UPDATE)]
    Update(Update),
    /// Change the record that has an external id, or create it.
    #[command(after_help = data::UPSERT)]
    Upsert(Upsert),
    /// Move records to the recycle bin.
    #[command(after_help = data::DELETE)]
    Delete(Delete),
    /// Search words in several objects.
    #[command(after_help = data::SEARCH)]
    Search(Search),
    /// Read or load many rows in the background.
    #[command(after_help = bulk::BULK)]
    Bulk(Bulk),
    /// List, describe and run reports.
    #[command(after_help = bulk::REPORT)]
    Report(Report),
    /// Show what the org's limits leave.
    #[command(after_help = data::LIMITS)]
    Limits(Limits),
    /// Print the card of an object, as a model reads it.
    #[command(after_help = "Example: sf-agent describe Account")]
    Describe(Describe),
    /// List the objects of the org.
    #[command(
        after_help = "Examples:\n  sf-agent objects invoice\n  sf-agent objects --format csv"
    )]
    Objects(Objects),
    /// Keep, compare, draw and measure the org's schema.
    #[command(after_help = schema::EXAMPLES)]
    Schema(Schema),
    /// Print the schema of objects as code.
    #[command(after_help = "Example: sf-agent codegen rust Account Contact > src/salesforce.rs")]
    Codegen(Codegen),
    /// List, show and call the tools that agents get.
    #[command(after_help = "Example: sf-agent tools list")]
    Tools(Tools),
    /// Check a policy, and explain what becomes of a query under it.
    #[command(after_help = "Example: sf-agent policy check policy.toml")]
    Policy(PolicyArgs),
    /// Serve the tools over the Model Context Protocol, on stdin and stdout or over HTTP.
    #[command(after_help = mcp::EXAMPLES)]
    Mcp(Mcp),
    /// Talk to an agent that works on the org, and see each of its calls.
    #[cfg(feature = "chat")]
    #[command(after_help = chat::HELP)]
    Chat(Chat),
    /// Let an MCP client, such as Claude or an editor, have the tools.
    #[command(after_help = install::EXAMPLES)]
    Install(Install),
    /// Log in to an org and keep it as an account.
    #[command(after_help = login::EXAMPLES)]
    Login(Login),
    /// List the orgs and accounts, and choose the default one.
    #[command(after_help = orgs::ORGS)]
    Orgs(Orgs),
    /// List the accounts and how they fare, and make tokens for them.
    #[command(after_help = accounts::EXAMPLES)]
    Accounts(Accounts),
    /// Revoke an account's authorization and forget it.
    #[command(after_help = "Example: sf-agent logout nightly")]
    Logout(Logout),
    /// Check, read and undo what an audit log holds.
    #[command(after_help = "Example: sf-agent audit show audit.jsonl")]
    Audit(Audit),
    /// Check a configuration step by step, and say what to mend.
    #[command(after_help = "Example: sf-agent doctor prod")]
    Doctor(Doctor),
    /// Print a script that completes this command's words in a shell.
    #[command(after_help = orgs::COMPLETIONS)]
    Completions(Completions),
}

mod accounts;
mod audit;
mod bulk;
#[cfg(feature = "chat")]
mod chat;
mod data;
mod emulate;
mod install;
mod login;
mod mcp;
mod orgs;
mod reach;
mod schema;
#[cfg(test)]
mod tests;

pub(crate) use accounts::{Accounts, AccountsCommand, Token};
pub(crate) use audit::{Audit, AuditCommand};
pub(crate) use bulk::{
    Bulk, BulkCommand, BulkLoad, BulkQuery, LoadOperation, Report, ReportCommand,
};
#[cfg(feature = "chat")]
pub(crate) use chat::{Chat, Provider};
pub(crate) use data::{Create, Delete, Find, Get, Limits, Outcome, Search, Update, Upsert};
pub(crate) use emulate::Emulate;
pub(crate) use install::{Install, McpClient};
pub(crate) use login::Login;
pub(crate) use mcp::{Http, Mcp};
pub(crate) use orgs::{Completions, Orgs, OrgsCommand};
pub(crate) use reach::Reach;
pub(crate) use schema::{Card, Codegen, CodegenCommand, Schema, SchemaCommand};

#[derive(clap::Args)]
pub(crate) struct Logout {
    /// The account's name.
    pub(crate) name: String,
}

#[derive(clap::Args)]
pub(crate) struct Doctor {
    /// The account to check. Default: what the other commands would use.
    pub(crate) name: Option<String>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) format: Output,
}

#[derive(clap::Args)]
pub(crate) struct Demo {
    /// Print what the model sees in full instead of the first lines.
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(clap::Args)]
pub(crate) struct Query {
    /// The statement, in quotes.
    pub(crate) soql: String,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// How rows are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns, for people.
    Table,
    /// One JSON object a line.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

/// How something is printed that is no rows.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// One JSON document, for programs.
    Json,
}

#[derive(clap::Args)]
pub(crate) struct Describe {
    /// API name or label of the object.
    pub(crate) object: String,
    /// Print Salesforce's own describe instead, as JSON.
    #[arg(long)]
    pub(crate) raw: bool,
}

#[derive(clap::Args)]
pub(crate) struct Objects {
    /// Only objects whose name or label contains this.
    pub(crate) filter: Option<String>,
    /// How they are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(clap::Args)]
pub(crate) struct Tools {
    /// Work under this policy, a TOML file, which says what may be read and written.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) policy: Option<PathBuf>,
    /// Offer salesforce_request, too; never under a policy.
    #[arg(long, hide = true, global = true, conflicts_with = "policy")]
    pub(crate) raw_requests: bool,
    #[command(subcommand)]
    pub(crate) command: ToolsCommand,
}

#[derive(Subcommand)]
pub(crate) enum ToolsCommand {
    /// List the tools with their effects.
    #[command(after_help = "Example: sf-agent tools list --format json")]
    List {
        /// How it is printed.
        #[arg(long, value_enum, default_value_t = Output::Text)]
        format: Output,
    },
    /// Show one tool: description and schemas, as an agent gets them.
    #[command(after_help = "Example: sf-agent tools show salesforce_query")]
    Show {
        /// The tool's name.
        name: String,
    },
    /// Show what the tools cost a model: definitions by profile, and the replies of ten calls.
    #[command(after_help = "Example: sf-agent tools sizes")]
    Sizes,
    /// Call one tool and print what a model would see.
    #[command(
        after_help = "Example: sf-agent tools call salesforce_query '{\"soql\": \"SELECT COUNT() FROM Contact\"}'"
    )]
    Call {
        /// The tool's name.
        name: String,
        /// Its arguments as a JSON object; `-` reads them from stdin.
        #[arg(default_value = "{}")]
        arguments: String,
        /// Allow tools that write.
        #[arg(long)]
        write: bool,
        /// Log every write to this file, before it is sent and after.
        #[arg(long, value_name = "FILE")]
        audit: Option<PathBuf>,
        #[command(flatten)]
        reach: Reach,
    },
}

#[derive(clap::Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// Load a policy, and look whether the org has what it names.
    #[command(after_help = "Example: sf-agent policy check policy.toml")]
    Check {
        /// The policy, a TOML file.
        file: PathBuf,
    },
    /// Show what would be sent of a query under a policy, or why it is refused.
    #[command(
        after_help = "Example: sf-agent policy explain policy.toml \"SELECT Name, Account.Name FROM Contact\""
    )]
    Explain {
        /// The policy, a TOML file.
        file: PathBuf,
        /// The statement, in quotes.
        soql: String,
    },
}
