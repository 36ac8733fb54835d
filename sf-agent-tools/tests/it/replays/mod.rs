//! Replays of real agent tasks without a model: the calls that one would make, replies that must
//! say what they have to, the org compared row by row, and all of it again while things go wrong.
//!
//! `docs/replays.md` says how to read and to add a task.

mod base;
mod clock;
mod faults;
mod harm;
mod play;
mod state;
mod task;
mod tokens;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use sf_auth::transport::Transport;
use tokio::sync::{OnceCell, Semaphore};

use self::base::Base;
use self::faults::{SCHEDULES, Schedule};
use self::harm::Run;
use self::play::Manner;
use self::task::Task;
use self::world::World;

/// The tasks of all files, or those whose names hold the text in `TASK`.
fn tasks() -> Vec<Task> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/replays/tasks");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        task::parse(&file.file_name().unwrap().to_string_lossy(), &text)
    };
    let wanted = std::env::var("TASK").unwrap_or_default();
    files.iter().flat_map(read).filter(|task| task.name.contains(&wanted)).collect()
}

/// Orgs at one time: more would not be quicker, and each takes memory.
const AT_ONCE: usize = 3;

/// Whether some tasks were asked for by name: then tables are not compared.
pub(crate) fn narrowed() -> bool {
    std::env::var("TASK").is_ok()
}

/// A task, and how it goes undisturbed.
type Played = (Arc<Task>, Arc<Base>);

/// Every task undisturbed, in their order, for all tests.
async fn bases() -> &'static [Played] {
    static PLAYED: OnceCell<Vec<Played>> = OnceCell::const_new();
    PLAYED.get_or_init(play_all).await
}

async fn play_all() -> Vec<Played> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let start = |task: Task| {
        let slots = Arc::clone(&slots);
        tokio::spawn(async move {
            let _slot = slots.acquire().await.unwrap();
            (base::play(&task).await, task)
        })
    };
    let jobs: Vec<_> = tasks().into_iter().map(start).collect();
    let (mut done, mut failed) = (Vec::new(), String::new());
    for job in jobs {
        match job.await.unwrap() {
            (Ok(base), task) => done.push((Arc::new(task), Arc::new(base))),
            (Err(why), task) => writeln!(failed, "task {}: {why}", task.name).unwrap(),
        }
    }
    assert!(failed.is_empty(), "{failed}");
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_end_as_they_should_and_cost_what_they_did() {
    let mut table =
        format!("{:<34} {:>5} {:>5} {:>6} {:>5}\n", "task", "tools", "calls", "tokens", "rows");
    let bases = bases().await;
    let mut sums = [0; 4];
    for (task, base) in bases {
        let rows = base.changed.last().unwrap().len();
        let figures = [base.tool_calls, base.requests.len(), base.tokens, rows];
        let [tools, calls, tokens, rows] = figures;
        writeln!(table, "{:<34} {tools:>5} {calls:>5} {tokens:>6} {rows:>5}", task.name).unwrap();
        sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
    }
    let [tools, calls, tokens, rows] = sums;
    let all = format!("all {}", bases.len());
    writeln!(table, "{all:<34} {tools:>5} {calls:>5} {tokens:>6} {rows:>5}").unwrap();
    println!("{table}");
    if !narrowed() {
        insta::assert_snapshot!("baseline", table);
    }
}

/// All runs of all tasks under one kind of fault.
#[derive(Default)]
struct Tally {
    runs: usize,
    hit: usize,
    same: usize,
    repeated: usize,
    had_not: usize,
    had: usize,
    stopped: usize,
    lost: usize,
    doubled: usize,
    wrong: usize,
}

impl Tally {
    fn add(&mut self, run: &Run) {
        let seen = run.repeated + run.had_happened + run.had_not > 0 || run.stopped;
        self.runs += 1;
        self.hit += usize::from(run.hit);
        self.same += usize::from(run.wrong.is_empty() && !seen);
        self.repeated += usize::from(run.repeated > 0);
        self.had_not += run.had_not;
        self.had += run.had_happened;
        self.stopped += usize::from(run.stopped);
        self.lost += run.rows_lost + run.rows_twice;
        self.doubled += run.writes_doubled;
        self.wrong += usize::from(!run.wrong.is_empty());
    }
}

