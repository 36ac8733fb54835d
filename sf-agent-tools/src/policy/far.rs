//! Fields of other objects that formulas name, and whether they may be read.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sf_schema::{Catalog, Error, Object};

use super::formula;
use super::pattern;
use super::rules::Rules;
use super::visible::{Access, Names, denied_with_its_compound, is_open_by_name, key, listed};

/// Objects as the org describes them, by lower-case name.
pub(crate) type Described = HashMap<String, Arc<Object>>;

/// Describes the objects that formulas of `full` read fields of, and those that the formulas among
/// these fields read in turn. Where a field may not be read by its name, nothing is asked.
pub(crate) async fn described(
    catalog: &Catalog,
    rules: &Rules,
    names: &Names,
    full: &Arc<Object>,
) -> Result<Described, Error> {
    let (mut known, mut seen) = (Described::new(), HashSet::new());
    let calculated = full.fields.iter().filter(|field| field.calculated);
    let mut waiting: Vec<(Arc<Object>, String)> =
        calculated.map(|field| (Arc::clone(full), field.name.clone())).collect();
    while let Some((object, field)) = waiting.pop() {
        for (target, end) in named_by(&object, &field) {
            if !is_open_by_name(rules, names, &target, &end)
                || !seen.insert((key(&target), key(&end)))
            {
                continue;
            }
            let there = match known.get(&key(&target)) {
                Some(there) => Arc::clone(there),
                None => match catalog.object(&target).await {
                    Ok(there) => there,
                    Err(Error::UnknownObject { .. }) => continue,
                    Err(other) => return Err(other),
                },
            };
            known.insert(key(&target), Arc::clone(&there));
            waiting.push((there, end));
        }
    }
    Ok(known)
}

/// What the formula of a field names, as object and field.
fn named_by(object: &Object, field: &str) -> Vec<(String, String)> {
    let field = object.field(field).filter(|field| field.calculated);
    let text = field.and_then(|field| field.formula.as_deref()).unwrap_or_default();
    let mut found = Vec::new();
    for path in formula::names(text) {
        match path.as_slice() {
            [name] if object.field(name).is_some_and(|own| own.calculated) => {
                found.push((object.name.clone(), (*name).to_owned()));
            }
            [parent, .., end] => {
                let targets = object.parent(parent).into_iter().flat_map(|r| &r.reference_to);
                found.extend(targets.map(|target| (target.clone(), (*end).to_owned())));
            }
            _ => {}
        }
    }
    found
}

/// What is known of the fields of other objects.
pub(super) struct Far<'a> {
    rules: &'a Rules,
    names: &'a Names,
    known: &'a Described,
    /// What was found out, by object and field; false for what is being looked at.
    told: RefCell<HashMap<(String, String), bool>>,
}

impl<'a> Far<'a> {
    pub(super) fn new(rules: &'a Rules, names: &'a Names, known: &'a Described) -> Self {
        Self { rules, names, known, told: RefCell::default() }
    }

    /// Whether a field of another object may be read as it is: by the lists, and by what it is made
    /// of. What is not described may not.
    pub(super) fn is_open(&self, object: &str, field: &str) -> bool {
        let place = (key(object), key(field));
        if let Some(told) = self.told.borrow().get(&place) {
            return *told;
        }
        self.told.borrow_mut().insert(place.clone(), false);
        let open = self.looks_open(object, field);
        self.told.borrow_mut().insert(place, open);
        open
    }

    fn looks_open(&self, object: &str, field: &str) -> bool {
        let (rules, names) = (self.rules, self.names);
        let found = self.known.get(&key(object));
        let found = found.and_then(|there| Some((there, there.field(field)?)));
        let (Some((there, field)), Some(rule)) = (found, rules.rule(object)) else { return false };
        is_open_by_name(rules, names, object, &field.name)
            && listed(rules, names, rule, there, field) == Access::Open
            && !denied_with_its_compound(rule, field)
            && there.parts(&field.name).all(|part| self.is_open(object, &part.name))
            && (!field.calculated
                || pattern::any(&rule.trusted_formulas, &field.name)
                || field.formula.as_deref().is_some_and(|text| {
                    self.reads_only(text, there, &|name| self.is_open(object, name))
                }))
    }

    /// Whether every field that a formula of `object` names may be read; `own` says so of its own.
    pub(super) fn reads_only(
        &self,
        formula: &str,
        object: &Object,
        own: &dyn Fn(&str) -> bool,
    ) -> bool {
        formula::names(formula).iter().all(|path| match path.as_slice() {
            [] => true,
            [name] => object.field(name).is_none() || own(name),
            [parent, rest @ ..] => {
                // A global such as $Setup, or what cannot be told.
                let Some(reference) = object.parent(parent) else { return false };
                let Some((end, way)) = rest.split_last() else { return false };
                // `Owner:User.Name` names the type; farther parents are not known here.
                own(&reference.name)
                    && way.iter().all(|name| reference.refers_to(name))
                    && reference.reference_to.iter().all(|target| self.is_open(target, end))
            }
        })
    }
}
