//! A report as a way to rows and fields.

use serde_json::{Value, json};

use super::world::{Target, WORD, World};
use crate::support::{Client, Reply};

/// The report type that lists the object, if there is one.
fn report_type(object: &str) -> Option<String> {
    Some(match object {
        "Account" => "AccountList".to_owned(),
        "Contact" => "ContactList".to_owned(),
        "Opportunity" => object.to_owned(),
        "Case" => "CaseList".to_owned(),
        "Lead" => "LeadList".to_owned(),
        _ if object.ends_with("__c") => format!("CustomEntity${object}"),
        _ => return None,
    })
}

/// Runs a list of the target's rows, with one more column, as this user. What the
/// columns are called is asked of the administrator, so that a user to whom one is
/// hidden names it all the same.
pub(crate) async fn run(
    world: &World,
    client: &Client,
    target: &Target,
    with: Option<&str>,
) -> Option<Reply> {
    let path = format!("/analytics/reportTypes/{}", report_type(target.object)?);
    let described = world.user("admin").get(&path).await.json();
    let marker = column(&described, target.object, target.marker)?;
    let mut columns = vec![marker.clone()];
    if let Some(field) = with {
        columns.push(column(&described, target.object, field)?);
    }
    let mut metadata = described["reportMetadata"].clone();
    metadata["detailColumns"] = json!(columns);
    metadata["reportFilters"] =
        json!([{ "column": marker, "operator": "startsWith", "value": WORD }]);
    let body = json!({ "reportMetadata": metadata });
    Some(client.send("POST", "/analytics/reports/query?includeDetails=true", body).await)
}

/// Whether the user may report on the object at all.
pub(crate) async fn is_offered(client: &Client, target: &Target) -> bool {
    match report_type(target.object) {
        Some(name) => client.get(&format!("/analytics/reportTypes/{name}")).await.status == 200,
        None => false,
    }
}

/// What the type calls a field's column.
fn column(described: &Value, object: &str, field: &str) -> Option<String> {
    let categories = described["reportTypeMetadata"]["categories"].as_array()?;
    let columns = categories.iter().filter_map(|category| category["columns"].as_object());
    let wanted = format!("{object}.{field}");
    let mut found = columns.flatten().filter(|(_, column)| column["entityColumnName"] == wanted);
    found.next().map(|(name, _)| name.clone())
}
