//! Writes of any number of records, in requests of 200.

use std::sync::Arc;

use crate::ops::collections::{Collection, MAX_RECORDS, SaveResult};
use crate::{Client, Error};

/// Sends a write in requests of 200, one after the other, and reports one outcome per record.
///
/// Records that failed because of a row lock are sent again, they alone. After a request that
/// failed as a whole without an answer about its records, the rest is not sent.
///
/// # Errors
/// Only if the very first request fails before anything can have been written.
pub(crate) async fn save(client: &Client, write: &Collection) -> Result<Vec<SaveResult>, Error> {
    let all: Vec<usize> = (0..write.len()).collect();
    if write.is_all_or_none() && all.len() > MAX_RECORDS {
        return Err(Error::invalid(format!(
            "{} records cannot be all or none: that holds within one request of {MAX_RECORDS} records",
            all.len()
        )));
    }
    let mut results: Vec<SaveResult> = Vec::with_capacity(all.len());
    for places in all.chunks(MAX_RECORDS) {
        let chunk = write.select(places);
        match send_chunk(client, &chunk).await {
            Ok(saved) => results.extend(saved),
            Err(error) if results.is_empty() && !is_unknown(&error) => return Err(error),
            Err(error) => {
                let unknown = is_unknown(&error);
                // An answer for the whole request: nothing of it was written.
                let refused = error.api_errors().to_vec();
                let reason = Arc::new(error);
                let outcome = |_| match (unknown, refused.is_empty()) {
                    (true, _) => SaveResult::Unknown { reason: Arc::clone(&reason) },
                    (false, true) => SaveResult::NotSent { reason: Arc::clone(&reason) },
                    (false, false) => SaveResult::Failed { errors: refused.clone() },
                };
                results.extend(places.iter().map(outcome));
                let rest = all.len() - results.len();
                let not_sent = SaveResult::NotSent { reason };
                results.extend(std::iter::repeat_n(not_sent, rest));
                break;
            }
        }
    }
    Ok(results)
}

/// Whether the records of the request may have been written.
fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::OutcomeUnknown { .. })
}

async fn send_chunk(client: &Client, chunk: &Collection) -> Result<Vec<SaveResult>, Error> {
    let mut schedule = client.inner.retry.schedule();
    let mut results = client.send(chunk).await?;
    while results.iter().any(SaveResult::is_locked) {
        let Some(delay) = schedule.next(None) else { break };
        tokio::time::sleep(delay).await;
        let again: Vec<usize> = if chunk.is_all_or_none() {
            // Everything was rolled back.
            (0..results.len()).collect()
        } else {
            (0..results.len()).filter(|&i| results[i].is_locked()).collect()
        };
        let retried = match client.send(&chunk.select(&again)).await {
            Ok(retried) => retried,
            Err(error) if is_unknown(&error) => {
                let reason = Arc::new(error);
                again.iter().map(|_| SaveResult::Unknown { reason: Arc::clone(&reason) }).collect()
            }
            // Nothing was written this time: their outcome before stands.
            Err(_) => break,
        };
        for (place, result) in again.into_iter().zip(retried) {
            let lost = matches!(results[place], SaveResult::Unknown { .. });
            results[place] = if lost { chunk.after_lost_answer(result) } else { result };
        }
    }
    Ok(results)
}
