//! What is to be done with the rows of a permitted statement before anyone sees them.

use crate::Mask;

/// What is to be done with the rows of one SELECT.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) masks: Vec<MaskAt>,
    pub(crate) parents: Vec<ParentAt>,
    /// Columns that were added to find the parents.
    pub(crate) strip: Vec<Vec<String>>,
    /// The rows of subqueries, by the relationship's name.
    pub(crate) children: Vec<(String, Plan)>,
}

/// A value that is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MaskAt {
    /// The names that lead to it.
    pub(crate) path: Vec<String>,
    /// In a `TYPEOF`: how many of the names lead to its record, and of which object that must be.
    pub(crate) branch: Option<(usize, String)>,
    pub(crate) mask: Mask,
    /// What its tokens are called.
    pub(crate) kind: String,
}

/// A parent whose row may be hidden by a row filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParentAt {
    /// The relationships that lead to it.
    pub(crate) path: Vec<String>,
    /// The names that lead to its id.
    pub(crate) id: Vec<String>,
    /// The objects that it may be of.
    pub(crate) targets: Vec<Target>,
    /// The names that lead from it to what was selected.
    pub(crate) columns: Vec<Vec<String>>,
}

/// An object that a parent may be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) object: String,
    /// What its ids start with.
    pub(crate) key_prefix: Option<String>,
    /// Whether it has a row filter.
    pub(crate) filtered: bool,
}

impl Plan {
    /// Notes a parent, and a column that is read through it.
    pub(crate) fn parent(&mut self, parent: ParentAt, column: Option<&[String]>) {
        let at = match self.parents.iter().position(|known| known.path == parent.path) {
            Some(at) => at,
            None => {
                self.parents.push(parent);
                self.parents.len() - 1
            }
        };
        let Some(known) = self.parents.get_mut(at) else { return };
        if let Some(rest) = column.and_then(|column| column.get(known.path.len()..)) {
            known.columns.push(rest.to_vec());
        }
    }

    /// Whether the rows can be shown as they come.
    pub(crate) fn is_empty(&self) -> bool {
        self.masks.is_empty()
            && self.parents.is_empty()
            && self.strip.is_empty()
            && self.children.iter().all(|(_, plan)| plan.is_empty())
    }
}
