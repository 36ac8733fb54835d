//! Writes through the policy: operations, fields, tokens, and the rows that may be touched.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use sf_rest::{ApiError, Id};
use sf_schema::FieldType;
use sf_soql::ast::{Path, Query, SelectItem, Source};

use super::guard::Guard;
use super::schema::UNTOLD;
use super::{Org, Values};
use crate::contract;
use crate::effect::doing;
use crate::policy::{
    Access, Masks, SessionFilter, View, first_names, is_token, kind, one_of, terms, verdict,
};
use crate::{Effect, Mask, Problem, ToolError};

/// Ids that one query looks for.
const IDS: usize = 400;

/// An object that is about to be written, with its row filter.
struct Target<'a> {
    guard: &'a Guard,
    view: Arc<View>,
    filter: Option<Arc<SessionFilter>>,
}

impl Org {
    /// The records to create, with values in the place of tokens.
    ///
    /// # Errors
    /// Everything that the policy does not permit of them.
    pub(super) async fn permit_create(
        &self,
        object: &str,
        records: &[Values],
    ) -> Result<Vec<Values>, ToolError> {
        let Some(target) = self.target(object, &[Effect::Create]).await? else {
            return Ok(records.to_vec());
        };
        let mut problems = Vec::new();
        let mut permitted = Vec::with_capacity(records.len());
        for (at, values) in records.iter().enumerate() {
            let values = target.values(&format!("records[{at}]"), values, &mut problems);
            target.lands(&format!("records[{at}]"), &values, &mut problems);
            permitted.push(values);
        }
        target.refuse(problems)?;
        Ok(permitted)
    }

    /// The records to update, with values in the place of tokens.
    ///
    /// # Errors
    /// As [`permit_create`](Self::permit_create); rows that may not be read do not exist.
    pub(super) async fn permit_update(
        &self,
        object: &str,
        records: &[(Id, Values)],
    ) -> Result<Vec<(Id, Values)>, ToolError> {
        let Some(target) = self.target(object, &[Effect::Update]).await? else {
            return Ok(records.to_vec());
        };
        let mut problems = Vec::new();
        let mut permitted = Vec::with_capacity(records.len());
        for (at, (id, values)) in records.iter().enumerate() {
            let values = target.values(&format!("records[{at}]"), values, &mut problems);
            target.stays(&format!("records[{at}]"), &values, &mut problems);
            permitted.push((*id, values));
        }
        let ids: Vec<Id> = records.iter().map(|(id, _)| *id).collect();
        self.rows_exist(&target, &ids, |at| format!("records[{at}]"), &mut problems).await?;
        target.refuse(problems)?;
        Ok(permitted)
    }

    /// The records to upsert by `key`, with values in the place of tokens.
    ///
    /// # Errors
    /// As [`permit_create`](Self::permit_create).
    pub(super) async fn permit_upsert(
        &self,
        object: &str,
        key: &str,
        records: &[Values],
    ) -> Result<Vec<Values>, ToolError> {
        let Some(target) = self.target(object, &[Effect::Create, Effect::Update]).await? else {
            return Ok(records.to_vec());
        };
        let mut problems = Vec::new();
        // The answer tells whether a record has the key, so the key must be one to be read.
        if target.view.access(key) != Access::Open {
            problems.push(Problem::new("external_id_field", target.no_field(key)));
        }
        let mut permitted = Vec::with_capacity(records.len());
        for (at, values) in records.iter().enumerate() {
            let mut values = target.values(&format!("records[{at}]"), values, &mut problems);
            cut_key(&mut values, key);
            target.lands(&format!("records[{at}]"), &values, &mut problems);
            permitted.push(values);
        }
        target.refuse(problems)?;
        if target.filter.is_some() {
            self.keys_are_free(&target, key, &permitted).await?;
        }
        Ok(permitted)
    }

