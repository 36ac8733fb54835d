//! The API version that stands in every path.

use std::fmt;
use std::str::FromStr;

/// A REST API version such as 66.0 (Spring '26), which is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion(u16);

impl ApiVersion {
    /// Spring '26.
    pub const V66: ApiVersion = ApiVersion(66);

    /// A version by its major number; the minor one is always 0.
    pub const fn new(major: u16) -> Self {
        Self(major)
    }

    /// The major number.
    pub const fn major(self) -> u16 {
        self.0
    }
}

impl Default for ApiVersion {
    fn default() -> Self {
        Self::V66
    }
}

/// As in paths, without the leading `v`: `66.0`.
impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

/// A text that is not an API version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an API version; write it like 66.0")]
pub struct InvalidApiVersion {
    text: String,
}

impl FromStr for ApiVersion {
    type Err = InvalidApiVersion;

    /// Reads `66`, `66.0` or `v66.0`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('v').unwrap_or(text);
        let major = digits.strip_suffix(".0").unwrap_or(digits);
        match major.parse() {
            Ok(number) if major.bytes().all(|b| b.is_ascii_digit()) => Ok(Self(number)),
            _ => Err(InvalidApiVersion { text: text.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for text in ["66", "66.0", "v66.0"] {
            assert_eq!(text.parse::<ApiVersion>().unwrap().to_string(), "66.0");
        }
        for text in ["", "v", "66.1", "+66", "99999999", "sixty"] {
            assert!(text.parse::<ApiVersion>().is_err(), "{text}");
        }
    }
}
