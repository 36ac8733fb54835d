//! Several operations in one request, where later ones refer to earlier ones.

use serde_json::json;
use sf_emulator::{Fault, Operation as Kind};
use sf_rest::ops::batch::Batch;
use sf_rest::ops::composite::Composite;
use sf_rest::ops::describe::Describe;
use sf_rest::ops::external_id::GetByExternalId;
use sf_rest::ops::graph::{Graph, Graphs};
use sf_rest::ops::if_changed::{Conditional, IfChanged, Validators};
use sf_rest::ops::limits::Limits;
use sf_rest::ops::records::{CreateRecord, DeleteRecord, GetRecord, UpdateRecord};
use sf_rest::ops::tree::Tree;
use sf_rest::ops::upsert::UpsertRecord;
use sf_rest::ops::versions::Versions;
use sf_rest::{
    ApiVersion, Collection, CollectionRecord, Error, ErrorCode, ErrorKind, Id, NextPage, Operation,
    Query, Record, Safety,
};

use crate::requests::shown;
use crate::support::Setup;

fn create(object: &str, fields: &serde_json::Value) -> CreateRecord {
    CreateRecord::new(object, fields).unwrap()
}

fn account(name: &str) -> CreateRecord {
    create("Account", &json!({ "Name": name }))
}

fn contact(name: &str) -> CreateRecord {
    create("Contact", &json!({ "LastName": name }))
}

fn some_id() -> Id {
    Id::parse("001dM00003kRs59").unwrap()
}

