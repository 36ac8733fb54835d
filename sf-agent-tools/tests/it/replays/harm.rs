//! A task while things go wrong: it must end in the same state or in an honest error.

use serde_json::Value;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sf_agent_tools::{ErrorClass, ToolError};
use sf_emulator::Fault;

use super::base::Base;
use super::play::{Manner, Player, has_unknown, rows, suggested};
use super::state::{added, lines};
use super::task::{Act, Step, Task};
use super::world::World;

/// How often a call is made again after errors that say so.
const MOST_REPEATS: usize = 4;

/// How a run ended.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Calls that were made again because an error said so.
    pub(crate) repeated: usize,
    /// Writes whose outcome was unknown, and which had happened.
    pub(crate) had_happened: usize,
    /// Writes whose outcome was unknown, and which had not happened.
    pub(crate) had_not: usize,
    /// The run stopped at an error that named what to do.
    pub(crate) stopped: bool,
    pub(crate) rows_lost: usize,
    pub(crate) rows_twice: usize,
    pub(crate) writes_doubled: usize,
    chain: Chain,
    /// Whether a fault hit a request.
    pub(crate) hit: bool,
    /// Whether the fault is one of signing in, which only a person or time may clear.
    signs_in: bool,
    /// What must not be: another state, a dishonest error, an answer that does not fit.
    pub(crate) wrong: Vec<String>,
    /// Whether the org is as it was, so that another run may have it.
    pub(crate) untouched: bool,
}

/// The rows of a reply that is read in parts, and those of the undisturbed run: the parts may be
/// others, all of them together not.
#[derive(Debug, Default)]
struct Chain(Vec<(Rows, Rows)>);

type Rows = BTreeMap<String, usize>;

impl Chain {
    fn take(&mut self, step: &Step, outcome: &Result<Value, ToolError>, base: &Rows) {
        match step.act {
            Act::Call { .. } => self.0.clear(),
            // Its rows begin with those of the part before.
            Act::Follow => drop(self.0.pop()),
            Act::Next => {}
            Act::Meanwhile(_) => return,
        }
        self.0.push((outcome.as_ref().map(rows).unwrap_or_default(), base.clone()));
    }

    /// How many rows are missing, and how many come more often than they should.
    fn differences(self) -> (usize, usize) {
        let (mut found, mut wanted) = (Rows::new(), Rows::new());
        for (of_run, of_base) in self.0 {
            of_run.into_iter().for_each(|(key, n)| *found.entry(key).or_default() += n);
            of_base.into_iter().for_each(|(key, n)| *wanted.entry(key).or_default() += n);
        }
        let more = |of: &Rows, than: &Rows| {
            of.iter().map(|(key, n)| n.saturating_sub(*than.get(key).unwrap_or(&0))).sum()
        };
        (more(&wanted, &found), more(&found, &wanted))
    }
}

/// What became of a step.
enum After {
    Done,
    /// It happened, and its answer is lost.
    DoneUnseen,
    /// What it works with is over, and has to be made again.
    Again,
    Stopped,
}

/// Plays the task with these faults.
pub(crate) async fn play(
    task: &Task,
    base: &Base,
    world: &World,
    faults: &[Fault],
    signs_in: bool,
    manner: Manner,
) -> Run {
    for fault in faults {
        world.org.faults().push(fault.clone());
    }
    let mut run = Run { signs_in, ..Run::default() };
    let mut player = Player::new(world, manner);
    let (mut at, mut turns) = (0, 0);
    while let Some(step) = task.steps.get(at).filter(|_| run.wrong.is_empty()) {
        match one(&mut run, &mut player, base, at, step).await {
            After::Done => at += 1,
            After::DoneUnseen => {
                at += 1;
                let needed = |later: &Step| matches!(later.act, Act::Next | Act::Follow);
                run.stopped = !step.lets.is_empty() || task.steps.get(at).is_some_and(needed);
            }
            After::Again if turns < MOST_REPEATS => {
                (at, turns) = (begun(task, at), turns + 1);
                run.repeated += 1;
                player.restart();
            }
            After::Again => run.wrong.push(format!("line {}: begun again in vain", step.line)),
            After::Stopped => run.stopped = true,
        }
        if run.stopped {
            break;
        }
    }
    let reached = at;
    world.org.faults().clear();
    run.hit = world.org.requests().iter().any(|request| request.fault.is_some());
    let (now, expected) = (changed(world, base).await, &base.changed[reached]);
    run.writes_doubled = added(&now).saturating_sub(added(expected));
    if now != *expected {
        run.wrong.push(format!("the org ends as {now:#?}, not as {expected:#?}"));
    }
    run.untouched = now.is_empty();
    run
}

/// Where what the step works with was made: a plan, or the first page of what is followed.
fn begun(task: &Task, at: usize) -> usize {
    let makes = |step: &Step| match &step.act {
        Act::Call { tool, arguments } => {
            (tool.ends_with("prepare_write") || arguments["prepare"] == true)
                || !(tool.ends_with("apply_write") || tool.ends_with("next_page"))
        }
        _ => false,
    };
    task.steps[..at].iter().rposition(makes).unwrap_or(0)
}

