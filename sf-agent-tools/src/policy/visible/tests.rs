//! What follows from what is hidden.

use serde_json::json;

use super::*;

fn object(name: &str, fields: &serde_json::Value) -> Arc<Object> {
    Arc::new(Object::from_describe(&json!({ "name": name, "fields": fields })).unwrap())
}

fn reading(hide: &[&str]) -> ObjectRule {
    ObjectRule::new([Effect::Read]).unwrap().read(["*"]).unwrap().hide(hide).unwrap()
}

/// The fields that are left.
fn left(rules: &Rules, object: &Arc<Object>) -> Vec<String> {
    left_beside(rules, object, &[])
}

/// The fields that are left beside objects that formulas read.
fn left_beside(rules: &Rules, object: &Arc<Object>, known: &[&Arc<Object>]) -> Vec<String> {
    let names = ["case", "contact", "opportunity", "x__c", "account"].map(str::to_owned).into();
    let known = known.iter().map(|o| (o.name.to_ascii_lowercase(), Arc::clone(o))).collect();
    let view = view(rules, &names, &known, object).unwrap();
    view.read.as_ref().unwrap().fields.iter().map(|field| field.name.clone()).collect()
}

#[test]
fn copies_go_with_what_they_copy() {
    let case = object("Case", &json!([{ "name": "ContactEmail" }, { "name": "ContactPhone" }]));
    let rules = |hide: &[&str]| {
        let rules = Rules::new().object("Case", reading(&[])).unwrap();
        rules.object("Contact", reading(hide)).unwrap()
    };
    assert_eq!(left(&rules(&[]), &case), ["ContactEmail", "ContactPhone"]);
    assert_eq!(left(&rules(&["Email"]), &case), ["ContactPhone"]);
    let fields = json!([{ "name": "Amount" }, { "name": "ExpectedRevenue" }, { "name": "Name" }]);
    let rules = Rules::new().object("Opportunity", reading(&["Amount"])).unwrap();
    assert_eq!(left(&rules, &object("Opportunity", &fields)), ["Name"]);
}

#[test]
fn formulas_go_with_what_they_name() {
    let formula = |name: &str, text: Option<&str>| json!({ "name": name, "calculated": true, "calculatedFormula": text });
    let fields = json!([
        { "name": "Salary__c" },
        { "name": "Grade__c" },
        { "name": "Account__c", "type": "reference", "referenceTo": ["Account"], "relationshipName": "Account__r" },
        formula("Direct__c", Some("salary__C * 2")),
        formula("Indirect__c", Some("TEXT(Direct__c)")),
        formula("Quoted__c", Some("\"Salary__c\" & Grade__c")),
        formula("RollUp__c", None),
        formula("Trusted__c", None),
        formula("OpenParent__c", Some("Account__r.Name")),
        formula("ClosedParent__c", Some("Account__r.AnnualRevenue")),
        formula("Far__c", Some("Account__r.Owner.Name")),
        formula("Global__c", Some("$Setup.Secret__c.Value__c")),
    ]);
    let rule = reading(&["Salary__c"]).trust_formulas(["Trusted__c"]).unwrap();
    let rules = Rules::new().object("X__c", rule).unwrap();
    let rules = rules.object("Account", reading(&["AnnualRevenue"])).unwrap();
    let account = object("Account", &json!([{ "name": "Name" }, { "name": "AnnualRevenue" }]));
    assert_eq!(
        left_beside(&rules, &object("X__c", &fields), &[&account]),
        ["Grade__c", "Account__c", "Quoted__c", "Trusted__c", "OpenParent__c"]
    );
    // Of what is not known nothing may be read.
    let open = left(&rules, &object("X__c", &fields));
    assert_eq!(open, ["Grade__c", "Account__c", "Quoted__c", "Trusted__c"]);
}

