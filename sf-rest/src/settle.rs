//! Writes that a unique field can settle after their answer was lost.

use std::collections::HashMap;

use futures_util::TryStreamExt;

use crate::ops::describe::Describe;
use crate::ops::query::Query;
use crate::row::Record;
use crate::send::{self, Progress};
use crate::{CallOptions, Client, Error, ErrorCode, Id, Key, Operation, Safety, fields};

/// Longest condition of a look-up, in bytes before they are percent-encoded (at worst three for
/// one): the platform takes addresses of 16,384 characters.
const MAX_VALUES: usize = 4_500;

/// Sends an operation. If its answer is lost and it has a key, the key settles what happened.
pub(crate) async fn send<O: Operation>(client: &Client, operation: &O) -> Result<O::Output, Error> {
    let request = operation.request()?;
    let mut progress = Progress::new(client);
    let Some(key) = operation.key() else {
        return client.attempt(operation, &request, operation.safety(), &mut progress).await;
    };
    // Whether it may be sent twice depends on the field, which is looked at when it matters.
    let mut lost = match client.attempt(operation, &request, Safety::Write, &mut progress).await {
        Err(error @ Error::OutcomeUnknown { .. }) => error,
        settled => return settled,
    };
    progress.resent = true;
    let named = send::operation(&request);
    let (object, field) = key.field();
    let unique = match unique_field(client, object, field).await {
        Ok(unique) => unique,
        Err(doubt) => return Err(doubt.into_error(named, object, field, lost)),
    };
    let Key::LookUp { value, found, .. } = key else {
        if let Some(delay) = progress.schedule.next(None) {
            tokio::time::sleep(delay).await;
            return client.attempt(operation, &request, operation.safety(), &mut progress).await;
        }
        return Err(send::outcome_unknown(named, operation.safety(), cause(lost)));
    };
    loop {
        match look_up(client, object, field, &[value]).await {
            Ok(ids) => {
                let is_it = |(of, _): &(String, Id)| unique.normal(of) == unique.normal(value);
                if let Some((_, id)) = ids.into_iter().find(is_it) {
                    return Ok(found(id));
                }
            }
            Err(error) => return Err(check_key(named, object, field, error)),
        }
        let Some(delay) = progress.schedule.next(None) else { break };
        tokio::time::sleep(delay).await;
        lost = match client.attempt(operation, &request, Safety::Write, &mut progress).await {
            Ok(output) => return Ok(output),
            Err(error) => error,
        };
        // Lost again, or the first attempt has taken the value: the record tells.
        let tells = |error: &Error| match error {
            Error::OutcomeUnknown { source, .. } => {
                source.has_code(&ErrorCode::DUPLICATE_VALUE) || source.may_have_been_executed()
            }
            _ => false,
        };
        if !tells(&lost) {
            break;
        }
    }
    Err(check_key(named, object, field, cause(lost)))
}

/// What happened to the answer.
fn cause(error: Error) -> Error {
    match error {
        Error::OutcomeUnknown { source, .. } => *source,
        error => error,
    }
}

fn check_key(operation: String, object: &str, field: &str, source: Error) -> Error {
    let check = format!(
        "Query {object} for the record whose {field} has the value of this create: if there is none, it can be \
         called again"
    );
    send::unknown(operation, check, source)
}

/// Why a field does not settle anything.
pub(crate) enum Doubt {
    /// Several records can have the same value.
    NotUnique,
    /// It could not be found out.
    Failed(Error),
}

impl Doubt {
    fn into_error(self, operation: String, object: &str, field: &str, lost: Error) -> Error {
        let (why, source) = match self {
            Self::NotUnique => ("does not have the attribute \"unique\"", cause(lost)),
            Self::Failed(error) => ("could not be looked at", error),
        };
        let check = format!(
            "It was not sent again, since {object}.{field} {why} and two attempts could leave two records. Query \
             for the record by {field} before writing again"
        );
        send::unknown(operation, check, source)
    }

    /// What is known of the failure.
    pub(crate) fn into_cause(self) -> Option<Error> {
        match self {
            Self::NotUnique => None,
            Self::Failed(error) => Some(error),
        }
    }
}

