//! What some calls do differently: headers of the platform, limits of time, retries.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::{Error, Id, RetryPolicy};

/// Settings for some of a client's calls: see [`Client::with`](crate::Client::with).
///
/// A header that an operation sets itself, such as the page size of a
/// [`Query`](crate::Query), is kept.
///
/// ```
/// use std::time::Duration;
/// use sf_rest::{CallOptions, DuplicateRule};
///
/// # fn main() -> Result<(), sf_rest::Error> {
/// let options = CallOptions::new()
///     .duplicate_rule(DuplicateRule::default().allow_save())
///     .package_version("acme", 1, 30)?
///     .timeout(Duration::from_secs(20));
/// # Ok(())
/// # }
/// // client.with(options).create("Account", &fields).await
/// ```
#[derive(Clone, Default)]
pub struct CallOptions {
    headers: HeaderMap,
    default_namespace: Option<Arc<str>>,
    retry: Option<RetryPolicy>,
    timeout: Option<Duration>,
    time_budget: Option<Duration>,
    deadline: Option<Instant>,
    ignore_budget: Option<bool>,
    chunks_in_flight: Option<usize>,
    pages_in_flight: Option<usize>,
}

/// Which assignment rule new and changed cases and leads go through (`Sforce-Auto-Assign`, REST API
/// Developer Guide, Assignment Rule Header). Without it the active rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AutoAssign {
    /// The active rule.
    Active,
    /// None.
    Off,
    /// This rule.
    Rule(Id),
}

/// How duplicate rules treat a write (`Sforce-Duplicate-Rule-Header`, REST API Developer Guide,
/// Duplicate Rule Header). Without it a rule that alerts refuses the write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct DuplicateRule {
    allow_save: bool,
    include_record_details: bool,
    run_as_current_user: bool,
}

impl DuplicateRule {
    /// Saves although a rule alerts; a rule that blocks still does.
    pub fn allow_save(mut self) -> Self {
        self.allow_save = true;
        self
    }

    /// Asks for the fields of the duplicates in the error.
    pub fn include_record_details(mut self) -> Self {
        self.include_record_details = true;
        self
    }

    /// Compares with the records that the user may see only.
    pub fn run_as_current_user(mut self) -> Self {
        self.run_as_current_user = true;
        self
    }
}

/// Headers that a caller must not set, each with what to do instead.
const DENIED: [(&str, &str); 28] = [
    ("accept", "answers are read as JSON"),
    ("accept-encoding", "the transport chooses it"),
    ("authorization", "the credentials of the client give it"),
    ("connection", "it belongs to the connection"),
    ("content-encoding", "see ClientBuilder::compress_above"),
    ("content-length", "it follows from the body"),
    ("content-type", "it follows from the operation"),
    ("cookie", "the API takes the token alone"),
    ("expect", "it belongs to the connection"),
    ("forwarded", "it is for proxies"),
    ("host", "it follows from the session's instance"),
    ("if-match", "see Condition"),
    ("if-modified-since", "an operation must expect its answer"),
    ("if-none-match", "an operation must expect its answer"),
    ("if-range", "the platform does not support it"),
    ("if-unmodified-since", "see Condition"),
    ("keep-alive", "it belongs to the connection"),
    ("proxy-authorization", "see TransportBuilder::proxy"),
    ("proxy-connection", "it belongs to the connection"),
    ("range", "a part of an answer would look whole"),
    ("te", "it belongs to the connection"),
    ("trailer", "it belongs to the connection"),
    ("transfer-encoding", "it follows from the body"),
    ("upgrade", "it belongs to the connection"),
    ("x-http-method", "it would turn a read into a write"),
    ("x-http-method-override", "it would turn a read into a write"),
    ("x-method-override", "it would turn a read into a write"),
    ("x-sfdc-session", "the credentials of the client give the session"),
];

impl CallOptions {
    /// No differences.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses the assignment rule of cases and leads.
    #[must_use]
    pub fn auto_assign(self, rule: AutoAssign) -> Self {
        match rule {
            AutoAssign::Active => self.fixed("sforce-auto-assign", "TRUE"),
            AutoAssign::Off => self.fixed("sforce-auto-assign", "FALSE"),
            AutoAssign::Rule(id) => self.ascii("sforce-auto-assign", id.as_str()),
        }
    }

    /// Chooses how duplicate rules treat writes.
    #[must_use]
    pub fn duplicate_rule(self, rule: DuplicateRule) -> Self {
        let mut value = format!("allowSave={}", rule.allow_save);
        if rule.include_record_details {
            value.push_str(", includeRecordDetails=true");
        }
        if rule.run_as_current_user {
            value.push_str(", runAsCurrentUser=true");
        }
        self.ascii("sforce-duplicate-rule-header", &value)
    }

    /// Whether a query puts its rows on the user's list of recently used records (`Sforce-Mru`,
    /// REST API Developer Guide, Most Recently Used Header).
    #[must_use]
    pub fn update_mru(self, update: bool) -> Self {
        self.fixed("sforce-mru", if update { "updateMru=true" } else { "updateMru=false" })
    }

    /// Asks for query pages of this many rows (`Sforce-Query-Options`). The platform takes 200 to
    /// 2,000 and may send fewer. A [`Query`](crate::Query)'s own size goes before this one.
    #[must_use]
    pub fn batch_size(self, rows: u16) -> Self {
        self.ascii("sforce-query-options", &format!("batchSize={rows}"))
    }

