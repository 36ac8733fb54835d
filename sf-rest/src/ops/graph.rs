//! `POST /composite/graph`: transactions of up to 500 rows, side by side in one request (REST API
//! Developer Guide, Composite Graph).

use http::Method;
use serde::{Deserialize, Serialize};

use super::answers::{Answers, CompositeBody};
use super::parts::{Handle, Parts, Subrequest, strongest};
use crate::{ApiVersion, Error, Operation, Request, Response, Safety, send};

/// The most nodes of all graphs of a request together.
pub const MAX_NODES: usize = 500;

/// The most graphs of a request.
pub const MAX_GRAPHS: usize = 75;

/// Rows that are written and read in order, as one transaction: if one fails, all are undone.
#[derive(Debug)]
pub struct Graph {
    parts: Parts,
}

impl Default for Graph {
    fn default() -> Self {
        Self::new()
    }
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self { parts: Parts::new() }
    }

    /// Adds an operation on one row: get, create, update, delete, or one of them by external id.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the graph is full, if the operation is on anything else, if it
    /// refers to a node that does not stand before it, or if one of its values would be taken for
    /// a reference.
    pub fn add<O: Operation>(&mut self, operation: O) -> Result<Handle<O>, Error> {
        if self.parts.len() == MAX_NODES {
            return Err(Error::invalid(format!("a graph has at most {MAX_NODES} nodes")));
        }
        self.parts.add(operation, |request| {
            let is_row = match request.template() {
                "sobjects/{object}" => request.method() == Method::POST,
                "sobjects/{object}/{id}" | "sobjects/{object}/{field}/{value}" => true,
                _ => false,
            };
            if !is_row {
                return Err(Error::invalid(format!(
                    "{} cannot be part of a graph, which takes operations on one row; use a composite",
                    send::operation(request)
                )));
            }
            Ok(())
        })
    }

    /// How many nodes it has.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Graphs that are sent together, each a transaction of its own.
///
/// The platform tries no further graph after 14 have failed (Composite Graph Limits); those end as
/// [`Error::Halted`].
#[derive(Debug)]
pub struct Graphs {
    version: ApiVersion,
    graphs: Vec<Graph>,
}

/// What the graphs were answered.
#[derive(Debug, Clone)]
pub struct GraphAnswers {
    graphs: Vec<(bool, Answers)>,
}

#[derive(Serialize)]
struct Body<'a> {
    graphs: Vec<GraphBody<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GraphBody<'a> {
    graph_id: String,
    composite_request: Vec<Subrequest<'a>>,
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    graphs: Vec<GraphResult<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphResult<'a> {
    graph_id: String,
    #[serde(borrow)]
    graph_response: CompositeBody<'a>,
    is_successful: bool,
}

impl Graphs {
    /// The graphs of one request, for one API version.
    pub fn new(version: ApiVersion, graphs: Vec<Graph>) -> Self {
        Self { version, graphs }
    }
}

fn graph_id(place: usize) -> String {
    format!("g{place}")
}

impl Operation for Graphs {
    type Output = GraphAnswers;

    fn request(&self) -> Result<Request, Error> {
        let nodes: usize = self.graphs.iter().map(Graph::len).sum();
        if !(1..=MAX_GRAPHS).contains(&self.graphs.len()) || nodes > MAX_NODES {
            return Err(Error::invalid(format!(
                "one request takes 1 to {MAX_GRAPHS} graphs with {MAX_NODES} nodes in all, not {} with {nodes}",
                self.graphs.len()
            )));
        }
        if let Some(place) = self.graphs.iter().position(Graph::is_empty) {
            return Err(Error::invalid(format!("graph {place} has no nodes")));
        }
        let mut graphs = Vec::with_capacity(self.graphs.len());
        for (place, graph) in self.graphs.iter().enumerate() {
            let composite_request = graph.parts.subrequests(self.version)?;
            graphs.push(GraphBody { graph_id: graph_id(place), composite_request });
        }
        let path = format!("/services/data/v{}/composite/graph", self.version);
        Request::absolute(Method::POST, "composite/graph", path).json(&Body { graphs })
    }

    fn decode(&self, response: Response) -> Result<GraphAnswers, Error> {
        const WHAT: &str = "the answers of graphs";
        let body: Results<'_> = response.json(WHAT)?;
        let mut graphs = Vec::with_capacity(self.graphs.len());
        for (place, graph) in self.graphs.iter().enumerate() {
            let id = graph_id(place);
            let Some(result) = body.graphs.iter().find(|result| result.graph_id == id) else {
                return Err(response.unexpected(WHAT, format!("graph {place} has no answer")));
            };
            let answers = result.graph_response.answers(&graph.parts, &response, WHAT)?;
            graphs.push((result.is_successful, answers));
        }
        Ok(GraphAnswers { graphs })
    }

    fn safety(&self) -> Safety {
        self.graphs.iter().map(|graph| graph.parts.safety()).fold(Safety::Read, strongest)
    }
}

impl GraphAnswers {
    /// What one node was answered.
    ///
    /// # Errors
    /// As [`Answers::get`].
    pub fn get<O: Operation>(&self, handle: &Handle<O>) -> Result<O::Output, Error> {
        let graph = self.graphs.iter().find(|(_, answers)| answers.parts() == handle.parts());
        let (_, answers) =
            graph.ok_or_else(|| Error::invalid("the handle belongs to another request"))?;
        answers.get(handle)
    }

    /// Whether each graph was kept, in order, and what its nodes were answered.
    pub fn graphs(&self) -> impl ExactSizeIterator<Item = (bool, &Answers)> {
        self.graphs.iter().map(|(kept, answers)| (*kept, answers))
    }

    /// Whether every graph was kept.
    pub fn is_success(&self) -> bool {
        self.graphs.iter().all(|(kept, _)| *kept)
    }
}
