//! Random policies and random queries over data in which every value says where it stands: no value
//! comes that is denied, and what comes is what an unrestricted user gets.

use std::collections::HashMap;

use serde_json::{Value, json};
use sf_agent_tools::{Effect, Mask, ObjectRule, Org, Policy, Rules};
use sf_emulator::Emulator;
use sf_rest::Client;

use crate::support::client;

/// Objects with their tagged fields, and a field that row filters and hiding work on.
const OBJECTS: [(&str, &[&str], &str, [&str; 2]); 3] = [
    ("Account", &["Name", "Site", "AccountNumber", "Description"], "Rating", ["Hot", "Cold"]),
    (
        "Contact",
        &["LastName", "Title", "Description", "AssistantName"],
        "LeadSource",
        ["Web", "Other"],
    ),
    (
        "Case",
        &["Subject", "Description", "SuppliedName", "SuppliedCompany"],
        "Priority",
        ["High", "Low"],
    ),
];

/// Relationships: from, name, to.
const PARENTS: [(&str, &str, &str); 5] = [
    ("Contact", "Account", "Account"),
    ("Case", "Contact", "Contact"),
    ("Case", "Account", "Account"),
    ("Account", "Parent", "Account"),
    ("Contact", "ReportsTo", "Contact"),
];
const CHILDREN: [(&str, &str, &str); 3] = [
    ("Account", "Contacts", "Contact"),
    ("Contact", "Cases", "Case"),
    ("Account", "Cases", "Case"),
];

/// A generator that gives the same numbers each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// What a policy of the test says, in the test's own words.
#[derive(Clone, Default, Debug)]
struct Said {
    hidden: Vec<String>,
    masked: Vec<(String, Mask)>,
    /// Only rows with this value of the object's filter field.
    only: Option<&'static str>,
    /// No rule at all.
    absent: bool,
}

type Saying = HashMap<&'static str, Said>;

fn saying(dice: &mut Dice) -> Saying {
    let mut all = Saying::new();
    for (object, fields, _, values) in OBJECTS {
        let mut said = Said { absent: dice.one_in(8), ..Said::default() };
        for field in fields {
            match dice.below(6) {
                0 => said.hidden.push((*field).to_owned()),
                1 => said.masked.push(((*field).to_owned(), Mask::Token)),
                2 if dice.one_in(2) => said.masked.push(((*field).to_owned(), Mask::Hash)),
                _ => {}
            }
        }
        said.only = dice.one_in(2).then_some(values[0]);
        all.insert(object, said);
    }
    all
}

fn policy(saying: &Saying) -> Policy {
    let mut rules = Rules::new();
    for (object, _, filter, _) in OBJECTS {
        let said = &saying[object];
        if said.absent {
            continue;
        }
        let mut rule = ObjectRule::new([Effect::Read])
            .unwrap()
            .read(["*"])
            .unwrap()
            .hide(&said.hidden)
            .unwrap();
        for (field, mask) in &said.masked {
            rule = rule.mask(field, *mask).unwrap();
        }
        if let Some(value) = said.only {
            rule = rule.rows(&format!("{filter} = '{value}'")).unwrap();
        }
        rules = rules.object(object, rule).unwrap();
    }
    Policy::by_rules(rules)
}

/// A value that says where it stands: `§Contact.Title.3.Web§`.
fn tag(object: &str, field: &str, row: usize, value: &str) -> String {
    format!("§{object}.{field}.{row}.{value}§")
}

async fn fill(client: &Client) {
    let mut ids: HashMap<&str, Vec<String>> = HashMap::new();
    for (object, fields, filter, values) in OBJECTS {
        for row in 0..8 {
            let value = values[row % 2];
            let mut record = json!({ filter: value });
            for field in fields {
                record[*field] = json!(tag(object, field, row, value));
            }
            for (from, name, to) in PARENTS.iter().filter(|(from, ..)| *from == object) {
                let parents = ids.get(to).cloned().unwrap_or_default();
                if let Some(parent) = parents.get((row * 3 + 1) % parents.len().max(1)) {
                    let _ = from;
                    record[format!("{name}Id")] = json!(parent);
                }
            }
            let record = record.as_object().unwrap().clone();
            let saved = client.create_many(object, &[record], true).await.unwrap();
            let id = saved[0].id().unwrap_or_else(|| panic!("{saved:?}")).to_string();
            ids.entry(object).or_default().push(id);
        }
    }
}

/// A column of a random query: its text, and for a plain one the object of its field.
fn column(dice: &mut Dice, object: &'static str, depth: usize) -> String {
    let own = OBJECTS.iter().find(|(name, ..)| *name == object).unwrap().1;
    let parents: Vec<_> = PARENTS.iter().filter(|(from, ..)| *from == object).collect();
    if depth < 3 && !parents.is_empty() && dice.one_in(3) {
        let (_, name, to) = dice.of(&parents);
        return format!("{name}.{}", column(dice, to, depth + 1));
    }
    (*dice.of(own)).to_owned()
}

struct Asked {
    object: &'static str,
    columns: Vec<String>,
    text: String,
    /// The condition, if it can be repeated for the comparison.
    condition: Option<String>,
}

