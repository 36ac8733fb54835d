//! What a page says of itself, beside its rows.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::QueryPage;
use crate::{Error, decode};

pub(super) const PAGE: &str = "a page of query results";

/// A key, which is copied only if it has escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// What a page says of itself, read without the rows where it stands before them, as it does on the
/// platform. Empty for a body that is not a page.
pub(crate) fn head(body: &[u8]) -> Head {
    let mut head = Head::default();
    let mut json = serde_json::Deserializer::from_slice(body);
    // Leaving the map early is an error of the parser, and the answer is in `head` by then.
    let _ = json.deserialize_map(HeadVisitor(&mut head));
    head
}

/// What a page says of itself.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) total_size: Option<u64>,
    pub(crate) done: Option<bool>,
    /// The address of the next page; `None` for the last.
    pub(crate) next: Option<String>,
}

impl Head {
    pub(super) fn page<R>(
        self,
        records: Vec<R>,
        status: u16,
        body: &[u8],
    ) -> Result<QueryPage<R>, Error> {
        let (Some(total_size), Some(done)) = (self.total_size, self.done) else {
            return Err(Error::Decode {
                status,
                what: PAGE,
                problem: "totalSize or done is missing".to_owned(),
                excerpt: decode::excerpt(body),
            });
        };
        Ok(QueryPage { total_size, done, next: self.next, records })
    }
}

struct HeadVisitor<'h>(&'h mut Head);

impl<'de> Visitor<'de> for HeadVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PAGE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "totalSize" => self.0.total_size = map.next_value()?,
                "done" => {
                    self.0.done = map.next_value()?;
                    if self.0.done == Some(true) && self.0.total_size.is_some() {
                        return Ok(());
                    }
                }
                "nextRecordsUrl" => {
                    self.0.next = map.next_value()?;
                    return Ok(());
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
