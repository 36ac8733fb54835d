//! What the doctor found, for people and for machines.

use std::fmt;

use serde_json::{Value, json};

/// The steps so far.
#[derive(Default)]
pub(crate) struct Report {
    /// What is examined.
    pub(super) subject: String,
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    outcome: Outcome,
}

enum Outcome {
    Ok(String),
    /// It works, and something is worth knowing.
    Note(String),
    Failed(Trouble),
    Skipped(&'static str),
}

/// Why a step failed.
pub(super) struct Trouble {
    /// What is wrong, a sentence without its full stop.
    pub(super) cause: String,
    /// What to do, in sentences.
    pub(super) remedy: String,
}

impl Trouble {
    pub(super) fn new(cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { cause: cause.into(), remedy: remedy.into() }
    }
}

impl Report {
    pub(super) fn ok(&mut self, name: &'static str, found: impl Into<String>) {
        self.push(name, Outcome::Ok(found.into()));
    }

    pub(super) fn note(&mut self, name: &'static str, found: impl Into<String>) {
        self.push(name, Outcome::Note(found.into()));
    }

    pub(super) fn failed(&mut self, name: &'static str, trouble: Trouble) {
        self.push(name, Outcome::Failed(trouble));
    }

    pub(super) fn skipped(&mut self, names: &[&'static str], why: &'static str) {
        for name in names {
            self.push(name, Outcome::Skipped(why));
        }
    }

    fn push(&mut self, name: &'static str, outcome: Outcome) {
        self.steps.push(Step { name, outcome });
    }

    /// Whether no step failed.
    pub(crate) fn is_well(&self) -> bool {
        self.first_trouble().is_none()
    }

    fn first_trouble(&self) -> Option<(&'static str, &Trouble)> {
        self.steps.iter().find_map(|step| match &step.outcome {
            Outcome::Failed(trouble) => Some((step.name, trouble)),
            _ => None,
        })
    }

    /// The same for machines.
    pub(crate) fn to_json(&self) -> Value {
        let steps = self.steps.iter().map(|step| {
            let (outcome, found, remedy) = step.outcome.parts();
            json!({ "step": step.name, "outcome": outcome, "found": found, "remedy": remedy })
        });
        let trouble = self.first_trouble();
        json!({
            "subject": self.subject,
            "well": trouble.is_none(),
            "failed_step": trouble.map(|(step, _)| step),
            "cause": trouble.map(|(_, trouble)| &trouble.cause),
            "remedy": trouble.map(|(_, trouble)| &trouble.remedy),
            "steps": steps.collect::<Vec<_>>(),
        })
    }
}

impl Outcome {
    /// The word for machines, what was found, and the remedy.
    fn parts(&self) -> (&'static str, &str, Option<&str>) {
        match self {
            Self::Ok(found) => ("ok", found, None),
            Self::Note(found) => ("note", found, None),
            Self::Failed(trouble) => ("failed", &trouble.cause, Some(&trouble.remedy)),
            Self::Skipped(why) => ("skipped", why, None),
        }
    }
}

/// A line for each step, and one for the whole.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.subject.is_empty() {
            writeln!(f, "Checking {}", self.subject)?;
        }
        for step in &self.steps {
            let (word, found, _) = step.outcome.parts();
            let word = if word == "failed" { "FAILED" } else { word };
            writeln!(f, "  {word:<7}  {:<13}  {found}", step.name)?;
        }
        match self.first_trouble() {
            None => f.write_str("all is well"),
            Some((step, trouble)) => {
                let cause = trouble.cause.trim_end_matches('.');
                write!(f, "{}", format!("{step}: {cause}. {}", trouble.remedy).trim_end())
            }
        }
    }
}
