//! Quick actions: what the buttons of a page do, such as creating a contact of an account with its
//! defaults (REST API Developer Guide, Quick Actions and sObject Quick Actions).

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::records::{refusal, refused};
use crate::decode::or_default;
use crate::{ApiError, Error, Fields, Id, Operation, Record, Request, Response, Safety};

/// Where actions belong: to the whole org, or to one object.
#[derive(Debug, Clone)]
struct Place {
    object: Option<String>,
}

impl Place {
    fn request(
        &self,
        method: Method,
        global: &'static str,
        of_object: &'static str,
        rest: &[&str],
    ) -> Result<Request, Error> {
        match &self.object {
            None => Request::new(method, global, rest),
            Some(object) => {
                let path: Vec<&str> =
                    std::iter::once(object.as_str()).chain(rest.iter().copied()).collect();
                Request::new(method, of_object, &path)
            }
        }
    }
}

/// Lists quick actions.
#[derive(Debug, Clone)]
pub struct QuickActions(Place);

impl QuickActions {
    /// The global ones.
    pub fn global() -> Self {
        Self(Place { object: None })
    }

    /// Those of an object; the platform lists the global ones with them.
    pub fn of_object(object: impl Into<String>) -> Self {
        Self(Place { object: Some(object.into()) })
    }
}

/// A quick action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuickAction {
    /// Its API name, by which it is described and executed.
    pub name: String,
    /// Its label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// What it does: `Create`, `Update`, `LogACall`, `SendEmail`, `Post`, `Flow`, …
    #[serde(default, rename(deserialize = "type"), deserialize_with = "or_default")]
    pub kind: String,
}

impl Operation for QuickActions {
    type Output = Vec<QuickAction>;

