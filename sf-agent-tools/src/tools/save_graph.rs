//! `salesforce_save_graph`.

use std::collections::HashMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_rest::ops::graph::MAX_NODES;
use sf_schema::{FieldType, Object, WriteKind};

use super::operation::writable;
use super::prepare_write::{self, Prepared};
use super::problems::Problems;
use super::record_id;
use super::tree::{self, Saved};
use crate::prepare::{Action, DEPTH, Guard, How, Node, OBJECTS, Plan, Tree, ordered, preview_of};
use crate::{CallContext, Effect, Org, Problem, Reply, Tool, ToolError, Values};

/// Most records of one call: a small tree. The platform takes 500.
const MOST: usize = 200;
const _: () = assert!(MOST <= MAX_NODES);

/// Saves records that refer to each other.
pub(crate) struct SaveGraph;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// New records, and existing ones (with id) to change or to refer to; in any order.
    #[schemars(length(min = 1, max = MOST))]
    records: Vec<Entry>,
    /// If true, writes nothing and shows what it would do, as salesforce_prepare_write.
    prepare: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Entry {
    /// A name for this record, such as @acme, that others put into their lookup fields.
    alias: Option<String>,
    /// API name of the object.
    #[schemars(length(min = 1))]
    object: String,
    /// The record's id, if it exists.
    id: Option<String>,
    /// Field API names to values; a lookup field takes an id or an alias.
    #[serde(default)]
    values: Values,
}

/// What came of it, or what would.
#[derive(serde::Serialize, JsonSchema)]
pub(crate) struct Output {
    #[serde(flatten)]
    saved: Saved,
    /// With prepare: what would happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    prepared: Option<Prepared>,
}

impl Tool for SaveGraph {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_save_graph"
    }

    fn title(&self) -> &str {
        "Save related records"
    }

    fn description(&self) -> &str {
        "Saves new and existing records of several objects that refer to each other, all or none: an \
         account with its contacts and deals, say. On outcome_unknown never repeat it: make the call \
         in next."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Create, Effect::Update]
    }

    fn serves_writes(&self) -> bool {
        true
    }

    fn example(&self) -> Value {
        json!({ "records": [
            { "alias": "@acme", "object": "Account", "values": { "Name": "Acme" } },
            { "object": "Contact", "values": { "LastName": "Ito", "AccountId": "@acme" } },
        ] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let tree = checked(cx, org, args.records).await?;
        let plan = Plan { tree: Some(tree), ..Plan::default() };
        if args.prepare == Some(true) {
            return prepared(cx, org, plan).await;
        }
        let mut how = How::default();
        if org.policy().shows(&[Effect::Create, Effect::Update]) {
            how.preview = Some(preview_of(org, cx, &plan).await?.preview());
        }
        let tree = plan.tree.unwrap_or_default();
        let saved = tree::save(cx, org, tree, how).await?;
        Ok(Reply::complete(Output { saved, prepared: None }))
    }
}

async fn prepared(cx: &CallContext, org: &Org, mut plan: Plan) -> Result<Reply<Output>, ToolError> {
    if let Some(tree) = &mut plan.tree {
        for effect in tree.changes().iter().flat_map(|(change, _)| change.action.effects()) {
            org.policy().check_effects("This write", &[*effect])?;
        }
        org.permit_tree(tree.clone()).await?;
        let present = org.tree_present(cx, tree, Guard::None).await?;
        let mut problems = Problems::default();
        for (node, found) in tree.nodes.iter_mut().zip(present) {
            node.seen = found.as_ref().and_then(|found| found.changed);
            if let (Some(id), None, true) = (node.id, &found, node.is_written()) {
                let text =
                    format!("{id} does not exist, was deleted, or is not visible to this user.");
                problems.add(format!("records[{}].id", node.at), text);
            }
        }
        problems.refuse()?;
    }
    let shown = preview_of(org, cx, &plan).await?;
    let Reply { data, completeness, .. } = prepare_write::reply(cx, org, shown).await?;
    let output = Output { saved: Saved::default(), prepared: Some(data) };
    Ok(Reply::new(output, completeness))
}

/// The tree, if nothing about it is wrong.
async fn checked(cx: &CallContext, org: &Org, entries: Vec<Entry>) -> Result<Tree, ToolError> {
    let mut problems = Problems::default();
    let mut objects = Vec::with_capacity(entries.len());
    for entry in &entries {
        let action = match (&entry.id, entry.values.is_empty()) {
            (None, _) => Some(Action::Create),
            (Some(_), false) => Some(Action::Update),
            (Some(_), true) => None,
        };
        objects.push(match action {
            Some(action) => writable(cx, org, &entry.object, action).await?,
            None => cx.unless_cancelled(org.object(&entry.object)).await?,
        });
    }
    let aliases = aliases(&entries, &mut problems);
    let mut nodes = Vec::with_capacity(entries.len());
    let mut given_keys: Vec<(Arc<Object>, String)> = Vec::new();
    for (at, (entry, object)) in entries.into_iter().zip(&objects).enumerate() {
        let id = entry.id.as_deref().and_then(|text| match record_id(object, text) {
            Ok(id) => Some(id),
            Err(wrong) => {
                problems.add(format!("records[{at}].id"), wrong);
                None
            }
        });
        let known = Known { aliases: &aliases, objects: &objects };
        let (mut values, references, told) = known.split(at, object, &entry.values, &mut problems);
        let kind = if entry.id.is_some() { WriteKind::Update } else { WriteKind::Create };
        let mut whole = values.clone();
        for (field, target) in &references {
            whole.insert(field.clone(), placeholder(&objects[*target]).into());
        }
        if entry.id.is_none() || !whole.is_empty() {
            problems.check_except(&told, object, kind, at, &whole);
        }
        if entry.id.is_none()
            && let Some(given) = org.identify(object, &mut values)?
        {
            given_keys.push((Arc::clone(object), given));
        }
        let (alias, object) = (entry.alias, object.name.clone());
        nodes.push(Node { at, alias, object, id, values, references, seen: None });
    }
    let tree = match ordered(nodes) {
        Ok(tree) => tree,
        Err(circle) => {
            let text = "Refers to itself, directly or through others; leave one of the references \
                        out and set it with an update afterwards.";
            circle.iter().for_each(|at| problems.add(format!("records[{at}]"), text));
            Tree::default()
        }
    };
    if tree.depth() > DEPTH {
        let text = format!("{} levels of references; at most {DEPTH}.", tree.depth());
        problems.add("records", text);
    }
    if tree.objects() > OBJECTS {
        let text = format!("{} different objects; at most {OBJECTS}.", tree.objects());
        problems.add("records", text);
    }
    problems.refuse()?;
    for (object, given) in given_keys {
        org.are_new(&object, vec![given]).await?;
    }
    Ok(tree)
}

/// Where each alias stands.
fn aliases(entries: &[Entry], problems: &mut Problems) -> HashMap<String, usize> {
    let mut aliases = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let Some(alias) = &entry.alias else { continue };
        let place = format!("records[{at}].alias");
        if alias.strip_prefix('@').is_none_or(|name| name.trim().is_empty()) {
            problems.add(place, "Must begin with @ and have a name after it, such as @acme.");
        } else if let Some(first) = aliases.insert(alias.clone(), at) {
            problems.add(place, format!("{alias} is the alias of records[{first}] already."));
        }
    }
    aliases
}

