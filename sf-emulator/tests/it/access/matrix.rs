//! Every user, every object, every way: what comes of it is in one table
//! (`matrix.txt`), and no way may show what another one hides.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::world::{USERS, World};
use super::{fields, objects, rows, writes};

/// The table as it must be.
const EXPECTED: &str = include_str!("matrix.txt");

/// Lines of a table: object, what was done, and a cell for each user.
#[derive(Default)]
struct Table(Vec<(String, Vec<String>)>);

impl Table {
    fn section(&mut self, title: &str) {
        self.0.push((title.to_owned(), Vec::new()));
    }

    fn line(&mut self, name: String, cells: Vec<String>) {
        if cells.iter().any(|cell| !cell.is_empty()) {
            self.0.push((name, cells));
        }
    }

    fn shown(&self) -> String {
        let mut text = String::new();
        for (name, cells) in &self.0 {
            if cells.is_empty() {
                let _ = writeln!(text, "\n# {name}");
                continue;
            }
            let mut line = format!("{name:<42}");
            for cell in cells {
                let _ = write!(line, " | {cell:<15}");
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

/// The table is long: a difference is shown by its lines.
fn assert_table(table: &Table) {
    let found = table.shown().trim().to_owned();
    if found == EXPECTED.trim() {
        return;
    }
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("matrix.txt");
    std::fs::write(&path, &found).unwrap();
    let expected: Vec<&str> = EXPECTED.trim().lines().collect();
    let changed: Vec<&str> = found.lines().filter(|line| !expected.contains(line)).collect();
    assert!(
        changed.is_empty() && found.lines().count() == expected.len(),
        "these lines are not in the table, or others are gone; all of it is in {}\n{}",
        path.display(),
        changed.join("\n")
    );
}

/// The code without its status, so that a column stays narrow.
fn short(cell: &str) -> String {
    cell.replace("INSUFFICIENT_ACCESS_OR_READONLY", "READONLY")
        .replace("INVALID_FIELD_FOR_INSERT_UPDATE", "FIELD_READONLY")
        .replace("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "CROSS_REFERENCE")
        .replace("400 INVALID_TYPE", "INVALID_TYPE")
        .replace("404 NOT_FOUND", "NOT_FOUND")
}

#[tokio::test]
async fn what_each_user_gets_is_in_the_table() {
    let world = World::new().await;
    let mut table = Table::default();
    let header = USERS.iter().map(|(label, _)| (*label).to_owned()).collect();
    table.line("object, way".to_owned(), header);
    let mut leaks = Vec::new();
    for target in &world.targets {
        table.section(&format!(
            "{}: rows o = Sam's, x = Riley's, s = shared with Sam",
            target.object
        ));
        let mut shown: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
        for (name, way) in objects::Way::ALL {
            let mut cells = Vec::new();
            for (user, client) in &world.users {
                let found = objects::look(client, target, way).await;
                shown.entry(user).or_default().extend(found.clone().map(|found| (name, found)));
                cells.push(found.unwrap_or_default());
            }
            table.line(format!("{} {name}", target.object), cells);
        }
        leaks.extend(
            shown.iter().filter_map(|(user, found)| disagreeing(user, target.object, found)),
        );

        let mut seen: BTreeMap<&str, Vec<(&str, rows::Found)>> = BTreeMap::new();
        for (name, way) in rows::Way::ALL {
            let mut cells = Vec::new();
            for (user, client) in &world.users {
                let found = rows::find(&world, client, target, way).await;
                cells.push(found.as_ref().map(|found| short(&found.shown())).unwrap_or_default());
                seen.entry(user).or_default().extend(found.map(|found| (name, found)));
            }
            table.line(format!("{} row by {name}", target.object), cells);
        }
        for (user, found) in &seen {
            leaks.extend(differing_rows(target.object, user, found));
        }

        let mut told: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
        for (name, way) in fields::Way::ALL {
            let mut cells = Vec::new();
            for (user, client) in &world.users {
                let found = fields::look(&world, client, target, way).await;
                told.entry(user).or_default().extend(found.clone().map(|found| (name, found)));
                cells.push(found.map(|found| short(&found)).unwrap_or_default());
            }
            table.line(format!("{}.{} {name}", target.object, target.field), cells);
        }
        let field = format!("{}.{}", target.object, target.field);
        leaks.extend(told.iter().filter_map(|(user, found)| disagreeing(user, &field, found)));

        for (what_name, what) in writes::What::ALL {
            for (name, way) in writes::Way::ALL {
                let mut cells = Vec::new();
                for (user, client) in &world.users {
                    let answer = writes::write(&world, client, target, way, what).await;
                    let reads = &seen[user].iter().find(|(way, _)| *way == "query").unwrap().1;
                    if let (writes::What::Update(row), "ok", rows::Found::Rows(rows)) =
                        (what, answer.as_str(), reads)
                        && !rows.contains(&row)
                    {
                        leaks
                            .push(format!("{user} changes a {} that a query hides", target.object));
                    }
                    cells.push(short(&answer));
                }
                table.line(format!("{} {what_name} by {name}", target.object), cells);
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    assert_table(&table);
}

/// Ways that show an object or a field which others do not.
fn disagreeing(user: &str, what: &str, found: &[(&str, String)]) -> Option<String> {
    let (seen, others): (Vec<_>, Vec<_>) = found.iter().partition(|(_, cell)| cell == "seen");
    let names = |ways: Vec<&(&str, String)>| -> Vec<String> {
        ways.iter().map(|(name, _)| (*name).to_owned()).collect()
    };
    (!seen.is_empty() && !others.is_empty())
        .then(|| format!("{user} sees {what} by {:?}, not by {:?}", names(seen), names(others)))
}

/// Ways that show other rows than the query does. A way over other records shows
/// no more than those let it.
fn differing_rows(object: &str, user: &str, found: &[(&str, rows::Found)]) -> Vec<String> {
    let Some((_, reference)) = found.first() else { return Vec::new() };
    let over_another =
        ["subquery", "relationship path", "filter on a path", "semi-join", "related records"];
    found
        .iter()
        .filter(|(way, one)| match (one, reference) {
            (rows::Found::Rows(rows), rows::Found::Rows(reference)) => {
                !rows.is_subset(reference)
                    || (rows.len() < reference.len() && !over_another.contains(way))
            }
            _ if over_another.contains(way) => one.len() > reference.len(),
            _ => one.len() != reference.len(),
        })
        .map(|(way, one)| {
            format!(
                "{user} gets {} of {object} by {way}, {} by query",
                one.shown(),
                reference.shown()
            )
        })
        .collect()
}
