//! One value against one field: obviously wrong types, lengths, ranges, picklists and ids.

use serde_json::Value;

use super::{ProblemKind, Record, WriteProblem, number, picklist};
use crate::record_type::is_id;
use crate::{Field, FieldType};

/// Key prefixes that are the same in every org (Salesforce Help, "Standard
/// Field Record ID Prefix Decoder").
const PREFIXES: &[(&str, &str)] = &[
    ("Account", "001"),
    ("Campaign", "701"),
    ("Case", "500"),
    ("Contact", "003"),
    ("Contract", "800"),
    ("Group", "00G"),
    ("Lead", "00Q"),
    ("Opportunity", "006"),
    ("Pricebook2", "01s"),
    ("Product2", "01t"),
    ("RecordType", "012"),
    ("User", "005"),
];

/// Checks a value that is not null.
pub(super) fn check(
    record: &Record<'_>,
    field: &Field,
    name: &str,
    value: &Value,
    problems: &mut Vec<WriteProblem>,
) {
    let wrong = |what: &str| {
        let message = format!("{} is not {what}.", shown(value));
        WriteProblem::new(name, ProblemKind::WrongType, message)
    };
    match &field.ty {
        ty if ty.is_text() => text(field, name, value, problems),
        FieldType::Boolean => match value {
            Value::Bool(_) => {}
            // The platform takes the words, too.
            Value::String(text) => match text.trim().to_lowercase().as_str() {
                "true" => problems.push(coerced(wrong("a boolean, but a text"), true.into())),
                "false" => problems.push(coerced(wrong("a boolean, but a text"), false.into())),
                _ => problems.push(wrong("true or false")),
            },
            _ => problems.push(wrong("true or false")),
        },
        ty if ty.is_number() => number::check(field, name, value, problems),
        FieldType::Date => match value.as_str() {
            Some(text) if is_date(text) => {}
            Some(text) => {
                let problem = wrong("a date; write it like \"2026-03-31\"");
                problems.push(match padded(text) {
                    Some(date) => problem.replace_by(date.into()),
                    None => problem,
                });
            }
            None => problems.push(wrong("a date; write it like \"2026-03-31\"")),
        },
        FieldType::Datetime if value.as_str().is_none_or(|text| !is_datetime(text)) => {
            problems.push(wrong("a date and time; write it like \"2026-03-31T14:00:00Z\""));
        }
        FieldType::Time if value.as_str().is_none_or(|text| !is_time(text)) => {
            problems.push(wrong("a time; write it like \"14:00:00.000Z\""));
        }
        FieldType::Picklist => match value.as_str() {
            Some(text) => picklist::check(record, field, name, &[text], problems),
            None => problems.push(wrong("one of the picklist's values, as text")),
        },
        FieldType::Multipicklist => multi(record, field, name, value, problems),
        FieldType::Reference | FieldType::Id => match value.as_str() {
            Some(text) => id(record, field, name, text, problems),
            None => problems.push(wrong("an id, as text")),
        },
        _ => {}
    }
}

/// The platform takes the value as it is; better is what was meant.
fn coerced(problem: WriteProblem, value: Value) -> WriteProblem {
    problem.replace_by(value).warning()
}

fn text(field: &Field, name: &str, value: &Value, problems: &mut Vec<WriteProblem>) {
    let Some(text) = value.as_str() else {
        let message = format!("{} is not text; put it in quotes.", shown(value));
        let mut problem = WriteProblem::new(name, ProblemKind::WrongType, message);
        // A number or a boolean has one way to be written, a list or an object has none.
        if value.is_number() || value.is_boolean() {
            problem.replacement = Some(value.to_string().into());
        }
        problems.push(problem);
        return;
    };
    let length = text.chars().count();
    if field.length > 0 && length > field.length as usize {
        let most = field.length;
        let message = format!("Has {length} characters; at most {most} fit.");
        problems.push(WriteProblem::new(name, ProblemKind::TooLong, message));
    }
    let is_address = |text: &str| {
        let parts = text.rsplit_once('@');
        parts.is_some_and(|(who, at)| !who.is_empty() && !at.is_empty()) && !text.contains(' ')
    };
    if field.ty == FieldType::Email && !text.trim().is_empty() && !is_address(text.trim()) {
        let message = format!("{} is not an email address.", shown(value));
        problems.push(WriteProblem::new(name, ProblemKind::WrongType, message));
    }
}

/// `"A;B"`, which the platform takes, or `["A", "B"]`, which means the same.
fn multi(
    record: &Record<'_>,
    field: &Field,
    name: &str,
    value: &Value,
    problems: &mut Vec<WriteProblem>,
) {
    if let Some(text) = value.as_str() {
        let parts: Vec<&str> = text.split(';').map(str::trim).collect();
        picklist::check(record, field, name, &parts, problems);
        return;
    }
    let listed: Option<Vec<&str>> =
        value.as_array().and_then(|items| items.iter().map(Value::as_str).collect());
    let message = format!(
        "{} is not text; join several values with a semicolon, like \"A;B\".",
        shown(value)
    );
    let problem = WriteProblem::new(name, ProblemKind::WrongType, message);
    match listed {
        Some(parts) if !parts.iter().any(|part| part.contains(';')) => {
            let mut wrong = Vec::new();
            picklist::check(record, field, name, &parts, &mut wrong);
            // What is not all right is not worth sending in another form.
            let right = wrong.is_empty();
            let joined = || problem.clone().replace_by(parts.join(";").into());
            problems.push(if right { joined() } else { problem.clone() });
            problems.append(&mut wrong);
        }
        _ => problems.push(problem),
    }
}

