//! API versions: which there are, what one offers.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::engine::{ApiError, Caller, ErrorItem};
use crate::server::{Org, reply};

/// The oldest version that is not retired, and the newest.
const LIVE: std::ops::RangeInclusive<u32> = 31..=68;
/// For what has no version in its path.
pub(crate) const NEWEST: &str = "v68.0";
/// Summer '14.
const SUMMER_14: u32 = 31;

/// `v66.0` of a path as `66.0`.
pub(crate) fn check(segment: &str) -> Result<String, ApiError> {
    let version = segment.strip_prefix('v').and_then(|version| version.strip_suffix(".0"));
    match version
        .and_then(|major| major.parse::<u32>().ok().filter(|number| number.to_string() == major))
    {
        Some(number) if LIVE.contains(&number) => Ok(format!("{number}.0")),
        Some(number) if number < *LIVE.start() => {
            let message = format!(
                "API version {number}.0 is retired. Use version {}.0 or later.",
                LIVE.start()
            );
            Err(ApiError::new(410, ErrorItem::new("UNSUPPORTED_API_VERSION", message)))
        }
        _ => Err(ApiError::not_found()),
    }
}

/// `GET /services/data`: needs no session.
pub(crate) async fn list() -> Response {
    let versions = LIVE.map(|number| {
        json!({
            "label": label(number),
            "url": format!("/services/data/v{number}.0"),
            "version": format!("{number}.0"),
        })
    });
    reply::ok(&Value::Array(versions.collect()))
}

/// Three releases a year, named by season: Summer, then Winter and Spring of
/// the next year's number.
fn label(number: u32) -> String {
    let since = number.saturating_sub(SUMMER_14);
    let season = match since % 3 {
        0 => "Summer",
        1 => "Winter",
        _ => "Spring",
    };
    let year = 14 + since.div_ceil(3);
    // One label of the platform's list has a typographic apostrophe.
    let apostrophe = if number == 42 { '\u{2019}' } else { '\'' };
    format!("{season} {apostrophe}{year}")
}

/// `GET /services/data/v66.0`: the resources this org has.
pub(crate) async fn resources(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let base = format!("/services/data/v{}", caller.version);
    let mut map = Map::new();
    for name in [
        "sobjects",
        "query",
        "queryAll",
        "limits",
        "composite",
        "jobs",
        "recent",
        "search",
        "parameterizedSearch",
        "analytics",
        "actions",
        "quickActions",
        "process",
    ] {
        map.insert(name.to_owned(), Value::from(format!("{base}/{name}")));
    }
    let identity = org.absolute(&format!("/id/{}/{}", org.engine.org_id(), caller.user_id));
    map.insert("identity".to_owned(), Value::from(identity));
    reply::ok(&Value::Object(map))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_the_seasons() {
        let labels: Vec<_> = [31, 32, 33, 34, 42, 60, 66, 67, 68].map(label).into();
        insta::assert_snapshot!(
            labels.join(", "),
            @"Summer '14, Winter '15, Spring '15, Summer '15, Spring ’18, Spring '24, Spring '26, Summer '26, Winter '27"
        );
    }

    #[test]
    fn only_live_versions_pass() {
        assert_eq!(check("v66.0").unwrap(), "66.0");
        assert_eq!(check("v30.0").unwrap_err().status, 410);
        for unknown in ["v69.0", "66.0", "v66", "v066.0", "v66.1", "v", "async"] {
            assert_eq!(check(unknown).unwrap_err().status, 404, "{unknown}");
        }
    }
}
