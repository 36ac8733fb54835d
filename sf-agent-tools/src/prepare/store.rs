//! Plans that wait to be applied, and what came of those that were.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;

use super::digest::{self, hex, now};
use super::plan::Plan;
use crate::seal::random_u64;
use crate::tools::Applied;
use crate::{Org, Reply, ToolError};

/// Plans that are kept at once; of more, those that were made first can no longer be applied.
const KEPT: usize = 200;

/// Plans that are kept when all of them were applied: what came of them has to be remembered.
const MOST: usize = 2_000;

const LIFETIME: Duration = Duration::from_secs(15 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What the one who applied a plan was told.
pub(crate) type Told = Result<Reply<Applied>, ToolError>;

/// The plans of an org.
pub(crate) struct Plans {
    lifetime: Duration,
    kept: Mutex<HashMap<String, Arc<Kept>>>,
}

/// A plan, and what came of it.
pub(crate) struct Kept {
    pub(crate) id: String,
    expires: u64,
    made: u64,
    /// Held by who applies it.
    pub(crate) state: AsyncMutex<State>,
}

/// How far a plan is.
pub(crate) enum State {
    Ready(Plan),
    Applied(Box<Told>),
}

/// A digest that was made.
pub(crate) struct Sealed {
    pub(crate) digest: String,
    pub(crate) expires: u64,
}

impl Plans {
    pub(crate) fn new(lifetime: Option<Duration>) -> Self {
        let lifetime = lifetime.unwrap_or(LIFETIME).min(LONGEST);
        Self { lifetime, kept: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Kept>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, id: String, expires: u64, plan: Plan) -> Arc<Kept> {
        let mut kept = self.lock();
        let now = now();
        kept.retain(|_, plan| plan.expires > now);
        if kept.len() >= KEPT {
            // One that was applied has to be remembered; one that was not is prepared again.
            let ready = kept.iter().filter(|(_, plan)| plan.is_ready());
            let oldest = ready.min_by_key(|(_, plan)| plan.made).map(|(id, _)| id.clone());
            oldest.map(|id| kept.remove(&id));
        }
        let state = AsyncMutex::new(State::Ready(plan));
        let made = kept.values().map(|plan| plan.made + 1).max().unwrap_or(0);
        let plan = Arc::new(Kept { id: id.clone(), expires, made, state });
        Arc::clone(kept.entry(id).or_insert(plan))
    }
}

impl Kept {
    fn is_ready(&self) -> bool {
        self.state.try_lock().is_ok_and(|state| matches!(*state, State::Ready(_)))
    }
}

impl Org {
    /// Keeps a plan, and gives the digest by which `owner` can apply it.
    pub(crate) fn keep_plan(&self, owner: &str, plan: Plan) -> Result<Sealed, ToolError> {
        let mut id = [0; 16];
        for half in id.chunks_exact_mut(8) {
            let number = random_u64().map_err(|error| {
                tracing::error!(%error, "no random numbers");
                ToolError::try_later("A digest could not be made; this is a fault of the machine.")
            })?;
            half.copy_from_slice(&number.to_le_bytes());
        }
        let plans = &self.writing().plans;
        if plans.lock().values().filter(|plan| plan.expires > now()).count() >= MOST {
            return Err(ToolError::try_later(
                "Too many writes were prepared and applied in a short time. Nothing was prepared. Try \
                 again in some minutes.",
            ));
        }
        let expires = now().saturating_add(plans.lifetime.as_secs());
        // Only the audit log tells another process whether a plan was applied.
        let carried = self.log().filter(|_| self.writing().portable).map(|_| &plan);
        let digest = digest::seal(self.sealer(), id, owner, expires, carried)?;
        plans.keep(hex(&id), expires, plan);
        Ok(Sealed { digest, expires })
    }

    /// The plan that a digest names.
    pub(crate) fn find_plan(&self, owner: &str, text: &str) -> Result<Arc<Kept>, ToolError> {
        let named = digest::open(self.sealer(), text, owner)?;
        let plans = &self.writing().plans;
        let known = plans.lock().get(&named.id).cloned();
        if let Some(kept) = known {
            // What came of it is told even after its time.
            if named.expires > now() || !kept.is_ready() {
                return Ok(kept);
            }
            return Err(digest::expired());
        }
        match named.plan.filter(|_| named.expires > now() && self.log().is_some()) {
            Some(plan) => Ok(plans.keep(named.id, named.expires, plan)),
            None => Err(digest::expired()),
        }
    }
}

/// The answer where the audit log says that a plan was begun by somebody else. `check` is the query
/// that tells what came of it; without one the log does, when it is asked again.
pub(crate) fn applied_elsewhere(check: Option<String>) -> ToolError {
    let look = if check.is_some() { "Make the call in next" } else { "Make this call again" };
    let error = ToolError::outcome_unknown(format!(
        "This digest was applied before, by another process of this connection, and this call sent \
         nothing. {look} to see what came of it; do not prepare it again before."
    ));
    let Some(soql) = check else { return error };
    let arguments = serde_json::json!({ "soql": soql });
    error.with_next(crate::SuggestedCall::new(crate::tools::QUERY, arguments))
}
