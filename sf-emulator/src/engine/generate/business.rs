//! Opportunities, cases, invoices and deals.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::insert::{Insert, text};
use super::people::{Choices, date, day, object, stamp};
use super::random::Random;
use super::words::Words;
use super::{BASE_MILLIS, DAY, Sizes, account_of_contact};
use crate::engine::id;
use crate::engine::schema::Schema;
use crate::engine::stages;

fn some_account(random: &mut Random, sizes: Sizes, percent: u32) -> Option<String> {
    random.chance(percent).then(|| id::make("001", u64::from(random.between(1, sizes.accounts))))
}

/// Cents are exact in binary here: amounts are quarters.
fn amount(random: &mut Random, most: u32) -> f64 {
    f64::from(random.between(100, most)) * 50.0 + f64::from(random.below(4)) * 0.25
}

pub(super) fn opportunities(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let object = object(schema, "Opportunity")?;
    let columns = [
        "AccountId",
        "Name",
        "StageName",
        "Amount",
        "Probability",
        "ExpectedRevenue",
        "CloseDate",
        "Type",
        "LeadSource",
        "IsClosed",
        "IsWon",
        "ForecastCategory",
        "ForecastCategoryName",
        "FiscalQuarter",
        "FiscalYear",
        "Fiscal",
        "NextStep",
        "LastStageChangeDate",
        "IsPrivate",
    ];
    let words = Words::load();
    let choices = Choices::new(object);
    let names: Vec<&str> = stages::STAGES.iter().map(|stage| stage.name).collect();
    let mut insert = Insert::new(connection, object, &columns)?;
    for number in 1..=sizes.opportunities {
        let random = &mut Random::new(3, number);
        let stage = stages::stage(random.pick(&names));
        let sum = random.chance(93).then(|| amount(random, 60_000));
        let close = if stage.closed { date(random, -900, 0) } else { date(random, -60, 400) };
        let (year, quarter) = stages::fiscal(&close);
        let stamp = stamp(random);
        insert.row(
            number,
            &stamp,
            [
                text(some_account(random, sizes, 95)),
                text(Some(format!(
                    "{} {} #{number}",
                    words.company(random),
                    random.pick(&["Renewal", "Expansion", "New Business", "Pilot"])
                ))),
                text(Some(stage.name)),
                sum.map_or(Value::Null, Value::Real),
                Value::Real(stage.probability),
                sum.map_or(Value::Null, |sum| {
                    Value::Real(stages::expected_revenue(sum, stage.probability))
                }),
                text(Some(close)),
                choices.some(random, "Type", 80),
                choices.some(random, "LeadSource", 70),
                Value::from(stage.closed),
                Value::from(stage.won),
                text(Some(stage.forecast)),
                text(Some(stage.forecast_name)),
                Value::from(quarter),
                Value::from(year),
                text(Some(format!("{year} {quarter}"))),
                text(random.chance(30).then_some("Call back, then send the quote")),
                Value::from(stamp.modified),
                Value::from(random.chance(3)),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn cases(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let object = object(schema, "Case")?;
    let columns = [
        "CaseNumber",
        "ContactId",
        "AccountId",
        "SuppliedEmail",
        "Type",
        "Status",
        "Reason",
        "Origin",
        "Subject",
        "Priority",
        "Description",
        "IsClosed",
        "ClosedDate",
        "IsEscalated",
        "Product__c",
    ];
    let words = Words::load();
    let choices = Choices::new(object);
    let mut insert = Insert::new(connection, object, &columns)?;
    for number in 1..=sizes.cases {
        let random = &mut Random::new(4, number);
        let contact =
            (sizes.contacts > 0 && random.chance(90)).then(|| random.between(1, sizes.contacts));
        let account = contact.and_then(|contact| account_of_contact(contact, sizes.accounts));
        let status = random.pick(&["New", "Working", "Escalated", "Closed", "Closed"]);
        let closed = status == "Closed";
        let mut stamp = stamp(random);
        if random.chance(20) {
            stamp.owner = id::make("00G", 1);
        }
        insert.row(
            number,
            &stamp,
            [
                text(Some(format!("{number:08}"))),
                text(contact.map(|number| id::make("003", u64::from(number)))),
                text(account.map(|number| id::make("001", u64::from(number)))),
                text(random.chance(15).then(|| format!("web.{number}@example.org"))),
                choices.some(random, "Type", 70),
                text(Some(status)),
                choices.some(random, "Reason", 70),
                choices.some(random, "Origin", 100),
                text(Some(random.pick(&words.subjects))),
                choices.some(random, "Priority", 100),
                text(
                    random
                        .chance(50)
                        .then_some("The customer reports that it happens about twice a week."),
                ),
                Value::from(closed),
                if closed { Value::from(stamp.modified) } else { Value::Null },
                Value::from(status == "Escalated"),
                choices.some(random, "Product__c", 60),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn invoices(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let object = object(schema, "Invoice__c")?;
    let columns = [
        "Name",
        "Account__c",
        "Bill_To__c",
        "Amount__c",
        "Status__c",
        "Payment_Method__c",
        "Issued_Date__c",
        "Due_Date__c",
        "Paid_At__c",
        "Discount__c",
        "Line_Count__c",
        "Is_Disputed__c",
        "Reminder_Email__c",
        "External_Id__c",
        "Order_Ref__c",
    ];
    let choices = Choices::new(object);
    let mut insert = Insert::new(connection, object, &columns)?;
    for number in 1..=sizes.invoices {
        let random = &mut Random::new(5, number);
        let issued = -i64::from(random.between(0, 700));
        let status = random.pick(&["Draft", "Sent", "Paid", "Paid", "Paid", "Overdue", "Void"]);
        let paid = (status == "Paid")
            .then(|| BASE_MILLIS + (issued + i64::from(random.between(0, 20))) * DAY);
        let contact =
            (sizes.contacts > 0 && random.chance(60)).then(|| random.between(1, sizes.contacts));
        insert.row(
            number,
            &stamp(random),
            [
                text(Some(format!("INV-{number:05}"))),
                text(some_account(random, sizes, 97)),
                text(contact.map(|number| id::make("003", u64::from(number)))),
                Value::Real(amount(random, 4_000)),
                text(Some(status)),
                choices.some(random, "Payment_Method__c", 80),
                text((status != "Draft").then(|| day(issued))),
                text(Some(day(issued + 30))),
                paid.map_or(Value::Null, Value::from),
                if random.chance(20) {
                    Value::Real(f64::from(random.between(1, 60)) * 0.25)
                } else {
                    Value::Null
                },
                Value::Real(f64::from(random.between(1, 40))),
                Value::from(random.chance(4)),
                text(random.chance(30).then(|| format!("billing.{number}@example.com"))),
                text(random.chance(90).then(|| format!("EXT-{number:06}"))),
                // Not unique: several invoices of one order.
                text(random.chance(70).then(|| format!("ORD-{:05}", number / 2))),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn deals(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let object = object(schema, "AIM__Deal__c")?;
    let columns = [
        "Name",
        "AIM__Account__c",
        "AIM__Opportunity__c",
        "AIM__Primary_Contact__c",
        "AIM__Stage__c",
        "AIM__Value__c",
        "AIM__Score__c",
        "AIM__Probability__c",
        "AIM__Expected_Close__c",
        "AIM__Regions__c",
        "AIM__Active__c",
        "AIM__Source_Url__c",
        "AIM__Summary__c",
        "AIM__Ext_Key__c",
        "Invoice__c",
    ];
    let words = Words::load();
    let choices = Choices::new(object);
    let mut insert = Insert::new(connection, object, &columns)?;
    for number in 1..=sizes.deals {
        let random = &mut Random::new(6, number);
        let contact =
            (sizes.contacts > 0 && random.chance(80)).then(|| random.between(1, sizes.contacts));
        let regions =
            ["EMEA", "AMER", "APAC;EMEA", "AMER;EMEA;LATAM", "APAC"][random.below(5) as usize];
        let name: String =
            format!("{} {}", random.pick(&["Project", "Operation", "Deal"]), words.company(random));
        insert.row(
            number,
            &stamp(random),
            [
                text(Some(name)),
                text(some_account(random, sizes, 95)),
                text(
                    random.chance(50).then(|| {
                        id::make("006", u64::from(random.between(1, sizes.opportunities)))
                    }),
                ),
                text(contact.map(|number| id::make("003", u64::from(number)))),
                choices.some(random, "AIM__Stage__c", 100),
                if random.chance(90) { Value::Real(amount(random, 400_000)) } else { Value::Null },
                if random.chance(80) {
                    Value::Real(f64::from(random.between(0, 99_999)) / 1000.0)
                } else {
                    Value::Null
                },
                Value::Real(f64::from(random.between(0, 20)) * 5.0),
                text(random.chance(80).then(|| date(random, -300, 500))),
                text(random.chance(75).then_some(regions)),
                Value::from(random.chance(70)),
                text(
                    random
                        .chance(30)
                        .then(|| format!("https://deals.example.com/{number}?ref=a&b=c")),
                ),
                text(
                    random
                        .chance(40)
                        .then_some("Introduced by a partner; waiting for the board's approval."),
                ),
                text(Some(format!(
                    "Key-{number:05}-{}",
                    char::from(b'a' + u8::try_from(number % 26).unwrap_or(0))
                ))),
                text(
                    random
                        .chance(30)
                        .then(|| id::make("a00", u64::from(random.between(1, sizes.invoices)))),
                ),
            ],
        )?;
    }
    Ok(())
}
