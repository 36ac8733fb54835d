//! What a request asks of the org, told from its method and path.

use http::Method;

/// The kind of a request, as faults and the request log name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `POST /services/oauth2/token`, or a SOAP login.
    Token,
    /// Userinfo, the identity URL, revoke.
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
    /// `/limits` and `/limits/recordCount`.
    Limits,
    /// Anything else.
    Other,
}

impl Operation {
    /// Whether it changes rows.
    pub fn is_write(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Upsert | Self::Delete)
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
            ("PATCH", "/services/data/v66.0/composite/sobjects", Operation::Update),
            ("PATCH", "/services/data/v66.0/composite/sobjects/Account/X__c", Operation::Upsert),
            ("POST", "/services/data/v66.0/composite/sobjects/Account", Operation::Retrieve),
            ("DELETE", "/services/data/v66.0/sobjects/Account/001", Operation::Delete),
            ("HEAD", "/services/data/v66.0/sobjects/Account/001", Operation::Retrieve),
            ("GET", "/services/data/v66.0/limits/recordCount", Operation::Limits),
            ("GET", "/favicon.ico", Operation::Other),
        ];
        for (method, path, expected) in cases {
            let method = method.parse().unwrap();
            assert_eq!(Operation::of(&method, path), expected, "{method} {path}");
        }
    }
}
