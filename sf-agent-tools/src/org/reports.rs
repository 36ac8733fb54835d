//! Reports and dashboards: described, checked against the policy, run.
//!
//! With rules a report is reached only if these give the object `Report`, with the rows that its
//! rule lets be read, and only if everything in it may be read. What is asked of a dashboard is what
//! its components show, each a report. A result is checked again by the definition that it came
//! with, since a report can be changed between its description and its run.

use sf_rest::ops::dashboards::{
    DashboardData, DashboardMetadata, DashboardResults, DescribeDashboard,
};
use sf_rest::ops::reports::metadata::{ReportMetadata, ReportOverride};
use sf_rest::ops::reports::result::ReportResult;
use sf_rest::ops::reports::{ReportDescription, RunReport};
use sf_rest::{Id, Partition, ReportRows, ReportRowsQuery};

use super::Org;
use crate::{ErrorClass, ToolError};

/// Runs for the rows beyond the first 2,000; the org has 500 an hour for all of its users (Reports
/// and Dashboards REST API Developer Guide, Limits).
const MOST_RUNS: u32 = 100;

/// A report that may be run as it is saved.
pub(crate) struct Report {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) description: ReportDescription,
}

/// A dashboard, and what of it may be shown.
pub(crate) struct Board {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) metadata: DashboardMetadata,
    /// The components that may be shown, by their ids; with rules each with its report.
    pub(crate) shown: Vec<(Id, Option<Report>)>,
    /// How many may not.
    pub(crate) left_out: u64,
}

impl Org {
    /// A report, if it may be run as it is saved.
    ///
    /// # Errors
    /// By the error contract; what of it is not permitted.
    pub(crate) async fn report(&self, id: Id) -> Result<Report, ToolError> {
        let filed = self.filed("Report", id, "Name").await?;
        self.gate().request()?;
        let described = self.inner.client.describe_report(id).await;
        let description = described.map_err(|error| self.explained(&error, None))?;
        self.gate().report(&description).await?;
        let name = filed.unwrap_or_else(|| description.report_metadata.name.clone());
        Ok(Report { id, name, description })
    }

    /// Runs a report that was checked as `checked`, which says what the run shows.
    ///
    /// # Errors
    /// By the error contract; what of it is not permitted.
    pub(crate) async fn run_report(
        &self,
        checked: &ReportDescription,
        run: &RunReport,
    ) -> Result<ReportResult, ToolError> {
        self.gate().report(checked).await?;
        self.gate().request()?;
        let ran = self.inner.client.send(run).await;
        let ran = ran.map_err(|error| self.explained(&error, None))?;
        if let Some(why) = self.refusal_of_result(checked, &ran).await? {
            return Err(ToolError::ask_a_person(format!(
                "The report was changed meanwhile, and its result cannot be shown: {why}."
            )));
        }
        Ok(ran)
    }

    /// A report; none if there is no such report here, or it may not be run.
    ///
    /// # Errors
    /// If that cannot be told now.
    pub(crate) async fn permitted_report(&self, id: Id) -> Result<Option<Report>, ToolError> {
        if !self.gives("Report").await? {
            return Ok(None);
        }
        let filed = match self.filed("Report", id, "Name").await {
            Err(error) if error.class == ErrorClass::FixYourCall => return Ok(None),
            other => other?,
        };
        self.gate().request()?;
        let description = match self.inner.client.describe_report(id).await {
            Ok(description) => description,
            Err(error) if error.status().is_some_and(|s| matches!(s, 403 | 404 | 410 | 501)) => {
                return Ok(None);
            }
            Err(error) => return Err(self.explained(&error, None)),
        };
        if self.gate().refusal_of(&description).await?.is_some() {
            return Ok(None);
        }
        let name = filed.unwrap_or_else(|| description.report_metadata.name.clone());
        Ok(Some(Report { id, name, description }))
    }

    /// Why the result of a run may not be shown; none if it may.
    async fn refusal_of_result(
        &self,
        described: &ReportDescription,
        ran: &ReportResult,
    ) -> Result<Option<String>, ToolError> {
        if self.inner.guard.is_none() {
            return Ok(None);
        }
        let mut came = described.clone();
        came.report_metadata.clone_from(&ran.report_metadata);
        self.gate().refusal_of(&came).await
    }

