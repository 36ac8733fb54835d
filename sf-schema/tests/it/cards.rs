//! Cards, as models read them.

use sf_schema::{CardOptions, card};

use crate::support::{object, org};

#[tokio::test]
async fn account() {
    let object = object("Account").await;
    let card = card(&object, CardOptions::default());
    insta::assert_snapshot!("account", card);
    // About 3.4 characters are a token in such a text.
    assert!(card.chars().count() < 3_600, "{} characters", card.chars().count());
}

#[tokio::test]
async fn custom_and_managed_objects() {
    let org = org().await;
    for name in ["Invoice__c", "AIM__Deal__c", "Opportunity"] {
        let object = org.catalog.object(name).await.unwrap();
        insta::assert_snapshot!(name.to_lowercase(), card(&object, CardOptions::default()));
    }
}

#[tokio::test]
async fn exactly_the_required_fields() {
    let org = org().await;
    let cases: [(&str, &[&str]); 4] = [
        ("Account", &["Name"]),
        ("Contact", &["LastName"]),
        ("Opportunity", &["Name", "StageName", "CloseDate"]),
        ("Case", &[]),
    ];
    for (name, expected) in cases {
        let object = org.catalog.object(name).await.unwrap();
        let required: Vec<&str> = object.required_on_create().map(|f| f.name.as_str()).collect();
        assert_eq!(required, expected, "{name}");
    }
}

#[tokio::test]
async fn bounds_name_what_is_left_out() {
    let object = object("Account").await;
    let mut options = CardOptions::default();
    options.picklist_values = 2;
    options.children = 1;
    let card = card(&object, options);
    assert!(card.contains("- Rating: Hot | Warm | 1 more"), "{card}");
    let children = card.lines().find(|l| l.starts_with("Children")).unwrap();
    assert!(children.ends_with(" more"), "{children}");
}