fn query(dice: &mut Dice) -> Asked {
    let (object, fields, ..) = *dice.of(&OBJECTS);
    let mut columns: Vec<String> =
        (0..1 + dice.below(3)).map(|_| column(dice, object, 0)).collect();
    columns.sort();
    columns.dedup();
    let mut list = columns.clone();
    let children: Vec<_> = CHILDREN.iter().filter(|(from, ..)| *from == object).collect();
    if !children.is_empty() && dice.one_in(4) {
        let (_, name, child) = dice.of(&children);
        list.push(format!("(SELECT {} FROM {name})", column(dice, child, 1)));
    }
    let depth = if dice.one_in(3) { 0 } else { 3 };
    let field = column(dice, object, depth);
    let mut condition = match dice.below(6) {
        0 => Some(format!("{field} LIKE '§%'")),
        1 => Some(format!("{field} != null")),
        2 => Some(format!("NOT ({field} = '{}')", tag(object, fields[0], 1, "x"))),
        3 => Some(format!("Id != null OR {field} > 'a'")),
        _ => None,
    };
    let mut repeatable = true;
    if object == "Account" && dice.one_in(5) {
        let inner = column(dice, "Contact", 3);
        condition = Some(format!("Id IN (SELECT AccountId FROM Contact WHERE {inner} LIKE '§%')"));
        repeatable = false;
    }
    let filter = condition.as_ref().map(|c| format!(" WHERE {c}")).unwrap_or_default();
    let text = match dice.below(8) {
        0 => format!("SELECT FIELDS(ALL) FROM {object}{filter} LIMIT 200"),
        1 => format!("SELECT {field}, COUNT(Id) FROM {object}{filter} GROUP BY {field}"),
        2 => format!("SELECT MAX({field}) FROM {object}{filter}"),
        3 => format!("SELECT {} FROM {object}{filter} ORDER BY {field}, Id", list.join(", ")),
        _ => format!("SELECT {} FROM {object}{filter} ORDER BY Id", list.join(", ")),
    };
    let plain = text.ends_with("ORDER BY Id") && repeatable && !text.contains("(SELECT");
    Asked { object, columns, condition: plain.then(|| condition.unwrap_or_default()), text }
}

/// Every tag in a text: object, field and the value of the filter field.
fn tags(text: &str) -> Vec<(String, String, String)> {
    let whole = text.split('§').skip(1).step_by(2);
    let parts = whole.filter_map(|tag| {
        let mut parts = tag.split('.');
        Some((parts.next()?.to_owned(), parts.next()?.to_owned(), parts.nth(1)?.to_owned()))
    });
    parts.collect()
}

#[tokio::test]
async fn nothing_denied_comes_and_the_rest_is_what_it_is() {
    let emulator = Emulator::builder().contacts(0).start().await.unwrap();
    let client = client(&emulator);
    fill(&client).await;
    let open = Org::new(client.clone(), Policy::read_only());
    let mut dice = Dice(0x5eed_1234_5678_9abc);
    let (mut permitted, mut compared, mut cells) = (0, 0, 0);
    for _ in 0..60 {
        let saying = saying(&mut dice);
        let org = Org::new(client.clone(), policy(&saying));
        for _ in 0..12 {
            let asked = query(&mut dice);
            let statement = org.parse(&asked.text).unwrap();
            let text = match org.query(&statement).await {
                Ok(page) => {
                    permitted += 1;
                    serde_json::to_string(&page.records).unwrap()
                }
                Err(error) => {
                    let text = error.to_model().to_string();
                    let own = tags(&asked.text);
                    assert!(
                        tags(&text).iter().all(|tag| own.contains(tag)),
                        "{}: {text}",
                        asked.text
                    );
                    continue;
                }
            };
            for (object, field, value) in tags(&text) {
                cells += 1;
                let said = &saying[object.as_str()];
                let denied = said.absent
                    || said.hidden.contains(&field)
                    || said.masked.iter().any(|(masked, _)| *masked == field)
                    || said.only.is_some_and(|only| only != value);
                assert!(
                    !denied,
                    "{} brings {object}.{field} of a row of {value}: {saying:#?}",
                    asked.text
                );
            }
            if let Some(condition) = &asked.condition {
                compared += compare(&open, &asked, condition, &saying, &text).await;
            }
        }
    }
    assert!(permitted > 150 && compared > 60 && cells > 1_000, "{permitted} {compared} {cells}");
}

/// The same rows as without a policy, but for what is masked or redacted.
async fn compare(open: &Org, asked: &Asked, condition: &str, saying: &Saying, text: &str) -> usize {
    let (_, _, filter, _) = OBJECTS.iter().find(|(name, ..)| *name == asked.object).unwrap();
    let mut conditions = Vec::new();
    if !condition.is_empty() {
        conditions.push(format!("({condition})"));
    }
    conditions.extend(saying[asked.object].only.map(|only| format!("{filter} = '{only}'")));
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    };
    let columns = asked.columns.join(", ");
    let same = format!("SELECT {columns} FROM {}{filter} ORDER BY Id", asked.object);
    let whole = open.query(&open.parse(&same).unwrap()).await.unwrap();
    let got: Vec<Value> = serde_json::from_str(text).unwrap();
    assert_eq!(got.len(), whole.records.len(), "{}", asked.text);
    for (got, whole) in got.iter().zip(&whole.records) {
        let whole = serde_json::to_value(whole).unwrap();
        for column in &asked.columns {
            let at =
                |row: &Value| column.split('.').fold(row.clone(), |row, name| row[name].clone());
            let (got, whole) = (at(got), at(&whole));
            let token =
                got.as_str().is_some_and(|text| text.starts_with('<') || text.starts_with('#'));
            assert!(
                got == whole || token || got == "[redacted]",
                "{}: {column}: {got} {whole}",
                asked.text
            );
        }
    }
    1
}
