//! The client: credentials, transport and settings, cheap to clone.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use sf_auth::transport::Transport;
use sf_auth::{Credentials, Session};

use crate::budget::Meter;
use crate::retry::Schedule;
use crate::send::{self, Progress};
use crate::throttle::Throttle;
use crate::{
    ApiUsage, ApiVersion, Budget, CallOptions, Error, Operation, Request, RetryPolicy, Safety,
    settle,
};

/// A Salesforce REST client for one set of credentials. Cloning is cheap.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    pub(crate) options: Arc<CallOptions>,
}

pub(crate) struct Inner {
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) transport: Transport,
    pub(crate) version: ApiVersion,
    pub(crate) retry: RetryPolicy,
    pub(crate) body_cap: usize,
    pub(crate) client_name: Option<String>,
    pub(crate) compress_above: Option<usize>,
    pub(crate) trace_values: bool,
    pub(crate) throttle: Throttle,
    pub(crate) meter: Meter,
}

/// Settings of a [`Client`].
#[must_use]
pub struct ClientBuilder {
    credentials: Arc<dyn Credentials>,
    transport: Option<Transport>,
    version: ApiVersion,
    retry: RetryPolicy,
    body_cap: usize,
    client_name: Option<String>,
    compress_above: Option<usize>,
    trace_values: bool,
    in_flight: Option<usize>,
    rate: Option<(NonZeroU32, NonZeroU32)>,
    budget: Option<Budget>,
    options: CallOptions,
}

impl Client {
    /// A client with default settings.
    ///
    /// # Errors
    /// [`Error::Transport`] if the HTTP transport cannot be set up.
    pub fn new(credentials: Arc<dyn Credentials>) -> Result<Self, Error> {
        Self::builder(credentials).build()
    }

    /// A client with settings.
    pub fn builder(credentials: Arc<dyn Credentials>) -> ClientBuilder {
        ClientBuilder {
            credentials,
            transport: None,
            version: ApiVersion::default(),
            retry: RetryPolicy::default(),
            body_cap: 128 << 20,
            client_name: None,
            compress_above: None,
            trace_values: false,
            in_flight: None,
            rate: None,
            budget: None,
            options: CallOptions::default(),
        }
    }

