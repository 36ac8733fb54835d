//! Record ids: 15 characters, or 18 with a checksum.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A record id, kept in its 18-character form, so that the two forms of one id are equal.
///
/// The last three characters say which of the first fifteen are upper-case letters (Salesforce
/// Object Reference, ID field type); a wrong checksum is a copying error and refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id([u8; 18]);

/// A text that is not a record id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a Salesforce record id: {problem}")]
pub struct InvalidId {
    text: String,
    problem: &'static str,
}

impl Id {
    /// Reads an id of 15 or 18 characters.
    ///
    /// # Errors
    /// [`InvalidId`] for another length, another character, or a wrong checksum.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let refuse = |problem| Err(InvalidId { text: text.chars().take(40).collect(), problem });
        let bytes = text.as_bytes();
        if !matches!(bytes.len(), 15 | 18) {
            return refuse("an id has 15 or 18 characters");
        }
        if !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return refuse("an id has only the letters A-Z and a-z and digits");
        }
        let mut id = [0; 18];
        id[..15].copy_from_slice(&bytes[..15]);
        for (place, group) in bytes[..15].chunks(5).enumerate() {
            let bits = group
                .iter()
                .enumerate()
                .fold(0_u8, |bits, (i, b)| bits | u8::from(b.is_ascii_uppercase()) << i);
            id[15 + place] = if bits < 26 { b'A' + bits } else { b'0' + bits - 26 };
        }
        if bytes.len() == 18 && !bytes[15..].eq_ignore_ascii_case(&id[15..]) {
            return refuse("its last three characters do not fit the first fifteen; copy it again");
        }
        Ok(Self(id))
    }

    /// The 18-character form.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever stored.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The 15-character form.
    pub fn short(&self) -> &str {
        &self.as_str()[..15]
    }

    /// The first three characters, which tell the object (`001` is Account).
    pub fn key_prefix(&self) -> &str {
        &self.as_str()[..3]
    }
}

impl FromStr for Id {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum() {
        let id = Id::parse("001dM00003kRs59").unwrap();
        assert_eq!(id.as_str(), "001dM00003kRs59QAC");
        assert_eq!(id, Id::parse("001dM00003kRs59QAC").unwrap());
        assert_eq!((id.short(), id.key_prefix()), ("001dM00003kRs59", "001"));
        assert_eq!(Id::parse("000000000000000").unwrap().as_str(), "000000000000000AAA");
    }

    #[test]
    fn refusals_say_why() {
        let refused = |text| Id::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(refused("Acme"), @r#""Acme" is not a Salesforce record id: an id has 15 or 18 characters"#);
        insta::assert_snapshot!(refused("001dM00003kRs59QAA"), @r#""001dM00003kRs59QAA" is not a Salesforce record id: its last three characters do not fit the first fifteen; copy it again"#);
        insta::assert_snapshot!(refused("001dM0/../kRs59"), @r#""001dM0/../kRs59" is not a Salesforce record id: an id has only the letters A-Z and a-z and digits"#);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in ".{0,20}") {
            let _ = Id::parse(&text);
        }
    }
}
