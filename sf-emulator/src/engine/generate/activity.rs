//! Tasks and events, the lines of invoices, and the tables that other people's
//! test suites expect.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::insert::{Insert, text};
use super::people::{Choices, date, object, stamp};
use super::random::Random;
use super::{BASE_MILLIS, DAY, Sizes, account_of_contact};
use crate::engine::id;
use crate::engine::schema::Schema;

/// Whom and what an activity is about: a contact with its account, or a lead.
fn about(random: &mut Random, sizes: Sizes) -> (Option<String>, Option<String>, Option<String>) {
    if sizes.contacts == 0 || random.chance(25) {
        let lead = id::make("00Q", u64::from(random.between(1, sizes.leads)));
        return (Some(lead), None, None);
    }
    let contact = random.between(1, sizes.contacts);
    let account = account_of_contact(contact, sizes.accounts)
        .map(|account| id::make("001", u64::from(account)));
    let what = match random.below(4) {
        0 => Some(id::make("006", u64::from(random.between(1, sizes.opportunities)))),
        1 => Some(id::make("500", u64::from(random.between(1, sizes.cases)))),
        _ => account.clone(),
    };
    (Some(id::make("003", u64::from(contact))), what, account)
}

pub(super) fn tasks(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let object = object(schema, "Task")?;
    let columns = [
        "WhoId",
        "WhatId",
        "AccountId",
        "Subject",
        "ActivityDate",
        "Status",
        "Priority",
        "IsHighPriority",
        "IsClosed",
        "CompletedDateTime",
        "TaskSubtype",
        "Description",
    ];
    let mut insert = Insert::new(connection, object, &columns)?;
    for number in 1..=sizes.tasks {
        let random = &mut Random::new(14, number);
        let (who, what, account) = about(random, sizes);
        let status = random.pick(&["Not Started", "In Progress", "Completed", "Completed"]);
        let priority = random.pick(&["Normal", "Normal", "High", "Low"]);
        let closed = status == "Completed";
        let stamp = stamp(random);
        insert.row(
            number,
            &stamp,
            [
                text(who),
                text(what),
                text(account),
                text(Some(random.pick(&["Call", "Email", "Send Quote", "Prepare the visit"]))),
                text(random.chance(90).then(|| date(random, -200, 60))),
                text(Some(status)),
                text(Some(priority)),
                Value::from(priority == "High"),
                Value::from(closed),
                if closed { Value::from(stamp.modified) } else { Value::Null },
                text(Some("Task")),
                text(random.chance(20).then_some("Ask about the delivery date.")),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn events(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let object = object(schema, "Event")?;
    let columns = [
        "WhoId",
        "WhatId",
        "AccountId",
        "Subject",
        "Location",
        "ActivityDateTime",
        "ActivityDate",
        "DurationInMinutes",
        "StartDateTime",
        "EndDateTime",
        "EndDate",
        "ShowAs",
        "EventSubtype",
    ];
    let choices = Choices::new(object);
    let mut insert = Insert::new(connection, object, &columns)?;
    for number in 1..=sizes.events {
        let random = &mut Random::new(15, number);
        let (who, what, account) = about(random, sizes);
        let day = i64::from(random.between(0, 400)) - 300;
        let start = BASE_MILLIS + day * DAY + i64::from(random.below(16)) * 1_800_000;
        let minutes = i64::from(random.between(1, 4)) * 30;
        let end = start + minutes * 60_000;
        let date_of = |millis| crate::engine::json::datetime(millis)[..10].to_owned();
        insert.row(
            number,
            &stamp(random),
            [
                text(who),
                text(what),
                text(account),
                choices.some(random, "Subject", 100),
                text(random.chance(40).then(|| random.pick(&["Video call", "Their office"]))),
                Value::from(start),
                text(Some(date_of(start))),
                Value::from(minutes),
                Value::from(start),
                Value::from(end),
                text(Some(date_of(end))),
                text(Some("Busy")),
                text(Some("Event")),
            ],
        )?;
    }
    Ok(())
}

/// Two lines for each of the first invoices.
pub(super) fn invoice_lines(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let columns = [
        "Name",
        "Invoice__c",
        "Product__c",
        "Quantity__c",
        "Unit_Price__c",
        "Line_Total__c",
        "Line_Key__c",
    ];
    let mut insert = Insert::new(connection, object(schema, "Invoice_Line__c")?, &columns)?;
    for number in 1..=sizes.lines.min(sizes.invoices) * 2 {
        let random = &mut Random::new(16, number);
        let quantity = f64::from(random.between(1, 12));
        let price = f64::from(random.between(4, 4_000)) * 0.25;
        insert.row(
            number,
            &stamp(random),
            [
                text(Some(format!("LINE-{number:06}"))),
                text(Some(id::make("a00", u64::from(number.div_ceil(2))))),
                text(Some(id::make("01t", u64::from(random.between(1, 12))))),
                Value::Real(quantity),
                Value::Real(price),
                Value::Real(quantity * price),
                text(Some(format!("Key-{number}"))),
            ],
        )?;
    }
    Ok(())
}

/// jsforce's test suite pages through `BigTable__c`, which has a number for a
/// name and nothing else.
pub(super) fn big_table(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let mut insert = Insert::new(connection, object(schema, "BigTable__c")?, &["Name"])?;
    for number in 1..=sizes.big_table {
        let random = &mut Random::new(17, number);
        insert.row(number, &stamp(random), [text(Some(format!("BT-{number:06}")))])?;
    }
    Ok(())
}