/// What references can lead to.
struct Known<'a> {
    aliases: &'a HashMap<String, usize>,
    objects: &'a [Arc<Object>],
}

impl Known<'_> {
    /// The values without aliases, the fields that hold one, and those that hold a wrong one.
    fn split(
        &self,
        at: usize,
        object: &Object,
        given: &Values,
        problems: &mut Problems,
    ) -> (Values, Vec<(String, usize)>, Vec<String>) {
        let (mut values, mut references, mut told) = (Values::new(), Vec::new(), Vec::new());
        for (name, value) in given {
            let field = object.field(name).filter(|f| f.ty == FieldType::Reference);
            let alias = value.as_str().filter(|text| text.starts_with('@'));
            let (Some(field), Some(alias)) = (field, alias) else {
                values.insert(name.clone(), value.clone());
                continue;
            };
            let place = format!("records[{at}].{name}");
            match self.aliases.get(alias) {
                None => {
                    let near = sf_schema::suggest(alias, self.aliases.keys().map(String::as_str));
                    let text = format!("No record of this call has the alias {alias}.");
                    problems.push(Problem::new(place, text).did_you_mean(near));
                }
                Some(target) if !field.refers_to(&self.objects[*target].name) => problems.add(
                    place,
                    format!(
                        "{alias} is of {}, and this field points at {}.",
                        self.objects[*target].name,
                        field.reference_to.join(" or ")
                    ),
                ),
                Some(target) => {
                    references.push((field.name.clone(), *target));
                    continue;
                }
            }
            told.push(field.name.clone());
        }
        (values, references, told)
    }
}

/// An id that stands for one that is not known yet, for the check against the schema alone.
fn placeholder(object: &Object) -> String {
    format!("{}000000000000", object.key_prefix.as_deref().unwrap_or("000"))
}