/// How values of a unique field are compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UniqueField {
    case_sensitive: bool,
}

impl UniqueField {
    /// The form in which equal values are the same text. The platform trims texts that it saves.
    pub(crate) fn normal(self, value: &str) -> String {
        let value = value.trim();
        if self.case_sensitive { value.to_owned() } else { value.to_lowercase() }
    }
}

/// The field, if the org describes it as unique.
pub(crate) async fn unique_field(
    client: &Client,
    object: &str,
    field: &str,
) -> Result<UniqueField, Doubt> {
    let describe = Describe::new(object);
    let client = client.with(CallOptions::new().ignore_budget());
    let read = async {
        let request = describe.request()?;
        let mut progress = Progress::new(&client);
        client.attempt(&describe, &request, Safety::Read, &mut progress).await
    };
    let described = read.await.map_err(Doubt::Failed)?;
    let is_true = |value: Option<&serde_json::Value>| {
        value.and_then(serde_json::Value::as_bool) == Some(true)
    };
    described
        .get("fields")
        .and_then(|fields| fields.as_array())
        .into_iter()
        .flatten()
        .find(|f| f["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(field)))
        .filter(|f| is_true(f.get("unique")))
        .map(|f| UniqueField { case_sensitive: is_true(f.get("caseSensitive")) })
        .ok_or(Doubt::NotUnique)
}

/// The ids of the records that have one of these values in the field, by the value as the org has
/// it.
pub(crate) async fn look_up(
    client: &Client,
    object: &str,
    field: &str,
    values: &[&str],
) -> Result<HashMap<String, Id>, Error> {
    let client = client.with(CallOptions::new().ignore_budget());
    let mut ids = HashMap::new();
    let mut rest = values;
    while !rest.is_empty() {
        let mut list = String::new();
        while let Some((value, others)) = rest.split_first() {
            let literal = literal(value);
            if !list.is_empty() && list.len() + literal.len() > MAX_VALUES {
                break;
            }
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(&literal);
            rest = others;
        }
        let soql = format!("SELECT Id, {field} FROM {object} WHERE {field} IN ({list})");
        let query = Query::<Record>::new(soql);
        let rows: Vec<Record> = client.query_with(query).try_collect().await?;
        for row in rows {
            let text = |name: &str| row.get(name).and_then(|v| v.as_str().map(str::to_owned));
            if let (Some(id), Some(value)) = (text("Id"), text(field))
                && let Ok(id) = Id::parse(&id)
            {
                ids.insert(value, id);
            }
        }
    }
    Ok(ids)
}

/// A text as a SOQL literal (SOQL and SOSL Reference, Quoted String Escape Sequences).
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for c in text.chars() {
        match c {
            '\'' => literal.push_str("\\'"),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            _ => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}

/// Checks the parts of a key, which become part of a statement.
pub(crate) fn check_key_parts(object: &str, field: &str, value: &str) -> Result<(), Error> {
    for name in [object, field] {
        if !fields::is_name(name) {
            return Err(Error::invalid(format!("{name:?} is not the name of an object or field")));
        }
    }
    if value.trim().is_empty() || value.chars().count() > 255 {
        return Err(Error::invalid(format!(
            "the key of a create is a text of 1 to 255 characters in {field}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_leaves_its_literal() {
        assert_eq!(literal(r"a'b\c"), r"'a\'b\\c'");
        assert_eq!(literal("x\n' OR Id != '"), r"'x\n\' OR Id != \''");
        for (object, field, value) in
            [("A B", "F", "v"), ("A", "F = 1 OR F", "v"), ("", "F", "v"), ("A", "F", " ")]
        {
            assert!(check_key_parts(object, field, value).is_err());
        }
        check_key_parts("Invoice__c", "External_Id__c", "' OR '").unwrap();
        // Characters count, whatever bytes they take.
        check_key_parts("Invoice__c", "External_Id__c", &"я".repeat(255)).unwrap();
        assert!(check_key_parts("Invoice__c", "External_Id__c", &"я".repeat(256)).is_err());
    }
}
