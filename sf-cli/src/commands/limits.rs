//! `sf-agent limits`: what the org's limits leave.

use anyhow::Result;
use serde_json::Value;

use super::data::sheet;
use crate::args::{Format, Limits};
use crate::connect::connect;
use crate::exit::not_found;
use crate::progress::Progress;

pub(crate) async fn run(options: &Limits, org: Option<&str>) -> Result<()> {
    let connection = connect(org).await?;
    let client = connection.raw("sf-agent limits")?;
    let all = client.send(&sf_rest::ops::limits::Limits).await?;
    let wanted = options.filter.as_deref().unwrap_or_default().to_lowercase();
    let found: Vec<_> =
        all.iter().filter(|(name, _)| name.to_lowercase().contains(&wanted)).collect();
    if found.is_empty() {
        return Err(not_found(format!(
            "none of the {} limits has {wanted:?} in its name",
            all.len()
        )));
    }
    let mut sheet = sheet(options.format, &Progress::none());
    let columns = match options.format {
        Format::Table => ["LIMIT", "MAX", "REMAINING"],
        _ => ["limit", "max", "remaining"],
    };
    sheet.head(columns.map(str::to_owned).to_vec())?;
    for (name, limit) in found {
        sheet.values(&[Value::from(name.as_str()), limit.max.into(), limit.remaining.into()])?;
    }
    sheet.flush()
}