#[test]
fn requests() {
    let mut composite = Composite::new(ApiVersion::V66).all_or_none().collate(false);
    let acme = composite.add(account("Acme")).unwrap();
    let ann = contact("Ann").with_reference("AccountId", &acme.id()).unwrap();
    let ann = composite.add(ann).unwrap();
    composite.add(GetRecord::new("Contact", ann.id()).fields(["Id", "AccountId"])).unwrap();
    let upsert = UpsertRecord::new("Invoice__c", "External_Id__c", "a/b", &json!({})).unwrap();
    let upsert = composite.add(upsert.with_reference("Account__c", &acme.id()).unwrap()).unwrap();
    composite.add(DeleteRecord::new("Invoice__c", upsert.id())).unwrap();
    let found = composite
        .add(Query::<Record>::new("SELECT Id, Name FROM Account").batch_size(200))
        .unwrap();
    let update = UpdateRecord::new("Account", acme.id(), &json!({})).unwrap();
    composite
        .add(update.with_reference("Name", &found.field(0, "Name").unwrap()).unwrap())
        .unwrap();
    let record = CollectionRecord::new("Contact", &json!({ "LastName": "Bo" })).unwrap();
    let record = record.with_reference("AccountId", &acme.id()).unwrap();
    let many = composite.add(Collection::create(vec![record], true)).unwrap();
    composite.add(DeleteRecord::new("Contact", many.id(0))).unwrap();

    let mut batch = Batch::new(ApiVersion::V66).halt_on_error();
    batch.add(Limits).unwrap();
    batch.add(account("Acme")).unwrap();

    let mut graph = Graph::new();
    let acme = graph.add(account("Acme")).unwrap();
    graph.add(contact("Ann").with_reference("AccountId", &acme.id()).unwrap()).unwrap();

    let mut tree = Tree::new("Account");
    let acme = tree.add(&json!({ "Name": "Acme" })).unwrap();
    tree.add_child(&acme, "Contacts", "Contact", &json!({ "LastName": "Ann" })).unwrap();
    tree.add(&json!({ "Name": "Nil" })).unwrap();
    tree.add_child(&acme, "Contacts", "Contact", &json!({ "LastName": "Bo" })).unwrap();

    let graphs = Graphs::new(ApiVersion::V66, vec![graph]);
    let requests = [shown(&composite), shown(&batch), shown(&graphs), shown(&tree)];
    let text = requests.join("\n").replace("},{\"method", "},\n    {\"method");
    insta::assert_snapshot!(text, @r#"
    Write POST /services/data/v66.0/composite
      content-type: application/json
      {"allOrNone":true,"collateSubrequests":false,"compositeRequest":[{"method":"POST","url":"/services/data/v66.0/sobjects/Account","referenceId":"r0","body":{"Name":"Acme"}},
        {"method":"POST","url":"/services/data/v66.0/sobjects/Contact","referenceId":"r1","body":{"LastName":"Ann","AccountId":"@{r0.id}"}},
        {"method":"GET","url":"/services/data/v66.0/sobjects/Contact/@{r1.id}?fields=Id%2CAccountId","referenceId":"r2"},
        {"method":"PATCH","url":"/services/data/v66.0/sobjects/Invoice__c/External_Id__c/a%2Fb","referenceId":"r3","body":{"Account__c":"@{r0.id}"}},
        {"method":"DELETE","url":"/services/data/v66.0/sobjects/Invoice__c/@{r3.id}","referenceId":"r4"},
        {"method":"GET","url":"/services/data/v66.0/query?q=SELECT%20Id%2C%20Name%20FROM%20Account","referenceId":"r5","httpHeaders":{"sforce-query-options":"batchSize=200"}},
        {"method":"PATCH","url":"/services/data/v66.0/sobjects/Account/@{r0.id}","referenceId":"r6","body":{"Name":"@{r5.records[0].Name}"}},
        {"method":"POST","url":"/services/data/v66.0/composite/sobjects","referenceId":"r7","body":{"allOrNone":true,"records":[{"attributes":{"type":"Contact"},"LastName":"Bo","AccountId":"@{r0.id}"}]}},
        {"method":"DELETE","url":"/services/data/v66.0/sobjects/Contact/@{r7[0].id}","referenceId":"r8"}]}
    Write POST /services/data/v66.0/composite/batch
      content-type: application/json
      {"haltOnError":true,"batchRequests":[{"method":"GET","url":"v66.0/limits"},
        {"method":"POST","url":"v66.0/sobjects/Account","richInput":{"Name":"Acme"}}]}
    Write POST /services/data/v66.0/composite/graph
      content-type: application/json
      {"graphs":[{"graphId":"g0","compositeRequest":[{"method":"POST","url":"/services/data/v66.0/sobjects/Account","referenceId":"r0","body":{"Name":"Acme"}},
        {"method":"POST","url":"/services/data/v66.0/sobjects/Contact","referenceId":"r1","body":{"LastName":"Ann","AccountId":"@{r0.id}"}}]}]}
    Write POST /services/data/v66.0/composite/tree/Account
      content-type: application/json
      {"records":[{"attributes":{"type":"Account","referenceId":"Account1"},"Name":"Acme","Contacts":{"records":[{"attributes":{"type":"Contact","referenceId":"Contact2"},"LastName":"Ann"},{"attributes":{"type":"Contact","referenceId":"Contact4"},"LastName":"Bo"}]}},{"attributes":{"type":"Account","referenceId":"Account3"},"Name":"Nil"}]}
    "#);
}

#[test]
fn a_composite_is_as_safe_as_its_most_dangerous_part() {
    let mut composite = Composite::default();
    composite.add(GetRecord::new("Account", some_id())).unwrap();
    assert_eq!(composite.safety(), Safety::Read);
    composite.add(DeleteRecord::new("Account", some_id())).unwrap();
    assert_eq!(composite.safety(), Safety::Idempotent);
    composite.add(account("Acme")).unwrap();
    assert_eq!(composite.safety(), Safety::Write);
    // An upsert may be sent again only if its field is unique, which nobody asks here.
    let mut composite = Composite::default();
    composite.add(UpsertRecord::new("A", "E__c", "1", &json!({})).unwrap()).unwrap();
    assert_eq!(composite.safety(), Safety::Write);
    // Executed twice, a query can find another record the second time.
    let mut composite = Composite::default();
    let oldest = composite
        .add(Query::<Record>::new("SELECT Id FROM Task ORDER BY CreatedDate LIMIT 1"))
        .unwrap();
    composite.add(GetRecord::new("Task", oldest.field(0, "Id").unwrap())).unwrap();
    assert_eq!(composite.safety(), Safety::Read);
    composite.add(DeleteRecord::new("Task", oldest.field(0, "Id").unwrap())).unwrap();
    assert_eq!(composite.safety(), Safety::Write);
}

/// The oldest record is taken off; the answer is lost; the next one stays.
#[tokio::test]
async fn a_write_of_what_a_query_finds_is_not_sent_again() {
    let setup = Setup::new().await;
    for name in ["queue-1", "queue-2"] {
        setup.account(name).await;
    }
    let mut composite = setup.client.composite();
    let soql = "SELECT Id FROM Account WHERE Name LIKE 'queue-%' ORDER BY Name LIMIT 1";
    let first = composite.add(Query::<Record>::new(soql)).unwrap();
    composite.add(DeleteRecord::new("Account", first.field(0, "Id").unwrap())).unwrap();
    setup.org.faults().push(Fault::lost_answer());
    let error = setup.client.send(&composite).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(setup.accounts_named("queue-1").await, 0);
    assert_eq!(setup.accounts_named("queue-2").await, 1);
}

#[test]
fn what_cannot_be_composed_is_refused() {
    let mut other = Composite::default();
    let elsewhere = other.add(account("Acme")).unwrap();
    let mut composite = Composite::default();
    let mut texts = Vec::new();
    let mut refuse = |text: Error| {
        assert_eq!(text.kind(), ErrorKind::InvalidRequest);
        texts.push(text.to_string());
    };
    refuse(composite.request().unwrap_err());
    refuse(composite.add(GetRecord::new("Account", elsewhere.id())).unwrap_err());
    refuse(composite.add(account("@{r0.id}")).unwrap_err());
    refuse(composite.add(GetRecord::new("Account", some_id()).fields(["@{r0.id}"])).unwrap_err());
    let tag = Validators::from_texts(Some("\"@{r0.id}\""), None).unwrap();
    refuse(composite.add(IfChanged::new(GetRecord::new("Account", some_id()), tag)).unwrap_err());
    let page = NextPage::<Record>::new("/services/data/v66.0/query/@%7br0.id}");
    refuse(composite.add(page).unwrap_err());
    refuse(composite.add(Versions).unwrap_err());
    refuse(composite.add(other).unwrap_err());
    let acme = composite.add(account("Acme")).unwrap();
    // The value of a field is no reference, even if it reads like one that is there.
    let twice = create("Contact", &json!({ "LastName": acme.id().to_string() }));
    refuse(composite.add(twice.with_reference("AccountId", &acme.id()).unwrap()).unwrap_err());
    refuse(account("x").with_reference("name", &acme.id()).unwrap_err());
    refuse(account("x").with_reference("Id", &acme.id()).unwrap_err());
    let row = composite.add(GetRecord::new("Account", acme.id())).unwrap();
    refuse(row.field("Name} @{r0.id").unwrap_err());
    for _ in 0..5 {
        composite.add(Query::<Record>::new("SELECT Id FROM Account")).unwrap();
    }
    refuse(composite.add(Query::<Record>::new("SELECT Id FROM Account")).unwrap_err());
    while composite.len() < 25 {
        composite.add(account("Acme")).unwrap();
    }
    refuse(composite.add(account("Acme")).unwrap_err());
    refuse(Graph::new().add(Describe::new("Account")).unwrap_err());
    refuse(Graph::new().add(Query::<Record>::new("SELECT Id FROM Account")).unwrap_err());
    refuse(Graphs::new(ApiVersion::V66, vec![Graph::new()]).request().unwrap_err());
    let mut batch = Batch::default();
    let part = batch.add(account("Acme")).unwrap();
    refuse(batch.add(GetRecord::new("Account", part.id())).unwrap_err());
    refuse(batch.add(Query::<Record>::new("SELECT Id FROM Account").batch_size(200)).unwrap_err());
    let mut tree = Tree::new("A");
    refuse(tree.request().unwrap_err());
    let mut node = tree.add(&json!({ "Kids__r": 1 })).unwrap();
    refuse(tree.add_child(&node, "Kids__r", "B", &json!({})).unwrap_err());
    for object in ["B", "C", "D", "E"] {
        node = tree.add_child(&node, "Children__r", object, &json!({})).unwrap();
    }
    refuse(tree.add_child(&node, "Children__r", "E", &json!({})).unwrap_err());
    refuse(Tree::new("X").add_child(&node, "Children__r", "Y", &json!({})).unwrap_err());
    insta::assert_snapshot!(texts.join("\n"), @r#"
    invalid request: the composite has no parts
    invalid request: GET sobjects/{object}/{id} refers to @{r0.id}, which no earlier part of this request answers
    invalid request: a value of POST sobjects/{object} has the characters @{, which the platform would take for a reference; send it by itself
    invalid request: a value of GET sobjects/{object}/{id} has the characters @{, which the platform would take for a reference; send it by itself
    invalid request: a value of GET sobjects/{object}/{id} has the characters @{, which the platform would take for a reference; send it by itself
    invalid request: a value of GET query/{locator} has the characters @{, which the platform would take for a reference; send it by itself
    invalid request: GET /services/data is not a resource of an API version, so it cannot be part of another request
    invalid request: POST composite cannot be part of a composite
    invalid request: a value of POST sobjects/{object} has the characters @{, which the platform would take for a reference; send it by itself
    invalid request: the field name has a value already
    invalid request: the field Id cannot be written; leave it out (the id of the record to write is a value of its own)
    invalid request: "Name} @{r0.id" is not the name of a field
    invalid request: a composite has at most 5 queries and collections
    invalid request: a composite has at most 25 parts
    invalid request: GET sobjects/{object}/describe cannot be part of a graph, which takes operations on one row; use a composite
    invalid request: GET query cannot be part of a graph, which takes operations on one row; use a composite
    invalid request: graph 0 has no nodes
    invalid request: GET sobjects/{object}/{id} refers to another part; the parts of a batch are independent, use a composite
    invalid request: GET query needs the header sforce-query-options, which a batch does not carry
    invalid request: the tree has no records
    invalid request: the parent has a field Kids__r, which is the name of the relationship
    invalid request: a tree has at most 5 levels
    invalid request: the parent belongs to another tree
    "#);
}

#[tokio::test]
async fn later_parts_use_what_earlier_ones_answered() {
    let setup = Setup::new().await;
    let mut composite = setup.client.composite().all_or_none();
    let acme = composite.add(account("Composed")).unwrap();
    let ann = contact("Ann").with_reference("AccountId", &acme.id()).unwrap();
    let ann = composite.add(ann).unwrap();
    let read = composite
        .add(GetRecord::new("Contact", ann.id()).fields(["LastName", "Account.Name"]))
        .unwrap();
    let rename = UpdateRecord::new("Account", acme.id(), &json!({})).unwrap();
    let rename = rename.with_reference("Name", &read.field("LastName").unwrap()).unwrap();
    let rename = composite.add(rename).unwrap();
    let described = composite.add(Describe::new("Account")).unwrap();
    let answers = setup.client.send(&composite).await.unwrap();

    assert!(answers.is_success());
    let (acme, ann) = (answers.get(&acme).unwrap(), answers.get(&ann).unwrap());
    assert_eq!((acme.key_prefix(), ann.key_prefix()), ("001", "003"));
    let read = answers.get(&read).unwrap();
    assert_eq!(read.get_path("Account.Name").unwrap().as_str(), Some("Composed"));
    answers.get(&rename).unwrap();
    assert_eq!(answers.get(&described).unwrap()["name"], "Account");
    assert_eq!(setup.name_of(acme).await, "Ann");
    assert_eq!(setup.count(Kind::Composite), 1);

    // By external id.
    let invoice = json!({ "Amount__c": 5, "Due_Date__c": "2026-12-01" });
    setup.client.upsert("Invoice__c", "External_Id__c", "k", &invoice).await.unwrap();
    let mut composite = setup.client.composite();
    let found =
        GetByExternalId::new("Invoice__c", "External_Id__c", "k").fields(["Id", "External_Id__c"]);
    let found = composite.add(found).unwrap();
    let named =
        account("x").with_reference("Site", &found.field("External_Id__c").unwrap()).unwrap();
    let named = composite.add(named).unwrap();
    let named = setup.client.send(&composite).await.unwrap().get(&named).unwrap();
    let site = setup.client.get("Account", named, &["Site"]).await.unwrap();
    assert_eq!(site.get("Site").unwrap().as_str(), Some("k"));

    // A handle of another composite is not mistaken.
    let mut other = setup.client.composite();
    let stranger = other.add(account("x")).unwrap();
    assert_eq!(answers.get(&stranger).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn the_part_that_failed_is_told_from_those_that_were_undone() {
    let setup = Setup::new().await;
    let mut composite = setup.client.composite().all_or_none();
    let acme = composite.add(account("Undone")).unwrap();
    let bad = composite.add(create("Contact", &json!({ "FirstName": "Ann" }))).unwrap();
    let later = composite.add(account("Never")).unwrap();
    let answers = setup.client.send(&composite).await.unwrap();
    assert!(!answers.is_success());
    insta::assert_snapshot!(answers.get(&acme).unwrap_err(), @"POST sobjects/{object} was not done, since another part of the request failed: The transaction was rolled back since another operation in the same transaction failed.");
    insta::assert_snapshot!(answers.get(&bad).unwrap_err(), @"Salesforce refused POST sobjects/{object}: HTTP 400: REQUIRED_FIELD_MISSING: Required fields are missing: [LastName] (fields: LastName)");
    assert_eq!(answers.get(&later).unwrap_err().kind(), ErrorKind::Halted);
    let failures: Vec<_> = answers.failures().collect();
    assert_eq!((failures.len(), failures[0].place), (1, bad.place()));
    assert!(failures[0].error.has_code(&ErrorCode::REQUIRED_FIELD_MISSING));
    assert_eq!(setup.accounts_named("Undone").await, 0);

    // Without a transaction only what depends on the failed part is halted.
    let mut composite = setup.client.composite();
    let bad = composite.add(create("Account", &json!({}))).unwrap();
    let dependent = contact("Ann").with_reference("AccountId", &bad.id()).unwrap();
    let dependent = composite.add(dependent).unwrap();
    let fine = composite.add(account("Kept")).unwrap();
    let answers = setup.client.send(&composite).await.unwrap();
    assert_eq!(answers.get(&dependent).unwrap_err().kind(), ErrorKind::Halted);
    answers.get(&fine).unwrap();
    assert_eq!(answers.failures().count(), 1);
}

#[tokio::test]
async fn a_composite_with_a_write_whose_answer_was_lost_is_not_sent_again() {
    let setup = Setup::new().await;
    let mut composite = setup.client.composite();
    composite.add(account("Once")).unwrap();
    setup.org.faults().push(Fault::lost_answer().on(Kind::Composite));
    let error = setup.client.send(&composite).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!((setup.count(Kind::Composite), setup.accounts_named("Once").await), (1, 1));

    // Deletes are sent again, and the part finds its work done.
    let id = setup.account("Gone").await;
    let mut composite = setup.client.composite();
    let delete = composite.add(DeleteRecord::new("Account", id)).unwrap();
    setup.org.faults().push(Fault::lost_answer().on(Kind::Composite));
    setup.client.send(&composite).await.unwrap().get(&delete).unwrap();
    assert_eq!(setup.count(Kind::Composite), 3);
}

#[tokio::test]
async fn a_conditional_part_is_not_modified() {
    let setup = Setup::new().await;
    let id = setup.account("Same").await;
    let get = || GetRecord::new("Account", id).fields(["Name"]);
    let read = setup.client.if_changed(get(), Validators::default()).await.unwrap();
    let Conditional::Changed { validators, .. } = read else { panic!("it was never read") };
    let mut composite = setup.client.composite();
    let part = composite.add(IfChanged::new(get(), validators)).unwrap();
    let answers = setup.client.send(&composite).await.unwrap();
    assert!(answers.get(&part).unwrap().changed().is_none());
}

#[tokio::test]
async fn a_batch_of_independent_parts() {
    let setup = Setup::new().await;
    let mut batch = setup.client.batch();
    let limits = batch.add(Limits).unwrap();
    let bad = batch.add(create("Contact", &json!({}))).unwrap();
    let good = batch.add(account("Batched")).unwrap();
    let answers = setup.client.send(&batch).await.unwrap();
    assert!(answers.get(&limits).unwrap().contains_key("DailyApiRequests"));
    assert!(answers.get(&bad).unwrap_err().has_code(&ErrorCode::REQUIRED_FIELD_MISSING));
    answers.get(&good).unwrap();

    let mut batch = setup.client.batch().halt_on_error();
    batch.add(create("Contact", &json!({}))).unwrap();
    let halted = batch.add(account("Halted")).unwrap();
    let answers = setup.client.send(&batch).await.unwrap();
    insta::assert_snapshot!(answers.get(&halted).unwrap_err(), @"POST sobjects/{object} was not done, since another part of the request failed: Batch processing was halted because an earlier subrequest failed and haltOnError is true");
    assert_eq!(answers.failures().count(), 1);
    assert_eq!(setup.accounts_named("Halted").await, 0);
}

#[tokio::test]
async fn graphs_succeed_and_fail_apart() {
    let setup = Setup::new().await;
    let (mut good, mut bad) = (Graph::new(), Graph::new());
    let acme = good.add(account("Graphed")).unwrap();
    let ann = good.add(contact("Ann").with_reference("AccountId", &acme.id()).unwrap()).unwrap();
    let read = good.add(GetRecord::new("Contact", ann.id()).fields(["AccountId"])).unwrap();
    let undone = bad.add(account("Ungraphed")).unwrap();
    let wrong = bad.add(create("Contact", &json!({}))).unwrap();
    let answers = setup.client.graphs(vec![good, bad]).await.unwrap();
    assert!(!answers.is_success());
    let kept: Vec<bool> = answers.graphs().map(|(kept, _)| kept).collect();
    assert_eq!(kept, [true, false]);
    let acme = answers.get(&acme).unwrap();
    let read = answers.get(&read).unwrap();
    assert_eq!(read.get("AccountId").unwrap().as_str(), Some(acme.as_str()));
    assert_eq!(answers.get(&undone).unwrap_err().kind(), ErrorKind::Halted);
    assert_eq!(answers.get(&wrong).unwrap_err().kind(), ErrorKind::Api);
    assert_eq!(setup.accounts_named("Ungraphed").await, 0);

    // 500 nodes in one transaction.
    let mut big = Graph::new();
    let parent = big.add(account("Big")).unwrap();
    while big.len() < 500 {
        big.add(contact("Kid").with_reference("AccountId", &parent.id()).unwrap()).unwrap();
    }
    assert!(big.add(contact("Kid")).is_err());
    let answers = setup.client.graphs(vec![big]).await.unwrap();
    let parent = answers.get(&parent).unwrap();
    let soql = format!("SELECT COUNT() FROM Contact WHERE AccountId = '{parent}'");
    assert_eq!(setup.client.query_page(&Query::new(soql)).await.unwrap().total_size, 499);
}

#[tokio::test]
async fn a_tree_is_created_whole_or_not_at_all() {
    let setup = Setup::new().await;
    let mut tree = Tree::new("Account");
    let acme = tree.add(&json!({ "Name": "Planted" })).unwrap();
    let ann = tree.add_child(&acme, "Contacts", "Contact", &json!({ "LastName": "Ann" })).unwrap();
    let ids = setup.client.create_tree(&tree).await.unwrap();
    let record = setup.client.get("Contact", ids.get(&ann).unwrap(), &["AccountId"]).await.unwrap();
    assert_eq!(record.get("AccountId").unwrap().as_str(), Some(ids.get(&acme).unwrap().as_str()));
    assert_eq!(ids.all().len(), 2);

    // A locked row rolls the tree back, and it is sent again.
    setup.org.faults().push(Fault::row_locked());
    setup.client.create_tree(&tree).await.unwrap();
    assert_eq!(setup.accounts_named("Planted").await, 2);

    let mut tree = Tree::new("Account");
    let acme = tree.add(&json!({ "Name": "Felled" })).unwrap();
    let wrong = tree
        .add_child(&acme, "Contacts", "Contact", &json!({ "LastName": "x", "Email": "123" }))
        .unwrap();
    let error = setup.client.create_tree(&tree).await.unwrap_err();
    insta::assert_snapshot!(error, @"Salesforce refused POST composite/tree/{object}: HTTP 400: Contact2: INVALID_EMAIL_ADDRESS: Email: invalid email address: 123 (fields: Email)");
    assert_eq!(error.api_errors()[0].reference.as_deref(), Some(wrong.reference()));
    assert_eq!(setup.accounts_named("Felled").await, 0);
}

#[tokio::test]
async fn a_tree_and_a_graph_whose_answers_were_lost_are_not_sent_again() {
    let setup = Setup::new().await;
    let mut tree = Tree::new("Account");
    tree.add(&json!({ "Name": "Seedling" })).unwrap();
    setup.org.faults().push(Fault::lost_answer());
    let error = setup.client.create_tree(&tree).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(setup.accounts_named("Seedling").await, 1);

    let mut graph = Graph::new();
    graph.add(account("Shoot")).unwrap();
    setup.org.faults().push(Fault::lost_answer());
    let error = setup.client.graphs(vec![graph]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(setup.accounts_named("Shoot").await, 1);
}

#[tokio::test]
async fn a_reference_is_never_sent_alone() {
    let setup = Setup::new().await;
    let mut composite = setup.client.composite();
    let acme = composite.add(account("x")).unwrap();
    let error = setup.client.send(&GetRecord::new("Account", acme.id())).await.unwrap_err();
    insta::assert_snapshot!(error, @"invalid request: sobjects/{object}/{id} refers to @{r0.id}, an earlier part of a composite, and can be sent in it alone");
    let alone = contact("Ann").with_reference("AccountId", &acme.id()).unwrap();
    assert_eq!(setup.client.send(&alone).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert_eq!(setup.count(Kind::Retrieve) + setup.count(Kind::Create), 0);
}
