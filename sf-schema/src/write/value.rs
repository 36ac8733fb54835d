//! One value against one field: obviously wrong types, lengths, ranges, picklists and ids.

use serde_json::Value;

use super::{ProblemKind, WriteProblem};
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
pub(super) fn check(field: &Field, name: &str, value: &Value, problems: &mut Vec<WriteProblem>) {
    let mut add = |kind, message: String| problems.push(WriteProblem::new(name, kind, message));
    let wrong = |what: &str| format!("{} is not {what}.", shown(value));
    match &field.ty {
        ty if ty.is_text() => match value.as_str() {
            Some(text) => {
                let length = text.chars().count();
                if field.length > 0 && length > field.length as usize {
                    let most = field.length;
                    add(
                        ProblemKind::TooLong,
                        format!("Has {length} characters; at most {most} fit."),
                    );
                }
            }
            None => add(ProblemKind::WrongType, wrong("text; put it in quotes")),
        },
        FieldType::Boolean if !is_boolean(value) => {
            add(ProblemKind::WrongType, wrong("true or false"));
        }
        ty if ty.is_number() => number(field, value, &mut add),
        FieldType::Date if value.as_str().is_none_or(|text| !is_date(text)) => {
            add(ProblemKind::WrongType, wrong("a date; write it like \"2026-03-31\""));
        }
        FieldType::Datetime if value.as_str().is_none_or(|text| !is_datetime(text)) => {
            let form = "a date and time; write it like \"2026-03-31T14:00:00Z\"";
            add(ProblemKind::WrongType, wrong(form));
        }
        FieldType::Picklist => match value.as_str() {
            Some(text) => picklist(field, name, &[text], problems),
            None => add(ProblemKind::WrongType, wrong("one of the picklist's values, as text")),
        },
        FieldType::Multipicklist => match value.as_str() {
            Some(text) => {
                let parts: Vec<&str> = text.split(';').map(str::trim).collect();
                picklist(field, name, &parts, problems);
            }
            None => add(
                ProblemKind::WrongType,
                wrong("text; join several values with a semicolon, like \"A;B\""),
            ),
        },
        FieldType::Reference | FieldType::Id => match value.as_str() {
            Some(text) => id(field, text, &mut add),
            None => add(ProblemKind::WrongType, wrong("an id, as text")),
        },
        _ => {}
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

fn is_boolean(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::String(text) => {
            text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
        }
        _ => false,
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

fn number(field: &Field, value: &Value, add: &mut impl FnMut(ProblemKind, String)) {
    let parsed = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    let Some(number) = parsed.filter(|n| n.is_finite()) else {
        add(ProblemKind::WrongType, format!("{} is not a number.", shown(value)));
        return;
    };
    let whole = matches!(field.ty, FieldType::Int | FieldType::Long);
    if whole && number.fract() != 0.0 {
        add(ProblemKind::WrongType, format!("{} is not a whole number.", shown(value)));
        return;
    }
    let digits = if whole { field.digits } else { field.precision.saturating_sub(field.scale) };
    // 10^18 is exact as f64; describes do not go beyond.
    if (1..=18).contains(&digits) && number.abs() >= 10f64.powi(digits.cast_signed()) {
        add(
            ProblemKind::OutOfRange,
            format!("{} is too large; at most {digits} digits before the point.", shown(value)),
        );
    }
}

fn picklist(field: &Field, name: &str, given: &[&str], problems: &mut Vec<WriteProblem>) {
    // An unrestricted picklist takes any text; an empty text clears it.
    if !field.restricted {
        return;
    }
    for part in given.iter().filter(|part| !part.is_empty()) {
        if field.active_values().any(|v| v == *part) {
            continue;
        }
        let mut suggestions = crate::suggest(part, field.active_values());
        suggestions.truncate(3);
        let mut problem = WriteProblem::new(
            name,
            ProblemKind::NotAllowedValue,
            match suggestions.first() {
                Some(near) => format!("{part:?} is not one of its values. Did you mean {near:?}?"),
                None => format!("{part:?} is not one of its values."),
            },
        );
        problem.allowed = field.active_values().map(str::to_owned).collect();
        problem.suggestions = suggestions;
        problems.push(problem);
    }
}

fn id(field: &Field, text: &str, add: &mut impl FnMut(ProblemKind, String)) {
    let Ok(id) = text.parse::<sf_rest::Id>() else {
        add(
            ProblemKind::MalformedId,
            format!("{text:?} is not a Salesforce id (15 or 18 letters and digits)."),
        );
        return;
    };
    let known: Option<Vec<&str>> = field
        .reference_to
        .iter()
        .map(|object| PREFIXES.iter().find(|(name, _)| name == object).map(|(_, p)| *p))
        .collect();
    if let Some(prefixes) = known.filter(|p| !p.is_empty())
        && !prefixes.iter().any(|prefix| id.as_str().starts_with(prefix))
    {
        let of = PREFIXES
            .iter()
            .find(|(_, prefix)| id.as_str().starts_with(prefix))
            .map_or(String::new(), |(object, _)| format!(" (it is one of {object})"));
        add(
            ProblemKind::WrongReference,
            format!(
                "{text} is not the id of a record of {}{of}; those start with {}.",
                field.reference_to.join(" or "),
                prefixes.join(" or ")
            ),
        );
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
