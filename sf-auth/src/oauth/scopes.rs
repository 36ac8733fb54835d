//! What an app asks to be allowed.

use std::fmt;

use crate::Error;

/// OAuth scopes, in the order in which they are asked for.
///
/// The default is `api refresh_token`: the data API, and a refresh token. `full` is asked for only
/// by a program that names it; it grants everything that the user may do, and still no refresh
/// token (Salesforce Help, "OAuth Tokens and Scopes").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scopes(Vec<String>);

impl Default for Scopes {
    fn default() -> Self {
        Self(vec!["api".to_owned(), "refresh_token".to_owned()])
    }
}

impl Scopes {
    /// Only `api`: a session for the data API that ends for good when it ends.
    pub fn api() -> Self {
        Self(vec!["api".to_owned()])
    }

    /// Nothing at all: for flows that take no scopes, it says that none is needed.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// These scopes, each once.
    ///
    /// # Errors
    /// [`Error::Configuration`] if a name is empty or contains white space, quotes or control
    /// characters.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, Error> {
        let mut scopes: Vec<String> = Vec::new();
        for name in names {
            let name = name.into();
            // RFC 6749, section 3.3.
            let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
            if name.is_empty() || !name.bytes().all(plain) {
                return Err(Error::Configuration {
                    what: format!(
                        "{name:?} is not the name of a scope; give names such as api, refresh_token, openid"
                    ),
                });
            }
            if !scopes.contains(&name) {
                scopes.push(name);
            }
        }
        Ok(Self(scopes))
    }

    /// From a list with spaces, as it stands in answers.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::new(text.split_whitespace())
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this name is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|known| known == name)
    }

    /// Whether the data API is allowed: `api`, or `full`, which contains it.
    pub fn has_api(&self) -> bool {
        self.contains("api") || self.contains("full")
    }

    /// Whether a refresh token is asked for: `refresh_token`, or its other name `offline_access`.
    pub fn has_refresh(&self) -> bool {
        self.contains("refresh_token") || self.contains("offline_access")
    }
}

/// Separated by spaces, as a request carries them.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_is_never_asked_for_by_itself() {
        assert_eq!(Scopes::default().to_string(), "api refresh_token");
        assert!(!Scopes::default().contains("full"));
    }

    #[test]
    fn names_are_checked() {
        assert_eq!(Scopes::parse(" api  id api ").unwrap().to_string(), "api id");
        for bad in ["", "a b", "a\"b", "a\nb", "é"] {
            assert!(Scopes::new([bad]).is_err(), "{bad:?}");
        }
    }
}
