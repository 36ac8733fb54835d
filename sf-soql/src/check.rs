//! Whether a tree is one that the parser could have made.
//!
//! The public fields of the tree take more than the grammar does: an `And` of
//! one, an `IN` of nothing, a reserved word as an alias. `Display` prints such a
//! tree all the same. Here the print is parsed again, which is the one test that
//! cannot fall behind the grammar.

use crate::ast::{Query, Search};
use crate::error::ParseError;

/// A tree whose print does not mean what the tree says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTree {
    /// The print is not a statement: an empty list, a reserved word where a
    /// name stands, a call with the wrong arguments.
    #[error("the tree prints as `{printed}`, which does not parse")]
    Unparsable {
        /// The print, cut if it is long.
        printed: String,
        /// Why it does not parse, with the place in the print.
        source: Box<ParseError>,
    },
    /// The print is a statement with another tree: an `And` of one, a
    /// [`Value::String`](crate::ast::Value::String) after `LIKE`, a name that
    /// means something else where it stands.
    #[error("the tree prints as `{printed}`, which parses as another tree")]
    Ambiguous {
        /// The print, cut if it is long.
        printed: String,
    },
}

impl Query {
    /// Prints the tree and makes sure that the text means the tree: that it
    /// parses, and as an equal tree.
    ///
    /// What the parser made passes always; `Display` is enough for it. A tree
    /// that was built or changed by hand may not pass, so print it with this.
    /// It costs one parse, microseconds for a common query.
    ///
    /// ```
    /// use sf_soql::ast::{Condition, Query};
    ///
    /// let mut query = sf_soql::parse("SELECT Id FROM Account")?;
    /// assert_eq!(query.to_soql()?, "SELECT Id FROM Account");
    /// query.filter = Some(Condition::And(vec![]));
    /// assert!(query.to_soql().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidTree`].
    pub fn to_soql(&self) -> Result<String, InvalidTree> {
        compare(self, self.to_string(), crate::parse)
    }

    /// Whether [`Query::to_soql`] would print it.
    ///
    /// # Errors
    /// [`InvalidTree`].
    pub fn check(&self) -> Result<(), InvalidTree> {
        self.to_soql().map(drop)
    }
}

impl Search {
    /// As [`Query::to_soql`], for a search.
    ///
    /// # Errors
    /// [`InvalidTree`].
    pub fn to_sosl(&self) -> Result<String, InvalidTree> {
        compare(self, self.to_string(), crate::parse_search)
    }

    /// Whether [`Search::to_sosl`] would print it.
    ///
    /// # Errors
    /// [`InvalidTree`].
    pub fn check(&self) -> Result<(), InvalidTree> {
        self.to_sosl().map(drop)
    }
}

fn compare<T: PartialEq>(
    tree: &T,
    printed: String,
    parse: fn(&str) -> Result<T, ParseError>,
) -> Result<String, InvalidTree> {
    let cut = |text: &str| text.chars().take(500).collect();
    match parse(&printed) {
        Ok(again) if again == *tree => Ok(printed),
        Ok(_) => Err(InvalidTree::Ambiguous { printed: cut(&printed) }),
        Err(source) => {
            Err(InvalidTree::Unparsable { printed: cut(&printed), source: source.into() })
        }
    }
}
