//! `sf-agent schema sizes`: what the tiers of an object cost a model.

use anyhow::Result;
use serde_json::{Value, json};
use sf_schema::{
    CardOptions, Catalog, FieldGroup, Object, ObjectSummary, Picture, estimate_tokens, index_line,
};
use tiktoken_rs::o200k_base_singleton;

use super::table;
use crate::connect::connect;
use crate::out;

const OBJECTS: [&str; 6] = ["Account", "Contact", "Opportunity", "Case", "Lead", "Event"];

/// Fields of the object that stands for those with many.
const WIDE: usize = 250;

const TITLES: [&str; 9] = [
    "object",
    "fields",
    "describe",
    "line",
    "card",
    "card, used",
    "card in 500",
    "all fields in 2000",
    "a picklist",
];

pub(super) async fn run(objects: &[String], org: Option<&str>) -> Result<()> {
    let connection = connect(org).await?;
    let client = connection.raw("sf-agent schema sizes")?;
    let catalog = Catalog::new(client.clone());
    let stock: Vec<String> = OBJECTS.iter().map(|name| (*name).to_owned()).collect();
    let names = if objects.is_empty() { &stock } else { objects };
    let mut rows = vec![TITLES.map(str::to_owned).to_vec()];
    let mut cards = Vec::new();
    let mut wide = None;
    for name in names {
        let object = catalog.resolve(name).await?.object;
        let raw = client.describe(&object.name).await?;
        let usage = catalog.usage(&object.name).await?;
        if objects.is_empty() && wide.is_none() {
            wide = Some((widened(&raw), usage.clone()));
        }
        rows.push(row(&raw, &usage, &mut cards)?);
    }
    if let Some((raw, usage)) = wide {
        rows.push(row(&raw, &usage, &mut cards)?);
    }
    table::print(&rows, 1)?;
    out::line("\nbytes / tokens, counted in o200k")?;
    let above = cards
        .iter()
        .map(|(tokens, estimate)| (*estimate as f64 / (*tokens).max(1) as f64 - 1.0) * 100.0);
    let (low, high) = above.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    out::line(format!(
        "the estimate that budgets are kept by is {low:.0} to {high:.0} % above the tokens of the cards"
    ))?;
    Ok(())
}

/// The sizes of one object; the tokens of its cards, counted and estimated, go to `cards`.
fn row(
    raw: &Value,
    usage: &sf_schema::Usage,
    cards: &mut Vec<(usize, usize)>,
) -> Result<Vec<String>> {
    let object = Object::from_describe(raw)?;
    let picture = Picture::new(&object);
    let mut small = CardOptions::default();
    small.budget = 500;
    let longest = object.fields.iter().max_by_key(|field| field.picklist.len());
    let whole = [
        picture.card(CardOptions::default()).text,
        picture.usage(usage).card(CardOptions::default()).text,
        picture.card(small).text,
    ];
    cards.extend(whole.iter().map(|text| (tokens(text), estimate_tokens(text))));
    let mut texts = vec![raw.to_string(), index_line(&ObjectSummary::from(&object))];
    texts.extend(whole);
    texts.push(picture.group(FieldGroup::All, None, 2_000).text);
    texts.push(longest.map(|field| picture.field(field, 1_000).text).unwrap_or_default());
    let mut cells = vec![object.name.clone(), object.fields.len().to_string()];
    cells.extend(texts.iter().map(|text| format!("{} / {}", text.len(), tokens(text))));
    Ok(cells)
}

fn tokens(text: &str) -> usize {
    o200k_base_singleton().encode_ordinary(text).len()
}

/// A describe with its own fields repeated as custom ones until it has many.
fn widened(raw: &Value) -> Value {
    let mut raw = raw.clone();
    let name = raw["name"].as_str().unwrap_or_default().to_owned();
    raw["name"] = json!(format!("{name}_of_{WIDE}"));
    let own = raw["fields"].as_array().cloned().unwrap_or_default();
    let many = own.iter().cycle().enumerate().skip(own.len()).take(WIDE.saturating_sub(own.len()));
    let more: Vec<Value> = many
        .map(|(at, field)| {
            let mut field = field.clone();
            let text = |key: &str| field[key].as_str().unwrap_or_default().to_owned();
            let (name, label) = (text("name"), text("label"));
            let base = name.trim_end_matches("__c").to_owned();
            field["name"] = json!(format!("{base}_{at}__c"));
            field["label"] = json!(format!("{label} {at}"));
            field["custom"] = json!(true);
            if field["relationshipName"].is_string() {
                field["relationshipName"] = json!(format!("{base}_{at}__r"));
            }
            field
        })
        .collect();
    if let Some(fields) = raw["fields"].as_array_mut() {
        fields.extend(more);
    }
    raw
}
