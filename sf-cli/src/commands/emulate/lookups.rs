//! Where the lookups of sampled rows lead.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::source::{Object, Row, Source, text};

/// Sampled rows by object and id.
pub(super) type Sampled = BTreeMap<String, BTreeMap<String, Row>>;

/// Lookups that become the administrator when the twin starts: they need no row.
const BY: [&str; 3] = ["OwnerId", "CreatedById", "LastModifiedById"];

/// The parents that no row is there of yet, by object.
pub(super) fn missing(source: &Source, sampled: &Sampled) -> BTreeMap<String, Vec<String>> {
    let prefixes: HashMap<&str, &str> = source
        .list()
        .filter(|entry| !text(entry, "keyPrefix").is_empty())
        .map(|entry| (text(entry, "keyPrefix"), text(entry, "name")))
        .collect();
    let mut missing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (object, rows) in sampled {
        for (field, targets) in lookups(source, object) {
            for row in rows.values() {
                let Some(id) = row.get(&field).and_then(Value::as_str) else { continue };
                let Some(target) = target(&targets, &prefixes, id) else { continue };
                let known = sampled.get(target).is_some_and(|rows| rows.contains_key(id));
                if !known && source.queryable(target).is_some() {
                    missing.entry(target.to_owned()).or_default().insert(id.to_owned());
                }
            }
        }
    }
    missing.into_iter().map(|(object, ids)| (object, ids.into_iter().collect())).collect()
}

/// Empties lookups to rows that are not in the sample; answers how many.
pub(super) fn empty_the_rest(source: &Source, sampled: &mut Sampled) -> usize {
    let ids: BTreeSet<String> = sampled.values().flat_map(|rows| rows.keys().cloned()).collect();
    let mut emptied = 0;
    for (object, rows) in sampled.iter_mut() {
        for (field, _) in lookups(source, object) {
            if BY.contains(&field.as_str()) {
                continue;
            }
            for row in rows.values_mut() {
                let value = row.get_mut(&field);
                if let Some(value) =
                    value.filter(|value| value.as_str().is_some_and(|id| !ids.contains(id)))
                {
                    *value = Value::Null;
                    emptied += 1;
                }
            }
        }
    }
    emptied
}

/// The lookups of an object with what they point to.
fn lookups(source: &Source, object: &str) -> Vec<(String, Vec<String>)> {
    let fields = source.known(object).into_iter().flat_map(Object::fields);
    fields
        .filter(|field| text(field, "type") == "reference")
        .map(|field| {
            let targets = field.get("referenceTo").and_then(Value::as_array);
            let targets = targets.into_iter().flatten().filter_map(Value::as_str);
            (text(field, "name").to_owned(), targets.map(str::to_owned).collect())
        })
        .collect()
}

/// The object that an id is of: the lookup's only one, or the one with its prefix.
fn target<'t>(
    targets: &'t [String],
    prefixes: &HashMap<&str, &'t str>,
    id: &str,
) -> Option<&'t str> {
    match targets {
        [one] => Some(one),
        several => {
            let named = *prefixes.get(id.get(..3)?)?;
            several.iter().any(|target| target == named).then_some(named)
        }
    }
}
