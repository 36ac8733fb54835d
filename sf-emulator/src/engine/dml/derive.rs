//! Values that follow from others: names, auto-numbers, what a stage or a
//! status implies.

use rusqlite::types::Value as Sql;

use super::draft::Draft;
use super::{Context, NO_FIELDS, activity, files, sales};
use crate::engine::schema::{Field, Object};
use crate::engine::storage::tables::quote;
use crate::engine::{ApiError, ErrorItem, id, scalar, stages};

pub(super) fn on_create(
    cx: Context<'_>,
    draft: &mut Draft<'_>,
    new_id: &str,
    row: i64,
) -> Result<(), ApiError> {
    for field in &draft.object.fields {
        if let Some(format) = &field.auto_number {
            draft.set(&field.name, auto_number(format, row + field.auto_offset));
        } else if field.name_fallback && draft.given(&field.name).is_none() {
            draft.set(&field.name, id::short(new_id).to_owned());
        }
    }
    match draft.object.name.as_str() {
        "Contact" | "Lead" => person_name(draft, &Record::default()),
        "Task" => activity::task(cx, draft, &Record::default())?,
        "Event" => activity::event(cx, draft, &Record::default())?,
        "CampaignMember" => {
            sales::new_member(cx, draft)?;
            sales::member_status(cx, draft, &Record::default());
        }
        "PricebookEntry" => sales::price_book_entry(cx, draft)?,
        "OpportunityLineItem" => sales::new_line_item(cx, draft)?,
        "PermissionSetAssignment" => sales::new_assignment(cx, draft)?,
        "Invoice_Line__c" => sales::invoice_line(draft, &Record::default()),
        "Attachment" => files::attachment(draft),
        "ContentDocumentLink" => files::new_link(cx, draft)?,
        "ContentVersion" => files::new_version(cx, draft, new_id)?,
        "Contract" => contract(draft, &Record::default()),
        "Order" => status_code(draft, &Record::default()),
        "User" => {
            person_name(draft, &Record::default());
            user_defaults(draft);
        }
        "Opportunity" => opportunity(cx, draft, &Record::default()),
        "Case" => {
            account_of_contact(cx, draft)?;
            case_status(cx, draft, &Record::default());
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn on_update(cx: Context<'_>, draft: &mut Draft<'_>, row: i64) -> Result<(), ApiError> {
    match draft.object.name.as_str() {
        "Lead" => {
            let record = Record::load(cx, draft, row, &["FirstName", "LastName", "IsConverted"])?;
            if *record.before("IsConverted") == Sql::Integer(1) {
                let message = "cannot reference converted lead";
                let item = ErrorItem::on_row("CANNOT_UPDATE_CONVERTED_LEAD", message, NO_FIELDS);
                return Err(ApiError::new(400, item));
            }
            person_name(draft, &record);
        }
        "Task" => {
            let fields = ["Status", "Priority", "CompletedDateTime", "WhoId", "WhatId"];
            let record = Record::load(cx, draft, row, &fields)?;
            activity::task(cx, draft, &record)?;
        }
        "Event" => {
            let fields = ["StartDateTime", "DurationInMinutes", "WhoId", "WhatId"];
            let record = Record::load(cx, draft, row, &fields)?;
            activity::event(cx, draft, &record)?;
        }
        "CampaignMember" => {
            let record = Record::load(cx, draft, row, &["Status", "FirstRespondedDate"])?;
            sales::member_status(cx, draft, &record);
        }
        "OpportunityLineItem" => {
            let record = Record::load(cx, draft, row, &["Quantity", "UnitPrice"])?;
            sales::line_price(draft, &record);
        }
        "Invoice_Line__c" => {
            let record = Record::load(cx, draft, row, &["Quantity__c", "Unit_Price__c"])?;
            sales::invoice_line(draft, &record);
        }
        "Attachment" => files::attachment(draft),
        "Contract" => {
            let record = Record::load(cx, draft, row, &["StartDate", "ContractTerm", "Status"])?;
            contract(draft, &record);
        }
        "Order" => {
            let record = Record::load(cx, draft, row, &["Status"])?;
            status_code(draft, &record);
        }
        "Contact" | "User" => {
            let record = Record::load(cx, draft, row, &["FirstName", "LastName"])?;
            person_name(draft, &record);
        }
        "Opportunity" => {
            let fields = ["StageName", "Amount", "Probability", "CloseDate"];
            let record = Record::load(cx, draft, row, &fields)?;
            opportunity(cx, draft, &record);
        }
        "Case" => {
            let record = Record::load(cx, draft, row, &["Status", "ClosedDate"])?;
            case_status(cx, draft, &record);
        }
        _ => {}
    }
    Ok(())
}

/// What parents sum up, after a child was written or deleted.
pub(super) fn after(cx: Context<'_>, object: &Object, id: &str) -> Result<(), ApiError> {
    let parent = match object.name.as_str() {
        "OpportunityLineItem" => "OpportunityId",
        "CampaignMember" => "CampaignId",
        _ => return Ok(()),
    };
    let sql = format!("SELECT {} FROM {} WHERE \"Id\" = ?1", quote(parent), quote(&object.name));
    let parent: String = cx.connection.prepare_cached(&sql)?.query_row([id], |row| row.get(0))?;
    sales::sum_up(cx, &object.name, &parent)
}

/// Values of the record before the write; none for a new one.
#[derive(Default)]
pub(super) struct Record(Vec<(&'static str, Sql)>);

impl Record {
    fn load(
        cx: Context<'_>,
        draft: &Draft<'_>,
        row: i64,
        fields: &[&'static str],
    ) -> Result<Self, ApiError> {
        let object = draft.object;
        // An org of one's own need not have all of them.
        let column = |field: &&str| {
            let known = object.field(field).is_some_and(Field::is_stored);
            if known { quote(field) } else { "NULL".to_owned() }
        };
        let columns: Vec<String> = fields.iter().map(column).collect();
        let sql = format!(
            "SELECT {} FROM {} WHERE row = ?1",
            columns.join(", "),
            quote(&draft.object.name)
        );
        let values = cx.connection.prepare_cached(&sql)?.query_row([row], |found| {
            fields.iter().enumerate().map(|(at, field)| Ok((*field, found.get(at)?))).collect()
        })?;
        Ok(Self(values))
    }

    pub(super) fn before(&self, name: &str) -> &Sql {
        self.0.iter().find(|(field, _)| *field == name).map_or(&Sql::Null, |(_, value)| value)
    }

    /// As it will be.
    pub(super) fn after<'v>(&'v self, draft: &'v Draft<'_>, name: &str) -> &'v Sql {
        draft.given(name).unwrap_or_else(|| self.before(name))
    }
}

pub(super) fn text(value: &Sql) -> Option<&str> {
    match value {
        Sql::Text(text) => Some(text),
        _ => None,
    }
}

pub(super) fn number(value: &Sql) -> Option<f64> {
    match value {
        Sql::Real(number) => Some(*number),
        #[expect(clippy::cast_precision_loss, reason = "amounts are doubles on the platform too")]
        Sql::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

/// `INV-{00000}` and 42 make `INV-00042`.
pub(in crate::engine) fn auto_number(format: &str, number: i64) -> String {
    match format.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
        Some((before, (zeros, after))) => {
            format!("{before}{number:0width$}{after}", width = zeros.len())
        }
        None => format!("{format}{number}"),
    }
}

fn person_name(draft: &mut Draft<'_>, record: &Record) {
    let first = text(record.after(draft, "FirstName"));
    let last = text(record.after(draft, "LastName"));
    let name: Vec<&str> = first.into_iter().chain(last).collect();
    let name = name.join(" ");
    draft.set("Name", name);
}

fn status_code(draft: &mut Draft<'_>, record: &Record) {
    let code = match text(record.after(draft, "Status")) {
        Some("Activated") => "Activated",
        Some("In Approval Process") => "InApproval",
        _ => "Draft",
    };
    draft.set("StatusCode", code.to_owned());
}

/// A contract ends the day before so many months after its start.
fn contract(draft: &mut Draft<'_>, record: &Record) {
    status_code(draft, record);
    let start = text(record.after(draft, "StartDate")).and_then(scalar::date);
    let months = match record.after(draft, "ContractTerm") {
        Sql::Integer(months) => Some(*months),
        _ => None,
    };
    let end = start.zip(months).and_then(|(start, months)| {
        let span = jiff::Span::new().try_months(months).ok()?;
        start.checked_add(span).ok()?.yesterday().ok()
    });
    draft.set("EndDate", end.map(scalar::date_text));
}

fn user_defaults(draft: &mut Draft<'_>) {
    draft.set("UserType", "Standard".to_owned());
    if draft.given("CommunityNickname").is_none() {
        let nickname = draft.given("Username").and_then(text).map(|name| {
            let local = name.split_once('@').map_or(name, |(local, _)| local);
            local.chars().take(40).collect::<String>()
        });
        draft.set("CommunityNickname", nickname);
    }
}

fn opportunity(cx: Context<'_>, draft: &mut Draft<'_>, record: &Record) {
    let name = text(record.after(draft, "StageName")).unwrap_or_default().to_owned();
    if text(record.before("StageName")) != Some(name.as_str()) {
        let stage = stages::stage(&name);
        if draft.given("Probability").is_none() {
            draft.set("Probability", stage.probability);
        }
        if draft.given("ForecastCategoryName").is_none() {
            draft.set("ForecastCategoryName", stage.forecast_name.to_owned());
        }
        draft.set("ForecastCategory", stage.forecast.to_owned());
        draft.set("IsClosed", stage.closed);
        draft.set("IsWon", stage.won);
        draft.set("LastStageChangeDate", cx.now());
    }
    let amount = number(record.after(draft, "Amount"));
    let probability = number(record.after(draft, "Probability"));
    draft.set(
        "ExpectedRevenue",
        amount.zip(probability).map(|(amount, percent)| stages::expected_revenue(amount, percent)),
    );
    if let Some(close) = text(record.after(draft, "CloseDate")) {
        let (year, quarter) = stages::fiscal(close);
        draft.set("FiscalYear", year);
        draft.set("FiscalQuarter", quarter);
        draft.set("Fiscal", format!("{year} {quarter}"));
    }
}

/// A case without an account takes the one of its contact.
fn account_of_contact(cx: Context<'_>, draft: &mut Draft<'_>) -> Result<(), ApiError> {
    if draft.given("AccountId").is_some() {
        return Ok(());
    }
    if let Some(contact) = draft.given("ContactId").and_then(text) {
        let sql = "SELECT \"AccountId\" FROM \"Contact\" WHERE \"Id\" = ?1";
        let account: Option<String> = cx.connection.query_row(sql, [contact], |row| row.get(0))?;
        draft.set("AccountId", account);
    }
    Ok(())
}

fn case_status(cx: Context<'_>, draft: &mut Draft<'_>, record: &Record) {
    let closed = text(record.after(draft, "Status")) == Some("Closed");
    draft.set("IsClosed", closed);
    match (closed, record.before("ClosedDate")) {
        (true, Sql::Null) => draft.set("ClosedDate", cx.now()),
        (true, _) => {}
        (false, _) => draft.set("ClosedDate", Sql::Null),
    }
}