/// What a field takes, for the message that asks for it.
pub(super) fn expected(field: &Field) -> String {
    match &field.ty {
        FieldType::Picklist => "one of the picklist's values".to_owned(),
        FieldType::Multipicklist => "values of the picklist joined by a semicolon".to_owned(),
        FieldType::Reference => {
            format!("the id of a record of {}", field.reference_to.join(" or "))
        }
        FieldType::Date => "a date like \"2026-03-31\"".to_owned(),
        FieldType::Datetime => "a date and time like \"2026-03-31T14:00:00Z\"".to_owned(),
        ty if ty.is_number() => "a number".to_owned(),
        ty if ty.is_text() && field.length > 0 => {
            format!("text of at most {} characters", field.length)
        }
        ty => format!("a value of type {ty}"),
    }
}

/// The length tells a date from a date with a time, which jiff would read too.
fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_datetime(text: &str) -> bool {
    // With an offset, or a bare date, which the platform takes as midnight.
    text.parse::<jiff::Timestamp>().is_ok()
        || jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).is_ok()
        || is_date(text)
}

/// `14:00`, `14:00:00`, with a fraction and `Z` or without.
fn is_time(text: &str) -> bool {
    let clock = text.strip_suffix('Z').unwrap_or(text);
    clock.len() >= 5
        && clock.as_bytes().get(2) == Some(&b':')
        && clock.parse::<jiff::civil::Time>().is_ok()
}

/// `2026-3-1` as `2026-03-01`: year first, so that nothing is guessed.
fn padded(text: &str) -> Option<String> {
    let mut parts = text.trim().split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || month.len() > 2 || day.len() > 2 || parts.next().is_some() {
        return None;
    }
    let date = format!("{year}-{month:0>2}-{day:0>2}");
    is_date(&date).then_some(date)
}

fn id(
    record: &Record<'_>,
    field: &Field,
    name: &str,
    text: &str,
    problems: &mut Vec<WriteProblem>,
) {
    let Ok(id) = text.parse::<sf_rest::Id>() else {
        problems.push(malformed(record, field, name, text));
        return;
    };
    if field.name == "RecordTypeId" {
        record_type(record, name, text, problems);
        return;
    }
    let prefix_of = |object: &String| -> Option<&str> {
        let own = Some(record.object).filter(|own| own.name == *object);
        let known = record.facts.known.and_then(|known| known.object(object).map(|o| &**o));
        let described = own.or(known).and_then(|object| object.key_prefix.as_deref());
        described.or_else(|| PREFIXES.iter().find(|(name, _)| name == object).map(|(_, p)| *p))
    };
    let prefixes: Option<Vec<&str>> = field.reference_to.iter().map(prefix_of).collect();
    if let Some(prefixes) = prefixes.filter(|p| !p.is_empty())
        && !prefixes.contains(&id.key_prefix())
    {
        let of = PREFIXES
            .iter()
            .find(|(_, prefix)| *prefix == id.key_prefix())
            .map_or(String::new(), |(object, _)| format!(" (it is one of {object})"));
        let message = format!(
            "{text} is not the id of a record of {}{of}; those start with {}.",
            field.reference_to.join(" or "),
            prefixes.join(" or ")
        );
        problems.push(WriteProblem::new(name, ProblemKind::WrongReference, message));
    }
}

fn malformed(record: &Record<'_>, field: &Field, name: &str, text: &str) -> WriteProblem {
    let problem = |message| WriteProblem::new(name, ProblemKind::MalformedId, message);
    if field.name == "RecordTypeId"
        && let Some(found) = record.object.record_type(text)
    {
        let message = format!("{text:?} is the name of a record type; its id is needed.");
        return problem(message).replace_by(found.id.clone().into());
    }
    let form = text.len() == 18 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    problem(if form {
        format!(
            "{text:?} is not a Salesforce id: its last three characters do not fit the first fifteen. Copy it again."
        )
    } else {
        format!("{text:?} is not a Salesforce id (15 or 18 letters and digits).")
    })
}

/// A record type has to be one of the object's, and one that the user may choose.
fn record_type(record: &Record<'_>, name: &str, text: &str, problems: &mut Vec<WriteProblem>) {
    let types = &record.object.record_types;
    if types.is_empty() {
        return;
    }
    let found = types.iter().find(|t| is_id(&t.id, text));
    if found.is_some_and(|t| t.available) {
        return;
    }
    let message = match found {
        Some(found) => format!("The record type {} is not available to this user.", found.name),
        None => format!("{text} is no record type of {}.", record.object.name),
    };
    let mut problem = WriteProblem::new(name, ProblemKind::WrongReference, message);
    let usable = types.iter().filter(|t| t.available && !t.master);
    problem.allowed = usable.map(|t| format!("{} ({})", t.id, t.name)).collect();
    problems.push(problem);
}

pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
