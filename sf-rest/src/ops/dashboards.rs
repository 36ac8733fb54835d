//! `/analytics/dashboards`: list, describe, read results, refresh, clone (Reports and Dashboards
//! REST API Developer Guide, Dashboards).

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reports::result::ReportResult;
use crate::decode::or_default;
use crate::{Error, Id, Operation, Request, Response, Safety};

/// Lists the dashboards that the user viewed last. All dashboards: `SELECT Id, Title FROM
/// Dashboard`.
#[derive(Debug, Clone, Copy)]
pub struct Dashboards;

/// A dashboard in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DashboardName {
    /// Its id.
    pub id: Id,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
}

impl Operation for Dashboards {
    type Output = Vec<DashboardName>;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "analytics/dashboards", &[])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("a list of dashboards")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Describes a dashboard: its components and filters.
#[derive(Debug, Clone, Copy)]
pub struct DescribeDashboard(pub Id);

/// The definition of a dashboard. What has no field of its own here is in [`rest`](Self::rest).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct DashboardMetadata {
    /// Its id.
    #[serde(default)]
    pub id: Option<Id>,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// What its author says of it.
    #[serde(default)]
    pub description: Option<String>,
    /// Its folder.
    #[serde(default)]
    pub folder_id: Option<Id>,
    /// The components.
    #[serde(default, deserialize_with = "or_default")]
    pub components: Vec<Component>,
    /// The filters; results are asked for by the ids of their options.
    #[serde(default, deserialize_with = "or_default")]
    pub filters: Vec<DashboardFilter>,
    /// Everything else, as the platform sends it.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A component: a chart, a table, a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct Component {
    /// Its id.
    pub id: Id,
    /// The report that it shows.
    #[serde(default)]
    pub report_id: Option<Id>,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// Its kind: `Report`, `VisualforcePage`, …
    #[serde(default, rename(deserialize = "type"), deserialize_with = "or_default")]
    pub kind: String,
    /// Everything else, as the platform sends it.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A filter of a dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DashboardFilter {
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// What can be chosen.
    #[serde(default, deserialize_with = "or_default")]
    pub options: Vec<FilterOption>,
}

/// A choice of a filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FilterOption {
    /// Its id.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// What a person reads instead of the values.
    #[serde(default)]
    pub alias: Option<String>,
    /// Everything else: the comparison and its values.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Operation for DescribeDashboard {
    type Output = DashboardMetadata;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "analytics/dashboards/{id}/describe", &[self.0.as_str()])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        metadata(&response)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// The definition by itself, or under the key that results have it under.
fn metadata(response: &Response) -> Result<DashboardMetadata, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wrapped {
        dashboard_metadata: DashboardMetadata,
    }
    const WHAT: &str = "the description of a dashboard";
    match response.json::<Wrapped>(WHAT) {
        Ok(wrapped) => Ok(wrapped.dashboard_metadata),
        Err(_) => response.json(WHAT),
    }
}

/// Reads what the components of a dashboard showed after the last refresh.
#[derive(Debug, Clone)]
pub struct DashboardResults {
    dashboard: Id,
    components: Vec<Id>,
    filters: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Components<'a> {
    component_ids: &'a [Id],
}

impl DashboardResults {
    /// Of all components.
    pub fn new(dashboard: Id) -> Self {
        Self { dashboard, components: Vec::new(), filters: Vec::new() }
    }

    /// Of these components alone.
    #[must_use]
    pub fn components(mut self, ids: impl Into<Vec<Id>>) -> Self {
        self.components = ids.into();
        self
    }

    /// The choices of the dashboard's filters, in their order, by the ids of their options.
    #[must_use]
    pub fn filters(mut self, options: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.filters = options.into_iter().map(Into::into).collect();
        self
    }
}

fn with_filters(mut request: Request, filters: &[String]) -> Request {
    for (place, option) in filters.iter().enumerate() {
        request = request.query(&format!("filter{}", place + 1), option);
    }
    request
}

