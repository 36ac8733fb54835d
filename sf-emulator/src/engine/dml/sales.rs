//! Line items, price book entries, campaign members: what follows from their
//! parents, and what their parents sum up.

use rusqlite::OptionalExtension as _;
use rusqlite::types::Value as Sql;

use super::derive::{Record, number, text};
use super::draft::Draft;
use super::{Context, NO_FIELDS};
use crate::engine::{ApiError, ErrorItem};

fn refused(item: ErrorItem) -> ApiError {
    ApiError::new(400, item)
}

fn missing(field: &str) -> ApiError {
    let message = format!("Required fields are missing: [{field}]");
    refused(ErrorItem::on_row("REQUIRED_FIELD_MISSING", message, [field]))
}

/// A field of the record with that id.
fn look_up(cx: Context<'_>, object: &str, column: &str, id: &str) -> Result<Sql, ApiError> {
    let sql = format!("SELECT \"{column}\" FROM \"{object}\" WHERE \"Id\" = ?1");
    let found = cx.connection.prepare_cached(&sql)?.query_row([id], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(Sql::Null))
}

pub(super) fn price_book_entry(cx: Context<'_>, draft: &mut Draft<'_>) -> Result<(), ApiError> {
    if let Some(product) = draft.given("Product2Id").and_then(text).map(str::to_owned) {
        draft.set("Name", look_up(cx, "Product2", "Name", &product)?);
        draft.set("ProductCode", look_up(cx, "Product2", "ProductCode", &product)?);
    }
    Ok(())
}

/// A new line item takes product, names and price from its price book entry.
pub(super) fn new_line_item(cx: Context<'_>, draft: &mut Draft<'_>) -> Result<(), ApiError> {
    let given = |draft: &Draft<'_>, name: &str| draft.given(name).and_then(text).map(str::to_owned);
    let opportunity = given(draft, "OpportunityId").unwrap_or_default();
    let entry = match (given(draft, "PricebookEntryId"), given(draft, "Product2Id")) {
        (Some(entry), _) => entry,
        (None, Some(product)) => entry_of(cx, &opportunity, &product)?,
        (None, None) => return Err(missing("PricebookEntryId")),
    };
    if look_up(cx, "PricebookEntry", "IsActive", &entry)? != Sql::Integer(1) {
        let message = "field integrity exception: PricebookEntryId (pricebook entry is inactive)";
        let item = ErrorItem::on_row("FIELD_INTEGRITY_EXCEPTION", message, ["PricebookEntryId"]);
        return Err(refused(item));
    }
    draft.set("PricebookEntryId", entry.clone());
    for (field, column) in
        [("Product2Id", "Product2Id"), ("ProductCode", "ProductCode"), ("ListPrice", "UnitPrice")]
    {
        draft.set(field, look_up(cx, "PricebookEntry", column, &entry)?);
    }
    let names = [
        look_up(cx, "Opportunity", "Name", &opportunity)?,
        look_up(cx, "PricebookEntry", "Name", &entry)?,
    ];
    let names: Vec<&str> = names.iter().filter_map(text).collect();
    draft.set("Name", names.join(" "));
    if draft.given("UnitPrice").is_none() && draft.given("TotalPrice").is_none() {
        draft.set("UnitPrice", look_up(cx, "PricebookEntry", "UnitPrice", &entry)?);
    }
    line_price(draft, &Record::default());
    Ok(())
}

