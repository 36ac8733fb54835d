//! Writes that happen only if the record is still as the caller knows it.

use http::header::{IF_MATCH, IF_UNMODIFIED_SINCE};
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Serialize;

use crate::ops::if_changed::Validators;
use crate::ops::records::{DeleteRecord, GetRecord, UpdateRecord};
use crate::row::Record;
use crate::{
    ApiError, CallOptions, Client, Error, Id, Operation, Request, Response, RetryPolicy, Safety,
};

/// The one object whose rows have tags (REST API Developer Guide, Conditional Requests).
const TAGGED: &str = "Account";

/// What must hold for a record to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// The record was not modified after this time (`If-Unmodified-Since`; the platform checks it in
    /// the transaction of the write). HTTP counts in seconds: a second change within the second of
    /// the first is not noticed.
    UnmodifiedSince(Timestamp),
    /// The record has this tag (`If-Match`; the platform checks it in the transaction of the write).
    /// Only accounts have one, and only updates take it.
    Tag(String),
    /// The record's `SystemModstamp` is this, to the millisecond. It is read and compared before
    /// each attempt to write, so a change between the two is not noticed. For where the platform
    /// does not honour the others.
    SystemModstamp(Timestamp),
}

/// # Errors
/// All calls fail as [`Client::send`] does.
impl Client {
    /// One record and the version of it that was read, whose [`Validators::unchanged`] is the
    /// condition for [`update_if`](Self::update_if).
    pub async fn get_versioned(
        &self,
        object: &str,
        id: Id,
        fields: &[&str],
    ) -> Result<(Record, Validators), Error> {
        let get = GetRecord::new(object, id).fields(fields.iter().copied());
        self.send(&WithVersion(get)).await
    }

    /// Changes fields of a record if the condition holds, else fails with [`Error::Conflict`].
    ///
    /// After a lost answer the platform refuses its own first attempt as a conflict; that is
    /// [`Error::OutcomeUnknown`].
    pub async fn update_if(
        &self,
        object: &str,
        id: Id,
        fields: &(impl Serialize + ?Sized),
        condition: &Condition,
    ) -> Result<(), Error> {
        let update = UpdateRecord::new(object, id, fields)?;
        if matches!(condition, Condition::Tag(_)) && !object.eq_ignore_ascii_case(TAGGED) {
            return Err(Error::invalid(format!(
                "only records of {TAGGED} have tags, and {object} would be written without a check; use \
                 Condition::UnmodifiedSince or SystemModstamp"
            )));
        }
        self.write_if(update, object, id, condition).await
    }

    /// Deletes a record if the condition holds, else fails with [`Error::Conflict`].
    pub async fn delete_if(
        &self,
        object: &str,
        id: Id,
        condition: &Condition,
    ) -> Result<(), Error> {
        if matches!(condition, Condition::Tag(_)) {
            return Err(Error::invalid(
                "the platform takes no tag for a deletion; use Condition::UnmodifiedSince or SystemModstamp",
            ));
        }
        self.write_if(DeleteRecord::new(object, id), object, id, condition).await
    }

    async fn write_if<O: Operation<Output = ()>>(
        &self,
        operation: O,
        object: &str,
        id: Id,
        condition: &Condition,
    ) -> Result<(), Error> {
        let client = self.begun();
        let header = match condition {
            Condition::UnmodifiedSince(time) => {
                let date = rfc2822::DateTimePrinter::new()
                    .timestamp_to_rfc9110_string(time)
                    .map_err(|e| Error::invalid(format!("the time cannot be sent: {e}")))?;
                (IF_UNMODIFIED_SINCE, header_value(&date)?)
            }
            Condition::Tag(tag) => (IF_MATCH, header_value(tag)?),
            Condition::SystemModstamp(expected) => {
                let write = Guarded { operation, header: None, safety: Safety::Write };
                return client.write_if_same(&write, object, id, *expected).await;
            }
        };
        let safety = operation.safety();
        client.send(&Guarded { operation, header: Some(header), safety }).await
    }

    /// Each attempt is compared anew: what refuses one can be the lock of somebody who changes the
    /// record.
    async fn write_if_same<O: Operation<Output = ()>>(
        &self,
        write: &Guarded<O>,
        object: &str,
        id: Id,
        expected: Timestamp,
    ) -> Result<(), Error> {
        let once = self.with(CallOptions::new().retry(RetryPolicy::none()));
        let mut schedule = self.schedule();
        loop {
            let found = self.system_modstamp(object, id).await?;
            if found != expected {
                return Err(Error::Conflict {
                    operation: crate::send::operation(&write.request()?),
                    problem: format!("SystemModstamp is {found} and not {expected}"),
                });
            }
            match once.send(write).await {
                Err(error) if error.is_retryable() => {
                    let Some(delay) = schedule.next(error.retry_after()) else { return Err(error) };
                    tokio::time::sleep(delay).await;
                }
                result => return result,
            }
        }
    }

    async fn system_modstamp(&self, object: &str, id: Id) -> Result<Timestamp, Error> {
        const FIELD: &str = "SystemModstamp";
        let record = self.get(object, id, &[FIELD]).await?;
        let text = record.get(FIELD).and_then(|value| value.as_str().map(str::to_owned));
        text.as_deref().and_then(|text| text.parse().ok()).ok_or_else(|| Error::Decode {
            status: 200,
            what: "a record with its SystemModstamp",
            problem: "the field is not a time".to_owned(),
            excerpt: text.unwrap_or_default(),
        })
    }
}

fn header_value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .map_err(|_| Error::invalid("the condition has characters that no header can hold"))
}

/// A write with the header of its condition.
struct Guarded<O> {
    operation: O,
    header: Option<(HeaderName, HeaderValue)>,
    safety: Safety,
}

impl<O: Operation> Operation for Guarded<O> {
    type Output = O::Output;

    fn request(&self) -> Result<Request, Error> {
        let request = self.operation.request()?;
        Ok(match &self.header {
            Some((name, value)) => request.header(name.clone(), value.clone()),
            None => request,
        })
    }

    fn decode(&self, response: Response) -> Result<O::Output, Error> {
        self.operation.decode(response)
    }

    fn safety(&self) -> Safety {
        self.safety
    }

    fn recover(&self, error: Error, resent: bool) -> Result<O::Output, Error> {
        self.operation.recover(error, resent)
    }
}

/// A read whose output comes with the version of the record.
struct WithVersion(GetRecord);

impl Operation for WithVersion {
    type Output = (Record, Validators);

    fn request(&self) -> Result<Request, Error> {
        self.0.request()
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        let validators = Validators::of(&response.headers);
        Ok((self.0.decode(response)?, validators))
    }

    fn safety(&self) -> Safety {
        self.0.safety()
    }
}

/// What a failed condition says; `None` if the request had none, or was answered otherwise.
pub(crate) fn conflict(request: &Request, status: u16, errors: &[ApiError]) -> Option<String> {
    let headers = request.headers();
    if status != 412
        || !(headers.contains_key(IF_MATCH) || headers.contains_key(IF_UNMODIFIED_SINCE))
    {
        return None;
    }
    Some(match errors.first() {
        Some(error) => error.message.trim_end_matches('.').to_owned(),
        None => "the record was changed in the meantime".to_owned(),
    })
}
