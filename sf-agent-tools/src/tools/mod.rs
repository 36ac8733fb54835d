//! The Salesforce tools, one file each.

mod create_records;
mod delete_records;
mod describe_object;
mod get_record;
mod list_objects;
mod query;
mod update_records;
mod upsert_records;
mod verify;
mod write;

use sf_rest::Id;
use sf_schema::Object;

use crate::ToolSet;

pub(crate) use list_objects::NAME as LIST_OBJECTS;

/// Adds every Salesforce tool, in the order in which models should meet them.
pub(crate) fn add_all(set: ToolSet) -> ToolSet {
    set.with(list_objects::ListObjects)
        .with(describe_object::DescribeObject)
        .with(query::RunQuery)
        .with(get_record::GetRecord)
        .with(create_records::CreateRecords)
        .with(update_records::UpdateRecords)
        .with(upsert_records::UpsertRecords)
        .with(delete_records::DeleteRecords)
}

/// The id in `text`, if it can be one of `object`; otherwise what is wrong with it.
fn record_id(object: &Object, text: &str) -> Result<Id, String> {
    let id = Id::parse(text.trim()).map_err(|error| format!("{error}."))?;
    match &object.key_prefix {
        Some(prefix) if id.key_prefix() != prefix => Err(format!(
            "{id} is not the id of a record of {}: those start with {prefix}.",
            object.name
        )),
        _ => Ok(id),
    }
}
