//! `GROUP BY ROLLUP` and `CUBE`.

use super::{all, org, refused};

/// Rows without their attributes, one a line.
fn rows(soql: &str) -> String {
    let rows: Vec<String> = all(&org(50), soql)
        .iter()
        .map(|row| row.replace("{\"attributes\":{\"type\":\"AggregateResult\"},", "{"))
        .collect();
    rows.join("\n")
}

#[test]
fn rollup_sums_from_right_to_left() {
    insta::assert_snapshot!(rows(
        "SELECT IsClosed, IsWon, GROUPING(IsClosed) closed, GROUPING(IsWon) won, COUNT(Id) n FROM Opportunity GROUP BY ROLLUP(IsClosed, IsWon)",
    ), @r#"
    {"IsClosed":false,"IsWon":false,"closed":0,"won":0,"n":15}
    {"IsClosed":false,"IsWon":null,"closed":0,"won":1,"n":15}
    {"IsClosed":true,"IsWon":false,"closed":0,"won":0,"n":2}
    {"IsClosed":true,"IsWon":true,"closed":0,"won":0,"n":3}
    {"IsClosed":true,"IsWon":null,"closed":0,"won":1,"n":5}
    {"IsClosed":null,"IsWon":null,"closed":1,"won":1,"n":20}
    "#);
}

#[test]
fn cube_sums_every_combination() {
    insta::assert_snapshot!(rows(
        "SELECT IsClosed, IsWon, COUNT(Id) n FROM Opportunity GROUP BY CUBE(IsClosed, IsWon)",
    ), @r#"
    {"IsClosed":false,"IsWon":false,"n":15}
    {"IsClosed":false,"IsWon":null,"n":15}
    {"IsClosed":true,"IsWon":false,"n":2}
    {"IsClosed":true,"IsWon":true,"n":3}
    {"IsClosed":true,"IsWon":null,"n":5}
    {"IsClosed":null,"IsWon":false,"n":17}
    {"IsClosed":null,"IsWon":true,"n":3}
    {"IsClosed":null,"IsWon":null,"n":20}
    "#);
}

#[test]
fn subtotals_are_filtered_and_sorted_like_groups() {
    insta::assert_snapshot!(rows(
        "SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY ROLLUP(StageName) HAVING GROUPING(StageName) = 1 OR COUNT(Id) > 2 ORDER BY COUNT(Id) DESC, StageName LIMIT 4",
    ), @r#"
    {"StageName":null,"n":20}
    {"StageName":"Closed Won","n":3}
    "#);
    assert_eq!(
        rows("SELECT COUNT(Id) n FROM Opportunity WHERE Name = 'none' GROUP BY ROLLUP(StageName)"),
        ""
    );
}

#[test]
fn what_subtotals_do_not_take() {
    let org = org(20);
    for (soql, text) in [
        (
            "SELECT COUNT(Id) FROM Lead GROUP BY ROLLUP(Status, Rating, Industry, LeadSource)",
            "GROUP BY ROLLUP and CUBE take at most 3 fields",
        ),
        (
            "SELECT GROUPING(Status), COUNT(Id) FROM Lead GROUP BY Status",
            "GROUPING takes a field of GROUP BY ROLLUP or GROUP BY CUBE",
        ),
        (
            "SELECT GROUPING(Rating), COUNT(Id) FROM Lead GROUP BY ROLLUP(Status)",
            "GROUPING takes a field of GROUP BY ROLLUP or GROUP BY CUBE",
        ),
        ("SELECT GROUPING(Status) FROM Lead", "Field must be grouped or aggregated: GROUPING"),
    ] {
        let refusal = refused(&org, soql);
        assert!(refusal.ends_with(text), "{soql}: {refusal}");
    }
}
