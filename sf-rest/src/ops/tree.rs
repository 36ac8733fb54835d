//! `POST /composite/tree/{object}`: new records with their children, all or none (REST API
//! Developer Guide, sObject Tree).

use std::collections::HashSet;

use http::Method;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};

use crate::{Error, Fields, Id, Operation, Request, Response, Safety};

/// The most records of one tree.
pub const MAX_RECORDS: usize = 200;

/// The most levels, and the most objects, of one tree.
pub const MAX_LEVELS: usize = 5;

/// New records of one object, each with children, their children, and so on. All are created or
/// none is.
///
/// A refusal is an [`Error::Api`] whose items say by [`ApiError::reference`] which record they are
/// about.
///
/// [`ApiError::reference`]: crate::ApiError::reference
#[derive(Debug, Clone)]
pub struct Tree {
    object: String,
    nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
struct Node {
    object: String,
    reference: String,
    /// The parent's place and the name of the relationship.
    parent: Option<(usize, String)>,
    level: usize,
    fields: Fields,
}

/// One record of a tree, from the moment it is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeHandle {
    place: usize,
    reference: String,
}

impl TreeHandle {
    /// The name by which errors tell the record: its object and its place, such as `Contact2`.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

/// The ids of the records of a tree.
#[derive(Debug, Clone)]
pub struct TreeIds {
    ids: Vec<Id>,
}

impl TreeIds {
    /// The id of one record; `None` for a handle of another tree.
    pub fn get(&self, handle: &TreeHandle) -> Option<Id> {
        self.ids.get(handle.place).copied()
    }

    /// All ids, in the order in which the records were added.
    pub fn all(&self) -> &[Id] {
        &self.ids
    }
}

impl Tree {
    /// An empty tree, whose topmost records are of this object.
    pub fn new(object: impl Into<String>) -> Self {
        Self { object: object.into(), nodes: Vec::new() }
    }

    /// Adds a topmost record.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object or name the id, or if the tree
    /// is full.
    pub fn add(&mut self, fields: &(impl Serialize + ?Sized)) -> Result<TreeHandle, Error> {
        self.push(self.object.clone(), None, 1, fields)
    }

    /// Adds a record below another one, by the name of the relationship from the parent to its
    /// children (`Contacts`) and the object of the child (`Contact`).
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object, name the id or the
    /// relationship, or if the tree is full or too deep.
    pub fn add_child(
        &mut self,
        parent: &TreeHandle,
        relationship: impl Into<String>,
        object: impl Into<String>,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<TreeHandle, Error> {
        let found = self.nodes.get(parent.place);
        let Some(node) = found.filter(|node| node.reference == parent.reference) else {
            return Err(Error::invalid("the parent belongs to another tree"));
        };
        let (level, relationship) = (node.level + 1, relationship.into());
        if level > MAX_LEVELS {
            return Err(Error::invalid(format!("a tree has at most {MAX_LEVELS} levels")));
        }
        if node.fields.get(&relationship).is_some() {
            return Err(Error::invalid(format!(
                "the parent has a field {relationship}, which is the name of the relationship"
            )));
        }
        self.push(object.into(), Some((parent.place, relationship)), level, fields)
    }

    fn push(
        &mut self,
        object: String,
        parent: Option<(usize, String)>,
        level: usize,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<TreeHandle, Error> {
        if self.nodes.len() == MAX_RECORDS {
            return Err(Error::invalid(format!("a tree has at most {MAX_RECORDS} records")));
        }
        let objects: HashSet<&str> = self.nodes.iter().map(|node| node.object.as_str()).collect();
        if objects.len() == MAX_LEVELS && !objects.contains(object.as_str()) {
            return Err(Error::invalid(format!("a tree has at most {MAX_LEVELS} objects")));
        }
        let place = self.nodes.len();
        let reference = format!("{object}{}", place + 1);
        let fields = Fields::new(fields)?;
        self.nodes.push(Node { object, reference: reference.clone(), parent, level, fields });
        Ok(TreeHandle { place, reference })
    }

    fn children(&self, parent: usize) -> impl Iterator<Item = (usize, &str)> {
        self.nodes.iter().enumerate().filter_map(move |(place, node)| match &node.parent {
            Some((above, relationship)) if *above == parent => Some((place, relationship.as_str())),
            _ => None,
        })
    }
}

/// Some records of a tree, with all that is below them.
struct Records<'a> {
    tree: &'a Tree,
    places: Vec<usize>,
}

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct List<'a>(&'a Records<'a>);
        impl Serialize for List<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut list = serializer.serialize_seq(Some(self.0.places.len()))?;
                for &place in &self.0.places {
                    list.serialize_element(&Record { tree: self.0.tree, place })?;
                }
                list.end()
            }
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("records", &List(self))?;
        map.end()
    }
}

struct Record<'a> {
    tree: &'a Tree,
    place: usize,
}

/// `attributes` first: the platform refuses records where it comes later.
impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Attributes<'a> {
            r#type: &'a str,
            reference_id: &'a str,
        }
        let node = &self.tree.nodes[self.place];
        let mut map = serializer.serialize_map(None)?;
        let attributes = Attributes { r#type: &node.object, reference_id: &node.reference };
        map.serialize_entry("attributes", &attributes)?;
        node.fields.extend(&mut map)?;
        let mut sets: Vec<(&str, Vec<usize>)> = Vec::new();
        for (place, relationship) in self.tree.children(self.place) {
            match sets.iter_mut().find(|(name, _)| *name == relationship) {
                Some((_, places)) => places.push(place),
                None => sets.push((relationship, vec![place])),
            }
        }
        for (relationship, places) in sets {
            map.serialize_entry(relationship, &Records { tree: self.tree, places })?;
        }
        map.end()
    }
}

#[derive(Deserialize)]
struct Created {
    results: Vec<CreatedRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreatedRecord {
    reference_id: String,
    id: Id,
}

impl Operation for Tree {
    type Output = TreeIds;

    fn request(&self) -> Result<Request, Error> {
        let places: Vec<usize> = (0..self.nodes.len())
            .filter(|&place| self.nodes.get(place).is_some_and(|node| node.parent.is_none()))
            .collect();
        if places.is_empty() {
            return Err(Error::invalid("the tree has no records"));
        }
        Request::new(Method::POST, "composite/tree/{object}", &[&self.object])?
            .json(&Records { tree: self, places })
    }

    fn decode(&self, response: Response) -> Result<TreeIds, Error> {
        const WHAT: &str = "the ids of a tree";
        let created: Created = response.json(WHAT)?;
        let mut ids = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let found = created.results.iter().find(|record| record.reference_id == node.reference);
            let Some(record) = found else {
                return Err(response.unexpected(WHAT, format!("{} has no id", node.reference)));
            };
            ids.push(record.id);
        }
        Ok(TreeIds { ids })
    }

    fn safety(&self) -> Safety {
        Safety::Write
    }
}
