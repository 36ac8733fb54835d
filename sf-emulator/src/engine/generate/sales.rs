//! Leads, campaigns, products, prices and what was sold.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::insert::{Insert, text};
use super::people::{Choices, date, object, stamp};
use super::random::Random;
use super::words::{Words, ascii};
use super::{Sizes, account_of_contact};
use crate::engine::id;
use crate::engine::schema::Schema;

const PRODUCTS: [(&str, &str, f64); 12] = [
    ("Compressor C-100", "Hardware", 1_250.0),
    ("Compressor C-300", "Hardware", 4_900.0),
    ("Control Unit", "Hardware", 780.5),
    ("Sensor Kit", "Hardware", 145.25),
    ("Spare Parts Box", "Hardware", 320.0),
    ("Monitoring, Basic", "Software", 49.0),
    ("Monitoring, Advanced", "Software", 129.0),
    ("Fleet Dashboard", "Software", 399.0),
    ("Installation, Standard", "Services", 650.0),
    ("Installation, Heavy", "Services", 2_400.0),
    ("Maintenance, 1 Year", "Services", 900.0),
    ("Training Day", "Services", 1_100.0),
];

const CAMPAIGNS: [(&str, &str, &str); 8] = [
    ("Spring Trade Fair", "Trade Show", "Completed"),
    ("Autumn Trade Fair", "Trade Show", "Planned"),
    ("Monitoring Webinar", "Webinar", "In Progress"),
    ("Renewal Mailing", "Direct Mail", "Completed"),
    ("Newsletter", "Email", "In Progress"),
    ("Partner Day", "Partners", "Completed"),
    ("Referral Bonus", "Referral Program", "In Progress"),
    ("Banner Test", "Banner Ads", "Aborted"),
];

