//! What a request asks of the org, told from its method and path.

use http::Method;

/// The kind of a request, as faults and the request log name it; over the admin
/// endpoint in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// `POST /services/oauth2/token`, or a SOAP login.
    Token,
    /// The rest of OAuth: authorize, introspect, revoke, userinfo, the identity URL.
    Identity,
    /// `/services/data` and the resources of one version.
    Versions,
    /// The first page of `/query` or `/queryAll`.
    Query,
    /// A later page, by locator.
    NextPage,
    /// Rows read by id or external id, one or a collection.
    Retrieve,
    /// Rows inserted, one or a collection.
    Create,
    /// Rows changed by id, one or a collection.
    Update,
    /// Rows written by external id, one or a collection.
    Upsert,
    /// Rows deleted, one or a collection.
    Delete,
    /// The object list, or the describe of one object.
    Describe,
    /// An ingest job of the Bulk API: made, filled, closed, looked at.
    BulkIngest,
    /// A query job of the Bulk API: made, looked at.
    BulkQuery,
    /// A page of the results of a bulk job.
    BulkResults,
    /// `/limits` and `/limits/recordCount`.
    Limits,
    /// Several requests in one: `/composite`, its batch and its graph. It may
    /// change rows and counts as a write.
    Composite,
    /// `/search` and `/parameterizedSearch`.
    Search,
    /// Reports and dashboards: all below `/analytics`.
    Analytics,
    /// A quick action or an invocable action that is executed, or a step of an
    /// approval. It may change rows and counts as a write.
    Action,
    /// Anything else.
    Other,
}

impl Operation {
    /// Whether it changes rows, or may.
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::Update
                | Self::Upsert
                | Self::Delete
                | Self::Composite
                | Self::Action
        )
    }

    /// Told from the method and the path without query and trailing slash.
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        match (parts.next(), parts.next()) {
            (Some("services"), Some("data")) => match parts.next() {
                None => Self::Versions,
                Some(_) => Self::of_data(method, &parts.collect::<Vec<_>>()),
            },
            (Some("services"), Some("oauth2")) if parts.next() == Some("token") => Self::Token,
            (Some("services"), Some("oauth2")) | (Some("id"), _) => Self::Identity,
            (Some("services"), Some("Soap")) => Self::Token,
            _ => Self::Other,
        }
    }

    fn of_data(method: &Method, parts: &[&str]) -> Self {
        let read = method == Method::GET || method == Method::HEAD;
        match parts {
            [] => Self::Versions,
            ["query" | "queryAll"] => Self::Query,
            ["query" | "queryAll", _] => Self::NextPage,
            ["limits", ..] => Self::Limits,
            ["jobs", "query", _, _]
            | ["jobs", "ingest", _, "successfulResults" | "failedResults"]
            | ["jobs", "ingest", _, "unprocessedrecords" | "unprocessedRecords"] => {
                Self::BulkResults
            }
            ["jobs", "query", ..] => Self::BulkQuery,
            ["jobs", "ingest", ..] => Self::BulkIngest,
            ["search" | "parameterizedSearch", ..] => Self::Search,
            ["analytics", ..] => Self::Analytics,
            ["quickActions", _]
            | ["sobjects", _, "quickActions", _]
            | ["actions", ..]
            | ["process", ..]
                if !read =>
            {
                Self::Action
            }
            ["sobjects", _, "listviews" | "quickActions", ..] => Self::Other,
            ["composite"] | ["composite", "batch" | "graph"] if !read => Self::Composite,
            ["composite", "tree", _] => Self::Create,
            ["sobjects"] => Self::Describe,
            ["sobjects", _] if method == Method::POST => Self::Create,
            ["sobjects", _] | ["sobjects", _, "describe"] => Self::Describe,
            ["composite", "sobjects"] if method == Method::POST => Self::Create,
            ["composite", "sobjects", _] if method == Method::POST => Self::Retrieve,
            ["sobjects", _, _] | ["sobjects", _, _, _] | ["composite", "sobjects", ..] if read => {
                Self::Retrieve
            }
            ["sobjects", _, _] | ["sobjects", _, _, _] | ["composite", "sobjects", ..]
                if method == Method::DELETE =>
            {
                Self::Delete
            }
            ["sobjects", _, _] | ["composite", "sobjects"] if method == Method::PATCH => {
                Self::Update
            }
            ["sobjects", _, id] if method == Method::POST && id.eq_ignore_ascii_case("id") => {
                Self::Create
            }
            ["sobjects", _, _, _] | ["composite", "sobjects", _, _] if method == Method::PATCH => {
                Self::Upsert
            }
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart() {
        let cases = [
            ("POST", "/services/oauth2/token", Operation::Token),
            ("GET", "/services/oauth2/userinfo", Operation::Identity),
            ("POST", "/services/Soap/u/59.0", Operation::Token),
            ("GET", "/services/data", Operation::Versions),
            ("GET", "/services/data/v66.0/query", Operation::Query),
            ("GET", "/services/data/v66.0/query/0r8-2000", Operation::NextPage),
            ("GET", "/services/data/v66.0/sobjects/Account/describe", Operation::Describe),
            ("POST", "/services/data/v66.0/sobjects/Account", Operation::Create),
            ("POST", "/services/data/v66.0/composite/sobjects", Operation::Create),
            ("POST", "/services/data/v66.0/composite", Operation::Composite),
            ("POST", "/services/data/v66.0/composite/graph", Operation::Composite),
            ("POST", "/services/data/v66.0/composite/tree/Account", Operation::Create),
            ("GET", "/services/data/v66.0/search/scopeOrder", Operation::Search),
            ("PATCH", "/services/data/v66.0/composite/sobjects", Operation::Update),
            ("PATCH", "/services/data/v66.0/composite/sobjects/Account/X__c", Operation::Upsert),
            ("POST", "/services/data/v66.0/composite/sobjects/Account", Operation::Retrieve),
            ("DELETE", "/services/data/v66.0/sobjects/Account/001", Operation::Delete),
            ("HEAD", "/services/data/v66.0/sobjects/Account/001", Operation::Retrieve),
            ("GET", "/services/data/v66.0/limits/recordCount", Operation::Limits),
            ("PUT", "/services/data/v66.0/jobs/ingest/750/batches", Operation::BulkIngest),
            ("GET", "/services/data/v66.0/jobs/ingest/750/failedResults", Operation::BulkResults),
            ("POST", "/services/data/v66.0/jobs/query", Operation::BulkQuery),
            ("GET", "/services/data/v66.0/jobs/query/750/results", Operation::BulkResults),
            ("POST", "/services/data/v66.0/analytics/reports/00O", Operation::Analytics),
            ("POST", "/services/data/v66.0/actions/custom/flow/Route", Operation::Action),
            ("POST", "/services/data/v66.0/sobjects/Case/quickActions/Close", Operation::Action),
            ("GET", "/services/data/v66.0/sobjects/Case/quickActions/Close", Operation::Other),
            ("GET", "/services/data/v66.0/sobjects/Account/listviews", Operation::Other),
            ("GET", "/favicon.ico", Operation::Other),
        ];
        for (method, path, expected) in cases {
            let method = method.parse().unwrap();
            assert_eq!(Operation::of(&method, path), expected, "{method} {path}");
        }
    }
}