    /// Whether these records may be deleted.
    ///
    /// # Errors
    /// As [`permit_update`](Self::permit_update).
    pub(super) async fn permit_delete(&self, object: &str, ids: &[Id]) -> Result<(), ToolError> {
        let Some(target) = self.target(object, &[Effect::Delete]).await? else { return Ok(()) };
        let mut problems = Vec::new();
        self.rows_exist(&target, ids, |at| format!("ids[{at}]"), &mut problems).await?;
        target.refuse(problems)
    }

    async fn target(
        &self,
        object: &str,
        effects: &[Effect],
    ) -> Result<Option<Target<'_>>, ToolError> {
        let Some(guard) = &self.inner.guard else { return Ok(None) };
        guard.request()?;
        let Some(view) = self.view(object).await? else {
            return Err(self.no_object(object).await?);
        };
        let may = |effect: &Effect| {
            guard.rules.rule(&view.full.name).is_some_and(|rule| rule.may(*effect))
        };
        let refused: Vec<Effect> = effects.iter().copied().filter(|effect| !may(effect)).collect();
        if !refused.is_empty() {
            return Err(ToolError::ask_a_person(format!(
                "This connection does not allow {} of {}. Nothing was sent.{}",
                doing(&refused),
                view.full.name,
                guard.rules.who()
            )));
        }
        let filter = if view.filtered { Some(self.filter(guard, &view).await?) } else { None };
        Ok(Some(Target { guard, view, filter }))
    }

    /// Notes the records that are not among those that may be read.
    async fn rows_exist(
        &self,
        target: &Target<'_>,
        ids: &[Id],
        place: impl Fn(usize) -> String,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ToolError> {
        if target.filter.is_none() {
            return Ok(());
        }
        let texts: Vec<&str> = ids.iter().map(Id::as_str).collect();
        let mut seen = BTreeSet::new();
        for some in texts.chunks(IDS) {
            seen.extend(self.permitted_ids(target.guard, &target.view.full.name, some).await?);
        }
        for (at, id) in texts.iter().enumerate().filter(|(_, id)| !seen.contains(**id)) {
            let message = format!(
                "There is no record {id} of {} that this connection can see.",
                target.view.full.name
            );
            problems.push(Problem::new(place(at), message));
        }
        Ok(())
    }

    /// Refuses an upsert whose key a record has that may not be read.
    async fn keys_are_free(
        &self,
        target: &Target<'_>,
        key: &str,
        records: &[Values],
    ) -> Result<(), ToolError> {
        let fault = |_| ToolError::ask_a_person("The records cannot be looked for; report it.");
        let name = &target.view.full.name;
        let is_number = target.view.full.field(key).is_some_and(|field| field.ty.is_number());
        let value = |values: &Values| {
            let found = values.iter().find(|(own, _)| own.eq_ignore_ascii_case(key));
            found.map(|(_, value)| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
        };
        if is_number {
            return Err(ToolError::ask_a_person(format!(
                "Only some records of {name} may be read, and a number as a key cannot be checked \
                 against that. Look for the record, then create or update it.{}",
                target.guard.rules.who()
            )));
        }
        let keys: Vec<String> = records.iter().filter_map(value).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        for some in keys.chunks(IDS / 4) {
            let (id, key) = (Path::new("Id").map_err(fault)?, Path::new(key).map_err(fault)?);
            let from = Source::new(Path::new(name).map_err(fault)?);
            let mut query = Query::new(vec![SelectItem::field(id)], from);
            query.filter = Some(one_of(key, some));
            target.guard.request()?;
            let came = self.send_query(&query).await?;
            let text = |r: &sf_rest::Record| Some(r.get("Id")?.as_str()?.to_owned());
            let there: Vec<String> = came.records.iter().filter_map(text).collect();
            let there: Vec<&str> = there.iter().map(String::as_str).collect();
            let seen = self.permitted_ids(target.guard, name, &there).await?;
            if came.next.is_some() || seen.len() < there.len() {
                return Err(ToolError::ask_a_person(format!(
                    "One of these records cannot be written by this connection. Nothing was sent.{}",
                    target.guard.rules.who()
                )));
            }
        }
        Ok(())
    }
}

impl Target<'_> {
    /// Values as they may be sent; what may not is noted.
    fn values(&self, place: &str, values: &Values, problems: &mut Vec<Problem>) -> Values {
        let rule = self.guard.rules.rule(&self.view.full.name);
        let writable = |field: &str| {
            !field.eq_ignore_ascii_case("Id") && rule.is_some_and(|rule| rule.names_writable(field))
        };
        let mut given = BTreeSet::new();
        let mut permitted = Values::new();
        for (name, value) in values {
            let at = format!("{place}.{name}");
            let full = &self.view.full;
            let by_key = value.as_object().and_then(|_| full.parent(name));
            let field = full.field(name).or(by_key);
            let Some(field) = field.filter(|field| writable(&field.name)) else {
                problems.push(Problem::new(at, self.no_field(name)));
                continue;
            };
            // Of two values the row filter would be asked of one, and the platform may take the other.
            if !given.insert(field.name.as_str()) {
                problems.push(Problem::new(at, format!("{} is given twice.", field.name)));
                continue;
            }
            if by_key.is_some() && !self.is_open_parent(field, value) {
                problems.push(Problem::new(at, self.no_field(name)));
                continue;
            }
            let mask = match self.view.access(&field.name) {
                Access::Masked(mask) => Some(mask),
                _ => None,
            };
            let kind = kind(&full.name, field);
            match unmasked(&self.guard.masks, mask, &kind, &field.ty, value) {
                Ok(value) => {
                    permitted.insert(name.clone(), value);
                }
                Err(wrong) => problems.push(Problem::new(at, wrong)),
            }
        }
        permitted
    }

    /// Whether a parent may be named by an external id: it tells which of them there are.
    fn is_open_parent(&self, field: &sf_schema::Field, value: &Value) -> bool {
        let rules = &self.guard.rules;
        let keys = value.as_object().into_iter().flat_map(|keys| keys.keys());
        let [target] = field.reference_to.as_slice() else { return false };
        let Some(rule) = rules.rule(target) else { return false };
        let open = |key: &String| rule.names_readable(key) && rule.mask_of(key).is_none();
        rule.rows.is_none() && keys.filter(|key| *key != "attributes").all(open)
    }

    fn no_field(&self, name: &str) -> String {
        let name = crate::text::shorten(name, 80);
        format!("{} has no field {name:?} that can be written.", self.view.full.name)
    }

    /// Whether a new record will be one of those that may be read.
    fn lands(&self, place: &str, values: &Values, problems: &mut Vec<Problem>) {
        let Some(filter) = &self.filter else { return };
        match verdict(&filter.condition, values) {
            Some(true) => {}
            Some(false) => problems.push(Problem::new(place, OUTSIDE)),
            None => problems.push(Problem::new(place, self.cannot_tell(values, filter))),
        }
    }

    /// Whether a record that may be read will still be one after these changes.
    fn stays(&self, place: &str, values: &Values, problems: &mut Vec<Problem>) {
        let Some(filter) = &self.filter else { return };
        let full = &self.view.full;
        let changed: BTreeSet<String> =
            values.keys().map(|name| name.to_ascii_lowercase()).collect();
        for term in terms(&filter.condition) {
            let mut names = BTreeSet::new();
            first_names(term, &mut names);
            let touched = names.iter().any(|name| {
                let reference = full.parent(name).map(|field| field.name.to_ascii_lowercase());
                let relationship = full.field(name).and_then(|f| f.relationship_name.clone());
                changed.contains(name)
                    || reference.is_some_and(|name| changed.contains(&name))
                    || relationship.is_some_and(|name| changed.contains(&name.to_ascii_lowercase()))
            });
            if touched {
                match verdict(term, values) {
                    Some(true) => {}
                    Some(false) => return problems.push(Problem::new(place, OUTSIDE)),
                    None => {
                        let text = "These values may make it a record that this connection may not \
                                    read, which cannot be told beforehand. Leave out what is not to \
                                    be changed.";
                        return problems.push(Problem::new(place, text));
                    }
                }
            }
        }
    }

    fn cannot_tell(&self, values: &Values, filter: &SessionFilter) -> String {
        let mut names = BTreeSet::new();
        first_names(&filter.condition, &mut names);
        let given = |name: &str| values.keys().any(|own| own.eq_ignore_ascii_case(name));
        let rule = self.guard.rules.rule(&self.view.full.name);
        let missing: Vec<&str> = names
            .iter()
            .filter(|name| !given(name))
            .filter_map(|name| self.view.card.field(name))
            .filter(|field| rule.is_some_and(|rule| rule.names_writable(&field.name)))
            .map(|field| field.name.as_str())
            .collect();
        let hint = if missing.is_empty() {
            " Such records cannot be created here.".to_owned()
        } else {
            format!(" Give a value for {}.", missing.join(", "))
        };
        format!(
            "Only some records of {} may be read here, and whether this would be one of them cannot \
             be told from its values.{hint}",
            self.view.full.name
        )
    }

    fn refuse(&self, mut problems: Vec<Problem>) -> Result<(), ToolError> {
        const MOST: usize = 50;
        if problems.is_empty() {
            return Ok(());
        }
        problems.truncate(MOST);
        Err(ToolError::fix_your_call(
            "The policy of this connection does not permit the write as it stands. Nothing was sent.",
        )
        .with_problems(problems))
    }
}

