//! `sf-agent limits`: what the org's limits leave.

use anyhow::Result;
use serde_json::{Value, json};

use super::data::{Work, arguments, heads, sheet, whole};
use crate::args::Limits;
use crate::exit::not_found;
use crate::progress::Progress;

/// The most that the tool gives at once, and far more than there are.
const MOST: u32 = 500;

pub(crate) async fn run(options: &Limits, org: Option<&str>) -> Result<()> {
    let work = Work::reading(org).await?;
    let reply = work.call("salesforce_org_limits", arguments([("max_rows", json!(MOST))])).await?;
    let all = reply.data["rows"].as_array().map_or(&[][..], Vec::as_slice);
    let wanted = options.filter.as_deref().unwrap_or_default().to_lowercase();
    let name = |row: &Value| row[0].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> =
        all.iter().filter(|row| name(row).to_lowercase().contains(&wanted)).collect();
    if found.is_empty() {
        return Err(not_found(format!(
            "none of the {} limits has {wanted:?} in its name",
            all.len()
        )));
    }
    found.sort_by_key(|row| name(row));
    let mut sheet = sheet(options.format, &Progress::none());
    sheet.head(heads(options.format, &["limit", "max", "remaining"]))?;
    for row in found {
        // Between them is what is used.
        sheet.values(&[row[0].clone(), row[2].clone(), row[3].clone()])?;
    }
    sheet.flush()?;
    whole(&reply)
}
