//! Validation rules and duplicate rules at work.

use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;
use serde_json::json;

use super::draft::Draft;
use super::{Context, NO_FIELDS};
use crate::engine::access::Use;
use crate::engine::rules::{DuplicateRule, Rules};
use crate::engine::schema::{Field, Object, Schema};
use crate::engine::storage::tables::quote;
use crate::engine::{ApiError, Caller, ErrorItem, query};

/// Checks a saved record; the caller undoes the save when it is refused.
pub(super) fn validate(cx: Context<'_>, object: &Object, row: i64) -> Result<(), ApiError> {
    let mut items = Vec::new();
    let rules = cx.rules.validation.iter();
    for rule in rules.filter(|rule| rule.object.eq_ignore_ascii_case(&object.name)) {
        let wrong =
            query::holds(cx.connection, cx.schema, cx.caller, object, row, &rule.condition)?;
        if wrong {
            let named = rule.field.iter().map(|name| {
                object.field(name).map_or_else(|| name.clone(), |field| field.name.clone())
            });
            items.push(ErrorItem::on_row(
                "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                rule.message.as_str(),
                named,
            ));
        }
    }
    if items.is_empty() {
        Ok(())
    } else {
        Err(ApiError { status: 400, items, choices: Vec::new(), created: false })
    }
}

/// Looks for a record that the saved one repeats. As on the platform this comes
/// after the validation rules.
pub(super) fn check_duplicates(
    cx: Context<'_>,
    draft: &Draft<'_>,
    own_row: i64,
) -> Result<(), ApiError> {
    let object = draft.object;
    let rules = cx.rules.duplicates.iter();
    for rule in rules.filter(|rule| rule.object.eq_ignore_ascii_case(&object.name)) {
        if rule.allow_save && cx.caller.allow_duplicates {
            continue;
        }
        let Some(values) = key(cx, draft, rule, own_row)? else { continue };
        let conditions: Vec<String> = values
            .iter()
            .enumerate()
            .map(|(at, (field, _))| format!("{} = ?{}", quote(&field.name), at + 2))
            .collect();
        let live = if object.has_recycle_bin() { " AND \"IsDeleted\" = 0" } else { "" };
        // A rule compares with the records that the user sees (its setting
        // "Enforce sharing rules", which is the platform's default).
        let seen = cx.seen.condition(object, "a0", Use::Scan);
        let seen = seen.map(|seen| format!(" AND {seen}")).unwrap_or_default();
        let sql = format!(
            "SELECT \"Id\" FROM {} AS a0 WHERE row <> ?1 AND {}{live}{seen} ORDER BY row LIMIT 5",
            quote(&object.name),
            conditions.join(" AND "),
        );
        let own = Sql::Integer(own_row);
        let bound = std::iter::once(&own).chain(values.iter().map(|(_, value)| value));
        let ids: Vec<String> = cx
            .connection
            .prepare_cached(&sql)?
            .query_map(params_from_iter(bound), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if !ids.is_empty() {
            return Err(ApiError::new(400, found(cx, object, rule, &ids)));
        }
    }
    Ok(())
}

/// The rule's fields as they are now; `None` if the write touches none of
/// them, or one is empty.
fn key<'a>(
    cx: Context<'_>,
    draft: &Draft<'a>,
    rule: &DuplicateRule,
    own_row: i64,
) -> Result<Option<Vec<(&'a Field, Sql)>>, ApiError> {
    let fields: Vec<&Field> =
        rule.fields.iter().filter_map(|name| draft.object.field(name)).collect();
    if fields.is_empty() || fields.iter().all(|field| draft.given(&field.name).is_none()) {
        return Ok(None);
    }
    let mut key = Vec::with_capacity(fields.len());
    for field in fields {
        let (column, table) = (quote(&field.name), quote(&draft.object.name));
        let sql = format!("SELECT {column} FROM {table} WHERE row = ?1");
        let value: Sql =
            cx.connection.prepare_cached(&sql)?.query_row([own_row], |row| row.get(0))?;
        if value == Sql::Null {
            return Ok(None);
        }
        key.push((field, value));
    }
    Ok(Some(key))
}

fn found(cx: Context<'_>, object: &Object, rule: &DuplicateRule, ids: &[String]) -> ErrorItem {
    let name = &object.name;
    let matches: Vec<_> = ids
        .iter()
        .map(|id| {
            let url = format!("/services/data/v{}/sobjects/{name}/{id}", cx.caller.version);
            json!({
                "additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
                "record": {"attributes": {"type": name, "url": url}, "Id": id},
            })
        })
        .collect();
    let result = json!({
        "allowSave": rule.allow_save, "duplicateRule": rule.name, "duplicateRuleEntityType": name,
        "errorMessage": rule.message,
        "matchResults": [{
            "entityType": name, "errors": [], "matchEngine": "ExactMatchEngine",
            "matchRecords": matches, "rule": rule.name, "size": ids.len(), "success": true,
        }],
    });
    ErrorItem {
        duplicates: Some(Box::new(result)),
        ..ErrorItem::on_row("DUPLICATES_DETECTED", "Use one of these records?", NO_FIELDS)
    }
}

/// Whether every rule fits the schema. The error says which one does not.
pub(crate) fn check(schema: &Schema, caller: &Caller, rules: &Rules) -> Result<(), String> {
    for rule in &rules.validation {
        let object = schema.object(&rule.object).ok_or_else(|| {
            format!("a validation rule is for {}, which is no object", rule.object)
        })?;
        query::check_condition(schema, caller, object, &rule.condition).map_err(|error| {
            let text = error.items.first().map_or("", |item| item.message.trim());
            format!(
                "the validation rule \"{}\" of {} is wrong: {text}",
                rule.condition, object.name
            )
        })?;
        if let Some(field) = &rule.field
            && object.field(field).is_none()
        {
            return Err(format!(
                "a validation rule names {}.{field}, which is no field",
                object.name
            ));
        }
    }
    for rule in &rules.duplicates {
        let object = schema.object(&rule.object).ok_or_else(|| {
            format!("the duplicate rule {} is for {}, which is no object", rule.name, rule.object)
        })?;
        let unknown =
            rule.fields.iter().find(|name| !object.field(name).is_some_and(Field::is_stored));
        if let Some(name) = unknown {
            return Err(format!(
                "the duplicate rule {} compares {name}, which {} does not store",
                rule.name, object.name
            ));
        }
        if rule.fields.is_empty() {
            return Err(format!("the duplicate rule {} compares no field", rule.name));
        }
    }
    Ok(())
}
