//! The organization, its profiles, queues and users.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::insert::{Insert, Stamp, text};
use super::people::object;
use super::words::ascii;
use super::{BASE_MILLIS, DAY, administrator};
use crate::engine::id;
use crate::engine::schema::Schema;

const PROFILES: [&str; 5] =
    ["System Administrator", "Standard User", "Sales Manager", "Integration User", "Read Only"];

/// Name and number of the role above.
const ROLES: [(&str, Option<u64>); 3] =
    [("Management", None), ("Sales Manager", Some(1)), ("Sales Representative", Some(2))];

/// Record types of Opportunity, and whether they are active. No record has one
/// until somebody writes it: the data of the default org stays as it was.
pub(crate) const RECORD_TYPES: [(&str, bool); 3] =
    [("New Business", true), ("Renewal", true), ("Pilot", false)];

/// First name, last name, title, profile number, manager number.
const USERS: [(&str, &str, &str, u64, Option<u64>); 8] = [
    ("Alex", "Admin", "Administrator", 1, None),
    ("Sam", "Ortega", "Sales Representative", 2, Some(4)),
    ("Riley", "O'Hara", "Sales Representative", 2, Some(4)),
    ("Morgan", "Lindqvist", "Sales Manager", 3, Some(1)),
    ("Integration", "User", "Integration", 4, None),
    ("Robin", "Readonly", "Analyst", 5, Some(4)),
    ("Jordan", "Müller", "Support Agent", 2, Some(1)),
    ("Casey", "Former", "Sales Representative", 2, Some(4)),
];

/// The org itself; its record's number is the one `Engine::org_id` names.
pub(super) fn organization(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    let columns = [
        "Name",
        "City",
        "Country",
        "PrimaryContact",
        "DefaultLocaleSidKey",
        "TimeZoneSidKey",
        "LanguageLocaleKey",
        "FiscalYearStartMonth",
        "OrganizationType",
        "InstanceName",
    ];
    let mut insert = Insert::new(connection, object(schema, "Organization")?, &columns)?;
    insert.row(
        1,
        &old_stamp(),
        [
            text(Some("Example Corp")),
            text(Some("San Francisco")),
            text(Some("United States")),
            text(Some("Alex Admin")),
            text(Some("en_US")),
            text(Some("GMT")),
            text(Some("en_US")),
            Value::from(1),
            text(Some("Developer Edition")),
            text(Some("EMU1")),
        ],
    )
}

pub(super) fn profiles_and_groups(
    connection: &Connection,
    schema: &Schema,
) -> rusqlite::Result<()> {
    let stamp = old_stamp();
    let mut insert = Insert::new(connection, object(schema, "Profile")?, &["Name", "UserType"])?;
    for (number, name) in (1..).zip(PROFILES) {
        insert.row(number, &stamp, [text(Some(name)), text(Some("Standard"))])?;
    }
    let columns = ["Name", "DeveloperName", "Type"];
    let mut insert = Insert::new(connection, object(schema, "Group")?, &columns)?;
    for (number, name) in (1..).zip(["Support Queue", "Billing Queue"]) {
        insert.row(
            number,
            &stamp,
            [text(Some(name)), text(Some(name.replace(' ', "_"))), text(Some("Queue"))],
        )?;
    }
    Ok(())
}

/// Roles, record types of opportunities, permission sets and who has one.
pub(super) fn access(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    let stamp = old_stamp();
    let columns = ["Name", "DeveloperName", "ParentRoleId"];
    let mut insert = Insert::new(connection, object(schema, "UserRole")?, &columns)?;
    for (number, (name, parent)) in (1..).zip(ROLES) {
        let values = [
            text(Some(name)),
            text(Some(name.replace(' ', "_"))),
            text(parent.map(|number| id::make("00E", number))),
        ];
        insert.row(number, &stamp, values)?;
    }
    let columns = ["Name", "DeveloperName", "SobjectType", "IsActive"];
    let mut insert = Insert::new(connection, object(schema, "RecordType")?, &columns)?;
    for (number, (name, active)) in (1..).zip(RECORD_TYPES) {
        let values = [
            text(Some(name)),
            text(Some(name.replace(' ', "_"))),
            text(Some("Opportunity")),
            Value::from(active),
        ];
        insert.row(number, &stamp, values)?;
    }
    let columns = ["Name", "Label", "IsCustom"];
    let mut insert = Insert::new(connection, object(schema, "PermissionSet")?, &columns)?;
    for (number, label) in (1..).zip(["Invoice Editor", "Report Reader"]) {
        let values = [text(Some(label.replace(' ', "_"))), text(Some(label)), Value::from(true)];
        insert.row(number, &stamp, values)?;
    }
    let columns = ["PermissionSetId", "AssigneeId"];
    let mut insert = Insert::new(connection, object(schema, "PermissionSetAssignment")?, &columns)?;
    insert.row(1, &stamp, [text(Some(id::make("0PS", 1))), text(Some(id::make("005", 2)))])
}

pub(super) fn users(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    let columns = [
        "Username",
        "FirstName",
        "LastName",
        "Name",
        "Email",
        "Alias",
        "CommunityNickname",
        "Title",
        "IsActive",
        "ProfileId",
        "ManagerId",
        "UserRoleId",
        "CompanyName",
        "TimeZoneSidKey",
        "LocaleSidKey",
        "EmailEncodingKey",
        "UserType",
        "LanguageLocaleKey",
    ];
    let mut insert = Insert::new(connection, object(schema, "User")?, &columns)?;
    let stamp = old_stamp();
    for (number, (first, last, title, profile, manager)) in (1..).zip(USERS) {
        let login = ascii(&format!("{first}{last}"));
        let nickname = if number == 1 { "admin".to_owned() } else { login };
        let role = match title {
            "Administrator" => Some(1),
            "Sales Manager" => Some(2),
            "Sales Representative" => Some(3),
            _ => None,
        };
        let alias: String = nickname.chars().take(8).collect();
        insert.row(
            number,
            &stamp,
            [
                text(Some(format!("{nickname}@example.com"))),
                text(Some(first)),
                text(Some(last)),
                text(Some(format!("{first} {last}"))),
                text(Some(format!("{nickname}@example.com"))),
                text(Some(alias)),
                text(Some(nickname)),
                text(Some(title)),
                Value::from(last != "Former"),
                text(Some(id::make("00e", profile))),
                text(manager.map(|number| id::make("005", number))),
                text(role.map(|number| id::make("00E", number))),
                text(Some("Example Corp")),
                text(Some("GMT")),
                text(Some("en_US")),
                text(Some("UTF-8")),
                text(Some("Standard")),
                text(Some("en_US")),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn old_stamp() -> Stamp {
    let created = BASE_MILLIS - 2_000 * DAY;
    Stamp { created, modified: created, by: administrator(), owner: administrator() }
}
