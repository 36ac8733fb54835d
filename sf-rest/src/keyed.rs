//! Creates of many records whose keys tell, after a lost answer, which of them were created.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::many::is_unknown;
use crate::ops::collections::{Collection, SaveResult};
use crate::settle::{self, UniqueField};
use crate::{Client, Error, ErrorCode, Id, send};

/// Sends one request of a write. If its answer is lost and the records have keys, they are looked up
/// and those that are not there sent again, until each has an outcome or the attempts are used up.
pub(crate) async fn send(client: &Client, chunk: &Collection) -> Result<Vec<SaveResult>, Error> {
    let mut schedule = client.schedule();
    let lost = match client.send(chunk).await {
        Err(error) if is_unknown(&error) => error,
        settled => return settled,
    };
    let Some((field, keys)) = chunk.keys() else { return Err(lost) };
    let mut settling = Settling { client, field, keys, fields: HashMap::new() };
    let mut outcome = Outcome { results: vec![None; chunk.len()], last: lost };
    let mut lost_attempts = 1;
    // Records of one object that stand together are written together: those that stand with one that
    // was found after the one lost attempt will not be written by it any more.
    let mut ended = HashSet::new();
    loop {
        let open = outcome.open();
        match settling.find(&open).await {
            Ok(found) => {
                for place in outcome.note(&open, found) {
                    if lost_attempts == 1 {
                        ended.extend(settling.together(place));
                    }
                }
            }
            Err(Some(error)) => {
                outcome.last = error;
                break;
            }
            // Not unique: what is known is that the answer was lost.
            Err(None) => break,
        }
        let open = outcome.open();
        // What is all or none is there as a whole, or not at all.
        let partial = chunk.is_all_or_none() && open.len() < chunk.len();
        if open.is_empty() || partial {
            break;
        }
        let Some(delay) = schedule.next(None) else { break };
        tokio::time::sleep(delay).await;
        match client.send(&chunk.select(&open)).await {
            Ok(results) => {
                // What was not there when the lost attempt had ended, and is refused now, is not
                // there.
                for (place, result) in open.into_iter().zip(results) {
                    let ended = lost_attempts == 1 && ended.contains(&place);
                    outcome.results[place] = match result {
                        taken if is_taken(&taken) => None,
                        SaveResult::Saved { .. } => Some(result),
                        refused if ended => Some(refused),
                        refused => Some(chunk.after_lost_answer(refused)),
                    };
                }
            }
            Err(error) if is_unknown(&error) => {
                lost_attempts += 1;
                outcome.last = error;
            }
            Err(error) => {
                outcome.last = error;
                break;
            }
        }
        if outcome.open().is_empty() {
            break;
        }
    }
    let check = format!(
        "Query for the record whose {field} has the value of this create: if there is none, it can be created again"
    );
    let last = match outcome.last {
        Error::OutcomeUnknown { source, .. } => *source,
        error => error,
    };
    let reason = Arc::new(send::unknown(chunk.named().to_owned(), check, last));
    let unknown = || SaveResult::Unknown { reason: Arc::clone(&reason) };
    Ok(outcome.results.into_iter().map(|result| result.unwrap_or_else(unknown)).collect())
}

/// Another record has the value: the one that the lost attempt created.
fn is_taken(result: &SaveResult) -> bool {
    result.errors().iter().any(|error| error.code == ErrorCode::DUPLICATE_VALUE)
}

struct Outcome {
    results: Vec<Option<SaveResult>>,
    last: Error,
}

impl Outcome {
    fn open(&self) -> Vec<usize> {
        (0..self.results.len()).filter(|&place| self.results[place].is_none()).collect()
    }

    /// Notes the records that were found, and gives their places.
    fn note(&mut self, places: &[usize], found: Vec<Option<Id>>) -> Vec<usize> {
        let found = places.iter().zip(found).filter_map(|(place, id)| Some((*place, id?)));
        found
            .map(|(place, id)| {
                self.results[place] = Some(SaveResult::Saved { id, created: None });
                place
            })
            .collect()
    }
}

struct Settling<'a> {
    client: &'a Client,
    field: &'a str,
    keys: Vec<(&'a str, String)>,
    /// The key field of each object.
    fields: HashMap<&'a str, UniqueField>,
}

impl<'a> Settling<'a> {
    /// The places around this one with records of the same object.
    fn together(&self, place: usize) -> impl Iterator<Item = usize> {
        let same = move |other: &usize| self.keys[*other].0 == self.keys[place].0;
        let after = (place..self.keys.len()).take_while(same);
        after.chain((0..place).rev().take_while(same))
    }

    /// The ids of the records at these places, where there is one. The error is `None` if the field
    /// is not unique.
    async fn find(&mut self, places: &[usize]) -> Result<Vec<Option<Id>>, Option<Error>> {
        let mut by_object: HashMap<&'a str, Vec<&str>> = HashMap::new();
        for &place in places {
            let (object, value) = &self.keys[place];
            by_object.entry(object).or_default().push(value);
        }
        let mut found = HashMap::new();
        for (object, values) in by_object {
            let field = match self.fields.get(object) {
                Some(field) => *field,
                None => settle::unique_field(self.client, object, self.field)
                    .await
                    .map_err(settle::Doubt::into_cause)?,
            };
            self.fields.insert(object, field);
            let ids =
                settle::look_up(self.client, object, self.field, &values).await.map_err(Some)?;
            for (value, id) in ids {
                found.insert((object, field.normal(&value)), id);
            }
        }
        // Two keys that the org takes for the same value tell nothing apart.
        let mut same: HashMap<(&str, String), u32> = HashMap::new();
        let normal = |place: usize| {
            let (object, value) = &self.keys[place];
            Some((*object, self.fields.get(object)?.normal(value)))
        };
        for key in (0..self.keys.len()).filter_map(normal) {
            *same.entry(key).or_default() += 1;
        }
        let of = |&place: &usize| {
            let key = normal(place)?;
            found.get(&key).copied().filter(|_| same.get(&key) == Some(&1))
        };
        Ok(places.iter().map(of).collect())
    }
}