#[test]
fn formulas_go_with_what_a_parent_s_field_is_made_of() {
    let formula = |name: &str, text: &str| json!({ "name": name, "calculated": true, "calculatedFormula": text });
    let to = |name: &str, object: &str| {
        json!({
            "name": format!("{name}__c"), "type": "reference", "referenceTo": [object],
            "relationshipName": format!("{name}__r"),
        })
    };
    let fields = json!([
        to("Account", "Account"),
        to("Contact", "Contact"),
        formula("Size__c", "Account__r.Size__c"),
        formula("Double__c", "Account__r.Double__c"),
        formula("Boss__c", "Account__r.Boss__c"),
        formula("RollUp__c", "Account__r.RollUp__c"),
        formula("Vouched__c", "Account__r.Vouched__c"),
        formula("Name__c", "Contact__r.Name"),
        formula("City__c", "Contact__r.MailingCity"),
        formula("Last__c", "Contact__r.LastName"),
    ]);
    let x = object("X__c", &fields);
    let account = object(
        "Account",
        &json!([
            { "name": "AnnualRevenue" },
            { "name": "NumberOfEmployees" },
            to("Manager", "Contact"),
            formula("Size__c", "NumberOfEmployees / 10"),
            formula("Double__c", "Half__c * 4"),
            formula("Half__c", "AnnualRevenue / 2"),
            formula("Boss__c", "Manager__r.Birthdate"),
            formula("Vouched__c", "AnnualRevenue > 0"),
            { "name": "RollUp__c", "calculated": true },
        ]),
    );
    let part = |name: &str, of: &str| json!({ "name": name, "compoundFieldName": of });
    let contact = object(
        "Contact",
        &json!([
            { "name": "Name" }, part("FirstName", "Name"), part("LastName", "Name"),
            { "name": "Birthdate" },
            { "name": "MailingAddress", "type": "address" }, part("MailingCity", "MailingAddress"),
        ]),
    );
    let rules = |account: ObjectRule, contact: ObjectRule| {
        let rules = Rules::new().object("X__c", reading(&[])).unwrap();
        rules.object("Account", account).unwrap().object("Contact", contact).unwrap()
    };
    let left = |rules: &Rules| {
        let left = left_beside(rules, &x, &[&account, &contact]);
        left.into_iter().skip(2).collect::<Vec<_>>().join(" ")
    };
    // A roll-up has no text wherever it stands.
    let all = "Size__c Double__c Boss__c Vouched__c Name__c City__c Last__c";
    assert_eq!(left(&rules(reading(&[]), reading(&[]))), all);
    let vouched = reading(&["AnnualRevenue"]).trust_formulas(["Vouched__c"]).unwrap();
    let hidden = reading(&["FirstName", "Birthdate", "MailingAddress"]);
    assert_eq!(left(&rules(vouched, hidden)), "Size__c Vouched__c Last__c");
}

#[test]
fn compounds_go_with_their_parts_and_parts_with_their_compound() {
    let part = |name: &str| json!({ "name": name, "compoundFieldName": "BillingAddress" });
    let fields = json!([
        { "name": "BillingAddress", "type": "address" }, part("BillingCity"), part("BillingStreet"),
    ]);
    let account = object("Account", &fields);
    let rules = |rule: ObjectRule| Rules::new().object("Account", rule).unwrap();
    assert_eq!(left(&rules(reading(&["BillingCity"])), &account), ["BillingStreet"]);
    assert_eq!(left(&rules(reading(&["BillingAddress"])), &account), [""; 0]);
    let listed = reading(&["BillingAddress"]).read(["*", "BillingCity"]).unwrap();
    assert_eq!(left(&rules(listed), &account), ["BillingCity"]);
    let masked = reading(&[]).mask("BillingAddress", Mask::Hash).unwrap();
    assert_eq!(left(&rules(masked), &account), ["BillingAddress"]);
}

#[test]
fn a_path_exists_if_all_that_it_may_lead_to_may_be_read() {
    let fields = json!([{
        "name": "OwnerId", "type": "reference", "referenceTo": ["Contact", "Account"],
        "relationshipName": "Owner",
    }]);
    let object = object("X__c", &fields);
    let names: Names = ["x__c", "contact", "account"].map(str::to_owned).into();
    let some = Rules::new().object("X__c", reading(&[])).unwrap();
    let some = some.object("Contact", reading(&[])).unwrap();
    let all = some.clone().object("Account", reading(&[])).unwrap();
    let follows = |rules: &Rules| {
        let view = view(rules, &names, &Described::new(), &object).unwrap();
        let field = view.read.as_ref().unwrap().fields[0].clone();
        (field.relationship_name, field.reference_to.len())
    };
    assert_eq!(follows(&some), (None, 1));
    assert_eq!(follows(&all), (Some("Owner".to_owned()), 2));
}

