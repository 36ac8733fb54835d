//! Which of the known names was probably meant.

/// How many names are suggested at most.
const MOST: usize = 5;

/// The names nearest to `given`, best first, at most five; none when nothing is near.
///
/// Compared without case, underscores, spaces and the suffix `__c`, so that
/// "invoice date" finds `Invoice_Date__c`.
pub fn suggest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = plain(given);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let score = score(&wanted, &plain(name));
            (score >= 0.72).then_some((score, name))
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(MOST).map(|(_, name)| name.to_owned()).collect()
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
    let stem = lower.strip_suffix("__c").or_else(|| lower.strip_suffix("__r")).unwrap_or(&lower);
    stem.chars().filter(|c| c.is_alphanumeric()).collect()
}
