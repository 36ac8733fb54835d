//! An object from its describe, as any org sent it (REST API Developer Guide,
//! "sObject Describe").
//!
//! What the engine works with is read into the model; all of it is kept, so that
//! the org's own describe equals the one that was loaded. Keys that the org's API
//! version did not have yet get the platform's usual value.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Child, Field, FieldType, Object, field_index};

/// What is wrong, and where in the document: `$.fields[3].type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) place: String,
    pub(super) text: String,
}

/// One JSON object of the document, and its place.
struct Node<'v> {
    map: &'v Map<String, Value>,
    place: String,
}

impl<'v> Node<'v> {
    fn new(value: &'v Value, place: String) -> Result<Self, Problem> {
        match value {
            Value::Object(map) => Ok(Self { map, place }),
            other => Err(Problem { place, text: format!("is {}, not an object", kind(other)) }),
        }
    }

    fn wrong(&self, key: &str, wanted: &str) -> Problem {
        let place = format!("{}.{key}", self.place);
        let text = match self.map.get(key) {
            Some(found) => format!("is {}, but must be {wanted}", shown(found)),
            None => format!("is missing; it must be {wanted}"),
        };
        Problem { place, text }
    }

    /// Not there, or null, counts as not given.
    fn given(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn flag(&self, key: &str, usual: bool) -> Result<bool, Problem> {
        match self.given(key) {
            None => Ok(usual),
            Some(value) => value.as_bool().ok_or_else(|| self.wrong(key, "true or false")),
        }
    }

    fn number(&self, key: &str) -> Result<u32, Problem> {
        match self.given(key) {
            None => Ok(0),
            Some(value) => value
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| self.wrong(key, "a whole number from 0 on")),
        }
    }

    fn optional(&self, key: &str) -> Result<Option<String>, Problem> {
        match self.given(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(key, "a text or null")),
        }
    }

    fn text(&self, key: &str) -> Result<String, Problem> {
        let text = self.optional(key)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| self.wrong(key, "a text"))
    }

    /// The items of an array, none if it is not given.
    fn items(&self, key: &str) -> Result<&'v [Value], Problem> {
        match self.given(key) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.wrong(key, "an array")),
        }
    }

    fn nodes(&self, key: &str) -> Result<Vec<Node<'v>>, Problem> {
        let node = |(at, item)| Node::new(item, format!("{}.{key}[{at}]", self.place));
        self.items(key)?.iter().enumerate().map(node).collect()
    }
}

