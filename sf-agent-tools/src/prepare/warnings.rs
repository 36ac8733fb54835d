//! What somebody should know before a write is sent.

use jiff::Timestamp;
use sf_rest::Record;
use sf_schema::{Field, FieldType, Object};
use sf_soql::build::{Filter, any, field};

use super::change::{Action, Change, value};
use super::present::{Present, encoded, not_built};
use super::same::same;
use crate::tools::count;
use crate::{Org, ToolError};

/// Child relationships that are counted for a deletion.
const COUNTED: usize = 8;

/// Bytes that the values take that are looked up to find duplicates, of all fields together.
const LOOKED_UP: usize = 9_000;

/// Duplicates that are named.
const NAMED: usize = 10;

pub(super) async fn find(
    org: &Org,
    object: &Object,
    change: &Change,
    present: &Present,
    since: Option<Timestamp>,
) -> Result<Vec<String>, ToolError> {
    let mut warnings = Vec::new();
    warnings.extend(since.and_then(|since| changed(change, present, since)));
    match change.action {
        Action::Delete => warnings.extend(children(org, object, change).await?),
        Action::Create | Action::Upsert => {
            warnings.extend(duplicates(org, object, change, present).await?);
        }
        Action::Update => {}
    }
    warnings.extend(owners(object, change, present));
    warnings.extend(unchanged(object, change, present));
    Ok(warnings)
}

/// Records that were changed since the agent read them.
fn changed(change: &Change, present: &Present, since: Timestamp) -> Option<String> {
    let changed: Vec<String> = (0..change.rows.len())
        .filter_map(|row| present.of(change, row))
        .filter(|found| found.changed.is_some_and(|at| at > since))
        .map(|found| found.id.to_string())
        .collect();
    (!changed.is_empty()).then(|| {
        format!(
            "Changed since unless_changed_since: {}. The values under before are those of now.",
            listed(&changed)
        )
    })
}

/// Records that an update leaves as they are.
fn unchanged(object: &Object, change: &Change, present: &Present) -> Option<String> {
    if change.action != Action::Update {
        return None;
    }
    let is_same = |row: usize| {
        let Some(found) = present.of(change, row) else { return false };
        change.rows[row].values.iter().all(|(name, after)| {
            let Some(field) = object.field(name) else { return false };
            found.values.get(&field.name).is_some_and(|before| same(field, after, before))
        })
    };
    let unchanged = (0..change.rows.len()).filter(|row| is_same(*row)).count();
    (unchanged > 0).then(|| {
        format!(
            "{} of {} already {} these values.",
            count(unchanged, "record"),
            object.name,
            if unchanged == 1 { "has" } else { "have" }
        )
    })
}

/// Records that get another owner.
fn owners(object: &Object, change: &Change, present: &Present) -> Option<String> {
    let owner = object.field("OwnerId")?;
    let moves = |row: usize| {
        let Some(after) = value(&change.rows[row].values, "OwnerId") else { return false };
        let before = present.of(change, row).and_then(|found| found.values.get("OwnerId"));
        before.is_some_and(|before| !same(owner, after, before))
    };
    let moved = (0..change.rows.len()).filter(|row| moves(*row)).count();
    (moved > 0).then(|| {
        format!(
            "{} of {} get another owner: who can see them may change with it.",
            count(moved, "record"),
            object.name
        )
    })
}

/// Records that look like those that are to be created.
async fn duplicates(
    org: &Org,
    object: &Object,
    change: &Change,
    present: &Present,
) -> Result<Option<String>, ToolError> {
    let new: Vec<usize> =
        (0..change.rows.len()).filter(|row| present.of(change, *row).is_none()).collect();
    let upsert_key = change.key.as_deref().unwrap_or_default();
    let telling = |f: &&Field| {
        f.filterable
            && !f.name.eq_ignore_ascii_case(upsert_key)
            && org.hidden(&object.name, f).is_none()
            && (f.external_id || f.ty == FieldType::Email || (f.name_field && f.ty.is_text()))
    };
    let (mut filters, mut left) = (Vec::new(), LOOKED_UP);
    let mut fields: Vec<&Field> = Vec::new();
    for field_ in object.fields.iter().filter(telling) {
        // The name of a person is put together from parts.
        let values: Vec<String> = new
            .iter()
            .filter_map(|row| given(object, field_, &change.rows[*row].values))
            .filter(|text| text.len() <= 255 && !text.starts_with("sfa-"))
            .take_while(|text| {
                let cost = encoded(text);
                let fits = cost <= left;
                left = left.saturating_sub(cost);
                fits
            })
            .collect();
        if values.is_empty() {
            continue;
        }
        fields.push(field_);
        filters.push(field(&field_.name).one_of(values));
    }
    if filters.is_empty() {
        return Ok(None);
    }
    let mut names: Vec<&str> = vec!["Id"];
    names.extend(fields.iter().map(|f| f.name.as_str()));
    let found = org.rows(&object.name, &names, any(filters), Some(NAMED as u64 + 1)).await?;
    if found.is_empty() {
        let text = "Not all of the new records were looked up for duplicates.";
        return Ok((left == 0).then(|| text.to_owned()));
    }
    let many = if found.len() > NAMED { "more than " } else { "" };
    let shown = found.len().min(NAMED);
    let named: Vec<String> =
        found.iter().take(NAMED).map(|record| named(record, &fields)).collect();
    let first = if left == 0 { " (not all of the new records were looked up)" } else { "" };
    Ok(Some(format!(
        "Possible duplicates{first}: {many}{} of {} with the same {}: {}.",
        count(shown, "record"),
        object.name,
        fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(" or "),
        named.join("; ")
    )))
}

