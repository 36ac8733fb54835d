//! Completion: names that begin with what was typed, and then those that hold it.

use sf_schema::{Object, ObjectSummary};

use crate::{Org, ToolError};

/// Most values of one answer; what the Model Context Protocol allows.
const MOST: usize = 100;

/// Values that a person may have begun to type, the likeliest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completion {
    /// At most 100.
    pub values: Vec<String>,
    /// How many there are in all.
    pub total: usize,
}

impl Completion {
    /// Adds values of another source that are not there yet. If either has more than it lists, the
    /// total counts some twice.
    pub(crate) fn add(&mut self, other: Self) {
        let more = other.total.saturating_sub(other.values.len());
        for value in other.values {
            if !self.values.contains(&value) {
                self.total += 1;
                self.values.push(value);
            }
        }
        self.values.truncate(MOST);
        self.total += more;
    }

    /// Whether there are more than are listed.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.total > self.values.len()
    }
}

/// The values whose names fit what was typed: those named so, those that begin with it by name, by
/// label, those that hold it. Of equals the first stays the first.
pub(crate) fn ranked<'a>(
    typed: &str,
    values: impl Iterator<Item = (&'a str, &'a str)>,
) -> Completion {
    let typed = typed.trim().to_lowercase();
    let mut fit: Vec<(u8, &str)> = values
        .filter_map(|(name, label)| {
            let (lower, label) = (name.to_lowercase(), label.to_lowercase());
            let rank = if lower == typed {
                0
            } else if lower.starts_with(&typed) {
                1
            } else if label.starts_with(&typed) {
                2
            } else if lower.contains(&typed) || label.contains(&typed) {
                3
            } else {
                return None;
            };
            Some((rank, name))
        })
        .collect();
    fit.sort_by_key(|(rank, _)| *rank);
    let total = fit.len();
    let values = fit.into_iter().take(MOST).map(|(_, name)| name.to_owned()).collect();
    Completion { values, total }
}

/// Names of objects that can be queried.
pub(crate) async fn objects(org: &Org, typed: &str) -> Result<Completion, ToolError> {
    let list = org.objects().await?;
    let names = |o: &'_ ObjectSummary| o.queryable;
    Ok(ranked(typed, list.iter().filter(|o| names(o)).map(|o| (&*o.name, &*o.label))))
}

/// Names of fields of an object, which may be given by its label; none of one that there is not.
pub(crate) async fn fields(
    org: &Org,
    object: Option<&str>,
    typed: &str,
) -> Result<Completion, ToolError> {
    let Some(object) = object.filter(|object| !object.trim().is_empty()) else {
        return Ok(Completion::default());
    };
    match org.resolve(object).await {
        Ok(object) => Ok(of(&object, typed)),
        Err(error) if error.class == crate::ErrorClass::FixYourCall => Ok(Completion::default()),
        Err(error) => Err(error),
    }
}

fn of(object: &Object, typed: &str) -> Completion {
    ranked(typed, object.fields.iter().map(|field| (&*field.name, &*field.label)))
}

#[cfg(test)]
mod tests {
    use super::ranked;

    #[test]
    fn what_begins_so_stands_before_what_holds_it() {
        let values = [
            ("OldAccount__c", "Old account"),
            ("Konto__c", "Account of the bank"),
            ("AccountTeamMember", "Team member"),
            ("Account", "Account"),
            ("Lead", "Lead"),
        ];
        let found = ranked(" accouNT", values.into_iter());
        assert_eq!(found.values, ["Account", "AccountTeamMember", "Konto__c", "OldAccount__c"]);
        assert_eq!((found.total, found.has_more()), (4, false));
    }

    #[test]
    fn a_hundred_at_most_and_the_number_of_all() {
        let names: Vec<String> = (0..250).map(|n| format!("Field{n}__c")).collect();
        let found = ranked("", names.iter().map(|name| (&**name, "")));
        assert_eq!((found.values.len(), found.total, found.has_more()), (100, 250, true));
        assert_eq!(found.values[0], "Field0__c");
    }
}