/// What a dashboard shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct DashboardData {
    /// The components.
    #[serde(default, deserialize_with = "or_default")]
    pub component_data: Vec<ComponentData>,
    /// The definition.
    pub dashboard_metadata: DashboardMetadata,
}

/// What a component shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ComponentData {
    /// The component.
    pub component_id: Id,
    /// The result of its report; `None` if it has no data or failed.
    #[serde(default)]
    pub report_result: Option<ReportResult>,
    /// Whether it has data, and of when.
    #[serde(default, deserialize_with = "or_default")]
    pub status: ComponentStatus,
}

/// The state of a component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ComponentStatus {
    /// The component, in an answer about states alone.
    #[serde(default)]
    pub component_id: Option<Id>,
    /// `DATA`, `NODATA`, `ERROR`.
    #[serde(default)]
    pub data_status: Option<String>,
    /// Why it failed.
    #[serde(default)]
    pub error_message: Option<String>,
    /// When its data was read: `2026-06-15T09:00:00.000+0000`; none before the first time.
    #[serde(default)]
    pub refresh_date: Option<String>,
    /// `IDLE` or `RUNNING`.
    #[serde(default)]
    pub refresh_status: Option<String>,
}

impl Operation for DashboardResults {
    type Output = DashboardData;

    fn request(&self) -> Result<Request, Error> {
        let path = [self.dashboard.as_str()];
        let method = if self.components.is_empty() { Method::GET } else { Method::POST };
        let request = Request::new(method, "analytics/dashboards/{id}", &path)?;
        let request = with_filters(request, &self.filters);
        if self.components.is_empty() {
            return Ok(request);
        }
        request.json(&Components { component_ids: &self.components })
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("the results of a dashboard")
    }

    /// It only reads, also as a POST.
    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Reads how far the components of a dashboard are with a refresh.
#[derive(Debug, Clone, Copy)]
pub struct DashboardStatus(pub Id);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statuses {
    component_status: Vec<ComponentStatus>,
}

impl Operation for DashboardStatus {
    type Output = Vec<ComponentStatus>;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "analytics/dashboards/{id}/status", &[self.0.as_str()])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        Ok(response.json::<Statuses>("the state of a dashboard")?.component_status)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Begins to read the data of a dashboard anew; [`DashboardStatus`] tells when it is there. The org
/// has 200 refreshes an hour.
#[derive(Debug, Clone)]
pub struct RefreshDashboard {
    dashboard: Id,
    filters: Vec<String>,
}

impl RefreshDashboard {
    /// All components.
    pub fn new(dashboard: Id) -> Self {
        Self { dashboard, filters: Vec::new() }
    }

    /// With these choices of the dashboard's filters, as in [`DashboardResults::filters`].
    #[must_use]
    pub fn filters(mut self, options: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.filters = options.into_iter().map(Into::into).collect();
        self
    }
}

impl Operation for RefreshDashboard {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        let path = [self.dashboard.as_str()];
        Ok(with_filters(
            Request::new(Method::PUT, "analytics/dashboards/{id}", &path)?,
            &self.filters,
        ))
    }

    fn decode(&self, response: Response) -> Result<(), Error> {
        super::records::expect_done(&response, "PUT analytics/dashboards/{id}")
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }
}

/// Saves a copy of a dashboard in a folder.
#[derive(Debug, Clone)]
pub struct CloneDashboard {
    dashboard: Id,
    folder: Id,
    name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CloneBody<'a> {
    folder_id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

impl CloneDashboard {
    /// Into a folder.
    pub fn new(dashboard: Id, folder: Id) -> Self {
        Self { dashboard, folder, name: None }
    }

    /// The name of the copy.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl Operation for CloneDashboard {
    type Output = DashboardMetadata;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::POST, "analytics/dashboards", &[])?
            .query("cloneId", self.dashboard.as_str())
            .json(&CloneBody { folder_id: self.folder, name: self.name.as_deref() })
    }

    fn decode(&self, response: Response) -> Result<DashboardMetadata, Error> {
        metadata(&response)
    }

    fn safety(&self) -> Safety {
        Safety::Write
    }
}
