//! Conditions and values as they are typed.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::exit::usage;

const WORDS: [&str; 7] =
    ["contains", "starts_with", "ends_with", "in", "not_in", "includes", "excludes"];

/// The longer ones first, so that `<=` is not read as `<` and a value with an equals sign.
const SIGNS: [&str; 6] = ["!=", "<=", ">=", "=", "<", ">"];

/// A condition as the tools take it: `{"field", "op", "value"}`.
pub(super) fn condition(text: &str) -> Result<Value> {
    let mut words = text.trim().splitn(3, char::is_whitespace);
    if let (Some(field), Some(op), Some(value)) = (words.next(), words.next(), words.next())
        && WORDS.contains(&op.to_lowercase().as_str())
    {
        let (op, value) = (op.to_lowercase(), value.trim());
        let value = match op.as_str() {
            "in" | "not_in" | "includes" | "excludes" => {
                value.split(',').map(|one| Value::from(one.trim())).collect()
            }
            _ => Value::from(value),
        };
        return Ok(json!({ "field": field, "op": op, "value": value }));
    }
    let sign = |(at, _)| SIGNS.iter().find(|sign| text[at..].starts_with(**sign)).map(|s| (at, *s));
    let Some((at, sign)) = text.char_indices().find_map(sign).filter(|(at, _)| *at > 0) else {
        return Err(usage(format!(
            "{text:?} is no condition; write FIELD=VALUE, also with {}, or FIELD OPERATOR VALUE with one of {}",
            SIGNS[..3].iter().chain(&SIGNS[4..]).copied().collect::<Vec<_>>().join(" "),
            WORDS.join(", ")
        )));
    };
    let value = match text[at + sign.len()..].trim() {
        "null" => Value::Null,
        value => Value::from(value),
    };
    Ok(json!({ "field": text[..at].trim(), "op": sign, "value": value }))
}

/// `FIELD=VALUE`, of which the value may hold anything.
pub(super) fn pair(text: &str) -> Result<(&str, &str)> {
    let (field, value) = text.split_once('=').map(|(f, v)| (f.trim(), v)).unwrap_or_default();
    if field.is_empty() {
        return Err(usage(format!("{text:?} is no value of a field; write FIELD=VALUE")));
    }
    Ok((field, value))
}

/// A record of pairs. `FIELD=` empties a field; `PARENT.FIELD=VALUE` names a parent by an external id.
pub(super) fn record(pairs: &[String]) -> Result<Map<String, Value>> {
    let mut record = Map::new();
    for text in pairs {
        let (field, value) = pair(text)?;
        let value = if value.is_empty() { Value::Null } else { Value::from(value) };
        let (name, value) = match field.split_once('.') {
            Some((parent, key)) => (parent, json!({ key: value })),
            None => (field, value),
        };
        if record.insert(name.to_owned(), value).is_some() {
            return Err(usage(format!("{name} is given twice")));
        }
    }
    Ok(record)
}

/// The records of a file: an object, or a list of objects.
pub(super) fn records(text: &str) -> Result<Vec<Value>> {
    let value: Value = serde_json::from_str(text)
        .context("the records are not JSON; give an object such as {\"LastName\": \"Ito\"}, or a list of them")?;
    let records = match value {
        Value::Array(records) => records,
        one => vec![one],
    };
    if let Some(at) = records.iter().position(|record| !record.is_object()) {
        return Err(usage(format!("record {} is no JSON object of fields", at + 1)));
    }
    match records.len() {
        0 => Err(usage("there are no records")),
        1..=200 => Ok(records),
        n => Err(usage(format!(
            "{n} records are more than the 200 of one call; `sf-agent bulk load` takes any number"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        let read = |text: &str| condition(text).map_or_else(|e| e.to_string(), |c| c.to_string());
        insta::assert_snapshot!(read("Email=ada@example.com"), @r#"{"field":"Email","op":"=","value":"ada@example.com"}"#);
        insta::assert_snapshot!(read("Amount >= 10"), @r#"{"field":"Amount","op":">=","value":"10"}"#);
        insta::assert_snapshot!(read("Name=a=b<c"), @r#"{"field":"Name","op":"=","value":"a=b<c"}"#);
        insta::assert_snapshot!(read("A!=null"), @r#"{"field":"A","op":"!=","value":null}"#);
        insta::assert_snapshot!(read("Name contains a = b"), @r#"{"field":"Name","op":"contains","value":"a = b"}"#);
        insta::assert_snapshot!(read("Stage IN Open, Closed Won"), @r#"{"field":"Stage","op":"in","value":["Open","Closed Won"]}"#);
        insta::assert_snapshot!(read("Żółw<1"), @r#"{"field":"Żółw","op":"<","value":"1"}"#);
        insta::assert_snapshot!(read("=x"), @r#""=x" is no condition; write FIELD=VALUE, also with != <= >= < >, or FIELD OPERATOR VALUE with one of contains, starts_with, ends_with, in, not_in, includes, excludes"#);
        insta::assert_snapshot!(read(""), @r#""" is no condition; write FIELD=VALUE, also with != <= >= < >, or FIELD OPERATOR VALUE with one of contains, starts_with, ends_with, in, not_in, includes, excludes"#);
    }

    #[test]
    fn values() {
        let read = |pairs: &[&str]| {
            let pairs: Vec<String> = pairs.iter().map(|p| (*p).to_owned()).collect();
            record(&pairs).map_or_else(|e| e.to_string(), |r| Value::Object(r).to_string())
        };
        insta::assert_snapshot!(read(&["A=1", "B=", "C= x=y", "D.E=f"]), @r#"{"A":"1","B":null,"C":" x=y","D":{"E":"f"}}"#);
        insta::assert_snapshot!(read(&["A=1", "A=2"]), @"A is given twice");
        insta::assert_snapshot!(read(&["A"]), @r#""A" is no value of a field; write FIELD=VALUE"#);
        insta::assert_snapshot!(read(&["=1"]), @r#""=1" is no value of a field; write FIELD=VALUE"#);
    }

    #[test]
    fn files() {
        let read =
            |text: &str| records(text).map_or_else(|e| e.to_string(), |r| r.len().to_string());
        assert_eq!(read("{}"), "1");
        assert_eq!(read("[{}, {}]"), "2");
        insta::assert_snapshot!(read("[1]"), @"record 1 is no JSON object of fields");
        insta::assert_snapshot!(read("[]"), @"there are no records");
        let many = format!("[{}]", vec!["{}"; 201].join(","));
        insta::assert_snapshot!(read(&many), @"201 records are more than the 200 of one call; `sf-agent bulk load` takes any number");
    }
}