async fn changed(world: &World, base: &Base) -> Vec<String> {
    lines(&world.before, &world.org.state().await.unwrap(), &base.names)
}

async fn one(run: &mut Run, player: &mut Player<'_>, base: &Base, at: usize, step: &Step) -> After {
    let mut said = String::new();
    for _ in 0..=MOST_REPEATS {
        let outcome = player.act(step).await;
        let Err(why) = player.take(step, &outcome) else {
            run.chain.take(step, &outcome, &base.rows[at]);
            if step.error.is_none() && !step.partial {
                let (lost, twice) = std::mem::take(&mut run.chain).differences();
                run.rows_lost += lost;
                run.rows_twice += twice;
            }
            return After::Done;
        };
        let unknown = match &outcome {
            Ok(reply) => has_unknown(reply),
            Err(error) => error.class == ErrorClass::OutcomeUnknown,
        };
        if unknown && is_action(step) {
            // What an action does is the org's own: no query tells it, and a person looks.
            player.world.org.faults().clear();
            let happened = changed(player.world, base).await == base.changed[at + 1];
            run.had_happened += usize::from(happened);
            run.had_not += usize::from(!happened);
            return if happened { After::DoneUnseen } else { After::Stopped };
        }
        if unknown {
            if player.manner == Manner::RepeatsWrites {
                player.world.org.faults().clear();
                continue;
            }
            match settled(run, player, base, at, &outcome).await {
                Some(true) => return After::DoneUnseen,
                Some(false) if is_apply(step) => return After::Again,
                Some(false) => continue,
                None => return After::Stopped,
            }
        }
        let Err(error) = outcome else {
            run.wrong.push(why);
            return After::Stopped;
        };
        if error.class == ErrorClass::AskAPerson && !run.signs_in {
            run.wrong.push(why);
            return After::Stopped;
        }
        if !says_that_nothing_happened(run, player, base, at, &error).await {
            return After::Stopped;
        }
        player.world.org.faults().clear();
        if error.class == ErrorClass::FixYourCall {
            let over = ["no longer kept", "The digest is used up"];
            if over.iter().any(|text| error.message.contains(text)) {
                return After::Again;
            }
            run.wrong.push(why);
            return After::Stopped;
        }
        run.repeated += 1;
        said = error.message;
    }
    if run.signs_in {
        return After::Stopped;
    }
    run.wrong.push(format!("line {}: made again and again in vain: {}", step.line, said));
    After::Stopped
}

fn is_action(step: &Step) -> bool {
    matches!(&step.act, Act::Call { tool, .. } if tool == "salesforce_run_action")
}

/// A digest is good for one attempt.
fn is_apply(step: &Step) -> bool {
    matches!(&step.act, Act::Call { tool, .. } if tool.ends_with("apply_write"))
}

/// An error other than an unknown outcome says that nothing was written: it must be so.
async fn says_that_nothing_happened(
    run: &mut Run,
    player: &Player<'_>,
    base: &Base,
    at: usize,
    error: &ToolError,
) -> bool {
    let now = changed(player.world, base).await;
    if now != base.changed[at] {
        run.writes_doubled += added(&now).saturating_sub(added(&base.changed[at + 1]));
        run.wrong.push(format!("step {at}: {error} although something was written: {now:#?}"));
    }
    run.wrong.is_empty()
}

/// Whether a row of a reply says that it was made or changed within the hour.
fn has_recent(found: &Value, world: &World) -> bool {
    let recent = |value: &Value| {
        let time: Option<Timestamp> = value.as_str().and_then(|text| text.parse().ok());
        time.is_some_and(|time| {
            world.org.now().duration_since(time) < SignedDuration::from_hours(1)
        })
    };
    let rows = found["rows"].as_array().into_iter().flatten();
    rows.filter_map(Value::as_array).flatten().any(recent)
}

/// Finds out what became of a write as its error tells, and whether the answer is right.
async fn settled(
    run: &mut Run,
    player: &mut Player<'_>,
    base: &Base,
    at: usize,
    outcome: &Result<Value, ToolError>,
) -> Option<bool> {
    player.world.org.faults().clear();
    let now = changed(player.world, base).await;
    let (before, after) = (&base.changed[at], &base.changed[at + 1]);
    let happened = now == *after;
    if !happened && now != *before {
        run.writes_doubled += added(&now).saturating_sub(added(after));
        run.wrong.push(format!("step {at}: neither done nor not: {now:#?}"));
        return None;
    }
    let shown = match outcome {
        Ok(reply) => reply.clone(),
        Err(error) => error.to_model()["error"].clone(),
    };
    let Some(next) = suggested(&shown) else {
        run.wrong.push(format!("step {at}: unknown, and no call to find out: {shown}"));
        return None;
    };
    match player.make(&next).await {
        // A query that tells whether records were made finds them, or none.
        Ok(found) if added(after) > added(before) => {
            if has_recent(&found, player.world) != happened {
                run.wrong.push(format!("step {at}: happened is {happened}, but told: {found}"));
            }
        }
        Ok(_) => {}
        Err(error) => run.wrong.push(format!("step {at}: cannot be found out: {error}")),
    }
    if happened {
        run.had_happened += 1;
    } else {
        run.had_not += 1;
    }
    run.wrong.is_empty().then_some(happened)
}
