//! Loads that outlived the call that sent them: the log has the end of one as soon as somebody looks
//! and it is over.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sf_rest::Id;
use sf_rest::ops::bulk::JobKind;

use super::super::Org;
use super::super::write::Announced;
use super::load::{BulkLoad, account};
use super::outcomes::LoadReport;
use super::status::JobStatus;
use crate::prepare::{Action, summed};

/// What the log still has to learn of, by job.
#[derive(Default)]
pub(crate) struct LateLoads(Mutex<HashMap<Id, Late>>);

/// A load whose end was not known when its call ended.
struct Late {
    /// Its intent in the log.
    of: u64,
    action: Action,
    rows: u64,
}

impl Org {
    /// Remembers a load that goes on without its call.
    pub(super) fn load_goes_on(&self, job: Id, load: &BulkLoad, announced: &Announced) {
        let Some(of) = announced.of() else { return };
        let late = Late { of, action: load.action, rows: load.rows };
        self.inner.late.0.lock().unwrap_or_else(PoisonError::into_inner).insert(job, late);
    }

    /// Appends the outcome of a load of this process that is over, unless the log has it.
    pub(super) async fn account_for_late(&self, status: &JobStatus) {
        let info = &status.info;
        if status.kind != JobKind::Ingest || !info.state.is_over() {
            return;
        }
        let late =
            self.inner.late.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&info.id);
        let Some(Late { of, action, rows }) = late else { return };
        let (processed, failed) = (info.number_records_processed, info.number_records_failed);
        let (processed, failed) = (processed.unwrap_or_default(), failed.unwrap_or_default());
        let report = LoadReport {
            written: processed.saturating_sub(failed),
            failed,
            unprocessed: rows.saturating_sub(processed),
            unaccounted: info.number_records_processed.is_none(),
            ..LoadReport::default()
        };
        self.outcome_of(of, summed(vec![account(action, info.id, &report)])).await;
    }
}
