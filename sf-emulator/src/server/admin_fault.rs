//! A fault as JSON, for the admin endpoint.

use std::time::Duration;

use serde::Deserialize;

use crate::fault::Fault;
use crate::operation::Operation;

/// `{"kind": "unavailable", "operations": ["query"], "times": 2}`. Whatever is
/// left out is as with the Rust functions of the same names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultSpec {
    kind: KindSpec,
    #[serde(default)]
    operations: Vec<Operation>,
    #[serde(default)]
    writes: bool,
    method: Option<String>,
    path_prefix: Option<String>,
    path_contains: Option<String>,
    #[serde(default)]
    skip: usize,
    times: Option<usize>,
    #[serde(default)]
    always: bool,
    probability: Option<f64>,
    seed: Option<u64>,
    after_ms: Option<u64>,
    #[serde(default)]
    until_released: bool,
    /// Of a cut body.
    keep: Option<usize>,
    /// Of `row_locked`.
    rows: Option<Vec<usize>>,
    /// Of `reply`.
    status: Option<u16>,
    /// Of `reply` and `wrong_content_type`.
    content_type: Option<String>,
    /// Of `reply`.
    body: Option<String>,
    /// Of `token_error`.
    error: Option<String>,
    error_description: Option<String>,
    /// Of `too_many_requests`.
    retry_after_ms: Option<u64>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum KindSpec {
    ExpiredSession,
    RequestLimit,
    ConcurrentRequestLimit,
    TooManyRequests,
    ServerError,
    Unavailable,
    UnavailableHtml,
    Reply,
    TokenError,
    CutBody,
    CutChunkedBody,
    StalledBody,
    DroppedConnection,
    LostAnswer,
    Unanswered,
    RowLocked,
    ExpiredLocator,
    WrongContentType,
    Latency,
    Held,
}

impl FaultSpec {
    /// The fault; an error says what is missing or allowed.
    pub(crate) fn build(self) -> Result<Fault, String> {
        if self.method.as_deref().is_some_and(|method| method.parse::<http::Method>().is_err()) {
            return Err("`method` is no HTTP method; give GET, POST, PATCH, DELETE…".to_owned());
        }
        if self.probability.is_some_and(|chance| !(0.0..=1.0).contains(&chance)) {
            return Err("`probability` must be from 0 to 1".to_owned());
        }
        if self.always && self.times.is_some() {
            return Err("give `times` or `always`, not both".to_owned());
        }
        let mut fault = self.of_kind()?.skip(self.skip);
        for operation in self.operations {
            fault = fault.on(operation);
        }
        if self.writes {
            fault = fault.on_writes();
        }
        if let Some(method) = &self.method {
            fault = fault.method(method);
        }
        if let Some(prefix) = self.path_prefix {
            fault = fault.path_prefix(prefix);
        }
        if let Some(part) = self.path_contains {
            fault = fault.path_contains(part);
        }
        if let Some(times) = self.times {
            fault = fault.times(times);
        }
        if self.always {
            fault = fault.always();
        }
        if let Some(probability) = self.probability {
            fault = fault.probability(probability);
        }
        if let Some(seed) = self.seed {
            fault = fault.seed(seed);
        }
        if let Some(wait) = self.after_ms {
            fault = fault.after(Duration::from_millis(wait));
        }
        if self.until_released {
            fault = fault.until_released();
        }
        if let Some(bytes) = self.keep {
            fault = fault.keep(bytes);
        }
        Ok(fault)
    }

    fn of_kind(&self) -> Result<Fault, String> {
        let need = |name: &str, value: &Option<String>| {
            value.clone().ok_or_else(|| format!("this kind of fault needs `{name}`"))
        };
        Ok(match self.kind {
            KindSpec::ExpiredSession => Fault::expired_session(),
            KindSpec::RequestLimit => Fault::request_limit(),
            KindSpec::ConcurrentRequestLimit => Fault::concurrent_request_limit(),
            KindSpec::TooManyRequests => {
                Fault::too_many_requests(self.retry_after_ms.map(Duration::from_millis))
            }
            KindSpec::ServerError => Fault::server_error(),
            KindSpec::Unavailable => Fault::unavailable(),
            KindSpec::UnavailableHtml => Fault::unavailable_html(),
            KindSpec::Reply => {
                let status = self.status.filter(|status| (200..600).contains(status));
                let status = status.ok_or("this kind of fault needs `status`, 200 to 599")?;
                let json = "application/json;charset=UTF-8".to_owned();
                let content_type = self.content_type.clone().unwrap_or(json);
                Fault::reply(status, content_type, self.body.clone().unwrap_or_default())
            }
            KindSpec::TokenError => Fault::token_error(
                &need("error", &self.error)?,
                self.error_description.as_deref().unwrap_or_default(),
            ),
            KindSpec::CutBody => Fault::cut_body(),
            KindSpec::CutChunkedBody => Fault::cut_chunked_body(),
            KindSpec::StalledBody => Fault::stalled_body(),
            KindSpec::DroppedConnection => Fault::dropped_connection(),
            KindSpec::LostAnswer => Fault::lost_answer(),
            KindSpec::Unanswered => Fault::unanswered(),
            KindSpec::RowLocked => match &self.rows {
                Some(rows) => Fault::rows_locked(rows.iter().copied()),
                None => Fault::row_locked(),
            },
            KindSpec::ExpiredLocator => Fault::expired_locator(),
            KindSpec::WrongContentType => Fault::wrong_content_type(
                self.content_type.clone().unwrap_or_else(|| "text/html;charset=UTF-8".to_owned()),
            ),
            KindSpec::Held => Fault::held(),
            KindSpec::Latency => match self.after_ms {
                Some(wait) => Fault::latency(Duration::from_millis(wait)),
                None => return Err("this kind of fault needs `after_ms`".to_owned()),
            },
        })
    }
}
