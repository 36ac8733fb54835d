//! Short names for API names, there and back.

use std::collections::HashMap;

use crate::suggest::{bare, stem};

/// A short name for each of some API names, such as the fields of an object:
/// `amount_due` for `Amount_Due__c`, `annual_revenue` for `AnnualRevenue`.
///
/// No two API names get the same short name: where the plain form would serve
/// two, both keep more of themselves, first the namespace, then the suffix. So
/// [`api`](Self::api) leads from every short name back to its API name.
#[derive(Clone, Debug, Default)]
pub struct NameTable {
    short: HashMap<String, String>,
    api: HashMap<String, String>,
}

impl NameTable {
    /// A table of these API names. Names that differ in case alone are one.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms: Vec<(&str, [String; 3])> = Vec::new();
        let mut known = HashMap::new();
        for name in names {
            let full = name.to_lowercase();
            if known.insert(full.clone(), ()).is_none() {
                forms.push((name, [snake(bare(name)), snake(stem(name)), full]));
            }
        }
        // How many names could be called so, in any of their forms.
        let mut claims: HashMap<&str, usize> = HashMap::new();
        for (_, [short, long, full]) in &forms {
            let mut own = vec![short.as_str(), long, full];
            own.sort_unstable();
            own.dedup();
            for form in own {
                *claims.entry(form).or_default() += 1;
            }
        }
        let mut table = Self::default();
        for (name, [short, long, full]) in &forms {
            let free = |form: &&String| !form.is_empty() && claims.get(form.as_str()) == Some(&1);
            // The full name is nobody else's, or nobody else is called so.
            let chosen = [short, long].into_iter().find(free).unwrap_or(full);
            table.short.insert(full.clone(), chosen.clone());
            table.api.insert(chosen.clone(), (*name).to_owned());
        }
        table
    }

    /// The short name of an API name, in any case.
    #[must_use]
    pub fn short(&self, api: &str) -> Option<&str> {
        self.short.get(&api.to_lowercase()).map(String::as_str)
    }

    /// The API name that a short name stands for.
    #[must_use]
    pub fn api(&self, short: &str) -> Option<&str> {
        self.api.get(&short.to_lowercase()).map(String::as_str)
    }
}

/// `AnnualRevenue` as `annual_revenue`, `SLAExpirationDate` as
/// `sla_expiration_date`, `Amount_Due` as `amount_due`.
fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let starts_word = letter.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_uppercase() && letters.get(at + 1).is_some_and(|n| n.is_lowercase()))
            });
        if starts_word {
            out.push('_');
        }
        if *letter != '_' || !(out.is_empty() || out.ends_with('_')) {
            out.extend(letter.to_lowercase());
        }
    }
    out.trim_end_matches('_').to_owned()
}
