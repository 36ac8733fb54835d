//! The default data: made up, deterministic, the same on every machine.
//!
//! Each record draws from a generator seeded by its object and number alone,
//! so its content does not depend on how many others there are.

mod activity;
mod business;
mod insert;
mod people;
mod random;
mod record_types;
mod sales;
mod staff;
mod words;

pub(crate) use staff::RECORD_TYPES;

use rusqlite::Connection;

use super::access;
use super::id;
use super::schema::Schema;

/// The clock when the data was made: 2026-06-15T09:00:00Z. All dates lie
/// around it.
pub(crate) const BASE_MILLIS: i64 = 1_781_514_000_000;
const DAY: i64 = 86_400_000;

/// Number of records of each object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    accounts: u32,
    contacts: u32,
    opportunities: u32,
    cases: u32,
    invoices: u32,
    deals: u32,
    leads: u32,
    members: u32,
    tasks: u32,
    events: u32,
    /// Invoices and opportunities that have lines.
    lines: u32,
    big_table: u32,
}

/// Only Contacts grow without bound.
const MOST: u32 = 50_000;

impl Sizes {
    fn new(contacts: u32) -> Self {
        let ratio = |divisor: u32| (contacts / divisor).clamp(20, MOST);
        Self {
            contacts,
            accounts: ratio(5),
            opportunities: ratio(4),
            cases: ratio(5),
            invoices: ratio(4),
            deals: ratio(20),
            leads: ratio(10),
            members: ratio(20),
            tasks: ratio(10),
            events: ratio(20),
            lines: ratio(20),
            // More than 5,000 in the default org: three pages of a query.
            big_table: (contacts / 5 * 3).clamp(20, 6_000),
        }
    }
}

/// Fills empty tables.
pub(crate) fn fill(
    connection: &Connection,
    schema: &Schema,
    contacts: u32,
) -> rusqlite::Result<()> {
    let sizes = Sizes::new(contacts);
    system(connection, schema)?;
    people::accounts(connection, schema, sizes)?;
    people::contacts(connection, schema, sizes)?;
    business::opportunities(connection, schema, sizes)?;
    business::cases(connection, schema, sizes)?;
    business::invoices(connection, schema, sizes)?;
    business::deals(connection, schema, sizes)?;
    sales::campaigns(connection, schema)?;
    sales::leads(connection, schema, sizes)?;
    sales::members(connection, schema, sizes)?;
    sales::products(connection, schema)?;
    sales::line_items(connection, schema, sizes)?;
    activity::tasks(connection, schema, sizes)?;
    activity::events(connection, schema, sizes)?;
    activity::invoice_lines(connection, schema, sizes)?;
    activity::big_table(connection, schema, sizes)
}

/// Fills the tables that every org has rows in.
pub(crate) fn system(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    staff::organization(connection, schema)?;
    staff::profiles_and_groups(connection, schema)?;
    staff::users(connection, schema)?;
    staff::access(connection, schema)?;
    access::seed(connection, schema)?;
    if schema.is_loaded() {
        record_types::replace(connection, schema)?;
    }
    Ok(())
}

/// The administrator, the first of the users.
pub(crate) fn administrator() -> String {
    id::make("005", 1)
}

/// Whether the account has contacts at all; every seventh has none.
fn has_contacts(account: u32) -> bool {
    !account.is_multiple_of(7)
}

/// The account that a contact belongs to, if it has one. Account 1 gets many,
/// so that its child rows need more than one page.
fn account_of_contact(contact: u32, accounts: u32) -> Option<u32> {
    match contact {
        n if n % 23 == 0 => None,
        n if n % 37 == 0 => Some(1),
        n => {
            let account = (n.wrapping_mul(2_654_435_761) >> 7) % accounts + 1;
            Some(if has_contacts(account) { account } else { account - 1 }.max(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::storage::tables;

    fn show(value: rusqlite::types::ValueRef<'_>) -> String {
        value.as_str().map_or_else(|_| format!("{value:?}"), |text| format!("{text:?}"))
    }

    fn dump(contacts: u32) -> Vec<String> {
        let schema = Schema::built_in().unwrap();
        let connection = Connection::open_in_memory().unwrap();
        crate::engine::storage::prepare_in_memory(&connection).unwrap();
        tables::create_tables(&connection, &schema).unwrap();
        fill(&connection, &schema, contacts).unwrap();
        let mut lines = Vec::new();
        for object in &schema.objects {
            let sql = format!("SELECT * FROM {} ORDER BY row", tables::quote(&object.name));
            let mut statement = connection.prepare(&sql).unwrap();
            let columns = statement.column_count();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let values: Vec<_> =
                    (0..columns).map(|at| show(row.get_ref(at).unwrap())).collect();
                lines.push(format!("{}: {}", object.name, values.join(",")));
            }
        }
        lines
    }

    #[test]
    fn the_same_every_time_and_a_prefix_of_more() {
        let small = dump(100);
        assert_eq!(small, dump(100));
        let big = dump(200);
        for line in
            small.iter().filter(|line| line.starts_with("Account") || line.starts_with("User"))
        {
            assert!(big.contains(line), "{line}");
        }
    }

    #[test]
    fn an_org_may_have_no_contacts() {
        let lines = dump(0);
        assert!(!lines.iter().any(|line| line.starts_with("Contact:")));
        assert_eq!(lines.iter().filter(|line| line.starts_with("Account:")).count(), 20);
    }

    #[test]
    fn the_data_has_the_awkward_cases() {
        let all = dump(2000).join("\n");
        for text in ["O'", ", ", "ü", "%", "\\\\", "\\\"", "東京"] {
            assert!(all.contains(text), "no {text}");
        }
    }
}
