//! One name: an object among those of an org, or a field of an object.

use crate::suggest::{Candidate, Item, Reason, bare, plain, rank, stem};
use crate::{Known, Object, ObjectSummary};

/// What a written name means.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resolution {
    /// Exactly one thing, by its API name, and what speaks for it; no reason if
    /// it was written as the API does, in whatever case.
    One(String, Option<Reason>),
    /// Several things equally well.
    Several(Vec<Candidate>),
    /// Nothing. These come nearest, best first.
    None(Vec<Candidate>),
}

impl Resolution {
    /// The API name, if it is exactly one.
    #[must_use]
    pub fn one(&self) -> Option<&str> {
        match self {
            Self::One(name, _) => Some(name),
            Self::Several(_) | Self::None(_) => None,
        }
    }
}

/// The object that `written` means: its API name in any case; else its name
/// without namespace, suffix, underscores and blanks, or in the plural; else its
/// label or plural label.
#[must_use]
pub fn resolve_object<'a>(
    written: &str,
    objects: impl IntoIterator<Item = &'a ObjectSummary>,
) -> Resolution {
    let items = objects
        .into_iter()
        .map(|o| Item { labels: [&o.label, &o.label_plural], ..Item::new(&o.name) })
        .collect::<Vec<_>>();
    resolve(written, &items)
}

/// The field of `object` that `written` means, as [`resolve_object`]. Of
/// candidates about equally near the more used one comes first, if `known` has
/// the usage of the object.
#[must_use]
pub fn resolve_field(written: &str, object: &Object, known: &Known) -> Resolution {
    resolve(written, &known.fields(object).collect::<Vec<_>>())
}

/// Whether an item is what was written, in one way of reading it.
type Rule<'r> = &'r dyn Fn(&Item<'_>) -> bool;

/// As [`resolve_field`], of any items.
pub(super) fn resolve(written: &str, items: &[Item<'_>]) -> Resolution {
    let written = written.trim();
    if let Some(item) = items.iter().find(|item| item.name.eq_ignore_ascii_case(written)) {
        return Resolution::One(item.name.to_owned(), None);
    }
    let wanted = plain(written);
    let bare_wanted = plain(bare(written));
    let singular = wanted.strip_suffix('s').filter(|s| s.len() >= 3);
    // Each rule is asked only if those before it found nothing.
    let by_name = |item: &Item<'_>| plain(item.name) == wanted;
    let by_bare = |item: &Item<'_>| {
        let own = plain(bare(item.name));
        // What is written with one package's namespace is not another's.
        let no_other = bare(item.name) == stem(item.name);
        own == wanted || (no_other && own == bare_wanted) || Some(own.as_str()) == singular
    };
    let by_label = |item: &Item<'_>| item.labels.iter().any(|label| plain(label) == wanted);
    let rules: [(Rule<'_>, Reason); 3] =
        [(&by_name, Reason::SameName), (&by_bare, Reason::SameName), (&by_label, Reason::Label)];
    if !wanted.is_empty() {
        for (rule, reason) in rules {
            let found: Vec<&Item<'_>> = items.iter().filter(|item| rule(item)).collect();
            match found.as_slice() {
                [] => {}
                [one] => return Resolution::One(one.name.to_owned(), Some(reason)),
                _ => {
                    let mut several: Vec<&Item<'_>> = found;
                    several.sort_by(|a, b| b.usage.total_cmp(&a.usage).then(a.name.cmp(b.name)));
                    let candidates = several.iter().map(|item| Candidate::new(item.name, reason));
                    return Resolution::Several(candidates.collect());
                }
            }
        }
    }
    Resolution::None(rank(written, items.iter().copied()))
}