/// Plays a task under every schedule of a kind, at every place that it has for it.
async fn under(
    is_silent: bool,
    task: &Task,
    base: &Base,
    turn: usize,
    manner: Manner,
) -> Vec<(&'static str, Run)> {
    let (mut runs, mut kept) = (Vec::new(), None);
    let transport = Transport::new().unwrap();
    let wanted = |(_, schedule): &(usize, &Schedule)| schedule.is_silent == is_silent;
    for (at, schedule) in SCHEDULES.iter().enumerate().filter(wanted) {
        for faults in schedule.places(base, turn + at) {
            let world = match kept.take() {
                Some(world) => world,
                None => World::start(&task.setting, &transport).await,
            };
            let run = harm::play(task, base, &world, &faults, schedule.signs_in(), manner);
            let run = match is_silent {
                true => clock::outwaited(&world.org, run).await,
                false => run.await,
            };
            if run.untouched && base.changed.iter().all(Vec::is_empty) && !task.setting.log {
                world.rest();
                kept = Some(world);
            }
            runs.push((schedule.name, run));
        }
    }
    runs
}

/// Those whose clock is moved have a runtime of their own.
async fn under_all((task, base): Played, turn: usize, manner: Manner) -> Vec<(&'static str, Run)> {
    let mut runs = under(false, &task, &base, turn, manner).await;
    let silent = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(under(true, &task, &base, turn, manner))
    });
    runs.extend(silent.await.unwrap());
    runs
}

/// The tallies of the schedules, and what was wrong.
async fn under_faults(
    manner: Manner,
    wanted: fn(&Task) -> bool,
) -> (BTreeMap<&'static str, Tally>, String) {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let bases = bases().await.iter().filter(|(task, _)| wanted(task));
    let start = |(turn, (task, base)): (usize, Played)| {
        let slots = Arc::clone(&slots);
        tokio::spawn(async move {
            let _slot = slots.acquire().await.unwrap();
            (under_all((Arc::clone(&task), base), turn, manner).await, task)
        })
    };
    let jobs: Vec<_> = bases.cloned().enumerate().map(start).collect();
    let (mut tallies, mut wrong) = (BTreeMap::<_, Tally>::new(), String::new());
    for job in jobs {
        let (runs, task) = job.await.unwrap();
        for (name, run) in runs {
            for why in &run.wrong {
                writeln!(wrong, "task {} under {name}: {why}", task.name).unwrap();
            }
            let (lost, twice) = (run.rows_lost, run.rows_twice);
            if lost + twice > 0 {
                writeln!(wrong, "task {} under {name}: {lost} rows lost, {twice} twice", task.name)
                    .unwrap();
            }
            tallies.entry(name).or_default().add(&run);
        }
    }
    (tallies, wrong)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_every_fault_tasks_end_alike_or_in_an_honest_error() {
    let started = std::time::Instant::now();
    let (tallies, wrong) = under_faults(Manner::Careful, |_| true).await;
    let mut all = format!(
        "{:<22} {:>5} {:>5} {:>5} {:>8} {:>7} {:>5} {:>7}\n",
        "fault", "runs", "hit", "same", "repeated", "had not", "had", "stopped"
    );
    let mut harm =
        format!("{:<22} {:>5} {:>5} {:>7} {:>5}\n", "fault", "runs", "lost", "doubled", "wrong");
    for schedule in SCHEDULES {
        let name = schedule.name;
        let Some(tally) = tallies.get(name) else { continue };
        let Tally { runs, hit, same, repeated, had_not, had, stopped, lost, doubled, wrong } =
            tally;
        writeln!(
            all,
            "{name:<22} {runs:>5} {hit:>5} {same:>5} {repeated:>8} {had_not:>7} {had:>5} {stopped:>7}"
        )
        .unwrap();
        writeln!(harm, "{name:<22} {runs:>5} {lost:>5} {doubled:>7} {wrong:>5}").unwrap();
    }
    println!("{all}{:?}", started.elapsed());
    assert!(wrong.is_empty(), "{wrong}{harm}");
    if !narrowed() {
        for (name, tally) in &tallies {
            let by_chance = name.starts_with("storm");
            let least = if by_chance { tally.runs / 10 } else { tally.runs * 3 / 4 };
            assert!(tally.hit >= least, "{name} hit {} of {} runs", tally.hit, tally.runs);
        }
        // Its table has more runs.
        if !faults::everywhere() {
            insta::assert_snapshot!("faults", harm);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_does_not_do_as_it_is_told_is_caught() {
    if narrowed() {
        return;
    }
    let (tallies, wrong) =
        under_faults(Manner::RepeatsWrites, |task| task.name == "log-a-call").await;
    assert!(tallies["lost answer"].doubled > 0, "{wrong}");
    let (tallies, wrong) = under_faults(Manner::StopsEarly, |task| task.name == "wide-rows").await;
    assert!(tallies.values().map(|tally| tally.lost).sum::<usize>() > 0, "{wrong}");
    assert!(wrong.contains("rows lost"), "{wrong}");
}
