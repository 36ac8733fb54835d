//! `report list`, `describe` and `run`.

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_found_described_and_run() {
    let shop = Shop::new().await;
    let listed = shop.ok(&["report", "list", "e", "--format", "csv"]);
    let (id, name) = listed.lines().nth(1).unwrap().split_once(',').unwrap();
    let by_name = shop.ok(&["report", "describe", name]);
    assert_eq!(by_name, shop.ok(&["report", "describe", id]));
    insta::assert_snapshot!(format!("{listed}{by_name}"), @"
    id,name
    00OdE0000000006UAA,Cases by Owner
    00OdE0000000004UAA,Invoices by Status and Customer
    00OdE0000000002UAA,Opportunities by Stage
    00OdE0000000003UAA,Stage by Quarter
    00OdE0000000005UAA,Ten Largest Deals
    WHAT        NAME              DETAIL
    report      Cases by Owner    SUMMARY
    group down  OWNER             Case Owner
    group down  PRIORITY          Priority
    column      CASE_NUMBER       Case Number
    column      SUBJECT           Subject
    column      STATUS            Status
    column      CREATED_DATEONLY  Date/Time Opened
    aggregate   RowCount          Record Count
    filter      CLOSED            equals False
    ");
    let ran = shop.run(&["report", "run", id, "--format", "csv"]);
    let lines: Vec<&str> = ran.stdout.lines().take(3).collect();
    insta::assert_snapshot!(format!("{} {}\n{}", ran.status, ran.stderr, lines.join("\n")), @r#"
    0 Record Count: 19
    19 rows

    Case Owner,Priority,Case Number,Subject,Status,Date/Time Opened
    Support Queue,High,00000013,"""Out of memory"" during the nightly export",Working,"9/7/2024, 12:31 AM"
    Support Queue,Medium,00000007,Password reset mail never arrives,New,"8/31/2022, 10:52 PM"
    "#);
    let json = shop.run(&["report", "run", name, "--format", "json"]).stdout;
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert!(first.as_object().unwrap().values().all(|cell| cell.get("value").is_some()), "{first}");

    insta::assert_snapshot!(shop.refused(3, &["report", "run", "No such report"]), @r#"error: there is no report "No such report"; `sf-agent report list TEXT` looks for a part of its name"#);
    insta::assert_snapshot!(shop.refused(3, &["report", "list", "zzyzx"]), @r#"error: no report has "zzyzx" in its name"#);
    shop.refused(3, &["report", "run", "00O000000000001AAA"]);
}
