//! What `sf-agent emulate` takes.

use std::path::PathBuf;

/// A twin of an org, from end to end.
pub(super) const EXAMPLES: &str = "\
Examples:
  sf-agent emulate --print-env
  A twin of a real org, which is only read:
    sf-agent --org production emulate --sample twin --rows 50 --mask
    sf-agent emulate --describe twin --data twin --database twin.db";

#[derive(clap::Args)]
pub(crate) struct Emulate {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Print shell exports with the addresses and credentials on stdout.
    #[arg(long)]
    pub(crate) print_env: bool,
    /// How many Contacts to generate; the other objects scale along.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) contacts: u32,
    /// Keep the org in this SQLite file instead of memory.
    #[arg(long, value_name = "FILE")]
    pub(crate) database: Option<PathBuf>,
    /// Serve https, with a certificate made on the spot; SF_CA_FILE in the exports
    /// names the authority to trust.
    #[arg(long)]
    pub(crate) tls: bool,
    /// Serve the admin endpoint below /__admin (faults, clock, request log);
    /// SF_ADMIN_TOKEN in the exports is the bearer it wants.
    #[arg(long)]
    pub(crate) admin: bool,
    /// Write the app's private key for the JWT bearer flow to this new file, and
    /// name it in the exports.
    #[arg(long, value_name = "FILE")]
    pub(crate) jwt_key: Option<PathBuf>,
    /// Minutes after which an unused session ends.
    #[arg(long, value_name = "MINUTES", default_value_t = 120,
        value_parser = clap::value_parser!(u64).range(1..=10_080))]
    pub(crate) session_timeout: u64,
    /// Describes that become the org's schema: a folder as `sf-agent schema snapshot`
    /// or --sample writes it, or of describe replies side by side.
    #[arg(long, value_name = "DIR")]
    pub(crate) describe: Option<PathBuf>,
    /// Rows that the org starts with instead of generated ones: {Object}.json or
    /// {Object}.csv, or a folder of them.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Vec<PathBuf>,
    /// Empty the lookups of --data that lead to no record, instead of refusing them.
    #[arg(long, requires = "data")]
    pub(crate) allow_dangling: bool,
    /// Instead of running an org, make a folder for --describe and --data from a
    /// real one, which is only read: describes and some rows of the objects named
    /// and of their parents. Without names: the usual standard objects and the
    /// custom ones. Rows hold what the real ones do, personal data too.
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "port", "print_env", "contacts", "database", "tls", "admin", "jwt_key", "session_timeout", "describe", "data"])]
    pub(crate) sample: Option<PathBuf>,
    /// Rows of each object to sample, those changed last first.
    #[arg(long, value_name = "N", default_value_t = 20, requires = "sample",
        value_parser = clap::value_parser!(u32).range(1..=2_000))]
    pub(crate) rows: u32,
    /// Replace every text of the sample by a made-up one of its shape: names, mails,
    /// phones, addresses, notes. The same word becomes the same word everywhere.
    /// Picklist values, numbers, dates, ids and the names of profiles and the like
    /// stay.
    #[arg(long, requires = "sample")]
    pub(crate) mask: bool,
    /// Objects to sample.
    #[arg(value_name = "OBJECT", requires = "sample")]
    pub(crate) objects: Vec<String>,
}
