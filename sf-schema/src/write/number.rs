//! A number against the digits that its field keeps.

use serde_json::Value;

use super::value::shown;
use super::{ProblemKind, WriteProblem};
use crate::{Field, FieldType};

pub(super) fn check(field: &Field, name: &str, value: &Value, problems: &mut Vec<WriteProblem>) {
    let mut add = |kind, message: String| problems.push(WriteProblem::new(name, kind, message));
    let parsed = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => plain(text).then(|| text.trim().parse::<f64>().ok()).flatten(),
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
    let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
    // An f64 rounds what has more than 15 digits, so these are counted in the text.
    let too_large = match before_point(&text) {
        Some(count) => count > digits as usize,
        None => number.abs() >= 10f64.powi(digits.cast_signed()),
    };
    if (1..=18).contains(&digits) && too_large {
        let shown = shown(value);
        let message = format!("{shown} is too large; at most {digits} digits before the point.");
        add(ProblemKind::OutOfRange, message);
        return;
    }
    let after = after_point(&text);
    if !whole && field.precision > 0 && after > field.scale as usize {
        let keeps = field.scale;
        let message = format!(
            "{} has {after} digits after the point; the field keeps {keeps}, so Salesforce rounds it.",
            shown(value)
        );
        problems.push(WriteProblem::new(name, ProblemKind::TooPrecise, message).warning());
    }
    // The platform takes a number in quotes; without them it stays one on the way.
    if value.is_string()
        && let Ok(meant) = serde_json::from_str::<serde_json::Number>(&text)
    {
        let message = format!("{} is a text, not a number.", shown(value));
        let problem = WriteProblem::new(name, ProblemKind::WrongType, message);
        problems.push(problem.replace_by(Value::Number(meant)).warning());
    }
}

/// Digits, a point, a sign, an exponent: what Rust reads beyond that (`inf`,
/// `nan`) is no number to the platform.
fn plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b" +-.eE".contains(&b))
}

/// Digits before the point, leading zeros apart; none if there is an exponent.
fn before_point(text: &str) -> Option<usize> {
    if text.contains(['e', 'E']) {
        return None;
    }
    let whole = text.split('.').next().unwrap_or(text);
    Some(whole.trim_start_matches(['+', '-', '0']).len())
}

fn after_point(text: &str) -> usize {
    if text.contains(['e', 'E']) {
        return 0;
    }
    text.split_once('.').map_or(0, |(_, after)| after.trim_end_matches('0').len())
}