    fn request(&self) -> Result<Request, Error> {
        self.0.request(Method::GET, "quickActions", "sobjects/{object}/quickActions", &[])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("a list of quick actions")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Describes a quick action: which object it writes and with which fields.
#[derive(Debug, Clone)]
pub struct DescribeQuickAction {
    place: Place,
    name: String,
}

impl DescribeQuickAction {
    /// A global action.
    pub fn global(name: impl Into<String>) -> Self {
        Self { place: Place { object: None }, name: name.into() }
    }

    /// An action of an object.
    pub fn of_object(object: impl Into<String>, name: impl Into<String>) -> Self {
        Self { place: Place { object: Some(object.into()) }, name: name.into() }
    }
}

/// The description of a quick action. What has no field of its own here is in
/// [`rest`](Self::rest).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct QuickActionDescription {
    /// Its API name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// What it does.
    #[serde(default, rename(deserialize = "type"), deserialize_with = "or_default")]
    pub kind: String,
    /// The object of the record that it needs as its context.
    #[serde(default)]
    pub context_sobject_type: Option<String>,
    /// The object that it writes.
    #[serde(default)]
    pub target_sobject_type: Option<String>,
    /// Everything else, as the platform sends it; `layout` has the fields.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Operation for DescribeQuickAction {
    type Output = QuickActionDescription;

    fn request(&self) -> Result<Request, Error> {
        let (global, of_object) =
            ("quickActions/{action}/describe", "sobjects/{object}/quickActions/{action}/describe");
        self.place.request(Method::GET, global, of_object, &[&self.name])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("the description of a quick action")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Reads the values that a person would find filled in.
#[derive(Debug, Clone)]
pub struct QuickActionDefaults {
    place: Place,
    name: String,
    context: Option<Id>,
}

impl QuickActionDefaults {
    /// Of a global action.
    pub fn global(name: impl Into<String>) -> Self {
        Self { place: Place { object: None }, name: name.into(), context: None }
    }

    /// Of an action of an object.
    pub fn of_object(object: impl Into<String>, name: impl Into<String>) -> Self {
        Self { place: Place { object: Some(object.into()) }, name: name.into(), context: None }
    }

    /// As they are on the page of this record.
    #[must_use]
    pub fn context(mut self, record: Id) -> Self {
        self.context = Some(record);
        self
    }
}

impl Operation for QuickActionDefaults {
    type Output = Record;

    fn request(&self) -> Result<Request, Error> {
        match &self.context {
            None => self.place.request(
                Method::GET,
                "quickActions/{action}/defaultValues",
                "sobjects/{object}/quickActions/{action}/defaultValues",
                &[&self.name],
            ),
            Some(context) => self.place.request(
                Method::GET,
                "quickActions/{action}/defaultValues/{context}",
                "sobjects/{object}/quickActions/{action}/defaultValues/{context}",
                &[&self.name, context.as_str()],
            ),
        }
    }

    fn decode(&self, response: Response) -> Result<Record, Error> {
        Record::parse(&response.body)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Executes a quick action.
#[derive(Debug, Clone)]
pub struct RunQuickAction {
    place: Place,
    name: String,
    context: Option<Id>,
    record: Fields,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    context_id: Option<Id>,
    record: &'a Fields,
}

impl RunQuickAction {
    /// A global action, with the fields of the record that it writes.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object, or name the id.
    pub fn global(
        name: impl Into<String>,
        record: &(impl Serialize + ?Sized),
    ) -> Result<Self, Error> {
        let (place, record) = (Place { object: None }, Fields::new(record)?);
        Ok(Self { place, name: name.into(), context: None, record })
    }

    /// An action of an object, with the fields of the record that it writes.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object, or name the id.
    pub fn of_object(
        object: impl Into<String>,
        name: impl Into<String>,
        record: &(impl Serialize + ?Sized),
    ) -> Result<Self, Error> {
        let (place, record) = (Place { object: Some(object.into()) }, Fields::new(record)?);
        Ok(Self { place, name: name.into(), context: None, record })
    }

    /// The record on whose page the action is executed, such as the account of a new contact.
    #[must_use]
    pub fn context(mut self, record: Id) -> Self {
        self.context = Some(record);
        self
    }
}

/// What a quick action did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct QuickActionResult {
    /// The record that it wrote.
    #[serde(default)]
    pub id: Option<Id>,
    /// The record in whose context it was executed.
    #[serde(default)]
    pub context_id: Option<Id>,
    /// Whether it created a record.
    #[serde(default)]
    pub created: bool,
    /// Posts that tell of it.
    #[serde(default, deserialize_with = "or_default")]
    pub feed_item_ids: Vec<Id>,
    /// What a person would be told.
    #[serde(default)]
    pub success_message: Option<String>,
}

#[derive(Deserialize)]
struct Outcome {
    success: bool,
    #[serde(default, deserialize_with = "or_default")]
    errors: Vec<ApiError>,
    #[serde(flatten)]
    result: QuickActionResult,
}

impl Operation for RunQuickAction {
    type Output = QuickActionResult;

    fn request(&self) -> Result<Request, Error> {
        let (global, of_object) =
            ("quickActions/{action}", "sobjects/{object}/quickActions/{action}");
        self.place
            .request(Method::POST, global, of_object, &[&self.name])?
            .json(&Body { context_id: self.context, record: &self.record })
            // A refusal may come with status 400 in the form of a result.
            .map(|request| request.accept(400))
    }

    fn decode(&self, response: Response) -> Result<QuickActionResult, Error> {
        const NAMED: &str = "POST quickActions/{action}";
        match response.json::<Outcome>("the result of a quick action") {
            Ok(outcome) if outcome.success => Ok(outcome.result),
            Ok(outcome) => Err(refused(NAMED, response.status, outcome.errors)),
            Err(_) if response.status >= 400 => {
                Err(refusal(NAMED, response.status, &response.body))
            }
            Err(error) => Err(error),
        }
    }

    fn safety(&self) -> Safety {
        Safety::Write
    }
}
