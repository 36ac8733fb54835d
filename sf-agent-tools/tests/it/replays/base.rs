//! A task when nothing goes wrong: what every other run of it is held against.

use std::collections::BTreeMap;

use serde_json::Value;
use sf_agent_tools::ToolError;
use sf_auth::transport::Transport;
use sf_emulator::{Operation, State};

use super::play::{Manner, Player, names, rows};
use super::state::lines;
use super::task::Task;
use super::world::World;

/// What a task did, step by step.
#[derive(Debug)]
pub(crate) struct Base {
    /// What had changed in the org after each step, and before the first.
    pub(crate) changed: Vec<Vec<String>>,
    /// The rows that each step's reply had.
    pub(crate) rows: Vec<BTreeMap<String, usize>>,
    /// Ids and their names.
    pub(crate) names: BTreeMap<String, String>,
    /// The agent's requests, in order.
    pub(crate) requests: Vec<Operation>,
    /// Calls of tools.
    pub(crate) tool_calls: usize,
    /// Tokens of their arguments and replies.
    pub(crate) tokens: usize,
}

/// Plays the task.
///
/// # Errors
/// The first thing that was not as the task says.
pub(crate) async fn play(task: &Task) -> Result<Base, String> {
    let world = World::start(&task.setting, &Transport::new().unwrap()).await;
    let mut player = Player::new(&world, Manner::Careful);
    player.tokens = Some(0);
    let mut states: Vec<State> = vec![world.before.clone()];
    let mut read = Vec::new();
    for step in &task.steps {
        let outcome: Result<Value, ToolError> = player.act(step).await;
        player.take(step, &outcome)?;
        read.push(outcome.as_ref().map(rows).unwrap_or_default());
        states.push(world.org.state().await.unwrap());
    }
    let names = names(&player.values);
    let changed: Vec<_> = states.iter().map(|state| lines(&world.before, state, &names)).collect();
    let end = changed.last().unwrap();
    if *end != task.end {
        let shown: Vec<String> = end.iter().map(|line| format!("  end {line}\n")).collect();
        return Err(format!("the org is not as expected in the end, but\n{}", shown.concat()));
    }
    Ok(Base {
        changed,
        rows: read,
        names,
        requests: world.requests().iter().map(|request| request.operation).collect(),
        tool_calls: player.tool_calls,
        tokens: player.tokens.unwrap_or_default(),
    })
}
