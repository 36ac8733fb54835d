//! The Salesforce tools, one file each.

mod aggregate;
mod apply;
mod apply_write;
mod changes;
mod conditions;
mod count;
mod create_records;
mod delete_records;
mod describe_field;
mod describe_object;
mod explain_query;
mod find_records;
mod get_record;
mod get_related;
mod list_objects;
mod logic;
mod names;
mod next_page;
mod operation;
mod prepare_write;
mod problems;
mod query;
mod read_back;
mod recent_records;
mod save_graph;
mod search;
mod sections;
mod statement;
mod tree;
mod update_records;
mod upsert_records;
mod values;
pub(crate) mod verify;
mod write;

use sf_rest::Id;
use sf_schema::Object;

use crate::ToolSet;

pub(crate) use apply::apply_now;
pub(crate) use apply_write::{Applied, NAME as APPLY_WRITE};
pub(crate) use list_objects::NAME as LIST_OBJECTS;
pub(crate) use next_page::NAME as NEXT_PAGE;
pub(crate) use prepare_write::NAME as PREPARE_WRITE;
pub(crate) use problems::count;
pub(crate) use query::NAME as QUERY;
pub(crate) use write::outcome_word;

/// Adds every Salesforce tool, in the order in which models should meet them.
pub(crate) fn add_all(set: ToolSet) -> ToolSet {
    set.with(list_objects::ListObjects)
        .with(describe_object::DescribeObject)
        .with(describe_field::DescribeField)
        .with(query::RunQuery)
        .with(find_records::FindRecords)
        .with(count::CountRecords)
        .with(aggregate::Aggregate)
        .with(get_record::GetRecord)
        .with(get_related::GetRelated)
        .with(search::SearchRecords)
        .with(recent_records::RecentRecords)
        .with(changes::Changes)
        .with(next_page::NextPage)
        .with(explain_query::ExplainQuery)
        .with(create_records::CreateRecords)
        .with(update_records::UpdateRecords)
        .with(upsert_records::UpsertRecords)
        .with(delete_records::DeleteRecords)
        .with(save_graph::SaveGraph)
        .with(prepare_write::PrepareWrite)
        .with(apply_write::ApplyWrite)
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