    /// The same client with other settings for the calls made on what is returned, streams too.
    /// What they do not say stays as it is here; session, usage, budget and limits are shared.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        let options = Arc::new(options.over(&self.options));
        Self { inner: Arc::clone(&self.inner), options }
    }

    /// The client for one call that begins now.
    pub(crate) fn begun(&self) -> Cow<'_, Self> {
        match self.options.begun() {
            Some(options) => {
                Cow::Owned(Self { inner: Arc::clone(&self.inner), options: Arc::new(options) })
            }
            None => Cow::Borrowed(self),
        }
    }

    pub(crate) fn schedule(&self) -> Schedule {
        let policy = self.options.retry_policy().unwrap_or(&self.inner.retry);
        policy.schedule(self.options.deadline())
    }

    /// Sends an operation: retries by its [`Safety`], renews a session that has ended, settles a
    /// lost answer by its [`Key`](crate::Key), and reads the answer.
    ///
    /// # Errors
    /// As [`Error`] describes. A write of which an answer was lost or cannot be read, and that no
    /// later attempt settled, is [`Error::OutcomeUnknown`]; every other error of a write means that
    /// nothing was written.
    pub async fn send<O: Operation>(&self, operation: &O) -> Result<O::Output, Error> {
        settle::send(&self.begun(), operation).await
    }

    /// Sends as often as the safety class allows, and reads the answer.
    pub(crate) async fn attempt<O: Operation>(
        &self,
        operation: &O,
        request: &Request,
        safety: Safety,
        progress: &mut Progress,
    ) -> Result<O::Output, Error> {
        let result = match send::execute(self, request, safety, progress).await {
            Ok(response) => operation.decode(response),
            Err(error) => operation.recover(error, progress.resent),
        };
        let named = || send::operation(request);
        result.map_err(|error| send::known(named, safety, progress.resent, error))
    }

    /// The current session, obtained if there is none.
    ///
    /// # Errors
    /// [`Error::Auth`].
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        Ok(self.inner.credentials.session().await?)
    }

    /// The org's API usage as the latest answer stated it; `None` before the first.
    pub fn usage(&self) -> Option<ApiUsage> {
        self.inner.meter.usage()
    }

    /// Requests of the day that the [`Budget`] keeps for others: with fewer left this client refuses.
    /// `None` without such a floor, and before the first answer.
    pub fn reserve(&self) -> Option<u64> {
        self.inner.meter.reserve()
    }

    /// The API version of all calls.
    pub fn version(&self) -> ApiVersion {
        self.inner.version
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("version", &self.inner.version)
            .field("retry", &self.inner.retry)
            .field("options", &self.options)
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// The API version. Default 66.0.
    pub fn api_version(mut self, version: ApiVersion) -> Self {
        self.version = version;
        self
    }

    /// The transport, for timeouts, proxy or roots of your own, and to share connections.
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = Some(transport);
        self
    }

    /// How often and how long to retry.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The longest answer in bytes; a longer one is an error. Default 128 MiB.
    pub fn body_cap(mut self, bytes: usize) -> Self {
        self.body_cap = bytes;
        self
    }

    /// A name for this client, sent as `Sforce-Call-Options: client=…`, by which the org's API
    /// logs tell it from others.
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = Some(name.into());
        self
    }

    /// Compresses request bodies of more than this many bytes with gzip (REST API Developer Guide,
    /// Compression Headers). By default none is; answers are compressed in any case, except on
    /// loopback. The data of bulk jobs and streamed blobs go as they are: for the former the Bulk API
    /// 2.0 Developer Guide describes compressed answers only, and the latter are announced with their
    /// length.
    pub fn compress_above(mut self, bytes: usize) -> Self {
        self.compress_above = Some(bytes);
        self
    }

    /// The most requests in flight at once, those of clones and of streams too; others wait for
    /// their turn. A download counts until its answer begins. Unlimited by default. The platform counts those that take 20 seconds and longer,
    /// and allows 25 of them in production, 5 in a Developer Edition (Developer Limits and
    /// Allocations).
    pub fn max_in_flight(mut self, requests: usize) -> Self {
        self.in_flight = Some(requests);
        self
    }

    /// How many requests are begun in a second, and how many at once after a pause; others wait for
    /// their turn. Unlimited by default.
    pub fn rate_limit(mut self, per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        self.rate = Some((per_second, burst));
        self
    }

    /// What to do when few of the org's API requests are left.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Settings for all calls, which those of [`Client::with`] go before.
    pub fn call_options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Puts addresses with their values, and with them SOQL statements, into the traces. They can
    /// hold what nobody should read in a log, so they are left out by default. Bodies are in no
    /// trace.
    pub fn trace_values(mut self, on: bool) -> Self {
        self.trace_values = on;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`Error::Transport`] if the HTTP transport cannot be set up, [`Error::InvalidRequest`] for
    /// a client name that no header can hold.
    pub fn build(self) -> Result<Client, Error> {
        let transport = match self.transport {
            Some(transport) => transport,
            None => Transport::new().map_err(|source| Error::Transport {
                operation: "the set-up".to_owned(),
                attempts: 0,
                elapsed: Duration::ZERO,
                source,
            })?,
        };
        if let Some(name) = &self.client_name {
            if name.contains([',', '=']) {
                return Err(Error::invalid("a client name has no comma and no equals sign"));
            }
            if name.is_empty() || !name.bytes().all(|b| matches!(b, b' '..=b'~')) {
                return Err(Error::invalid("a client name has printable ASCII characters only"));
            }
        }
        Ok(Client {
            inner: Arc::new(Inner {
                credentials: self.credentials,
                transport,
                version: self.version,
                retry: self.retry,
                body_cap: self.body_cap,
                client_name: self.client_name,
                compress_above: self.compress_above,
                trace_values: self.trace_values,
                throttle: Throttle::new(self.in_flight, self.rate),
                meter: Meter::new(self.budget),
            }),
            options: Arc::new(self.options),
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("version", &self.version)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
