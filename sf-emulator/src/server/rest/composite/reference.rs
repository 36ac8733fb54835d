//! References between subrequests: `@{refAccount.id}`, `@{list[0].Id}`.

use std::collections::HashMap;

use serde_json::Value;

use crate::engine::ApiError;

/// From this version on a wrong reference refuses the whole request, and a
/// reference may stand for null (REST API Developer Guide, Composite).
const STRICT: u32 = 52;

/// Results that references may name.
#[derive(Default)]
pub(crate) struct Results {
    /// `None`: the subrequest failed, or two have this id.
    by_id: HashMap<String, Option<Value>>,
    strict: bool,
}

/// Whether wrong references refuse the whole request.
pub(crate) fn is_strict(version: &str) -> bool {
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_none_or(|major| major >= STRICT)
}

impl Results {
    pub(crate) fn new(strict: bool) -> Self {
        Self { by_id: HashMap::new(), strict }
    }

    /// Notes what a subrequest answered; `None` if it failed.
    pub(crate) fn add(&mut self, id: &str, body: Option<Value>) {
        let known = self.by_id.insert(id.to_owned(), body);
        if known.is_some() {
            self.by_id.insert(id.to_owned(), None);
        }
    }

    /// The text with every reference replaced by the text of what it names.
    pub(crate) fn resolve_text(&self, text: &str) -> Result<String, ApiError> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, reference, after)) = next(rest) {
            out.push_str(before);
            match self.value(reference)? {
                Value::String(text) => out.push_str(text),
                Value::Null => return Err(no_value(reference)),
                other => out.push_str(&other.to_string()),
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// A string that is one reference becomes the value itself.
    pub(crate) fn resolve(&self, value: &Value) -> Result<Value, ApiError> {
        Ok(match value {
            Value::String(text) => match next(text) {
                Some(("", reference, "")) => self.value(reference)?.clone(),
                Some(_) => Value::String(self.resolve_text(text)?),
                None => value.clone(),
            },
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.resolve(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(map) => Value::Object(
                map.iter()
                    .map(|(key, value)| Ok((key.clone(), self.resolve(value)?)))
                    .collect::<Result<_, ApiError>>()?,
            ),
            _ => value.clone(),
        })
    }

    fn value(&self, reference: &str) -> Result<&Value, ApiError> {
        let body = self.by_id.get(name(reference)).and_then(Option::as_ref);
        let found = body.and_then(|body| walk(body, &reference[name(reference).len()..]));
        match found {
            Some(Value::Null) if !self.strict => Err(no_value(reference)),
            Some(value) => Ok(value),
            None => Err(no_value(reference)),
        }
    }
}

/// The ids that the references of a value name.
pub(crate) fn names(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some((_, reference, after)) = next(rest) {
                found.push(name(reference).to_owned());
                rest = after;
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        Value::Object(map) => map.values().for_each(|value| names(value, found)),
        _ => {}
    }
}

/// Letters, digits and underscores, the first no underscore.
pub(crate) fn is_valid_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// 400 `PROCESSING_HALTED` of a subrequest whose reference leads nowhere.
fn no_value(reference: &str) -> ApiError {
    let message = format!(
        "Invalid reference specified. No value for {reference} found in {}",
        name(reference)
    );
    ApiError::bad_request("PROCESSING_HALTED", message)
}

/// The text before the first reference, what is inside its braces, the rest.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("@{")?;
    let (reference, after) = rest.split_once('}')?;
    Some((before, reference, after))
}

fn name(reference: &str) -> &str {
    let end = reference.find(['.', '[']).unwrap_or(reference.len());
    &reference[..end]
}

/// Follows `.records[0].Id`; case-sensitive.
fn walk<'v>(mut value: &'v Value, mut path: &str) -> Option<&'v Value> {
    while !path.is_empty() {
        if let Some(rest) = path.strip_prefix('[') {
            let (index, rest) = rest.split_once(']')?;
            value = value.get(index.trim().parse::<usize>().ok()?)?;
            path = rest;
        } else {
            let rest = path.strip_prefix('.')?;
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            value = value.get(&rest[..end])?;
            path = &rest[end..];
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn results() -> Results {
        let mut results = Results::new(true);
        results.add("one", Some(json!({ "id": "001", "records": [{ "n": 7, "none": null }] })));
        results.add("list", Some(json!([{ "id": "002" }])));
        results.add("failed", None);
        results
    }

    #[test]
    fn references_become_values_and_text() {
        let body = json!({ "a": "@{one.id}", "b": ["x-@{list[0].id}-@{one.records[0].n}"],
            "c": "@{one.records[0].n}", "d": "@{one.records[0].none}", "e": "@ {one.id}" });
        assert_eq!(
            results().resolve(&body).unwrap(),
            json!({ "a": "001", "b": ["x-002-7"], "c": 7, "d": null, "e": "@ {one.id}" })
        );
    }

    #[test]
    fn references_that_lead_nowhere_are_named() {
        for wrong in
            ["@{one.Id}", "@{One.id}", "@{list[1].id}", "@{failed.id}", "@{list[x]}", "@{}"]
        {
            let error = results().resolve_text(wrong).unwrap_err();
            assert_eq!(error.items[0].code, "PROCESSING_HALTED", "{wrong}");
        }
        let text = results().resolve_text("/x/@{one.records[9].Id}/y").unwrap_err();
        insta::assert_snapshot!(
            text.items[0].message,
            @"Invalid reference specified. No value for one.records[9].Id found in one"
        );
    }
}