/// Cuts what the platform cuts from the ends of a key before it looks for a record, so that it finds no
/// other one than was looked for here.
fn cut_key(values: &mut Values, key: &str) {
    for (_, value) in values.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case(key)) {
        if let Value::String(text) = value {
            *text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control()).to_owned();
        }
    }
}

const OUTSIDE: &str = "These values make it a record that this connection may not read.";

/// A value with what its token stands for.
fn unmasked(
    masks: &Masks,
    mask: Option<Mask>,
    kind: &str,
    ty: &FieldType,
    value: &Value,
) -> Result<Value, String> {
    let Some(text) = value.as_str() else { return Ok(value.clone()) };
    if mask == Some(Mask::Token)
        && let Some(meant) = masks.resolve(kind, text)
    {
        // A number or a checkbox was masked by its JSON.
        let as_json = ty.is_number() || *ty == FieldType::Boolean;
        let json = if as_json { serde_json::from_str(&meant).ok() } else { None };
        return Ok(json.unwrap_or(Value::String(meant)));
    }
    if is_token(text) {
        return Err(format!(
            "{} stands for a masked value. It can be written in the session alone that showed it, to a \
             field that is masked in the same way.",
            text.trim()
        ));
    }
    Ok(value.clone())
}

impl Guard {
    /// What the platform says of a job, without the statement that it may quote, and without words
    /// that tell of what is hidden.
    pub(super) fn words(&self, text: &str, object: Option<&str>) -> String {
        let said = contract::said("", text);
        let tells = self.hidden(object).is_in(&said) || self.masks.tells(&said);
        if said.is_empty() || tells { UNTOLD.to_owned() } else { said }
    }

    /// Errors of the platform, without words that tell of what is hidden.
    pub(super) fn scrubbed(&self, errors: Vec<ApiError>, object: Option<&str>) -> Vec<ApiError> {
        let hidden = self.hidden(object);
        let scrub = |mut error: ApiError| {
            if error.message.contains("ERROR at Row:") {
                // It quotes the statement as it was sent.
                error.message = contract::said(error.code.as_str(), &error.message);
            }
            if hidden.is_in(&error.message) || self.masks.tells(&error.message) {
                error.message.clear();
            }
            error.fields.retain(|field| !hidden.is_in(field));
            error.duplicates.retain(|id| !hidden.is_in(id));
            error
        };
        errors.into_iter().map(scrub).collect()
    }
}
