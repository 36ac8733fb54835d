//! What a run of the suite found.

use std::fmt;

/// The checks that ran, each with what was wrong if anything was.
#[derive(Debug)]
#[must_use = "a report that nobody reads passes everything"]
pub struct Report {
    results: Vec<(&'static str, anyhow::Result<()>)>,
}

impl Report {
    pub(crate) fn new(results: Vec<(&'static str, anyhow::Result<()>)>) -> Self {
        Self { results }
    }

    /// Names of the checks that passed, in the order in which they ran.
    pub fn passed(&self) -> Vec<&'static str> {
        let passed = self.results.iter().filter(|(_, result)| result.is_ok());
        passed.map(|(name, _)| *name).collect()
    }

    /// The report as a result, for a test to end with.
    ///
    /// # Errors
    /// If a check failed; the text is the whole report.
    pub fn into_result(self) -> anyhow::Result<()> {
        if self.results.iter().all(|(_, result)| result.is_ok()) {
            return Ok(());
        }
        Err(anyhow::anyhow!("the adapter does not conform:\n{self}"))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, result) in &self.results {
            match result {
                Ok(()) => writeln!(f, "  passed  {name}")?,
                Err(error) => writeln!(f, "  FAILED  {name}: {error:#}")?,
            }
        }
        Ok(())
    }
}
