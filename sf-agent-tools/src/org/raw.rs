//! A request to any path of the org's own REST APIs: off unless the host switched it on, and never
//! possible with rules.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use sf_rest::{Error, Method, Operation, Request, Response, Safety};

use super::Org;
use crate::audit::{Intent, Outcome, RecordChange};
use crate::prepare::{How, one, summed, unsigned};
use crate::{CallContext, Effect, ToolError, Values, WriteMode};

/// Bytes of a body that the audit log takes; longer ones are left out and named.
const MOST_LOGGED: usize = 40_000;

/// Names of values that no log holds, wherever they stand in a body.
const SECRETS: &[&str] = &["password", "secret", "token", "credential", "privatekey", "apikey"];

/// A request that was checked: its path is on this org.
#[derive(Debug, Clone)]
pub(crate) struct RawRequest {
    pub(crate) method: Method,
    /// From `/services/` on.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl RawRequest {
    /// Whether it reads and nothing else. Anonymous Apex, which may do anything, is run by a GET
    /// (Tooling API, executeAnonymous), and `_HttpMethod` makes another method of the one that is sent.
    fn reads(&self) -> bool {
        let path = percent_decode_str(&self.path).decode_utf8_lossy().to_ascii_lowercase();
        let other = self.query.iter().any(|(name, _)| name.eq_ignore_ascii_case("_HttpMethod"));
        self.method == Method::GET && !other && !path.contains("executeanonymous")
    }
}

impl Operation for RawRequest {
    type Output = RawAnswer;

    fn request(&self) -> Result<Request, Error> {
        // The path may hold values, so traces do not show it.
        let mut request = Request::absolute(self.method.clone(), "a raw request", &*self.path);
        for (name, value) in &self.query {
            request = request.query(name, value);
        }
        match &self.body {
            Some(body) => request.json(body),
            None => Ok(request),
        }
    }

    fn decode(&self, response: Response) -> Result<RawAnswer, Error> {
        let of_type = response.headers.get("content-type").and_then(|value| value.to_str().ok());
        Ok(RawAnswer {
            status: response.status,
            content_type: of_type.unwrap_or_default().to_owned(),
            body: response.body.to_vec(),
        })
    }

    /// What a POST, PATCH, PUT or DELETE does a second time is not known.
    fn safety(&self) -> Safety {
        if self.reads() { Safety::Read } else { Safety::Write }
    }
}

impl Org {
    /// Whether raw requests are offered: the host switched them on, and there are no rules.
    #[must_use]
    pub(crate) fn offers_raw(&self) -> bool {
        self.inner.raw && self.inner.guard.is_none()
    }

    /// Sends a raw request. One that does not only read may do anything, so every write must be
    /// allowed; it is logged as every write is.
    ///
    /// # Errors
    /// By the error contract.
    pub(crate) async fn raw(
        &self,
        cx: &CallContext,
        request: RawRequest,
    ) -> Result<RawAnswer, ToolError> {
        self.gate().raw("A raw request")?;
        if !self.inner.raw {
            return Err(ToolError::ask_a_person(
                "Raw requests are switched off. Nothing was sent. Whoever runs this connection can \
                 switch them on (sf-agent: the option --raw-requests; as a library: \
                 OrgBuilder::raw_requests).",
            ));
        }
        if request.reads() {
            let came = cx.unless_cancelled(async {
                let came = self.inner.client.send(&request).await;
                came.map_err(|error| self.explained(&error, None))
            });
            let came = came.await;
            self.note_get(cx, &request, &came).await;
            return came;
        }
        let effects = [Effect::Create, Effect::Update, Effect::Delete];
        if matches!(self.policy().write_mode(), WriteMode::Prepared | WriteMode::PreparedAbove(_)) {
            return Err(ToolError::ask_a_person(
                "This connection wants writes to be prepared, and what a raw request would change \
                 cannot be shown before. Nothing was sent. The tools that write records can prepare.",
            ));
        }
        let preview = json!({
            "method": request.method.as_str(), "path": request.path,
            "query": parameters(&request), "body": request.body,
        });
        let how = How { preview: Some(preview), ..How::default() };
        let approved = self.clear(cx, &effects, 1, &how).await?;
        let mut intent = None;
        if self.log().is_some() {
            let mut announced = self.intent_of(&request);
            self.sign(cx, &mut announced, &how, &effects, approved).await?;
            intent = Some(announced);
        }
        self.count_writes(cx, 1)?;
        let org = self.clone();
        self.logged(intent, async move {
            let came = org.inner.client.send(&request).await;
            let outcome = outcome(&came);
            (came.map_err(|error| org.explained(&error, None)), outcome)
        })
        .await
    }

    /// Notes a GET of a tool that may write, too: the tool set notes those of reading tools alone.
    async fn note_get(
        &self,
        cx: &CallContext,
        request: &RawRequest,
        came: &Result<RawAnswer, ToolError>,
    ) {
        let Some(clearance) = cx.clearance().filter(|_| self.notes_reads()) else { return };
        if !clearance.declared.iter().any(|effect| effect.is_write()) {
            return;
        }
        let tool = clearance.tool.as_deref().unwrap_or_default();
        let query = without_secrets(&parameters(request));
        let arguments = json!({ "path": request.path, "query": query });
        let outcome = came.as_ref().map_or_else(|error| error.class.as_str(), |_| "ok");
        self.note_read(cx, tool, arguments, outcome).await;
    }

    /// The request as the log has it: as one change whose object is the path.
    fn intent_of(&self, request: &RawRequest) -> Intent {
        let mut after = Values::new();
        let mut left_out = std::collections::BTreeMap::new();
        after.insert("method".to_owned(), json!(request.method.as_str()));
        if !request.query.is_empty() {
            after.insert("query".to_owned(), without_secrets(&parameters(request)));
        }
        if let Some(body) = &request.body {
            let size = body.to_string().len();
            if self.hides_values() {
                let why = "it may hold values that are kept out of the log";
                left_out.insert("body".to_owned(), why.to_owned());
            } else if size > MOST_LOGGED {
                left_out.insert("body".to_owned(), format!("it has {size} bytes"));
            } else {
                after.insert("body".to_owned(), without_secrets(body));
            }
        }
        let action = "request".to_owned();
        let object = request.path.clone();
        let change = RecordChange { action, object, after, left_out, ..RecordChange::default() };
        Intent { all_or_none: true, ..unsigned(vec![change]) }
    }
}

fn outcome(came: &Result<RawAnswer, Error>) -> Outcome {
    summed(vec![match came {
        Ok(_) => one("sent", &[]),
        Err(Error::OutcomeUnknown { .. }) => one("unknown", &[]),
        Err(error) => one("failed", error.api_errors()),
    }])
}

fn parameters(request: &RawRequest) -> Value {
    Value::Object(request.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect())
}

/// A body without the values of keys that name secrets.
fn without_secrets(body: &Value) -> Value {
    match body {
        Value::Object(map) => {
            let of = |(name, value): (&String, &Value)| {
                let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
                let plain = plain.to_ascii_lowercase();
                let secret = SECRETS.iter().any(|word| plain.contains(word));
                let value = if secret { json!("(secret)") } else { without_secrets(value) };
                (name.clone(), value)
            };
            Value::Object(map.iter().map(of).collect())
        }
        Value::Array(items) => items.iter().map(without_secrets).collect(),
        other => other.clone(),
    }
}
