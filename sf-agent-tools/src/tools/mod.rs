//! The Salesforce tools, one file each.

mod aggregate;
mod api_budget;
mod apply;
mod apply_write;
mod attach_file;
mod bulk_feed;
mod bulk_load;
mod bulk_query;
mod bulk_rows;
mod changes;
mod conditions;
mod count;
mod create_records;
mod dashboard_results;
mod delete_records;
mod describe_field;
mod describe_object;
mod describe_report;
mod explain_query;
mod find_records;
mod get_record;
mod get_related;
mod job_status;
mod list_dashboards;
mod list_files;
mod list_objects;
mod list_reports;
mod loaded;
mod logic;
mod missing;
mod names;
mod next_page;
mod operation;
mod org_limits;
mod prepare_write;
mod problems;
mod query;
mod read_back;
mod read_file;
mod recent_records;
mod reports;
mod request;
mod run_action;
mod run_report;
mod save_graph;
mod search;
mod sections;
mod statement;
mod tree;
mod update_records;
mod upsert_records;
mod values;
pub(crate) mod verify;
mod whoami;
mod write;

use sf_rest::Id;
use sf_schema::Object;

use crate::{Problem, ToolError, ToolSet};

pub(crate) use apply::apply_now;
pub(crate) use apply_write::{Applied, NAME as APPLY_WRITE};
pub(crate) use bulk_query::NAME as BULK_QUERY;
pub(crate) use list_objects::NAME as LIST_OBJECTS;
pub(crate) use next_page::NAME as NEXT_PAGE;
pub(crate) use prepare_write::NAME as PREPARE_WRITE;
pub(crate) use problems::count;
pub(crate) use query::NAME as QUERY;
pub(crate) use run_action::NAME as RUN_ACTION;
pub(crate) use write::outcome_word;

/// Adds every Salesforce tool, in the order in which models should meet them.
pub(crate) fn add_all(set: ToolSet) -> ToolSet {
    let raw = set.org().offers_raw().then(|| request::RawCall { writes: set.org().writes() });
    let set = set
        .with(list_objects::ListObjects)
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
        .with(list_reports::ListReports)
        .with(describe_report::DescribeReport)
        .with(run_report::RunAReport)
        .with(list_dashboards::ListDashboards)
        .with(dashboard_results::ReadDashboard)
        .with(whoami::WhoAmI)
        .with(org_limits::OrgLimits)
        .with(api_budget::ApiBudget)
        .with(create_records::CreateRecords)
        .with(update_records::UpdateRecords)
        .with(upsert_records::UpsertRecords)
        .with(delete_records::DeleteRecords)
        .with(save_graph::SaveGraph)
        .with(prepare_write::PrepareWrite)
        .with(apply_write::ApplyWrite)
        .with(bulk_query::BulkQuery)
        .with(bulk_load::BulkLoad)
        .with(job_status::LookAtJob)
        .with(list_files::ListFiles)
        .with(read_file::ReadFile)
        .with(attach_file::AttachFile)
        .with(run_action::RunAction);
    match raw {
        Some(raw) => set.with(raw),
        None => set,
    }
}

/// The id of a record of `object` that is to be read.
fn id_to_read(object: &Object, text: &str) -> Result<Id, ToolError> {
    record_id(object, text).map_err(|wrong| {
        ToolError::fix_your_call("The id is not one of such a record. Nothing was read.")
            .with_problem(Problem::new("id", wrong))
    })
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
