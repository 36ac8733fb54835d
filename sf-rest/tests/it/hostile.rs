//! Whatever is answered, and whatever is written: no panic, and no value that becomes a reference.

use proptest::prelude::*;
use serde_json::{Value, json};
use sf_rest::ops::actions::{ActionRef, DescribeAction, InvokeAction};
use sf_rest::ops::approvals::{ApprovalProcesses, ApprovalStep, Approve};
use sf_rest::ops::batch::Batch;
use sf_rest::ops::composite::Composite;
use sf_rest::ops::dashboards::{DashboardResults, DescribeDashboard};
use sf_rest::ops::explain::Explain;
use sf_rest::ops::feeds::{Deleted, Updated};
use sf_rest::ops::graph::{Graph, Graphs};
use sf_rest::ops::layouts::{CompactLayouts, Layouts};
use sf_rest::ops::limits::Limits;
use sf_rest::ops::list_views::{DescribeListView, ListViewResults, ListViews};
use sf_rest::ops::quick_actions::{QuickActionDefaults, QuickActions, RunQuickAction};
use sf_rest::ops::recent::{Recent, RecentOf};
use sf_rest::ops::record_counts::RecordCounts;
use sf_rest::ops::records::{CreateRecord, GetRecord};
use sf_rest::ops::related::{RelatedRecord, RelatedRecords};
use sf_rest::ops::reports::instances::{GetInstance, Instances};
use sf_rest::ops::reports::{DescribeReport, RunReport};
use sf_rest::ops::retrieve::GetRecords;
use sf_rest::ops::search::Search;
use sf_rest::ops::suggestions::Suggestions;
use sf_rest::ops::tree::Tree;
use sf_rest::{ApiVersion, Id, Operation, Record, Response};

/// Reads an answer with every operation; what is answered is read by some of them.
fn read_with_all(status: u16, body: &str) {
    let answer = || Response::new(status, body.to_owned());
    let id = Id::parse("001dM00003kRs59").unwrap();
    let time = jiff::Timestamp::UNIX_EPOCH;
    macro_rules! read {
        ($($operation:expr),* $(,)?) => { $(let _ = $operation.decode(answer());)* };
    }
    let create = || CreateRecord::new("Account", &json!({})).unwrap();
    let (mut composite, mut batch, mut graph) =
        (Composite::default(), Batch::default(), Graph::new());
    let part = composite.add(create()).unwrap();
    batch.add(create()).unwrap();
    graph.add(create()).unwrap();
    let mut tree = Tree::new("Account");
    tree.add(&json!({})).unwrap();
    if let Ok(answers) = composite.decode(answer()) {
        let _ = (answers.get(&part), answers.failures().count());
    }
    if let Ok(result) = RunReport::new(id).decode(answer()) {
        let _ = (result.details().count(), result.row_count(), result.column_label("x"));
    }
    if let Ok(layouts) = Layouts::new("A").decode(answer()) {
        let layout = layouts.of_record_type(None);
        let _ = layout.map(|layout| (layout.fields().count(), layout.required_fields().count()));
    }
    read!(
        batch,
        Graphs::new(ApiVersion::V66, vec![graph]),
        tree,
        InvokeAction::new(ActionRef::flow("f"), &[json!({})]).unwrap(),
        DescribeAction(ActionRef::flow("f")),
        ApprovalProcesses,
        Approve::new([ApprovalStep::submit(id)]),
        DashboardResults::new(id),
        DescribeDashboard(id),
        Explain::soql("x"),
        Updated::new("A", time, time),
        Deleted::new("A", time, time),
        CompactLayouts::new("A"),
        Limits,
        ListViews::new("A"),
        DescribeListView::new("A", id),
        ListViewResults::new("A", id),
        QuickActions::global(),
        QuickActionDefaults::global("q"),
        RunQuickAction::global("q", &json!({})).unwrap(),
        Recent::new(),
        RecentOf::new("A"),
        RecordCounts::new(["A"]),
        RelatedRecord::new("A", id, "B"),
        RelatedRecords::<Record>::new("A", id, "B"),
        Instances(id),
        GetInstance::new(id, id),
        DescribeReport(id),
        GetRecords::new("A", [id], ["Id"]),
        Search::new("x"),
        Suggestions::new("x", ["A"]),
    );
}

/// Names that answers have, so that a made-up answer gets past the first key.
const KEYS: [&str; 24] = [
    "records",
    "totalSize",
    "done",
    "attributes",
    "type",
    "id",
    "Id",
    "success",
    "errors",
    "results",
    "compositeResponse",
    "httpStatusCode",
    "httpHeaders",
    "referenceId",
    "body",
    "graphs",
    "layouts",
    "factMap",
    "groupingsDown",
    "groupings",
    "reportMetadata",
    "key",
    "searchRecords",
    "status",
];

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-zA-Z0-9@{}. ]{0,18}".prop_map(Value::from),
        Just(Value::from("001dM00003kRs59QAC")),
        Just(Value::from("r0")),
        Just(Value::from("2026-13-45T99:00:00.000+0000")),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let key = proptest::sample::select(&KEYS[..]).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_answer_makes_a_decoder_panic(value in json_value(), status in 200_u16..600, cut in 0_usize..400) {
        let text = value.to_string();
        read_with_all(status, &text);
        let cut = (0..=cut.min(text.len())).rev().find(|&cut| text.is_char_boundary(cut)).unwrap_or(0);
        read_with_all(status, &text[..cut]);
    }

    /// The platform replaces `@{…}` wherever it stands: a composite that is built has as many of
    /// them as references were given, whatever the values are.
    #[test]
    fn no_value_becomes_a_reference(value in json_value(), id in "[a-z@{}0.]{1,12}") {
        let mut composite = Composite::default();
        let first = composite.add(CreateRecord::new("Account", &json!({ "Name": "x" })).unwrap()).unwrap();
        let fields = CreateRecord::new("Contact", &json!({ "LastName": value, "Ext__c": id })).unwrap();
        let fields = fields.with_reference("AccountId", &first.id()).unwrap();
        let _ = composite.add(fields);
        let _ = composite.add(GetRecord::new(id, first.id()));
        let body = composite.request().unwrap().body().unwrap().clone();
        let text = std::str::from_utf8(&body).unwrap();
        let sent: Value = serde_json::from_str(text).unwrap();
        let parts = sent["compositeRequest"].as_array().unwrap();
        prop_assert_eq!(text.matches("@{").count(), parts.len() - 1);
        prop_assert_eq!(text.matches("@{r0.id}").count(), parts.len() - 1);
    }
}