/// A value in an error: itself if it is short.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => kind(value).to_owned(),
        short => {
            let text = short.to_string();
            if text.len() <= 60 { text } else { kind(short).to_owned() }
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The object that a describe shows.
pub(super) fn object(document: Value) -> Result<Object, Problem> {
    let node = Node::new(&document, "$".to_owned())?;
    let name = api_name(&node, "name")?;
    if node.given("fields").is_none() {
        return Err(node.wrong("fields", "the array of the object's fields"));
    }
    let custom = node.flag("custom", name.ends_with("__c"))?;
    let nodes = node.nodes("fields")?;
    let mut fields = nodes.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    for (at, field) in fields.iter().enumerate() {
        if let Some(first) =
            fields[..at].iter().position(|other| other.name.eq_ignore_ascii_case(&field.name))
        {
            let text = format!("is {:?} again, as $.fields[{first}] is", field.name);
            return Err(Problem { place: format!("$.fields[{at}].name"), text });
        }
    }
    if !fields.iter().any(|field| field.name == "Id") {
        let text = "has no field named Id; every object has one".to_owned();
        return Err(Problem { place: "$.fields".to_owned(), text });
    }
    choices(&nodes, &mut fields)?;
    for field in &mut fields {
        field.name_fallback = custom
            && field.name_field
            && field.ty == FieldType::String
            && field.createable
            && field.nillable;
    }
    let key_prefix = node.optional("keyPrefix")?.unwrap_or_default();
    let is_prefix = key_prefix.len() == 3 && key_prefix.bytes().all(|b| b.is_ascii_alphanumeric());
    if !(key_prefix.is_empty() || is_prefix) {
        return Err(node.wrong("keyPrefix", "three letters or digits, or null"));
    }
    let label = node.optional("label")?.unwrap_or_else(|| name.clone());
    let layoutable = node.flag("layoutable", true)?;
    let mut object = Object {
        custom,
        createable: node.flag("createable", true)?,
        updateable: node.flag("updateable", true)?,
        deletable: node.flag("deletable", true)?,
        undeletable: node.flag("undeletable", true)?,
        mergeable: node.flag("mergeable", false)?,
        layoutable,
        triggerable: node.flag("triggerable", true)?,
        feed_enabled: node.flag("feedEnabled", false)?,
        mru_enabled: node.flag("mruEnabled", true)?,
        deep_cloneable: node.flag("deepCloneable", false)?,
        queryable: node.flag("queryable", true)?,
        searchable: node.flag("searchable", layoutable)?,
        label_plural: node.optional("labelPlural")?.unwrap_or_else(|| label.clone()),
        label,
        key_prefix,
        scopes: scopes(&node)?,
        children: node.nodes("childRelationships")?.iter().map(child).collect::<Result<_, _>>()?,
        raw_summary: None,
        empty: Arc::default(),
        field_by_name: field_index(&fields),
        fields,
        name,
        raw: None,
    };
    if let Value::Object(mut raw) = document {
        // Kept in the model, one by one.
        for key in ["fields", "childRelationships"] {
            if let Some(value) = raw.get_mut(key) {
                *value = Value::Null;
            }
        }
        object.raw = Some(raw);
    }
    Ok(object)
}

/// A name becomes that of a table or column, and stands in statements.
fn api_name(node: &Node<'_>, key: &str) -> Result<String, Problem> {
    let name = node.text(key)?;
    let plain = |char: char| char.is_ascii_alphanumeric() || char == '_';
    if name.chars().all(plain) && name.starts_with(|char: char| char.is_ascii_alphabetic()) {
        return Ok(name);
    }
    Err(node.wrong(key, "an API name: letters, digits and underscores, a letter first"))
}

fn scopes(node: &Node<'_>) -> Result<Vec<(String, String)>, Problem> {
    let scope = |scope: &Node<'_>| {
        let name = scope.text("name")?;
        let label = scope.optional("label")?.unwrap_or_else(|| name.clone());
        Ok((name, label))
    };
    node.nodes("supportedScopes")?.iter().map(scope).collect()
}

fn child(node: &Node<'_>) -> Result<Child, Problem> {
    Ok(Child {
        object: node.text("childSObject")?,
        field: node.text("field")?,
        relationship: node.optional("relationshipName")?,
        cascade_delete: node.flag("cascadeDelete", false)?,
        restricted_delete: node.flag("restrictedDelete", false)?,
        raw: raw(node),
    })
}

fn field(node: &Node<'_>) -> Result<Field, Problem> {
    let name = api_name(node, "name")?;
    let ty = FieldType::named(&node.text("type")?);
    let values = node.nodes("picklistValues")?;
    let master_detail = node.given("relationshipOrder").is_some();
    let reference_to = node.items("referenceTo")?;
    let as_name = |value: &Value| value.as_str().map(str::to_owned);
    let reference_to: Option<Vec<String>> = reference_to.iter().map(as_name).collect();
    let updateable = node.flag("updateable", false)?;
    Ok(Field {
        label: node.optional("label")?.unwrap_or_else(|| name.clone()),
        length: node.number("length")?,
        precision: node.number("precision")?,
        scale: node.number("scale")?,
        digits: node.number("digits")?,
        nillable: node.flag("nillable", true)?,
        createable: node.flag("createable", false)?,
        updateable,
        defaulted_on_create: node.flag("defaultedOnCreate", ty == FieldType::Boolean)?,
        default: default(node, &values)?,
        aggregatable: node.flag("aggregatable", true)?,
        filterable: node.flag("filterable", true)?,
        sortable: node.flag("sortable", true)?,
        groupable: node.flag("groupable", true)?,
        permissionable: node.flag("permissionable", updateable)?,
        custom: node.flag("custom", name.ends_with("__c"))?,
        calculated: node.flag("calculated", false)?,
        formula: node.optional("calculatedFormula")?,
        case_sensitive: node.flag("caseSensitive", false)?,
        unique: node.flag("unique", false)?,
        external_id: node.flag("externalId", false)?,
        id_lookup: node.flag("idLookup", ty == FieldType::Id)?,
        name_field: node.flag("nameField", false)?,
        name_fallback: false,
        // The format is not told: rows that are loaded show it.
        auto_number: node.flag("autoNumber", false)?.then(|| "{00000000}".to_owned()),
        auto_offset: 0,
        via: None,
        via_condition: None,
        compound: node.optional("compoundFieldName")?,
        extra_type_info: node.optional("extraTypeInfo")?,
        values: values.iter().map(|value| value.text("value")).collect::<Result<_, _>>()?,
        inactive: inactive(&values)?,
        labels: labels(&values)?,
        restricted: node.flag("restrictedPicklist", false)?,
        controller: node.optional("controllerName")?,
        valid_for: HashMap::new(),
        reference_to: reference_to.ok_or_else(|| node.wrong("referenceTo", "an array of names"))?,
        relationship_name: node.optional("relationshipName")?,
        children_name: None,
        cascade_delete: node.flag("cascadeDelete", false)?,
        master_detail,
        restricted_delete: node.flag("restrictedDelete", false)?,
        raw: raw(node),
        name,
        ty,
    })
}

