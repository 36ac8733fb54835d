//! The options of the commands on records: find, get, create, update, upsert, delete, search, limits.

use std::path::PathBuf;

use super::Format;

pub(super) const FIND: &str = "\
Examples:
  sf-agent find Contact --where 'Email=ada@example.com'
  sf-agent find Opportunity --where 'Amount>10000' --where 'StageName in Prospecting,Closed Won' \\
      --field Name,Amount,Account.Name --order 'Amount desc' --limit 20 --format csv
  sf-agent find Case --where 'CreatedDate>=LAST_N_DAYS:30' --where 'Subject contains printer' \\
      --logic '1 OR 2'
A condition is FIELD=VALUE, also with != < <= > >=, or FIELD OPERATOR VALUE with one of contains,
starts_with, ends_with, in, not_in, includes, excludes, whose lists are separated by commas.
FIELD=null finds empty fields.";

pub(super) const GET: &str = "\
Examples:
  sf-agent get Account 001dE0000000001QAA
  sf-agent get Invoice__c External_Id__c=EXT-000001 --field Name,Amount__c --format json
A table shows the fields that have a value; json and csv have all.";

pub(super) const CREATE: &str = "\
Examples:
  sf-agent create Contact LastName=Ito Email=ito@example.com
  sf-agent create Invoice_Line__c Invoice__r.External_Id__c=EXT-000001 Unit_Price__c=120
  sf-agent create Contact --json contacts.json --format csv
A value is taken as the type of its field; FIELD= leaves it empty; PARENT.FIELD=VALUE names a
parent by an external id. A file holds an object of fields, or a list of up to 200 of them. All
problems of the values are told before anything is sent, and one bad record stops all.";

pub(super) const UPDATE: &str = "\
Examples:
  sf-agent update Case 500dE0000000001QAA Status=Closed
  sf-agent update Contact 003dE0000000001QAA Phone= --read-back
FIELD= empties a field. Fields that are not given keep their values.";

pub(super) const UPSERT: &str = "\
Example: sf-agent upsert Invoice__c External_Id__c=EXT-000001 Status__c=Sent
The first word names the external id field, and the record by its value.";

pub(super) const DELETE: &str = "\
Examples:
  sf-agent delete Contact 003dE0000000001QAA
  sf-agent delete Contact 003dE0000000001QAA 003dE0000000002QAA --yes
Records go to the recycle bin, and with them the children that belong to them.";

pub(super) const SEARCH: &str = "\
Examples:
  sf-agent search meridian
  sf-agent search 'sofia popescu' --in Contact,Lead --limit 50 --format csv
Whole words are found, all of which must be in a record; what was written in the last minutes may
be missing, and the best are shown up to the limit. find is exact and complete.";

pub(super) const LIMITS: &str = "\
Examples:
  sf-agent limits
  sf-agent limits DailyApiRequests --format json";

#[derive(clap::Args)]
pub(crate) struct Find {
    /// API name or label of the object.
    pub(crate) object: String,
    /// A condition; may be given several times, and all must hold unless --logic says otherwise.
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) conditions: Vec<String>,
    /// How the conditions combine, by their numbers: "1 AND (2 OR NOT 3)".
    #[arg(long, requires = "conditions")]
    pub(crate) logic: Option<String>,
    /// Fields to show, parents' by path (Owner.Name). Default: a few usual ones.
    #[arg(long = "field", value_name = "FIELD", value_delimiter = ',')]
    pub(crate) fields: Vec<String>,
    /// A field to sort by, such as "Amount desc"; may be given several times.
    #[arg(long, value_name = "FIELD")]
    pub(crate) order: Vec<String>,
    /// The most records. Default: all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(clap::Args)]
pub(crate) struct Get {
    /// API name or label of the object.
    pub(crate) object: String,
    /// The record's id, or a field and the value that only this record has: FIELD=VALUE.
    #[arg(value_name = "ID|FIELD=VALUE")]
    pub(crate) record: String,
    /// Fields to show, parents' by path (Owner.Name). Default: all.
    #[arg(long = "field", value_name = "FIELD", value_delimiter = ',')]
    pub(crate) fields: Vec<String>,
    /// How the record is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(clap::Args)]
pub(crate) struct Create {
    /// API name or label of the object.
    pub(crate) object: String,
    /// The values.
    #[arg(value_name = "FIELD=VALUE", required_unless_present = "json")]
    pub(crate) values: Vec<String>,
    /// Read the values from this file of JSON, or from stdin with `-`.
    #[arg(long, value_name = "FILE", conflicts_with = "values")]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(clap::Args)]
pub(crate) struct Update {
    /// API name or label of the object.
    pub(crate) object: String,
    /// The record's id.
    pub(crate) id: String,
    /// The values.
    #[arg(value_name = "FIELD=VALUE", required = true)]
    pub(crate) values: Vec<String>,
    #[command(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(clap::Args)]
pub(crate) struct Upsert {
    /// API name or label of the object.
    pub(crate) object: String,
    /// The external id field and the record's value in it.
    #[arg(value_name = "FIELD=VALUE")]
    pub(crate) key: String,
    /// The other values.
    #[arg(value_name = "FIELD=VALUE")]
    pub(crate) values: Vec<String>,
    #[command(flatten)]
    pub(crate) outcome: Outcome,
}

/// How the outcome of a write is told.
#[derive(clap::Args)]
pub(crate) struct Outcome {
    /// Read the record again and tell what the org stored otherwise than it was sent.
    #[arg(long)]
    pub(crate) read_back: bool,
    /// How the outcome is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(clap::Args)]
pub(crate) struct Delete {
    /// API name or label of the object.
    pub(crate) object: String,
    /// The ids of one to 200 records.
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,
    /// Do not ask. Without a terminal to ask on it must be given.
    #[arg(long)]
    pub(crate) yes: bool,
    /// How the outcome is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(clap::Args)]
pub(crate) struct Search {
    /// The words, in quotes where they are several.
    pub(crate) words: String,
    /// The objects to search. Default: Account, Contact, Lead and Opportunity.
    #[arg(long = "in", value_name = "OBJECT", value_delimiter = ',')]
    pub(crate) objects: Vec<String>,
    /// The most records of each object.
    #[arg(long, value_name = "N", default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) limit: u32,
    /// How the records are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(clap::Args)]
pub(crate) struct Limits {
    /// Only limits whose name contains this.
    pub(crate) filter: Option<String>,
    /// How they are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}