    /// All rows of a report, part by part; `saved` is its definition as it is saved.
    ///
    /// # Errors
    /// By the error contract; if the report was changed meanwhile.
    pub(crate) async fn report_rows(
        &self,
        id: Id,
        saved: &ReportMetadata,
        partition: Partition,
        changes: ReportOverride,
    ) -> Result<ReportRows, ToolError> {
        let gate = self.gate();
        gate.request()?;
        let left = gate.requests_left().and_then(|left| u32::try_from(left).ok());
        let runs = left.map_or(MOST_RUNS, |left| MOST_RUNS.min(left.saturating_add(1)));
        let query = ReportRowsQuery::new(id, partition).with(changes).max_runs(runs);
        let read = self.inner.client.report_rows(&query).await;
        let rows = read.map_err(|error| self.explained(&error, None))?;
        for _ in 1..rows.runs {
            gate.request()?;
        }
        if self.inner.guard.is_some() {
            // Its rows do not say of which definition they are.
            let now = self.inner.client.describe_report(id).await;
            let now = now.map_err(|error| self.explained(&error, None))?;
            if now.report_metadata != *saved {
                return Err(ToolError::fix_your_call(
                    "The report was changed while its rows were read, so they are not shown. Run it \
                     again.",
                ));
            }
        }
        Ok(rows)
    }

    /// A dashboard, with the components that may be shown.
    ///
    /// # Errors
    /// By the error contract.
    pub(crate) async fn dashboard(&self, id: Id) -> Result<Board, ToolError> {
        let filed = self.filed("Dashboard", id, "Title").await?;
        self.gate().request()?;
        let described = self.inner.client.send(&DescribeDashboard(id)).await;
        let mut metadata = described.map_err(|error| self.explained(&error, None))?;
        if self.inner.guard.is_some() {
            // Their options hold values of fields that nothing names.
            metadata.filters.clear();
        }
        let (mut shown, mut left_out) = (Vec::new(), 0);
        for component in &metadata.components {
            if self.inner.guard.is_none() {
                shown.push((component.id, None));
                continue;
            }
            // What is no report, a Visualforce page say, cannot be looked into.
            let report = match component.report_id {
                Some(report) => self.permitted_report(report).await?,
                None => None,
            };
            match report {
                Some(report) => shown.push((component.id, Some(report))),
                None => left_out += 1,
            }
        }
        let name = filed.unwrap_or_else(|| metadata.name.clone());
        Ok(Board { id, name, metadata, shown, left_out })
    }

    /// What these components of a dashboard showed after its last refresh, with the choices of its
    /// filters. Those that may not be shown by what they came with are taken out of the board.
    ///
    /// # Errors
    /// By the error contract.
    pub(crate) async fn dashboard_results(
        &self,
        board: &mut Board,
        components: &[Id],
        options: Vec<String>,
    ) -> Result<DashboardData, ToolError> {
        self.gate().request()?;
        let asked = DashboardResults::new(board.id).components(components).filters(options);
        let came = self.inner.client.send(&asked).await;
        let mut came = came.map_err(|error| self.explained(&error, None))?;
        if self.inner.guard.is_none() {
            return Ok(came);
        }
        let mut kept = Vec::with_capacity(came.component_data.len());
        for data in std::mem::take(&mut came.component_data) {
            let report = board.shown.iter().find(|(id, _)| *id == data.component_id);
            let Some((_, Some(report))) = report else { continue };
            let permitted = match &data.report_result {
                Some(ran) => self.refusal_of_result(&report.description, ran).await?.is_none(),
                None => true,
            };
            match permitted {
                true => kept.push(data),
                false => board.left_out += 1,
            }
        }
        came.component_data = kept;
        Ok(came)
    }

    /// What the record of a report or dashboard is called, if rules let it be read; none without
    /// rules, when nothing is asked.
    async fn filed(&self, object: &str, id: Id, field: &str) -> Result<Option<String>, ToolError> {
        if self.inner.guard.is_none() {
            return Ok(None);
        }
        self.given(object).await?;
        let described = self.object(object).await?;
        let fields = ["Id", field].into_iter().filter(|name| described.field(name).is_some());
        let fields: Vec<String> = fields.map(str::to_owned).collect();
        let row = self.get(object, id, &fields).await?;
        let name = row.get(field).and_then(|value| value.as_str().map(str::to_owned));
        Ok(Some(name.unwrap_or_else(|| id.to_string())))
    }

    /// Refuses reports or dashboards if rules give nothing of their records.
    ///
    /// # Errors
    /// Who can give them.
    pub(crate) async fn given(&self, object: &str) -> Result<(), ToolError> {
        match &self.inner.guard {
            Some(guard) if !self.gives(object).await? => Err(ToolError::ask_a_person(format!(
                "{object}s cannot be used here: reading of the object {object} is not given. Nothing \
                 was sent.{}",
                guard.rules.who()
            ))),
            _ => Ok(()),
        }
    }

    async fn gives(&self, object: &str) -> Result<bool, ToolError> {
        if self.inner.guard.is_none() {
            return Ok(true);
        }
        Ok(self.view(object).await?.is_some_and(|view| view.read.is_some()))
    }
}
