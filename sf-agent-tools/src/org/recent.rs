//! What the user worked on last.

use std::collections::{BTreeMap, HashMap};

use sf_rest::Record;
use sf_rest::ops::recent::{MAX_RECENT, Recent};
use sf_soql::ast::{Path, Query, SelectItem, Source};

use super::Org;
use crate::ToolError;
use crate::policy::one_of;

impl Org {
    /// The records that the user viewed or used last, of all objects, each with `Id` and `Name`: as
    /// many as the platform lists, which is 200 at most. With rules each is read again by a query of
    /// its object, so that it has what may be read of it.
    ///
    /// # Errors
    /// By the error contract.
    pub async fn recent(&self) -> Result<Vec<Record>, ToolError> {
        self.gate().request()?;
        let recent = self.inner.client.send(&Recent::new().limit(MAX_RECENT)).await;
        let recent = recent.map_err(|error| self.explained(&error, None))?;
        if self.inner.guard.is_none() {
            return Ok(recent);
        }
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for record in &recent {
            if let Some((object, id)) = record.object_type().zip(id(record)) {
                ids.entry(object.to_owned()).or_default().push(id);
            }
        }
        let mut shown = HashMap::new();
        for (object, ids) in ids {
            for record in self.named(&object, &ids).await? {
                if let Some(id) = id(&record) {
                    shown.insert(id, record);
                }
            }
        }
        Ok(recent.iter().filter_map(|record| shown.remove(&id(record)?)).collect())
    }

    /// What may be read of these records: their ids, and their names if they have any.
    async fn named(&self, object: &str, ids: &[String]) -> Result<Vec<Record>, ToolError> {
        let view = self.view(object).await?;
        let Some(read) = view.and_then(|view| view.read.clone()) else { return Ok(Vec::new()) };
        if read.field("Id").is_none() || !read.queryable {
            return Ok(Vec::new());
        }
        let names = ["Id", "Name"].into_iter().filter(|name| read.field(name).is_some());
        let fault = |_| ToolError::ask_a_person("The records cannot be looked for; report it.");
        let paths = names.map(Path::new).collect::<Result<Vec<_>, _>>().map_err(fault)?;
        let from = Source::new(Path::new(&read.name).map_err(fault)?);
        let mut query = Query::new(paths.into_iter().map(SelectItem::field).collect(), from);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        query.filter = Some(one_of(Path::new("Id").map_err(fault)?, &ids));
        Ok(self.query(&query).await?.records)
    }
}

fn id(record: &Record) -> Option<String> {
    record.get("Id")?.as_str().map(str::to_owned)
}
