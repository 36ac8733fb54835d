//! Invocable actions and approvals (Actions Developer Guide; REST API Developer
//! Guide, Invocable Actions and Process Approvals).

pub(crate) mod approvals;
mod inputs;
mod invoke;
mod standard;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::Router;
use axum::routing::get;

use super::Org;
use super::rest::only;
use crate::invocable::{ActionCall, ActionKind, InvocableAction};

/// The actions of an org, and what was called.
pub(crate) struct Actions {
    all: RwLock<Vec<Arc<InvocableAction>>>,
    calls: Mutex<VecDeque<ActionCall>>,
}

/// Calls that are kept.
const MOST_CALLS: usize = 10_000;

impl Actions {
    /// The standard ones, and what is declared.
    pub(crate) fn new(declared: Vec<InvocableAction>) -> Self {
        let actions = Self { all: RwLock::default(), calls: Mutex::default() };
        for action in standard::actions().into_iter().chain(declared) {
            actions.declare(action);
        }
        actions
    }

    /// Adds an action; it takes the place of one of its kind and name.
    pub(crate) fn declare(&self, action: InvocableAction) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let is_same =
            |known: &Arc<InvocableAction>| known.kind == action.kind && known.name == action.name;
        all.retain(|known| !is_same(known));
        all.push(Arc::new(action));
    }

    fn of(&self, kind: ActionKind) -> Vec<Arc<InvocableAction>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|action| action.kind == kind).cloned().collect()
    }

    fn find(&self, kind: ActionKind, name: &str) -> Option<Arc<InvocableAction>> {
        self.of(kind).into_iter().find(|action| action.name.eq_ignore_ascii_case(name))
    }

    fn note(&self, call: ActionCall) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == MOST_CALLS {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    /// Forgets the calls so far.
    pub(crate) fn clear_calls(&self) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The calls so far, the oldest first.
    pub(crate) fn calls(&self) -> Vec<ActionCall> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().cloned().collect()
    }
}

/// Paths relative to the version.
pub(crate) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/actions", only("GET,HEAD", get(invoke::kinds)))
        .route("/actions/standard", only("GET,HEAD", get(invoke::list_standard)))
        .route(
            "/actions/standard/{name}",
            only("GET,HEAD,POST", get(invoke::describe_standard).post(invoke::standard)),
        )
        .route("/actions/custom", only("GET,HEAD", get(invoke::custom_kinds)))
        .route("/actions/custom/{kind}", only("GET,HEAD", get(invoke::list_custom)))
        .route(
            "/actions/custom/{kind}/{name}",
            only("GET,HEAD,POST", get(invoke::describe_custom).post(invoke::custom)),
        )
        .route(
            "/process/approvals",
            only("GET,HEAD,POST", get(approvals::list).post(approvals::decide)),
        )
        .route("/process/rules", only("GET,HEAD", get(approvals::rules)))
}
