//! Counters and gauges through the facade of the crate `metrics`, if the feature is on.
//!
//! `sf_auth_refreshes_total` counts attempts to obtain a session for an account, by `outcome`
//! (`ok`, `failed`) and `cause` (the name of the [`Cause`](crate::Cause), or the kind of the error);
//! `sf_auth_accounts` is the number of accounts by `status`, as of the last census.

use std::collections::BTreeMap;

use crate::Error;
use crate::lifecycle::Status;

#[cfg(feature = "metrics")]
pub(super) fn refreshed(error: Option<&Error>) {
    let (outcome, cause) = match error {
        None => ("ok", String::new()),
        Some(error) => {
            let cause = super::record::cause_of(error);
            let cause = cause.map_or_else(|| format!("{:?}", error.kind()), |c| format!("{c:?}"));
            ("failed", cause)
        }
    };
    metrics::counter!("sf_auth_refreshes_total", "outcome" => outcome, "cause" => cause)
        .increment(1);
}

#[cfg(feature = "metrics")]
pub(super) fn counted(census: &BTreeMap<Status, usize>) {
    for (status, accounts) in census {
        #[expect(clippy::cast_precision_loss, reason = "fewer accounts than 2^52")]
        metrics::gauge!("sf_auth_accounts", "status" => status.to_string()).set(*accounts as f64);
    }
}

#[cfg(not(feature = "metrics"))]
pub(super) fn refreshed(_: Option<&Error>) {}

#[cfg(not(feature = "metrics"))]
pub(super) fn counted(_: &BTreeMap<Status, usize>) {}