/// The entry of a product in the opportunity's price book, else the standard one.
fn entry_of(cx: Context<'_>, opportunity: &str, product: &str) -> Result<String, ApiError> {
    let sql = "SELECT e.\"Id\" FROM \"PricebookEntry\" AS e
        JOIN \"Pricebook2\" AS b ON b.\"Id\" = e.\"Pricebook2Id\"
        WHERE e.\"Product2Id\" = ?1 AND e.\"IsDeleted\" = 0
          AND (b.\"Id\" = (SELECT \"Pricebook2Id\" FROM \"Opportunity\" WHERE \"Id\" = ?2) OR b.\"IsStandard\" = 1)
        ORDER BY b.\"IsStandard\" LIMIT 1";
    let found =
        cx.connection.prepare_cached(sql)?.query_row([product, opportunity], |row| row.get(0));
    found.optional()?.ok_or_else(|| missing("PricebookEntryId"))
}

/// Sales price and total follow from each other.
pub(super) fn line_price(draft: &mut Draft<'_>, record: &Record) {
    let quantity = number(record.after(draft, "Quantity"));
    let given = |draft: &Draft<'_>, name: &str| draft.given(name).and_then(number);
    match (given(draft, "UnitPrice"), given(draft, "TotalPrice"), quantity) {
        (None, Some(total), Some(quantity)) if quantity != 0.0 => {
            draft.set("UnitPrice", cents(total / quantity));
        }
        (_, _, Some(quantity)) => {
            let price = number(record.after(draft, "UnitPrice"));
            draft.set("TotalPrice", price.map(|price| cents(price * quantity)));
        }
        _ => {}
    }
}

fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

/// The formula of an invoice's line.
pub(super) fn invoice_line(draft: &mut Draft<'_>, record: &Record) {
    let quantity = number(record.after(draft, "Quantity__c"));
    let price = number(record.after(draft, "Unit_Price__c"));
    draft
        .set("Line_Total__c", quantity.zip(price).map(|(quantity, price)| cents(quantity * price)));
}

pub(super) fn new_member(cx: Context<'_>, draft: &mut Draft<'_>) -> Result<(), ApiError> {
    let given = |draft: &Draft<'_>, name: &str| draft.given(name).and_then(text).map(str::to_owned);
    let (kind, field, person) = match (given(draft, "LeadId"), given(draft, "ContactId")) {
        (Some(lead), _) => ("Lead", "LeadId", lead),
        (None, Some(contact)) => ("Contact", "ContactId", contact),
        (None, None) => return Err(missing("LeadId")),
    };
    let campaign = given(draft, "CampaignId").unwrap_or_default();
    let sql = format!(
        "SELECT 1 FROM \"CampaignMember\" WHERE \"CampaignId\" = ?1 AND \"{field}\" = ?2 AND \"IsDeleted\" = 0"
    );
    if cx.connection.prepare_cached(&sql)?.exists([&campaign, &person])? {
        let item = ErrorItem::on_row("DUPLICATE_VALUE", "Already a campaign member.", NO_FIELDS);
        return Err(refused(item));
    }
    let company = if kind == "Lead" {
        look_up(cx, kind, "Company", &person)?
    } else {
        match look_up(cx, kind, "AccountId", &person)? {
            Sql::Text(account) => look_up(cx, "Account", "Name", &account)?,
            _ => Sql::Null,
        }
    };
    draft.set("Name", look_up(cx, kind, "Name", &person)?);
    draft.set("CompanyOrAccount", company);
    draft.set("Type", kind.to_owned());
    draft.set("LeadOrContactId", person);
    Ok(())
}

pub(super) fn member_status(cx: Context<'_>, draft: &mut Draft<'_>, record: &Record) {
    let responded = text(record.after(draft, "Status")) == Some("Responded");
    draft.set("HasResponded", responded);
    if responded && *record.before("FirstRespondedDate") == Sql::Null {
        let today = crate::engine::json::datetime(cx.now());
        draft.set("FirstRespondedDate", today.get(..10).map(str::to_owned));
    }
}

/// One permission set at most once for each user.
pub(super) fn new_assignment(cx: Context<'_>, draft: &Draft<'_>) -> Result<(), ApiError> {
    let given = |name: &str| draft.given(name).and_then(text).unwrap_or_default();
    let (set, user) = (given("PermissionSetId"), given("AssigneeId"));
    let sql = "SELECT 1 FROM \"PermissionSetAssignment\"
        WHERE \"PermissionSetId\" = ?1 AND \"AssigneeId\" = ?2 AND \"IsDeleted\" = 0";
    if cx.connection.prepare_cached(sql)?.exists([set, user])? {
        let short = crate::engine::id::short;
        let message = format!(
            "Duplicate PermissionSetAssignment.  Assignee: {}; Permission Set: {}",
            short(user),
            short(set)
        );
        let fields = ["AssigneeId", "PermissionSetId"];
        return Err(refused(ErrorItem::on_row("DUPLICATE_VALUE", message, fields)));
    }
    Ok(())
}

/// What parents sum up over their lines and members. `id` is the parent's.
pub(super) fn sum_up(cx: Context<'_>, child: &str, id: &str) -> Result<(), ApiError> {
    let sql = match child {
        "OpportunityLineItem" => {
            "UPDATE \"Opportunity\" SET (\"Amount\", \"HasOpportunityLineItem\") =
               (SELECT COALESCE(SUM(l.\"TotalPrice\"), \"Amount\"), COUNT(*) > 0 FROM \"OpportunityLineItem\" AS l
                WHERE l.\"OpportunityId\" = ?1 AND l.\"IsDeleted\" = 0), \"SystemModstamp\" = ?2
             WHERE \"Id\" = ?1"
        }
        "CampaignMember" => {
            "UPDATE \"Campaign\" SET (\"NumberOfLeads\", \"NumberOfContacts\", \"NumberOfResponses\") =
               (SELECT COUNT(m.\"LeadId\"), COUNT(m.\"ContactId\"), COALESCE(SUM(m.\"HasResponded\"), 0)
                FROM \"CampaignMember\" AS m WHERE m.\"CampaignId\" = ?1 AND m.\"IsDeleted\" = 0),
               \"SystemModstamp\" = ?2
             WHERE \"Id\" = ?1"
        }
        _ => return Ok(()),
    };
    cx.connection.prepare_cached(sql)?.execute((id, cx.now()))?;
    if child == "OpportunityLineItem" {
        let sql = "UPDATE \"Opportunity\"
            SET \"ExpectedRevenue\" = ROUND(\"Amount\" * \"Probability\") / 100.0 WHERE \"Id\" = ?1";
        cx.connection.prepare_cached(sql)?.execute([id])?;
    }
    Ok(())
}