/// The text that a new record will have in a field.
fn given(object: &Object, field: &Field, values: &crate::Values) -> Option<String> {
    let text = |name: &str| {
        let text = value(values, name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    if let Some(given) = text(&field.name) {
        return Some(given);
    }
    if !field.name_field || object.field("LastName").is_none() {
        return None;
    }
    let last = text("LastName")?;
    Some(text("FirstName").map_or(last.clone(), |first| format!("{first} {last}")))
}

fn named(record: &Record, fields: &[&Field]) -> String {
    let text = |name: &str| record.get(name).and_then(|v| v.as_str().map(str::to_owned));
    let values: Vec<String> = fields.iter().filter_map(|field| text(&field.name)).collect();
    let id = text("Id").unwrap_or_default();
    crate::text::shorten(&format!("{id} ({})", values.join(", ")), 120)
}

/// What a deletion takes with it, and what forbids it.
async fn children(org: &Org, object: &Object, change: &Change) -> Result<Vec<String>, ToolError> {
    let ids = change.ids();
    let mut warnings = Vec::new();
    let (mut counted, mut uncounted) = (0, Vec::new());
    let ties = object.children.iter().filter(|c| c.cascade_delete || c.restricted_delete);
    for child in ties.filter(|c| !c.deprecated) {
        let Some(known) = countable(org, &child.object, &child.field).await else { continue };
        if counted == COUNTED {
            uncounted.push(known);
            continue;
        }
        counted += 1;
        let filter = field(&child.field).one_of(ids.iter().map(ToString::to_string));
        let rows = org.count_rows(&known, filter).await?;
        if rows == 0 {
            continue;
        }
        warnings.push(if child.cascade_delete {
            format!("Deleted with them: {} of {known}.", count_of(rows))
        } else {
            format!(
                "In the way: {} of {known}, whose {} points at them, forbid the deletion.",
                count_of(rows),
                child.field
            )
        });
    }
    if !uncounted.is_empty() {
        warnings.push(format!(
            "Not counted, and deleted with them or in their way: {}.",
            listed(&uncounted)
        ));
    }
    warnings.push(format!(
        "Deleted records of {} lie in the recycle bin for 15 days; only a person can take them back \
         from there.",
        object.name
    ));
    Ok(warnings)
}

/// The object of a child relationship, if its records can be counted by this user.
async fn countable(org: &Org, object: &str, by: &str) -> Option<String> {
    let described = org.object(object).await.ok()?;
    let by = described.field(by)?;
    (described.queryable && by.filterable).then(|| described.name.clone())
}

impl Org {
    /// How many rows of an object a filter lets through.
    pub(crate) async fn count_rows(&self, object: &str, filter: Filter) -> Result<u64, ToolError> {
        let mut query = self.parse(&format!("SELECT COUNT() FROM {object}"))?;
        let filtered = sf_soql::build::select(["Id"]).from(object).filter(filter).build();
        query.filter = filtered.map_err(|error| not_built(&error))?.filter;
        Ok(self.query(&query).await?.total_size)
    }
}

fn count_of(rows: u64) -> String {
    if rows == 1 { "1 record".to_owned() } else { format!("{rows} records") }
}

fn listed(items: &[String]) -> String {
    const LISTED: usize = 20;
    let more = items.len().saturating_sub(LISTED);
    let shown = items.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_looked_up_by_the_whole_name() {
        let raw = serde_json::json!({ "name": "Contact", "fields": [
            { "name": "Name", "type": "string", "nameField": true },
            { "name": "FirstName", "type": "string" },
            { "name": "LastName", "type": "string" },
        ]});
        let contact = Object::from_describe(&raw).unwrap();
        let name = contact.field("Name").unwrap();
        let values =
            |value: serde_json::Value| -> crate::Values { serde_json::from_value(value).unwrap() };
        let both = values(serde_json::json!({ "FirstName": " Aiko ", "LastName": "Ito" }));
        assert_eq!(given(&contact, name, &both).as_deref(), Some("Aiko Ito"));
        let last = values(serde_json::json!({ "LastName": "Ito" }));
        assert_eq!(given(&contact, name, &last).as_deref(), Some("Ito"));
        assert_eq!(given(&contact, name, &values(serde_json::json!({}))), None);
    }
}
