//! Policies from TOML: the example of the docs, every kind of mistake, and what does not fit an org.

use sf_agent_tools::{Effect, Mask, ObjectRule, Policy, Rules, Window};
use sf_schema::Catalog;

use super::world::world;

/// The TOML of the page in the docs.
fn example() -> &'static str {
    let page = include_str!("../../../../docs/policy.md");
    page.split("```toml").nth(1).unwrap().split("```").next().unwrap()
}

#[tokio::test]
async fn the_example_of_the_docs_loads_and_fits_the_embedded_org() {
    let world = world().await;
    let policy = Policy::from_toml(example()).unwrap();
    assert!(policy.allows(Effect::Create) && policy.asks_before(Effect::Delete));
    let found = policy.check(&Catalog::new(world.client.clone())).await.unwrap();
    let errors: Vec<_> = found.iter().filter(|finding| finding.is_error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let notes: Vec<String> = found.iter().map(|f| format!("{}: {}", f.key, f.message)).collect();
    insta::assert_snapshot!(notes.join("\n"), @"
    objects.Invoice__Share: Invoice__Share is refused: it holds values of Invoice__c, of which not every field of every record may be read.
    objects.Invoice__c.read: OwnerId can be read, but not followed: it may also lead to Group, of which nothing may be read.
    ");
}

#[test]
fn a_tool_that_is_not_there_is_told() {
    let toml = "[tools]\nonly = [\"salesforce_*\", \"mine\"]\noff = [\"salesforce_qery\"]";
    let policy = Policy::from_toml(toml).unwrap();
    let found = policy.check_tools(["salesforce_query", "salesforce_get_record"]);
    let told: Vec<String> = found.iter().map(|f| format!("{}: {}", f.key, f.message)).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    tools.only: mine fits no tool.
    tools.off: salesforce_qery fits no tool. Did you mean salesforce_query?
    ");
    assert!(found.iter().all(|finding| finding.is_error));
    assert_eq!(Policy::read_write().check_tools([]), []);
}

#[test]
fn a_builder_says_the_same() {
    let toml = r#"
        contact = "Ada"
        ask = ["delete"]
        actions = ["emailSimple"]

        [tools]
        off = ["salesforce_upsert_records"]

        [[windows]]
        days = ["mon"]
        from = "08:00"
        to = "17:00"
        zone = "UTC"

        [objects.Contact]
        operations = ["read", "delete"]
        read = ["*"]
        hide = ["Birthdate"]
        rows = "OwnerId = :user_id"
        masks = { Email = "token" }
    "#;
    let contact = ObjectRule::new([Effect::Read, Effect::Delete])
        .and_then(|rule| rule.read(["*"]))
        .and_then(|rule| rule.hide(["Birthdate"]))
        .and_then(|rule| rule.rows("OwnerId = :user_id"))
        .and_then(|rule| rule.mask("Email", Mask::Token))
        .unwrap();
    let rules = Rules::new()
        .contact("Ada")
        .window(Window::new(["mon"], "08:00", "17:00", "UTC").unwrap())
        .object("Contact", contact)
        .and_then(|rules| rules.actions(["emailSimple"]))
        .and_then(|rules| rules.tools_off(["salesforce_upsert_records"]))
        .unwrap();
    let built = Policy::by_rules(rules).ask_before(Effect::Delete);
    assert_eq!(Policy::from_toml(toml).unwrap(), built);
}

#[test]
fn mistakes_name_line_key_and_what_is_allowed() {
    let object = "[objects.Contact]\noperations = [\"read\"]\n";
    let mistakes = [
        "nonsense".to_owned(),
        "contcat = \"Ada\"".to_owned(),
        "[objects.Contact]\nread = [\"*\"]".to_owned(),
        "[objects.Contact]\noperations = []".to_owned(),
        "[objects.Contact]\noperations = [\n  \"read\",\n  \"reed\",\n]".to_owned(),
        "[objects.\"Contact Person\"]\noperations = [\"read\"]".to_owned(),
        format!("{object}reads = [\"*\"]"),
        format!("{object}read = \"*\""),
        format!("{object}read = [\"Name\", \"Account.Name\"]"),
        format!("{object}hide = [\"Id\"]"),
        format!("{object}masks = {{ Email = \"tokens\" }}"),
        format!("{object}masks = {{ Id = \"hash\" }}"),
        format!("{object}rows = \"OwnerId = \""),
        format!("{object}rows = \"OwnerId = :user_id LIMIT 5\""),
        format!("{object}rows = \"Name LIKE :name\""),
        format!("{object}rows = \"Name = 'a' OR Id IN (SELECT ContactId FROM Case)\""),
        format!("{object}[objects.CONTACT]\noperations = [\"read\"]"),
        "ask = [\"read\"]".to_owned(),
        "ask = [\"remove\"]".to_owned(),
        "[caps]\nrows_per_call = -1".to_owned(),
        "[caps]\nrows_per_cal = 1".to_owned(),
        "[tools]\noff = [\"a b\"]".to_owned(),
        "[[windows]]\ndays = [\"monday\"]\nfrom = \"08:00\"\nto = \"17:00\"\nzone = \"UTC\""
            .to_owned(),
        "[[windows]]\ndays = [\"mon\"]\nfrom = \"8\"\nto = \"17:00\"\nzone = \"UTC\"".to_owned(),
        "[[windows]]\ndays = [\"mon\"]\nfrom = \"08:00\"\nto = \"17:00\"\nzone = \"Mars\""
            .to_owned(),
        "[[windows]]\ndays = []\nfrom = \"08:00\"\nto = \"17:00\"\nzone = \"UTC\"".to_owned(),
    ];
    let told: Vec<String> =
        mistakes.iter().map(|text| Policy::from_toml(text).unwrap_err().to_string()).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    line 1: key with no value, expected `=`.
    line 1, contcat: unknown field `contcat`, expected one of `contact`, `ask`, `actions`, `tools`, `caps`, `windows`, `objects`.
    line 1, objects.Contact: missing field `operations`.
    line 2, objects.Contact.operations: a rule gives at least one operation. Allowed: read, create, update, delete.
    line 4, objects.Contact.operations: "reed" is not an operation. Allowed: read, create, update, delete.
    line 1, objects.Contact Person: "Contact Person" is not a name: a name has letters, digits and underscores, and * for any characters.
    line 3, objects.Contact.reads: unknown field `reads`, expected one of `operations`, `read`, `hide`, `write`, `no_write`, `trust_formulas`, `masks`, `rows`.
    line 3, objects.Contact.read: invalid type: string "*", expected a list.
    line 3, objects.Contact.read: "Account.Name" is not a name: a name has letters, digits and underscores, and * for any characters. Fields are named within their own object's rule, without a path.
    line 3, objects.Contact.hide: Id cannot be hidden: every record carries its id.
    line 3, objects.Contact.masks.Email: "tokens" is not a mask. Allowed: hash, last_four, token.
    line 3, objects.Contact.masks.Id: Id cannot be masked: every record carries its id.
    line 3, objects.Contact.rows: "OwnerId = " is not a SOQL condition such as "OwnerId = :user_id": line 1, column 34: expected a value (text in single quotes, a number, a date, TRUE, FALSE or NULL), found the end of the statement.
    line 3, objects.Contact.rows: "OwnerId = :user_id LIMIT 5" has more than a condition; leave out what follows it.
    line 3, objects.Contact.rows: :name cannot stand there: a variable stands after = or another comparison, but not LIKE, or after IN.
    line 3, objects.Contact.rows: a sub-select can stand only where AND alone stands around it.
    line 1, objects.Contact: Contact has a rule already.
    line 1, ask: reading asks nobody. Allowed: create, update, delete.
    line 1, ask: "remove" is not an operation. Allowed: read, create, update, delete.
    line 2, caps.rows_per_call: invalid value: integer `-1`, expected a whole number.
    line 2, caps.rows_per_cal: unknown field `rows_per_cal`, expected one of `rows_per_call`, `rows_per_session`, `rows_written`, `api_calls`.
    line 2, tools.off: "a b" is not a name: a name has letters, digits and underscores, and * for any characters.
    line 2, windows.days: "monday" is not a day. Allowed: mon, tue, wed, thu, fri, sat, sun.
    line 3, windows.from: "8" is not a time of day. Allowed: HH:MM, from 00:00 to 23:59.
    line 5, windows.zone: "Mars" is not a time zone. Allowed: UTC, a name of the IANA database such as Europe/Berlin.
    line 3, windows.days: a window has at least one day. Allowed: mon, tue, wed, thu, fri, sat, sun.
    "#);
}

#[tokio::test]
async fn what_does_not_fit_the_org_is_found() {
    let world = world().await;
    let policy = Policy::from_toml(
        r#"
        [objects.Acount]
        operations = ["read"]

        [objects.Contact]
        operations = ["read", "update"]
        read = ["LastName", "Emial", "Mailing*"]
        hide = ["MailingStreet", "Nothing*"]
        write = ["Tittle"]
        rows = "Department__c = 'x'"
        masks = { Phne = "hash" }

        [objects.Case]
        operations = ["read"]
        read = ["*"]

        [objects.User]
        operations = ["read"]
        read = ["Name"]
        "#,
    )
    .unwrap();
    let found = policy.check(&Catalog::new(world.client.clone())).await.unwrap();
    let told: Vec<String> = found
        .iter()
        .map(|f| format!("{} {}: {}", if f.is_error { "error" } else { "note" }, f.key, f.message))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    error objects.Acount: The org has no such object that this user can see. Did you mean Account?
    note objects.Case.read: Hidden, too, since they hold, belong to or are computed from what is hidden or masked, or their formula is not to be seen: ContactPhone, ContactMobile, ContactEmail.
    note objects.Case.read: OwnerId can be read, but not followed: it may also lead to Group, of which nothing may be read.
    error objects.Contact.read: Emial fits no field that this user can see. Did you mean Email?
    error objects.Contact.hide: Nothing* fits no field that this user can see.
    error objects.Contact.write: Tittle fits no field that this user can see. Did you mean Title?
    error objects.Contact.masks: Phne fits no field that this user can see. Did you mean Phone?
    error objects.Contact.rows: Contact has no field Department__c. Did you mean Department?
    note objects.Contact.read: Hidden, too, since they hold, belong to or are computed from what is hidden or masked, or their formula is not to be seen: MailingAddress.
    note objects.User.read: Hidden, too, since they hold, belong to or are computed from what is hidden or masked, or their formula is not to be seen: Name.
    ");
}
