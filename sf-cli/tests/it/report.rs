//! `report list`, `describe` and `run`.

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_found_described_and_run() {
    let shop = Shop::new().await;
    let listed = shop.ok(&["report", "list", "e", "--format", "csv"]);
    let line = listed.lines().find(|line| line.ends_with(",Cases by Owner")).unwrap();
    let (id, name) = line.split_once(',').unwrap();
    let by_name = shop.ok(&["report", "describe", name]);
    assert_eq!(by_name, shop.ok(&["report", "describe", id]));
    insta::assert_snapshot!(format!("{listed}{by_name}"), @"
    id,name
    00OdE0000000001UAA,All Contacts
    00OdE0000000006UAA,Cases by Owner
    00OdE0000000004UAA,Invoices by Status and Customer
    00OdE0000000002UAA,Opportunities by Stage
    00OdE0000000003UAA,Stage by Quarter
    00OdE0000000005UAA,Ten Largest Deals
    WHAT        NAME                    DETAIL
    report      Cases by Owner          SUMMARY
    group down  OWNER                   Case Owner
    group down  PRIORITY                Priority
    column      CASE_NUMBER             Case Number
    column      SUBJECT                 Subject
    column      STATUS                  Status
    column      CREATED_DATEONLY        Date/Time Opened
    aggregate   RowCount                Record Count
    filter      1: Closed equals False
    ");
    let ran = shop.run(&["report", "run", id, "--format", "csv"]);
    let lines: Vec<&str> = ran.stdout.lines().take(3).collect();
    insta::assert_snapshot!(format!("{} {}\n{}", ran.status, ran.stderr, lines.join("\n")), @r#"
    0 Record Count: 19
    19 rows

    Case Owner,Priority,Case Number,Subject,Status,Date/Time Opened
    Support Queue,High,00000013,"""Out of memory"" during the nightly export",Working,2024-09-07T00:31:12Z
    Support Queue,Medium,00000007,Password reset mail never arrives,New,2022-08-31T22:52:08Z
    "#);
    let json = shop.run(&["report", "run", name, "--format", "json"]).stdout;
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["Case Owner"], "Support Queue");

    insta::assert_snapshot!(shop.refused(3, &["report", "run", "No such report"]), @r#"
    error: There is no report "No such report" that is to be seen here.
      report: Give an id or the exact name.
    "#);
    insta::assert_snapshot!(shop.refused(3, &["report", "list", "zzyzx"]), @r#"error: no report has "zzyzx" in its name or description"#);
    shop.refused(3, &["report", "run", "00O000000000001AAA"]);
}
