//! The command line: what can be asked for, and how.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

const WHICH_ORG: &str = "\
Which org:
  1. The account that --org or SF_ORG names; `sf-agent login NAME` makes one.
  2. One of these sets of environment variables:
       SF_LOGIN_URL  SF_CLIENT_ID  SF_CLIENT_SECRET               client credentials
       SF_LOGIN_URL  SF_CLIENT_ID  SF_JWT_KEY_FILE  SF_USERNAME   JWT bearer
       SF_INSTANCE_URL  SF_ACCESS_TOKEN                           an existing session
  3. The account `default`, if there is one.
  4. An embedded org that is gone when the command ends.
  SF_CA_FILE names certificate authorities to trust besides the system's.
  SF_AGENT_HOME is the folder of the accounts, instead of sf-agent in the user's
  folder for data.
  SF_AGENT_LOG=debug shows what happens underneath, on stderr.";

/// Salesforce for AI agents: tools that read, search and write an org safely.
#[derive(Parser)]
#[command(name = "sf-agent", version, after_help = WHICH_ORG)]
pub(crate) struct Args {
    /// Work on the org of this account.
    #[arg(long, global = true, value_name = "NAME", env = "SF_ORG", hide_env = true)]
    pub(crate) org: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Watch an agent's work on the embedded org, call by call.
    Demo(Demo),
    /// Run an embedded org for other programs until Ctrl-C.
    #[command(after_help = emulate::EXAMPLES)]
    Emulate(Emulate),
    /// Run a SOQL query and print every row.
    #[command(
        after_help = "Example: sf-agent query \"SELECT Name, Owner.Name FROM Account LIMIT 5\" --format csv"
    )]
    Query(Query),
    /// Print the card of an object, as a model reads it.
    Describe(Describe),
    /// List the objects of the org.
    Objects(Objects),
    /// Keep, compare, draw and measure the org's schema.
    #[command(after_help = schema::EXAMPLES)]
    Schema(Schema),
    /// Print the schema of objects as code.
    Codegen(Codegen),
    /// List, show and call the tools that agents get.
    Tools(Tools),
    /// Check a policy, and explain what becomes of a query under it.
    Policy(PolicyArgs),
    /// Serve the tools over the Model Context Protocol on stdin and stdout.
    Mcp(Mcp),
    /// Log in to an org and keep it as an account.
    #[command(after_help = login::EXAMPLES)]
    Login(Login),
    /// List the accounts and how they fare.
    Accounts(Accounts),
    /// Revoke an account's authorization and forget it.
    Logout(Logout),
    /// Check, read and undo what an audit log holds.
    Audit(Audit),
    /// Check a configuration step by step, and say what to mend.
    Doctor(Doctor),
}

mod audit;
mod emulate;
mod login;
mod schema;

pub(crate) use audit::{Audit, AuditCommand};
pub(crate) use emulate::Emulate;
pub(crate) use login::Login;
pub(crate) use schema::{Card, Codegen, CodegenCommand, Schema, SchemaCommand};

#[derive(clap::Args)]
pub(crate) struct Accounts {
    /// Only those in this state: pending, active, uncertain, needs_reauth,
    /// needs_admin or disconnected.
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Seal all accounts under a new master key instead of listing them.
    #[arg(long, conflicts_with_all = ["status", "json"])]
    pub(crate) rotate_key: bool,
}

#[derive(clap::Args)]
pub(crate) struct Logout {
    /// The account's name.
    pub(crate) name: String,
}

#[derive(clap::Args)]
pub(crate) struct Doctor {
    /// The account to check. Default: what the other commands would use.
    pub(crate) name: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
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
}

#[derive(clap::Args)]
pub(crate) struct Tools {
    /// Work under this policy, a TOML file, which says what may be read and written.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) policy: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: ToolsCommand,
}

#[derive(Subcommand)]
pub(crate) enum ToolsCommand {
    /// List the tools with their effects.
    List {
        /// Print the definitions as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one tool: description and schemas, as an agent gets them.
    Show {
        /// The tool's name.
        name: String,
    },
    /// Show what the tools cost a model: definitions by profile, and the replies of ten calls.
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

#[derive(clap::Args)]
pub(crate) struct Mcp {
    /// Offer the tools that write, too.
    #[arg(long)]
    pub(crate) write: bool,
    /// Log every write to this file, before it is sent and after; see `sf-agent audit`.
    #[arg(long, value_name = "FILE")]
    pub(crate) audit: Option<PathBuf>,
    /// Work under this policy, a TOML file, which says what may be read and written.
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(crate) policy: Option<PathBuf>,
}