    /// The namespace of a managed package that names without one belong to (`Sforce-Call-Options`).
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if it is not a namespace.
    pub fn default_namespace(mut self, namespace: &str) -> Result<Self, Error> {
        self.default_namespace = Some(check_namespace(namespace)?.into());
        Ok(self)
    }

    /// The version of a managed package that the call is written for (`x-sfdc-packageversion-…`,
    /// REST API Developer Guide, Package Version Header).
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if it is not a namespace.
    pub fn package_version(
        mut self,
        namespace: &str,
        major: u16,
        minor: u16,
    ) -> Result<Self, Error> {
        let name = format!("x-sfdc-packageversion-{}", check_namespace(namespace)?);
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Error::invalid(format!("{namespace:?} is not a namespace")))?;
        if let Ok(value) = HeaderValue::from_str(&format!("{major}.{minor}")) {
            self.headers.insert(name, value);
        }
        Ok(self)
    }

    /// Any other header.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for one that would change whom the request is from, where it goes
    /// or how it is read, such as `Authorization`, `Host`, `Content-Length` or `Cookie`.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Result<Self, Error> {
        let denied = DENIED.iter().find(|(denied, _)| *denied == name.as_str());
        if let Some((name, instead)) = denied {
            return Err(Error::invalid(format!(
                "the header {name} cannot be set for a call: {instead}"
            )));
        }
        self.headers.insert(name, value);
        Ok(self)
    }

    /// The time for one exchange, from the first byte sent to the last byte read, in place of the
    /// transport's limits. A retry has it again.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// The time for one call with its waits and retries; whatever is under way is given up at its
    /// end ([`Error::TimedOut`], inside an [`Error::OutcomeUnknown`] for a write that was sent). A
    /// write of many records is one call. Each page of a stream is one, since its consumer may take
    /// any time.
    #[must_use]
    pub fn time_budget(mut self, budget: Duration) -> Self {
        self.time_budget = Some(budget);
        self
    }

    /// How often and how long to retry.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Sends whatever the client's [`Budget`](crate::Budget) says.
    #[must_use]
    pub fn ignore_budget(mut self) -> Self {
        self.ignore_budget = Some(true);
        self
    }

    /// How many requests of a write of many records are in flight at once. Default 5; 1 keeps the
    /// order in which records are written.
    #[must_use]
    pub fn chunks_in_flight(mut self, requests: usize) -> Self {
        self.chunks_in_flight = Some(requests.max(1));
        self
    }

    /// Reads this many pages of a query at once, from addresses that the client computes.
    ///
    /// That a locator takes any offset is seen in practice and not documented, so each page is
    /// checked against the one before it, and the rest is read one page after the other as soon as
    /// anything differs. Results of a few pages are not worth it and are read that way too.
    #[must_use]
    pub fn pages_in_flight(mut self, pages: usize) -> Self {
        self.pages_in_flight = Some(pages.max(1));
        self
    }

    /// These settings where they say something, and those of `base` where they do not.
    pub(crate) fn over(self, base: &Self) -> Self {
        let mut headers = base.headers.clone();
        headers.extend(self.headers);
        Self {
            headers,
            default_namespace: self.default_namespace.or_else(|| base.default_namespace.clone()),
            retry: self.retry.or_else(|| base.retry.clone()),
            timeout: self.timeout.or(base.timeout),
            time_budget: self.time_budget.or(base.time_budget),
            deadline: self.deadline.or(base.deadline),
            ignore_budget: self.ignore_budget.or(base.ignore_budget),
            chunks_in_flight: self.chunks_in_flight.or(base.chunks_in_flight),
            pages_in_flight: self.pages_in_flight.or(base.pages_in_flight),
        }
    }

    /// The same for one call that begins now. A call within a call keeps to the end of the outer.
    pub(crate) fn begun(&self) -> Option<Self> {
        let budget = self.time_budget?;
        if self.deadline.is_some() {
            return None;
        }
        Some(Self { deadline: Instant::now().checked_add(budget), ..self.clone() })
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn namespace(&self) -> Option<&str> {
        self.default_namespace.as_deref()
    }

    pub(crate) fn retry_policy(&self) -> Option<&RetryPolicy> {
        self.retry.as_ref()
    }

    pub(crate) fn exchange_timeout(&self) -> Option<Duration> {
        self.timeout
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(crate) fn ignores_budget(&self) -> bool {
        self.ignore_budget.unwrap_or_default()
    }

    pub(crate) fn chunks(&self) -> usize {
        self.chunks_in_flight.unwrap_or(5)
    }

    pub(crate) fn pages(&self) -> usize {
        self.pages_in_flight.unwrap_or(1)
    }

    fn fixed(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// A value of letters, digits and signs, which every header can hold.
    fn ascii(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}

fn check_namespace(namespace: &str) -> Result<&str, Error> {
    let fits = (1..=15).contains(&namespace.len())
        && namespace.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits {
        return Ok(namespace);
    }
    Err(Error::invalid(format!(
        "{namespace:?} is not the namespace of a package: that has 1 to 15 letters, digits and underscores"
    )))
}

/// The values of headers are not shown: a caller's own may be secret.
impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("default_namespace", &self.default_namespace)
            .field("retry", &self.retry)
            .field("timeout", &self.timeout)
            .field("time_budget", &self.time_budget)
            .field("ignore_budget", &self.ignore_budget)
            .field("chunks_in_flight", &self.chunks_in_flight)
            .field("pages_in_flight", &self.pages_in_flight)
            .finish_non_exhaustive()
    }
}
