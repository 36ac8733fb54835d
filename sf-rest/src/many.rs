//! Writes of any number of records, in requests of 200.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt, stream};

use crate::ops::collections::{Collection, MAX_RECORDS, SaveResult};
use crate::{Client, Error, SharedError, keyed};

/// What became of the records of one request.
enum Chunk {
    Answered(Vec<SaveResult>),
    /// The request failed as a whole.
    Failed(SharedError),
    /// Another had failed before.
    NotSent,
}

/// Sends a write in requests of 200, several at once, and reports one outcome per record in order.
///
/// Records that failed because of a row lock are sent again, they alone. After a request that
/// failed as a whole without an answer about its records, no other is begun; those under way are
/// answered.
///
/// # Errors
/// Only if nothing can have been written.
pub(crate) async fn save(client: &Client, write: &Collection) -> Result<Vec<SaveResult>, Error> {
    if write.is_all_or_none() && write.len() > MAX_RECORDS {
        return Err(Error::invalid(format!(
            "{} records cannot be all or none: that holds within one request of {MAX_RECORDS} records",
            write.len()
        )));
    }
    let client: &Client = &client.begun();
    let places: Vec<usize> = (0..write.len()).collect();
    let stop = AtomicBool::new(false);
    // In a loop: a closure over borrowed parts makes a future that callers cannot box as `Send`.
    let mut sends = Vec::new();
    for part in places.chunks(MAX_RECORDS) {
        sends.push(send_unless(&stop, client, write, part));
    }
    let sent: Vec<Chunk> = stream::iter(sends).buffered(client.options.chunks()).collect().await;
    outcomes(&places, sent)
}

async fn send_unless(
    stop: &AtomicBool,
    client: &Client,
    write: &Collection,
    places: &[usize],
) -> Chunk {
    if stop.load(Ordering::Relaxed) {
        return Chunk::NotSent;
    }
    match send_chunk(client, &write.select(places)).await {
        Ok(results) => Chunk::Answered(results),
        Err(error) => {
            stop.store(true, Ordering::Relaxed);
            Chunk::Failed(Arc::new(error))
        }
    }
}

fn outcomes(places: &[usize], sent: Vec<Chunk>) -> Result<Vec<SaveResult>, Error> {
    let first = sent.iter().find_map(|sent| match sent {
        Chunk::Failed(error) => Some(Arc::clone(error)),
        _ => None,
    });
    let Some(first) = first else {
        return Ok(sent.into_iter().flat_map(answered).collect());
    };
    let nothing_written = sent.iter().all(|sent| match sent {
        Chunk::Answered(_) => false,
        Chunk::Failed(error) => !is_unknown(error),
        Chunk::NotSent => true,
    });
    if nothing_written {
        return Err(Arc::unwrap_or_clone(first));
    }
    let mut results = Vec::new();
    for (part, sent) in places.chunks(MAX_RECORDS).zip(sent) {
        let each = |result: SaveResult| std::iter::repeat_n(result, part.len());
        match sent {
            Chunk::Answered(saved) => results.extend(saved),
            Chunk::Failed(reason) if is_unknown(&reason) => {
                results.extend(each(SaveResult::Unknown { reason }));
            }
            // An answer for the whole request: nothing of it was written.
            Chunk::Failed(reason) if !reason.api_errors().is_empty() => {
                results.extend(each(SaveResult::Failed { errors: reason.api_errors().to_vec() }));
            }
            Chunk::Failed(reason) => results.extend(each(SaveResult::NotSent { reason })),
            Chunk::NotSent => {
                results.extend(each(SaveResult::NotSent { reason: Arc::clone(&first) }));
            }
        }
    }
    Ok(results)
}

fn answered(sent: Chunk) -> Vec<SaveResult> {
    match sent {
        Chunk::Answered(results) => results,
        Chunk::Failed(_) | Chunk::NotSent => Vec::new(),
    }
}

/// Whether the records of the request may have been written.
pub(crate) fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::OutcomeUnknown { .. })
}

async fn send_chunk(client: &Client, chunk: &Collection) -> Result<Vec<SaveResult>, Error> {
    let mut schedule = client.schedule();
    let mut results = keyed::send(client, chunk).await?;
    while results.iter().any(SaveResult::is_locked) {
        let Some(delay) = schedule.next(None) else { break };
        tokio::time::sleep(delay).await;
        let again: Vec<usize> = if chunk.is_all_or_none() {
            // Everything was rolled back.
            (0..results.len()).collect()
        } else {
            (0..results.len()).filter(|&i| results[i].is_locked()).collect()
        };
        let retried = match keyed::send(client, &chunk.select(&again)).await {
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