pub(super) fn campaigns(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    let columns = [
        "Name",
        "Type",
        "Status",
        "StartDate",
        "EndDate",
        "IsActive",
        "BudgetedCost",
        "NumberSent",
    ];
    let mut insert = Insert::new(connection, object(schema, "Campaign")?, &columns)?;
    for (number, (name, kind, status)) in (1..).zip(CAMPAIGNS) {
        let random = &mut Random::new(8, number);
        insert.row(
            number,
            &stamp(random),
            [
                text(Some(name)),
                text(Some(kind)),
                text(Some(status)),
                text(Some(date(random, -300, -100))),
                text(Some(date(random, 0, 200))),
                Value::from(status == "In Progress"),
                Value::Real(f64::from(random.between(5, 80)) * 500.0),
                Value::Real(f64::from(random.between(0, 4_000))),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn leads(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let object = object(schema, "Lead")?;
    let columns = [
        "LastName",
        "FirstName",
        "Salutation",
        "Name",
        "Title",
        "Company",
        "Street",
        "City",
        "State",
        "PostalCode",
        "Country",
        "Latitude",
        "Longitude",
        "Phone",
        "Email",
        "Website",
        "LeadSource",
        "Status",
        "Industry",
        "Rating",
        "AnnualRevenue",
        "NumberOfEmployees",
        "IsConverted",
        "ConvertedDate",
        "ConvertedAccountId",
        "Region__c",
        "Territory__c",
        "Visit_Location__Latitude__s",
        "Visit_Location__Longitude__s",
    ];
    let words = Words::load();
    let choices = Choices::new(object);
    let mut insert = Insert::new(connection, object, &columns)?;
    for number in 1..=sizes.leads {
        let random = &mut Random::new(7, number);
        let (first, last) = (random.pick(&words.first_names), random.pick(&words.last_names));
        let company = words.company(random);
        let city = words.city(random);
        let located = random.chance(70);
        let status =
            random.pick(&["Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"]);
        let converted = number.is_multiple_of(25);
        let account = u64::from(random.between(1, sizes.accounts));
        let region = random.chance(60).then(|| random.pick(&["EMEA", "AMER", "APAC"]));
        let territory = region.filter(|_| random.chance(80)).map(|region| match region {
            "EMEA" => random.pick(&["DACH", "Nordics", "UK & Ireland", "North"]),
            "AMER" => random.pick(&["North", "South"]),
            _ => random.pick(&["Japan", "Oceania"]),
        });
        let coordinate = |value: f64| if located { Value::Real(value) } else { Value::Null };
        insert.row(
            number,
            &stamp(random),
            [
                text(Some(last)),
                text(Some(first)),
                choices.some(random, "Salutation", 40),
                text(Some(format!("{first} {last}"))),
                text(random.chance(80).then(|| random.pick(&words.titles))),
                text(Some(company.as_str())),
                text(Some(words.street(random))),
                text(Some(city.name)),
                text(city.state),
                text(Some(city.postal_code)),
                text(Some(city.country)),
                coordinate(city.latitude),
                coordinate(city.longitude),
                text(random.chance(80).then(|| Words::phone(random))),
                text(random.chance(90).then(|| {
                    format!("{}.{}.{number}@leads.example.com", ascii(first), ascii(last))
                })),
                text(
                    random
                        .chance(50)
                        .then(|| format!("https://www.{}.example.com", ascii(&company))),
                ),
                choices.some(random, "LeadSource", 80),
                text(Some(if converted { "Closed - Converted" } else { status })),
                choices.some(random, "Industry", 70),
                choices.some(random, "Rating", 60),
                if random.chance(60) {
                    Value::Real(f64::from(random.between(1, 9_000)) * 1_000.0)
                } else {
                    Value::Null
                },
                if random.chance(70) { Value::from(random.between(1, 5_000)) } else { Value::Null },
                Value::from(converted),
                text(converted.then(|| date(random, -200, 0))),
                text(converted.then(|| id::make("001", account))),
                text(region),
                text(territory),
                coordinate(city.latitude + f64::from(random.below(100)) / 1_000.0),
                coordinate(city.longitude + f64::from(random.below(100)) / 1_000.0),
            ],
        )?;
    }
    Ok(())
}

/// Every campaign in turn has leads and contacts as members.
pub(super) fn members(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let columns = [
        "CampaignId",
        "LeadId",
        "ContactId",
        "Status",
        "HasResponded",
        "Name",
        "CompanyOrAccount",
        "Type",
        "LeadOrContactId",
    ];
    let mut insert = Insert::new(connection, object(schema, "CampaignMember")?, &columns)?;
    let campaigns = u32::try_from(CAMPAIGNS.len()).unwrap_or(1);
    for number in 1..=sizes.members {
        let random = &mut Random::new(9, number);
        // The pair of campaign and person repeats only after all pairs.
        let person = (number - 1) / campaigns + 1;
        let lead = number.is_multiple_of(2) || person > sizes.contacts;
        if lead && person > sizes.leads {
            break;
        }
        let (kind, person_id) = if lead {
            ("Lead", id::make("00Q", u64::from(person)))
        } else {
            ("Contact", id::make("003", u64::from(person)))
        };
        let account = account_of_contact(person, sizes.accounts)
            .map(|account| id::make("001", u64::from(account)));
        let lookup = |object: &str, column: &str, id: &str| -> rusqlite::Result<Option<String>> {
            let sql = format!("SELECT \"{column}\" FROM \"{object}\" WHERE row = ?1");
            let row = id_number(id);
            connection.prepare_cached(&sql)?.query_row([row], |row| row.get(0))
        };
        let name = lookup(kind, "Name", &person_id)?;
        let company = match (&account, lead) {
            (_, true) => lookup("Lead", "Company", &person_id)?,
            (Some(account), false) => lookup("Account", "Name", account)?,
            (None, false) => None,
        };
        let responded = random.chance(30);
        insert.row(
            number,
            &stamp(random),
            [
                text(Some(id::make("701", u64::from((number - 1) % campaigns + 1)))),
                text(lead.then(|| person_id.clone())),
                text((!lead).then(|| person_id.clone())),
                text(Some(if responded { "Responded" } else { "Sent" })),
                Value::from(responded),
                text(name),
                text(company),
                text(Some(kind)),
                text(Some(person_id)),
            ],
        )?;
    }
    connection.execute_batch(
        "UPDATE \"Campaign\" SET
           \"NumberOfLeads\" = (SELECT COUNT(*) FROM \"CampaignMember\" AS m WHERE m.\"CampaignId\" = \"Campaign\".\"Id\" AND m.\"LeadId\" IS NOT NULL),
           \"NumberOfContacts\" = (SELECT COUNT(*) FROM \"CampaignMember\" AS m WHERE m.\"CampaignId\" = \"Campaign\".\"Id\" AND m.\"ContactId\" IS NOT NULL),
           \"NumberOfResponses\" = (SELECT COUNT(*) FROM \"CampaignMember\" AS m WHERE m.\"CampaignId\" = \"Campaign\".\"Id\" AND m.\"HasResponded\" = 1)",
    )
}

/// The number inside a generated id.
fn id_number(id: &str) -> i64 {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'Z' => byte - b'A' + 10,
        _ => byte.saturating_sub(b'a') + 36,
    };
    id.bytes().take(15).skip(6).fold(0, |number, byte| number * 62 + i64::from(digit(byte)))
}

/// Two price books, and an entry of each product in both.
pub(super) fn products(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    let columns = ["Name", "ProductCode", "Family", "IsActive", "StockKeepingUnit", "Description"];
    let mut insert = Insert::new(connection, object(schema, "Product2")?, &columns)?;
    for (number, (name, family, _)) in (1..).zip(PRODUCTS) {
        insert.row(
            number,
            &stamp(&mut Random::new(10, number)),
            [
                text(Some(name)),
                text(Some(format!("P-{number:04}"))),
                text(Some(family)),
                Value::from(number != 12),
                text(Some(format!("SKU{number:06}"))),
                text((number % 2 == 0).then_some("Ships within ten working days.")),
            ],
        )?;
    }
    let columns = ["Name", "IsActive", "IsStandard"];
    let mut insert = Insert::new(connection, object(schema, "Pricebook2")?, &columns)?;
    for (number, name) in (1..).zip(["Standard Price Book", "Partner Price Book"]) {
        let values = [text(Some(name)), Value::from(true), Value::from(number == 1)];
        insert.row(number, &stamp(&mut Random::new(11, number)), values)?;
    }
    let columns = ["Name", "Pricebook2Id", "Product2Id", "UnitPrice", "IsActive", "ProductCode"];
    let mut insert = Insert::new(connection, object(schema, "PricebookEntry")?, &columns)?;
    let entries =
        [1_u32, 2].into_iter().flat_map(|book| (1_u32..).zip(PRODUCTS).map(move |p| (book, p)));
    for (number, (book, (product, (name, _, price)))) in (1..).zip(entries) {
        insert.row(
            number,
            &stamp(&mut Random::new(12, number)),
            [
                text(Some(name)),
                text(Some(id::make("01s", u64::from(book)))),
                text(Some(id::make("01t", u64::from(product)))),
                Value::Real(if book == 1 { price } else { price * 0.75 }),
                Value::from(true),
                text(Some(format!("P-{product:04}"))),
            ],
        )?;
    }
    Ok(())
}

/// One line for each of the first opportunities that have an amount, worth it.
pub(super) fn line_items(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let columns = [
        "OpportunityId",
        "PricebookEntryId",
        "Product2Id",
        "ProductCode",
        "Name",
        "Quantity",
        "UnitPrice",
        "TotalPrice",
        "ListPrice",
    ];
    let mut insert = Insert::new(connection, object(schema, "OpportunityLineItem")?, &columns)?;
    let products = u32::try_from(PRODUCTS.len()).unwrap_or(1);
    let mut number = 0;
    for opportunity in 1..=sizes.opportunities.min(sizes.lines) {
        let sql = "SELECT \"Amount\", \"Name\" FROM \"Opportunity\" WHERE row = ?1";
        let (amount, name): (Option<f64>, String) = connection
            .prepare_cached(sql)?
            .query_row([opportunity], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some(amount) = amount else { continue };
        number += 1;
        let random = &mut Random::new(13, number);
        let product = random.between(1, products);
        let (product_name, _, price) = PRODUCTS[product as usize - 1];
        insert.row(
            number,
            &stamp(random),
            [
                text(Some(id::make("006", u64::from(opportunity)))),
                text(Some(id::make("01u", u64::from(product)))),
                text(Some(id::make("01t", u64::from(product)))),
                text(Some(format!("P-{product:04}"))),
                text(Some(format!("{name} {product_name}"))),
                Value::Real(1.0),
                Value::Real(amount),
                Value::Real(amount),
                Value::Real(price),
            ],
        )?;
        connection
            .prepare_cached(
                "UPDATE \"Opportunity\" SET \"HasOpportunityLineItem\" = 1, \"Pricebook2Id\" = ?2 WHERE row = ?1",
            )?
            .execute((opportunity, id::make("01s", 1)))?;
    }
    Ok(())
}
