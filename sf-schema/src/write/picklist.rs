//! Values of a picklist: those it has, those the record type has, and those that
//! the controlling field allows.

use serde_json::Value;

use super::{ProblemKind, Record, WriteKind, WriteProblem};
use crate::suggest::{Item, Reason, rank};
use crate::{Field, FieldType};

/// Checks what is given for a picklist, one part for each value of a
/// multi-select one. An empty text clears it.
pub(super) fn check(
    record: &Record<'_>,
    field: &Field,
    name: &str,
    given: &[&str],
    problems: &mut Vec<WriteProblem>,
) {
    for part in given.iter().filter(|part| !part.is_empty()) {
        if !field.active_values().any(|value| value == *part) {
            // Any text may be stored in a picklist that is not restricted; of one
            // without values nobody can tell which it takes.
            if field.restricted && !field.picklist.is_empty() {
                problems.push(not_a_value(field, name, part, given.len() > 1));
            }
            continue;
        }
        if let Some(problem) = not_of_the_type(record, field, name, part) {
            problems.push(problem);
        } else if let Some(problem) = not_allowed(record, field, name, part) {
            problems.push(problem);
        }
    }
}

fn not_a_value(field: &Field, name: &str, part: &str, several: bool) -> WriteProblem {
    let active = field.picklist.iter().filter(|v| v.active);
    let items = active.map(|v| Item { labels: [&v.label, &v.value], ..Item::new(&v.value) });
    let mut near = rank(part, items);
    near.truncate(3);
    let message = match near.first() {
        Some(near) => format!("{part:?} is not one of its values. Did you mean {:?}?", near.name),
        None => format!("{part:?} is not one of its values."),
    };
    let mut problem = WriteProblem::new(name, ProblemKind::NotAllowedValue, message);
    problem.allowed = field.active_values().map(str::to_owned).collect();
    // The label, or the value in another case: nothing else can have been meant.
    let sure = |c: &&crate::Candidate| matches!(c.reason, Reason::SameName | Reason::Label);
    let same: Vec<_> = near.iter().filter(sure).collect();
    if let ([only], false) = (same.as_slice(), several) {
        problem.replacement = Some(Value::from(only.name.as_str()));
    }
    problem.suggestions = near.into_iter().map(|c| c.name).collect();
    problem
}

/// The value is the field's, and the record type does not have it.
fn not_of_the_type(
    record: &Record<'_>,
    field: &Field,
    name: &str,
    part: &str,
) -> Option<WriteProblem> {
    let layout = record.layout()?;
    let values = layout.values(field);
    if values.iter().any(|value| value.active && value.value == part) {
        return None;
    }
    let message = format!("{part:?} is not a value of the record type {}.", layout.developer_name);
    let mut problem = WriteProblem::new(name, ProblemKind::NotAllowedValue, message);
    problem.allowed = values.iter().filter(|v| v.active).map(|v| v.value.clone()).collect();
    Some(if field.restricted { problem } else { problem.warning() })
}

/// The value is the field's, and what the controlling field holds does not
/// allow it. What an existing record holds there is not known.
fn not_allowed(record: &Record<'_>, field: &Field, name: &str, part: &str) -> Option<WriteProblem> {
    // Controlling fields in a circle control nothing that could be said.
    let dependency = record.object.dependency(field).ok().flatten()?;
    let controller = dependency.controller();
    let held = match record.value(&controller.name) {
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        Some(Value::Bool(on)) => on.to_string(),
        None if controller.ty == FieldType::Boolean && record.kind == WriteKind::Create => {
            controller.default_value.as_ref().and_then(Value::as_bool).unwrap_or(false).to_string()
        }
        None if record.kind != WriteKind::Create || controller.defaulted_on_create => return None,
        None if controller.picklist.iter().any(|v| v.default) => return None,
        _ => {
            let message = format!("{part:?} needs a value of {}, which is empty.", controller.name);
            let mut problem = WriteProblem::new(name, ProblemKind::NotAllowedValue, message);
            let fits = |(_, allowed): &(&str, Vec<&str>)| allowed.contains(&part);
            let values = dependency.table().into_iter().filter(fits);
            let values: Vec<String> = values.map(|(value, _)| value.to_owned()).collect();
            problem.message.push_str(&format!(" It goes with {}.", values.join(", ")));
            return Some(severity(field, problem));
        }
    };
    // A controlling value that does not exist is told where it stands.
    let allowed = dependency.allowed(&held)?;
    if allowed.contains(&part) {
        return None;
    }
    let message = format!("{part:?} does not go with {held:?} of {}.", controller.name);
    let mut problem = WriteProblem::new(name, ProblemKind::NotAllowedValue, message);
    problem.allowed = allowed.into_iter().map(str::to_owned).collect();
    Some(severity(field, problem))
}

/// Only a restricted picklist is refused over the API.
fn severity(field: &Field, problem: WriteProblem) -> WriteProblem {
    if field.restricted { problem } else { problem.warning() }
}
