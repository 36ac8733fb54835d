//! Users, accounts and contacts.

use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::insert::{Insert, Stamp, text};
use super::random::Random;
use super::words::{FIXED_ACCOUNTS, Words, ascii};
use super::{BASE_MILLIS, DAY, Sizes, account_of_contact};
use crate::engine::id;
use crate::engine::schema::{Object, Schema};

pub(super) fn object<'s>(schema: &'s Schema, name: &str) -> rusqlite::Result<&'s Object> {
    schema.object(name).ok_or_else(|| rusqlite::Error::InvalidColumnName(name.to_owned()))
}

pub(super) fn accounts(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let object = object(schema, "Account")?;
    let columns = [
        "Name",
        "Type",
        "ParentId",
        "BillingStreet",
        "BillingCity",
        "BillingState",
        "BillingPostalCode",
        "BillingCountry",
        "BillingLatitude",
        "BillingLongitude",
        "Phone",
        "AccountNumber",
        "Website",
        "Industry",
        "AnnualRevenue",
        "NumberOfEmployees",
        "Ownership",
        "TickerSymbol",
        "Description",
        "Rating",
        "AccountSource",
        "CleanStatus",
        "CustomerPriority__c",
        "SLA__c",
        "Active__c",
        "NumberofLocations__c",
        "SLAExpirationDate__c",
    ];
    let words = Words::load();
    let choices = Choices::new(object);
    let mut insert = Insert::new(connection, object, &columns)?;
    for number in 1..=sizes.accounts {
        let random = &mut Random::new(1, number);
        let name = FIXED_ACCOUNTS
            .get(number as usize - 1)
            .map_or_else(|| words.company(random), |n| (*n).to_owned());
        let stamp = stamp(random);
        let city = random.chance(88).then(|| words.city(random));
        let located = city.as_ref().filter(|_| random.chance(60));
        let parent = (number > 20 && random.chance(8))
            .then(|| id::make("001", u64::from(random.between(1, 20))));
        let site = ascii(&name);
        let revenue = [1_000.0, 2_500.0, 12_345.0, 87_500.0][random.below(4) as usize]
            * f64::from(random.between(1, 9_000));
        insert.row(
            number,
            &stamp,
            [
                text(Some(name.as_str())),
                choices.some(random, "Type", 90),
                text(parent),
                text(city.is_some().then(|| words.street(random))),
                text(city.as_ref().map(|city| city.name)),
                text(city.as_ref().and_then(|city| city.state)),
                text(city.as_ref().map(|city| city.postal_code)),
                text(city.as_ref().map(|city| city.country)),
                located.map_or(Value::Null, |city| Value::Real(city.latitude)),
                located.map_or(Value::Null, |city| Value::Real(city.longitude)),
                text(random.chance(85).then(|| Words::phone(random))),
                text(random.chance(70).then(|| format!("AC{number:07}"))),
                text(random.chance(75).then(|| format!("https://www.{site}.example.com"))),
                choices.some(random, "Industry", 92),
                if random.chance(80) { Value::Real(revenue) } else { Value::Null },
                if random.chance(85) {
                    Value::from(random.between(3, 25_000))
                } else {
                    Value::Null
                },
                choices.some(random, "Ownership", 70),
                text(
                    random
                        .chance(20)
                        .then(|| site.to_uppercase().chars().take(4).collect::<String>()),
                ),
                text(
                    random
                        .chance(40)
                        .then(|| format!("{name}: customer since {}.", random.between(1998, 2025))),
                ),
                choices.some(random, "Rating", 75),
                choices.some(random, "AccountSource", 60),
                text(Some("Pending")),
                choices.some(random, "CustomerPriority__c", 50),
                choices.some(random, "SLA__c", 50),
                choices.some(random, "Active__c", 80),
                if random.chance(50) {
                    Value::Real(f64::from(random.between(1, 60)))
                } else {
                    Value::Null
                },
                text(random.chance(40).then(|| date(random, -200, 500))),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn contacts(
    connection: &Connection,
    schema: &Schema,
    sizes: Sizes,
) -> rusqlite::Result<()> {
    let object = object(schema, "Contact")?;
    let columns = [
        "AccountId",
        "LastName",
        "FirstName",
        "Salutation",
        "Name",
        "MailingStreet",
        "MailingCity",
        "MailingState",
        "MailingPostalCode",
        "MailingCountry",
        "Phone",
        "MobilePhone",
        "Email",
        "Title",
        "Department",
        "LeadSource",
        "Birthdate",
        "ReportsToId",
        "Description",
        "CleanStatus",
        "Level__c",
        "Languages__c",
    ];
    let words = Words::load();
    let choices = Choices::new(object);
    let mut insert = Insert::new(connection, object, &columns)?;
    for number in 1..=sizes.contacts {
        let random = &mut Random::new(2, number);
        let last = random.pick(&words.last_names);
        let first = random.chance(97).then(|| random.pick(&words.first_names));
        let name = first.map_or_else(|| last.to_owned(), |first| format!("{first} {last}"));
        let city = random.chance(70).then(|| words.city(random));
        let account = account_of_contact(number, sizes.accounts)
            .map(|number| id::make("001", u64::from(number)));
        let email =
            format!("{}.{}.{number}@example.com", ascii(first.unwrap_or_default()), ascii(last));
        let reports_to = (number > 100 && random.chance(15))
            .then(|| id::make("003", u64::from(random.between(1, 100))));
        let languages = random.chance(30).then(|| {
            ["English", "English;French", "English;German", "Japanese", "Spanish;Portuguese"]
                [random.below(5) as usize]
        });
        let stamp = stamp(random);
        insert.row(
            number,
            &stamp,
            [
                text(account),
                text(Some(last)),
                text(first),
                choices.some(random, "Salutation", 40),
                text(Some(name)),
                text(city.is_some().then(|| words.street(random))),
                text(city.as_ref().map(|city| city.name)),
                text(city.as_ref().and_then(|city| city.state)),
                text(city.as_ref().map(|city| city.postal_code)),
                text(city.as_ref().map(|city| city.country)),
                text(random.chance(80).then(|| Words::phone(random))),
                text(random.chance(50).then(|| Words::phone(random))),
                text(random.chance(94).then_some(email)),
                text(random.chance(85).then(|| random.pick(&words.titles))),
                text(random.chance(75).then(|| random.pick(&words.departments))),
                choices.some(random, "LeadSource", 60),
                text(random.chance(40).then(|| date(random, -24_000, -8_000))),
                text(reports_to),
                text(
                    random.chance(10).then_some(
                        "Met at the trade fair.\nPrefers to be called in the \"morning\".",
                    ),
                ),
                text(Some("Pending")),
                choices.some(random, "Level__c", 50),
                text(languages),
            ],
        )?;
    }
    Ok(())
}

/// The picklists of an object.
pub(super) struct Choices<'o>(HashMap<&'o str, Vec<&'o str>>);

impl<'o> Choices<'o> {
    pub(super) fn new(object: &'o Object) -> Self {
        let lists =
            object.fields.iter().filter(|field| !field.values.is_empty()).map(|field| {
                (field.name.as_str(), field.values.iter().map(String::as_str).collect())
            });
        Self(lists.collect())
    }

    /// One of the field's values in `percent` of 100 cases, else null.
    pub(super) fn some(&self, random: &mut Random, field: &str, percent: u32) -> Value {
        match self.0.get(field) {
            Some(values) if random.chance(percent) => text(Some(random.pick(values))),
            _ => Value::Null,
        }
    }
}

/// A day from `low` to `high` days after the base.
pub(super) fn date(random: &mut Random, low: i32, high: i32) -> String {
    let span = u32::try_from(high - low).unwrap_or(0);
    day(i64::from(low) + i64::from(random.between(0, span)))
}

/// The day so many days after the base.
pub(super) fn day(offset: i64) -> String {
    let text = crate::engine::json::datetime(BASE_MILLIS + offset * DAY);
    text.chars().take(10).collect()
}

/// Created within five years before the base, changed since, owned by one of
/// the people who sell.
pub(super) fn stamp(random: &mut Random) -> Stamp {
    let age = i64::from(random.between(0, 1_800)) * DAY + i64::from(random.below(86_400)) * 1000;
    let unchanged_for =
        i64::from(random.below(u32::try_from(age / 60_000).unwrap_or(0) + 1)) * 60_000;
    Stamp {
        created: BASE_MILLIS - age,
        modified: BASE_MILLIS - unchanged_for.min(age),
        by: id::make("005", u64::from(random.between(1, 5))),
        owner: id::make("005", u64::from(random.between(1, 4))),
    }
}