/// The entry as text, which is a tenth of it as a tree.
fn raw(node: &Node<'_>) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(node.map).ok()
}

/// A literal default. A formula's value is not known before a record is made.
fn default(node: &Node<'_>, values: &[Node<'_>]) -> Result<Option<Value>, Problem> {
    if let Some(value) = node.given("defaultValue") {
        return Ok(Some(value.clone()));
    }
    for value in values {
        if value.flag("defaultValue", false)? && value.flag("active", true)? {
            return Ok(Some(Value::String(value.text("value")?)));
        }
    }
    let formula = node.optional("defaultValueFormula")?;
    Ok(formula.as_deref().map(str::trim).and_then(|formula| match formula {
        "true" | "TRUE" => Some(Value::Bool(true)),
        "false" | "FALSE" => Some(Value::Bool(false)),
        text if text.len() >= 2 && text.starts_with('"') && text.ends_with('"') => {
            let inner = &text[1..text.len() - 1];
            (!inner.contains(['"', '\\'])).then(|| Value::String(inner.to_owned()))
        }
        number => serde_json::from_str::<serde_json::Number>(number).ok().map(Value::Number),
    }))
}

fn inactive(values: &[Node<'_>]) -> Result<Vec<String>, Problem> {
    let mut inactive = Vec::new();
    for value in values {
        if !value.flag("active", true)? {
            inactive.push(value.text("value")?);
        }
    }
    Ok(inactive)
}

fn labels(values: &[Node<'_>]) -> Result<HashMap<String, String>, Problem> {
    let mut labels = HashMap::new();
    for node in values {
        let value = node.text("value")?;
        if let Some(label) = node.optional("label")?.filter(|label| *label != value) {
            labels.insert(value, label);
        }
    }
    Ok(labels)
}

/// Which values of a controlling field allow which of a dependent picklist.
fn choices(nodes: &[Node<'_>], fields: &mut [Field]) -> Result<(), Problem> {
    for at in 0..fields.len() {
        let Some(controller) = fields[at].controller.clone() else { continue };
        let Some(controlling) =
            fields.iter().find(|field| field.name.eq_ignore_ascii_case(&controller))
        else {
            // Hidden from who described the object: the platform would check it still.
            fields[at].controller = None;
            continue;
        };
        let controlling = match controlling.ty {
            FieldType::Boolean => vec!["false".to_owned(), "true".to_owned()],
            _ => controlling.values.clone(),
        };
        for value in nodes[at].nodes("picklistValues")? {
            let bits = value.optional("validFor")?.unwrap_or_default();
            let bits = STANDARD
                .decode(&bits)
                .map_err(|_| value.wrong("validFor", "a bit set in base64"))?;
            let is_set =
                |bit: usize| bits.get(bit / 8).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0);
            let allowed = (0..controlling.len()).filter(|bit| is_set(*bit));
            let allowed = allowed.map(|bit| controlling[bit].clone()).collect();
            fields[at].valid_for.insert(value.text("value")?, allowed);
        }
    }
    Ok(())
}
