//! How much of the org's daily API requests is used, from `Sforce-Limit-Info`.

use http::HeaderMap;

/// The org's API requests of the last 24 hours, as the latest answer stated them. The count is of
/// the whole org and lags slightly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiUsage {
    /// Requests used.
    pub used: u64,
    /// Requests allowed.
    pub max: u64,
}

impl ApiUsage {
    /// Requests left.
    pub fn remaining(&self) -> u64 {
        self.max.saturating_sub(self.used)
    }

    /// Reads `api-usage=18/15000`, alone or followed by the share of one app.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get("sforce-limit-info")?.to_str().ok()?;
        let (used, max) = text
            .split(';')
            .find_map(|part| part.trim().strip_prefix("api-usage="))?
            .split_once('/')?;
        Some(Self { used: used.trim().parse().ok()?, max: max.trim().parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Option<ApiUsage> {
        let mut headers = HeaderMap::new();
        headers.insert("sforce-limit-info", http::HeaderValue::from_static(text));
        ApiUsage::from_headers(&headers)
    }

    #[test]
    fn with_and_without_the_share_of_an_app() {
        let usage = read("api-usage=22/15000").unwrap();
        assert_eq!((usage.used, usage.max, usage.remaining()), (22, 15000, 14978));
        assert_eq!(
            read("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-app)").unwrap().used,
            25
        );
        assert_eq!(read("per-app-api-usage=17/250"), None);
        assert_eq!(read("api-usage=many/few"), None);
    }
}
