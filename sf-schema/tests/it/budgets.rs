//! The tiers of a card keep to their budget and name what they leave out.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use sf_schema::{CardOptions, FieldGroup, Notes, Object, Picture, estimate_tokens, index_line};

use crate::support::{org, raw};
use crate::wide::widened;

const OBJECTS: [&str; 6] = ["Account", "Contact", "Opportunity", "Case", "Lead", "Event"];

async fn wide() -> Arc<Object> {
    let org = org().await;
    let raw = widened(&raw(&org.org, "Account").await, "Wide__c", 250);
    Arc::new(Object::from_describe(&raw).unwrap())
}

fn budget(tokens: usize) -> CardOptions {
    let mut options = CardOptions::default();
    options.budget = tokens;
    options
}

#[tokio::test]
async fn required_is_what_the_rule_says() {
    let org = org().await;
    for name in OBJECTS {
        let raw = raw(&org.org, name).await;
        let rule = raw["fields"].as_array().unwrap().iter().filter(|f| {
            f["createable"] == true && f["nillable"] == false && f["defaultedOnCreate"] == false
        });
        let rule: Vec<&str> = rule.map(|f| f["name"].as_str().unwrap()).collect();
        let object = Object::from_describe(&raw).unwrap();
        let required: Vec<&str> = object.required_on_create().map(|f| f.name.as_str()).collect();
        assert_eq!(required, rule, "{name}");
        let card = Picture::new(&object).card(CardOptions::default());
        let told = card.text.lines().find_map(|l| l.strip_prefix("Required on create: ")).unwrap();
        let rule = if rule.is_empty() { "nothing".to_owned() } else { rule.join(", ") };
        assert_eq!(told, rule, "{name}");
    }
}

#[tokio::test]
async fn stock_cards_are_whole_within_the_default_budget() {
    let org = org().await;
    for name in OBJECTS {
        let object = org.catalog.object(name).await.unwrap();
        let card = Picture::new(&object).card(CardOptions::default());
        assert!(card.left_out.is_empty() && card.tokens < 1_200, "{name}: {card:?}");
    }
}

#[tokio::test]
async fn any_budget_is_kept_and_nothing_is_lost_unsaid() {
    let object = wide().await;
    let org = org().await;
    let usage = org.catalog.usage("Account").await.unwrap();
    let layouts = org.catalog.layouts("Account").await.unwrap();
    let picture = Picture::new(&object).usage(&usage).layout(layouts.of(None).unwrap());
    proptest!(ProptestConfig::with_cases(40), |(tokens in 0usize..4_000)| {
        let card = picture.card(budget(tokens));
        prop_assert!(card.tokens <= tokens, "{} > {tokens}", card.tokens);
        prop_assert_eq!(card.tokens, estimate_tokens(&card.text));
        // Every field is told or named as left out.
        let left: BTreeSet<&str> = card.left_out.iter().flat_map(|l| &l.names).map(String::as_str).collect();
        let audit = ["SystemModstamp", "LastViewedDate", "LastReferencedDate"];
        for field in object.fields.iter().filter(|f| !audit.contains(&f.name.as_str())) {
            prop_assert!(left.contains(field.name.as_str()) || card.text.contains(&field.name), "{}", field.name);
        }
        let group = picture.group(FieldGroup::All, None, tokens);
        prop_assert!(group.tokens <= tokens);
        let field = picture.field(object.field("Industry").unwrap(), tokens);
        prop_assert!(field.tokens <= tokens);
    });
}

#[tokio::test]
async fn what_is_left_out_can_be_asked_for() {
    let object = wide().await;
    let picture = Picture::new(&object);
    let card = picture.card(budget(500));
    for left in &card.left_out {
        let group: FieldGroup = left.group.as_str().parse().unwrap();
        assert_eq!(group, left.group);
        assert!(card.text.contains(left.group.as_str()), "{group:?}");
        let whole = picture.group(group, None, usize::MAX).text;
        assert!(left.names.iter().all(|name| whole.contains(name)), "{group:?}");
    }
    // Page by page, a group is read to its end and nothing twice.
    let mut after: Option<String> = None;
    let mut seen = Vec::new();
    loop {
        let page = picture.group(FieldGroup::Custom, after.as_deref(), 400);
        let lines: Vec<String> = page.text.lines().skip(1).map(str::to_owned).collect();
        let fields = lines.iter().filter(|l| !l.contains("go on after the last one"));
        let names = fields.map(|l| l.split([' ', ':']).next().unwrap().to_owned());
        seen.extend(names);
        if page.left_out.is_empty() {
            break;
        }
        after = seen.last().cloned();
    }
    let custom: Vec<String> =
        object.fields.iter().filter(|f| f.custom).map(|f| f.name.clone()).collect();
    assert_eq!(seen, custom);
}

