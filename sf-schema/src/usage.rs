//! Which fields of an object hold values, from a sample of its records.

use serde::{Deserialize, Serialize};
use sf_rest::QueryPage;

/// How often each field of an object holds a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Usage {
    /// Records that were looked at.
    pub sampled: u32,
    /// In how many of them each field holds something, by API name. A checkbox
    /// that is not ticked holds nothing.
    pub filled: Vec<(String, u32)>,
}

impl Usage {
    /// Counts the values of a page of records.
    #[must_use]
    pub fn of_page(page: &QueryPage) -> Self {
        let mut usage = Self::default();
        for record in &page.records {
            usage.sampled = usage.sampled.saturating_add(1);
            for (at, (name, value)) in record.iter().enumerate() {
                let filled = u32::from(!value.is_null() && value.as_bool() != Some(false));
                usage.count(at, name, filled);
            }
        }
        usage
    }

    /// Rows of a page have their fields in the same order, so the place is known after the first.
    fn count(&mut self, at: usize, name: &str, filled: u32) {
        let here = self.filled.get(at).is_some_and(|(known, _)| known == name);
        let at = if here { Some(at) } else { self.filled.iter().position(|(n, _)| n == name) };
        match at.and_then(|at| self.filled.get_mut(at)) {
            Some((_, count)) => *count = count.saturating_add(filled),
            None => self.filled.push((name.to_owned(), filled)),
        }
    }

    /// The share of records in which the field holds something, from 0 to 1;
    /// none if it was not looked at.
    #[must_use]
    pub fn share(&self, field: &str) -> Option<f64> {
        let (_, filled) = self.filled.iter().find(|(name, _)| name.eq_ignore_ascii_case(field))?;
        (self.sampled > 0).then(|| f64::from(*filled) / f64::from(self.sampled))
    }
}
