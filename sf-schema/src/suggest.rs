//! Which of the known names was probably meant, and why.

use std::fmt;

/// How many names are suggested at most.
const MOST: usize = 5;

/// Names less alike than this are not suggested.
const LEAST: f64 = 0.72;

/// How much a field that is always filled gains over one that never is. Less
/// than one edit of a short name: usage decides between names that are about
/// equally near, and never makes a far name a candidate.
const USAGE: f64 = 0.04;

/// A name that was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// The API name.
    pub name: String,
    /// What speaks for it.
    pub reason: Reason,
}

/// What speaks for a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The same name but for case, underscores, spaces, namespace or suffix.
    SameName,
    /// What people call it is what was written.
    Label,
    /// The API name is this many edits away.
    SimilarName {
        /// Letters inserted, left out, replaced or swapped.
        edits: usize,
    },
    /// The label is this many edits away.
    SimilarLabel {
        /// Letters inserted, left out, replaced or swapped.
        edits: usize,
    },
    /// One name holds the other.
    Part,
    /// Another name of the same thing: the relationship of a field, the child
    /// relationship of an object.
    SameThing,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameName => f.write_str("the same name, spelled as the API does"),
            Self::Label => f.write_str("its label"),
            Self::SimilarName { edits: 1 } => f.write_str("1 edit away"),
            Self::SimilarName { edits } => write!(f, "{edits} edits away"),
            Self::SimilarLabel { edits: 1 } => f.write_str("its label is 1 edit away"),
            Self::SimilarLabel { edits } => write!(f, "its label is {edits} edits away"),
            Self::Part => f.write_str("one name holds the other"),
            Self::SameThing => f.write_str("another name of the same thing"),
        }
    }
}

impl Candidate {
    pub(crate) fn new(name: impl Into<String>, reason: Reason) -> Self {
        Self { name: name.into(), reason }
    }
}

/// A name that could be meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) name: &'a str,
    /// What people call it; the API name again if they have no other.
    pub(crate) labels: [&'a str; 2],
    /// How often it is used, from 0 to 1.
    pub(crate) usage: f64,
}

impl<'a> Item<'a> {
    pub(crate) fn new(name: &'a str) -> Self {
        Self { name, labels: [name, name], usage: 0.0 }
    }
}

/// The items nearest to `given`, best first, at most five.
pub(crate) fn rank<'a>(given: &str, items: impl IntoIterator<Item = Item<'a>>) -> Vec<Candidate> {
    let wanted = plain(given);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut scored: Vec<(f64, Candidate)> = items
        .into_iter()
        .filter_map(|item| {
            let (score, reason) = judge(&wanted, &item)?;
            Some((score + item.usage.clamp(0.0, 1.0) * USAGE, Candidate::new(item.name, reason)))
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    scored.dedup_by(|a, b| a.1.name == b.1.name);
    scored.into_iter().take(MOST).map(|(_, candidate)| candidate).collect()
}

fn judge(wanted: &str, item: &Item<'_>) -> Option<(f64, Reason)> {
    let name = plain(item.name);
    if *wanted == name || *wanted == plain(bare(item.name)) {
        return Some((2.0, Reason::SameName));
    }
    let labels = item.labels.map(plain);
    if labels.iter().any(|label| label == wanted) {
        return Some((1.9, Reason::Label));
    }
    let edits = |other: &str| strsim::damerau_levenshtein(wanted, other);
    let by_name = (score(wanted, &name), Reason::SimilarName { edits: edits(&name) });
    let by_label = labels
        .iter()
        // A label is a little less than a name: two fields may share one.
        .map(|l| (score(wanted, l) - 0.02, Reason::SimilarLabel { edits: edits(l) }))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    let best = if by_label.0 > by_name.0 { by_label } else { by_name };
    if best.0 >= LEAST {
        return Some(best);
    }
    let holds = |other: &str| {
        wanted.chars().count().min(other.chars().count()) >= 4
            && (other.contains(wanted) || wanted.contains(other))
    };
    (holds(&name) || labels.iter().any(|label| holds(label))).then_some((LEAST, Reason::Part))
}

/// The names nearest to `given`, best first, at most five; none when nothing is near.
///
/// Compared without case, underscores, spaces, namespace and the suffix `__c`, so
/// that "invoice date" finds `Invoice_Date__c`.
pub fn suggest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    rank(given, known.into_iter().map(Item::new)).into_iter().map(|c| c.name).collect()
}

/// 1 for equal, less the further apart.
fn score(wanted: &str, name: &str) -> f64 {
    if wanted == name {
        return 1.0;
    }
    let edit = strsim::normalized_damerau_levenshtein(wanted, name);
    let start = strsim::jaro_winkler(wanted, name) - 0.12;
    let shorter = wanted.chars().count().min(name.chars().count());
    let contained = shorter >= 4 && (name.contains(wanted) || wanted.contains(name));
    edit.max(start).max(if contained { 0.8 } else { 0.0 })
}

/// A name as it is compared: lower case letters and digits without the custom suffix.
pub(crate) fn plain(name: &str) -> String {
    let lower = name.to_lowercase();
    stem(&lower).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// An API name without the suffix that says what kind of custom thing it is
/// (Salesforce Object Reference, "Custom Objects": `__c`, `__mdt`, `__e`, `__b`, `__x`,
/// and `__r` of relationships).
pub(crate) fn stem(name: &str) -> &str {
    const SUFFIXES: [&str; 8] = ["__c", "__r", "__mdt", "__pc", "__pr", "__e", "__b", "__x"];
    let suffix = SUFFIXES.iter().find(|suffix| {
        name.len() > suffix.len()
            && name
                .get(name.len() - suffix.len()..)
                .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    });
    suffix.map_or(name, |suffix| &name[..name.len() - suffix.len()])
}

/// An API name without suffix and without the namespace of a managed package.
pub(crate) fn bare(name: &str) -> &str {
    let stem = stem(name);
    if stem.len() == name.len() {
        return name;
    }
    stem.split_once("__").map_or(stem, |(namespace, rest)| {
        if namespace.is_empty() || rest.is_empty() { stem } else { rest }
    })
}
