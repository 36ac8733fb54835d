//! Objects and fields as people write them, to API names; what was taken for what is told.

use std::sync::Arc;

use sf_schema::{Field, Known, Object, PathEnd, PathProblem, resolve_path};
use sf_soql::ast::Path;

use super::describe_object;
use crate::rows::Scale;
use crate::{Org, Problem, ToolError};

/// Rounds of describes that a path may need: one for each relationship, and one more.
const ROUNDS: usize = 6;

/// Fields that a table has when the call names none.
const DEFAULT_FIELDS: usize = 8;

/// Names whose meaning a reply tells.
const MOST_NOTES: usize = 12;

/// Problems that an answer lists.
const MOST_PROBLEMS: usize = 20;

/// One object, and what was found out about the names of a call.
pub(super) struct Names<'a> {
    org: &'a Org,
    pub(super) object: Arc<Object>,
    known: Known,
    /// How names were understood.
    pub(super) notes: Vec<String>,
    /// What is wrong with the call so far.
    pub(super) problems: Vec<Problem>,
}

/// A field that was found.
pub(super) struct Named {
    /// Its path from the object, in API names.
    pub(super) path: Path,
    /// None for a field of a parent that may be one of several objects.
    pub(super) field: Option<Field>,
}

impl<'a> Names<'a> {
    /// The object that `written` means.
    pub(super) async fn of(org: &'a Org, written: &str) -> Result<Self, ToolError> {
        let object = org.resolve(written).await?;
        let mut names = Self::new(org, object);
        names.note(written, &names.object.name.clone());
        if !names.object.queryable {
            return Err(ToolError::fix_your_call(format!(
                "{} cannot be queried. Nothing was sent.",
                names.object.name
            )));
        }
        Ok(names)
    }

    pub(super) fn new(org: &'a Org, object: Arc<Object>) -> Self {
        let mut known = Known::new();
        known.insert(Arc::clone(&object));
        Self { org, object, known, notes: Vec::new(), problems: Vec::new() }
    }

    fn note(&mut self, written: &str, api: &str) {
        if !written.trim().eq_ignore_ascii_case(api) {
            let note = format!("{:?} was taken for {api}.", crate::text::shorten(written, 60));
            if self.notes.len() == MOST_NOTES {
                self.notes.push("Other names likewise; columns have the API names.".to_owned());
            } else if self.notes.len() < MOST_NOTES && !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    /// Notes a problem with an argument.
    pub(super) fn problem(&mut self, at: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(at, message));
    }

    /// The field that `written` means; what is wrong with it is noted.
    pub(super) async fn field(
        &mut self,
        at: &str,
        written: &str,
    ) -> Result<Option<Named>, ToolError> {
        for _ in 0..ROUNDS {
            let problem = match resolve_path(written, &self.object, &self.known) {
                Ok(found) => {
                    let Ok(path) = Path::new(&found.api) else { break };
                    let field = match &found.end {
                        PathEnd::Field(bound) => bound.field().cloned(),
                        PathEnd::Name(_) => None,
                        _ => None,
                    };
                    self.note(written, &found.api);
                    return Ok(Some(Named { path, field }));
                }
                Err(problem) => problem,
            };
            match problem {
                PathProblem::Needs(objects) => {
                    for name in objects {
                        match self.org.object(&name).await {
                            Ok(object) => self.known.insert(object),
                            Err(error) if error.class == crate::ErrorClass::FixYourCall => {
                                self.known.insert_absent(&name, Vec::new());
                            }
                            Err(error) => return Err(error),
                        }
                    }
                }
                PathProblem::Unknown { ref candidates, ref object, ref name } => {
                    let near: Vec<String> = candidates.iter().map(|c| c.name.clone()).collect();
                    let one = if written.contains(',') {
                        " Give each name as an item of its own."
                    } else {
                        ""
                    };
                    let name = crate::text::shorten(name, 80);
                    let message = format!("{object} has no field {name:?}.{one}");
                    self.problems.push(Problem::new(at, message).did_you_mean(near));
                    return Ok(None);
                }
                PathProblem::Ambiguous { ref candidates, .. } => {
                    let near = candidates.iter().map(|c| c.name.clone()).collect();
                    let message = format!("{problem} Give the API name.");
                    self.problems.push(Problem::new(at, message).did_you_mean(near));
                    return Ok(None);
                }
                other => {
                    self.problem(at, other.to_string());
                    return Ok(None);
                }
            }
        }
        self.problem(at, format!("{:?} means no field.", crate::text::shorten(written, 80)));
        Ok(None)
    }

    /// The fields of a list, each once; those that most tables want if it is empty.
    pub(super) async fn fields(
        &mut self,
        at: &str,
        written: Option<&[String]>,
    ) -> Result<Vec<Path>, ToolError> {
        let Some(written) = written.filter(|written| !written.is_empty()) else {
            return Ok(usual_fields(&self.object));
        };
        let mut paths: Vec<Path> = Vec::new();
        for (n, name) in written.iter().enumerate() {
            if let Some(named) = self.field(&format!("{at}[{n}]"), name).await?
                && !paths.iter().any(|path| path.is(named.path.as_str()))
            {
                paths.push(named.path);
            }
        }
        Ok(paths)
    }

    /// What kinds of values the fields at these paths, in API names, hold.
    pub(super) async fn scale<'p>(
        &mut self,
        scale: &mut Scale,
        paths: impl IntoIterator<Item = &'p str>,
    ) -> Result<(), ToolError> {
        let problems = self.problems.len();
        for path in paths {
            if let Some(Named { field: Some(field), .. }) = self.field("", path).await? {
                scale.see(&self.object, &field.ty);
            }
        }
        // A field that the describe does not know yet is no fault of the call.
        self.problems.truncate(problems);
        Ok(())
    }

    /// Refuses with everything that is wrong, if anything is.
    pub(super) fn refuse(&mut self) -> Result<(), ToolError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let unknown = self.problems.iter().any(|p| p.message.contains("has no field"));
        let mut problems = std::mem::take(&mut self.problems);
        let more = problems.len().saturating_sub(MOST_PROBLEMS);
        problems.truncate(MOST_PROBLEMS);
        let more = if more > 0 { format!(" There are {more} more.") } else { String::new() };
        let error = ToolError::fix_your_call(format!(
            "The call cannot be understood as it is. Nothing was sent. Correct what is listed and \
             call again.{more}"
        ))
        .with_problems(problems)
        .by_schema();
        let next = describe_object::call(&self.object.name);
        Err(if unknown { error.with_next(next) } else { error })
    }
}

/// Id, name and the few fields that tell most of a record.
pub(super) fn usual_fields(object: &Object) -> Vec<Path> {
    use sf_schema::FieldType as T;
    let rank = |field: &Field| match &field.ty {
        T::Id => Some(0),
        _ if field.name_field => Some(1),
        _ if field.deprecated || field.compound.is_some() => None,
        _ if field.required_on_create() => Some(2),
        T::Currency | T::Email => Some(3),
        T::Picklist if !field.nillable || field.custom => Some(3),
        T::Picklist | T::Date => Some(4),
        T::Reference if field.createable => Some(5),
        T::Phone => Some(6),
        _ => None,
    };
    let mut ranked: Vec<(u8, &Field)> =
        object.fields.iter().filter_map(|f| Some((rank(f)?, f))).collect();
    // Stable: within a rank they keep the describe's order.
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.iter().take(DEFAULT_FIELDS).filter_map(|(_, f)| Path::new(&f.name).ok()).collect()
}