#[test]
fn history_is_open_if_all_of_its_object_is() {
    let names: Names = ["account", "accounthistory", "loginhistory"].map(str::to_owned).into();
    let rules = |rule| Rules::new().object("*", rule).unwrap();
    let filtered = || reading(&[]).rows("Id != null").unwrap();
    for (rules, open) in [
        (rules(reading(&[])), true),
        (rules(reading(&["Site"])), false),
        (rules(filtered()), false),
        (rules(reading(&[]).mask("Phone", Mask::Token).unwrap()), false),
    ] {
        assert_eq!(exists(&rules, &names, "AccountHistory"), open);
        // Of no object: a history of its own.
        assert!(exists(&rules, &names, "LoginHistory"));
        assert!(!exists(&rules, &names, "FeedTrackedChange"));
        assert!(!exists(&rules, &names, "RecentlyViewed"));
    }
}

#[test]
fn what_lists_records_of_others_is_open_if_all_of_them_are() {
    let names: Names =
        ["task", "event", "note", "activityhistory", "openactivity"].map(str::to_owned).into();
    let all = || Rules::new().object("*", reading(&[])).unwrap();
    let some = all().object("Task", reading(&["Description"])).unwrap();
    for name in ["ActivityHistory", "openactivity"] {
        assert!(exists(&all(), &names, name), "{name}");
        assert!(!exists(&some, &names, name), "{name} holds what stands in tasks");
    }
    assert!(exists(&some, &names, "NoteAndAttachment"));
}

#[test]
fn what_can_neither_be_read_nor_written_is_not_shown() {
    let fields = json!([
        { "name": "Salary__c", "createable": true, "updateable": true },
        { "name": "CreatedDate" },
        { "name": "Half__c", "calculated": true, "calculatedFormula": "Salary__c / 2" },
        { "name": "Pin__c", "createable": true },
    ]);
    let rule = ObjectRule::new([Effect::Read, Effect::Update]).unwrap();
    let rule = rule.read(["*"]).unwrap().hide(["Salary__c", "CreatedDate", "Pin__c"]).unwrap();
    let rule = rule.write(["*"]).unwrap().no_write(["Salary__c"]).unwrap();
    let rules = Rules::new().object("X__c", rule).unwrap();
    let names = ["x__c".to_owned()].into();
    let view = view(&rules, &names, &Described::new(), &object("X__c", &fields)).unwrap();
    let shown: Vec<&str> = view.card.fields.iter().map(|field| field.name.as_str()).collect();
    // A formula's text would name what is hidden; a field for creating means nothing to an update.
    assert!(shown.is_empty(), "{shown:?}");
}

#[test]
fn record_types_are_values_of_their_field() {
    let raw = json!({
        "name": "X__c",
        "fields": [{ "name": "Name" }, {
            "name": "RecordTypeId", "type": "reference", "referenceTo": ["RecordType"],
            "createable": true,
        }],
        "recordTypeInfos": [{
            "recordTypeId": "012000000000001AAA", "name": "Secret", "developerName": "Secret", "available": true }],
    });
    let object = Arc::new(Object::from_describe(&raw).unwrap());
    let told = |rule: ObjectRule| {
        let rules = Rules::new().object("X__c", rule).unwrap();
        let view = view(&rules, &["x__c".to_owned()].into(), &Described::new(), &object).unwrap();
        [view.card.record_types.len(), view.read.as_ref().unwrap().record_types.len()]
    };
    let writing = |hide: &[&str]| {
        let rule = ObjectRule::new([Effect::Read, Effect::Create]).unwrap().read(["*"]).unwrap();
        rule.hide(hide).unwrap().write(["RecordTypeId"]).unwrap()
    };
    assert_eq!(told(reading(&[])), [1, 1]);
    assert_eq!(told(reading(&["RecordTypeId"])), [0, 0]);
    assert_eq!(told(reading(&[]).mask("RecordTypeId", Mask::Hash).unwrap()), [0, 0]);
    assert_eq!(told(writing(&["RecordTypeId"])), [1, 0]);
}