#[tokio::test]
async fn notes_and_use_decide_what_stays() {
    let object = wide().await;
    let notes: Notes = serde_json::from_value(serde_json::json!({
        "wide__c": { "note": "One row a customer.", "fields": { "Discount_Rate_237__c": "In percent, never above 30." } }
    }))
    .unwrap();
    let org = org().await;
    let usage = org.catalog.usage("Account").await.unwrap();
    let notes = notes.object("Wide__c").unwrap();
    let card = Picture::new(&object).usage(&usage).notes(notes).card(budget(450));
    insta::assert_snapshot!(card.text, @r#"
    Wide__c (label "Wide account", plural "Wide accounts"), ids start with 001
    You can: query, search, create, update, delete
    Administrator's note: One row a customer.
    Most used: Name, Phone
    Required on create: Name
    Writable (text unless a type is named; number = most characters): Name 255, Discount_Rate_237__c double, 152 more
    Writable references -> target (path in SOQL): ParentId -> Account (Parent.…), OwnerId -> User (Owner.…), 26 more
    Read only: Id id, CreatedDate datetime, 21 more
    Read-only references -> target (path in SOQL): CreatedById -> User (CreatedBy.…), LastModifiedById -> User (LastModifiedBy.…), 4 more
    Not usable in WHERE: Description
    Children, for subqueries: 15 more
    Administrator's notes:
    - Discount_Rate_237__c: In percent, never above 30.
    Picklists:
    - Industry: 32 values
    - CleanStatus [only these]: 8 values
    - 34 more
    Left out for size, ask for the group or the field: writable, references, read_only, read_only_references, children, picklists
    "#);
}

#[tokio::test]
async fn tiers_read_well() {
    let org = org().await;
    let list = org.catalog.objects().await.unwrap();
    let lines: Vec<String> = list.iter().take(4).map(index_line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    AIM__Deal__Share "Share: Deal" qcud
    AIM__Deal__c "Deal" a01 qcud
    Account 001 qcud
    AccountShare "Account Share" qcud
    "#);
    let lead = org.catalog.object("Lead").await.unwrap();
    let picture = Picture::new(&lead);
    insta::assert_snapshot!(picture.field(lead.field("Territory__c").unwrap(), 500).text, @r#"
    Lead.Territory__c "Territory"
    Type: picklist
    Usable to: create, update, filter, sort, group, aggregate
    Is: may be empty, takes only its own values
    Values depend on: Region__c
    Values: DACH | Nordics | UK & Ireland | North | South | Japan | Oceania
    "#);
    insta::assert_snapshot!(picture.field(lead.field("Status").unwrap(), 58).text, @r#"
    Lead.Status "Status"
    Type: picklist
    Usable to: create, update, filter, sort, group, aggregate
    Is: has a default
    Values: Open - Not Contacted | 3 more
    "#);
    insta::assert_snapshot!(picture.group(FieldGroup::References, None, 500).text, @r#"
    Lead, group references
    OwnerId -> Group|User (Owner.…) "Owner ID"
    "#);
    insta::assert_snapshot!("fields".parse::<FieldGroup>().unwrap_err(), @r#"there is no group "fields"; the groups are all, required, writable, picklists, references, read_only, read_only_references, external_ids, not_filterable, custom, noted, children, record_types"#);
    let empty = Object::from_describe(&serde_json::json!({ "name": "Empty__c" })).unwrap();
    insta::assert_snapshot!(Picture::new(&empty).card(CardOptions::default()).text, @r#"
    Empty__c (label "Empty__c", plural "Empty__c")
    You can: nothing
    No fields: this user may see none of them.
    Required on create: nothing
    "#);
}

/// What the tokenizer of o200k counted, once.
const COUNTED: &[(&str, usize)] = &[
    ("Account 001 qcud", 5),
    ("SLASerialNumber__c", 6),
    ("ParentId -> Account (Parent.…)", 8),
    ("Regional_Partner_164__c -> Account (Regional_Partner_164__r.…)", 19),
    ("001dM00003kRs59QAC", 10),
    ("Rechnungsbetrag größer als 10.000 €", 11),
    ("請求書の合計金額", 8),
    ("  \n\n\t{\"a\": [1, 22, 333, 4444]}", 18),
    ("AIM__Deal__c", 6),
    ("Customer - Channel | Channel Partner / Reseller", 9),
];

#[tokio::test]
async fn the_estimate_errs_high() {
    for (text, tokens) in COUNTED {
        assert!(estimate_tokens(text) >= *tokens, "{text}: {}", estimate_tokens(text));
    }
    assert_eq!(estimate_tokens(""), 0);
    // The card of the stock Account was counted too: 748.
    let org = org().await;
    let object = org.catalog.object("Account").await.unwrap();
    let card = Picture::new(&object).card(CardOptions::default());
    assert!((748..1_050).contains(&card.tokens), "{}", card.tokens);
}
