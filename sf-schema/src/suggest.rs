//! Which of the known names was probably meant, and why.

use std::fmt;

/// How many names are suggested at most.
const MOST: usize = 5;

/// Bytes of a text that can be meant as a name: comparing takes time by its length.
const LONGEST: usize = 800;

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
    let (wanted, bare_wanted) = (plain(given), plain(bare(given)));
    if wanted.is_empty() || given.len() > LONGEST {
        return Vec::new();
    }
    let mut scored: Vec<(f64, Candidate)> = items
        .into_iter()
        .filter_map(|item| {
            let (score, reason) = judge(&wanted, &bare_wanted, &item)?;
            Some((score + item.usage.clamp(0.0, 1.0) * USAGE, Candidate::new(item.name, reason)))
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    scored.dedup_by(|a, b| a.1.name == b.1.name);
    scored.into_iter().take(MOST).map(|(_, candidate)| candidate).collect()
}

fn judge(wanted: &str, bare_wanted: &str, item: &Item<'_>) -> Option<(f64, Reason)> {
    let (name, own) = (plain(item.name), plain(bare(item.name)));
    if *wanted == name {
        return Some((2.0, Reason::SameName));
    }
    if *wanted == own {
        return Some((1.95, Reason::SameName));
    }
    let labels = item.labels.map(plain);
    if labels.iter().any(|label| label == wanted) {
        return Some((1.9, Reason::Label));
    }
    // The same name in another package, or in none.
    if own == bare_wanted {
        return Some((1.8, Reason::SameName));
    }
    let by_name = score(wanted, &name, |edits| Reason::SimilarName { edits });
    // A label is a little less than a name: two fields may share one.
    let by_label = labels.iter().map(|label| {
        let (score, reason) = score(wanted, label, |edits| Reason::SimilarLabel { edits });
        (score - 0.02, reason)
    });
    // The first of equals: the name before the label.
    let best = by_label.fold(by_name, |best, other| if other.0 > best.0 { other } else { best });
    (best.0 >= LEAST).then_some(best)
}

/// The names nearest to `given`, best first, at most five; none when nothing is near.
///
/// Compared without case, underscores, spaces, namespace and the suffix `__c`, so
/// that "invoice date" finds `Invoice_Date__c`.
pub fn suggest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    rank(given, known.into_iter().map(Item::new)).into_iter().map(|c| c.name).collect()
}

/// How near two plain names are, at most 1, and what speaks for it.
fn score(wanted: &str, name: &str, similar: impl Fn(usize) -> Reason) -> (f64, Reason) {
    let (ours, theirs) = (wanted.chars().count(), name.chars().count());
    let edits = strsim::damerau_levenshtein(wanted, name);
    let likeness = 1.0 - edits as f64 / ours.max(theirs).max(1) as f64;
    let start = strsim::jaro_winkler(wanted, name) - 0.12;
    let (shorter, longer) = (ours.min(theirs), ours.max(theirs));
    // The less there is beside the part, the more of the name was written.
    let part = if shorter >= 4 && (name.contains(wanted) || wanted.contains(name)) {
        0.76 + 0.1 * shorter as f64 / longer as f64
    } else {
        0.0
    };
    let near = likeness.max(start);
    if part > near { (part, Reason::Part) } else { (near, similar(edits)) }
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
