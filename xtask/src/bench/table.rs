//! Medians, ratios, and how they stand to what was aimed at.

use std::collections::BTreeMap;

use super::jobs::{Figure, Goal, Job, Limit};

/// What a program said of itself, or the median of what it said.
#[derive(Clone, Copy, Default)]
pub(super) struct Run {
    pub(super) wall_ms: f64,
    pub(super) cpu_ms: f64,
    pub(super) peak_mb: f64,
    pub(super) grants: f64,
}

/// The medians of a job, by program.
pub(super) type Medians = BTreeMap<&'static str, Run>;

impl Run {
    pub(super) fn median(runs: &[Self]) -> Self {
        let of = |figure: Figure| {
            let mut values: Vec<f64> = runs.iter().map(|run| run.get(figure)).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        Self {
            wall_ms: of(Figure::Wall),
            cpu_ms: of(Figure::Processor),
            peak_mb: of(Figure::Peak),
            grants: of(Figure::TokenRequests),
        }
    }

    fn get(&self, figure: Figure) -> f64 {
        match figure {
            Figure::Wall => self.wall_ms,
            Figure::Processor => self.cpu_ms,
            Figure::Peak => self.peak_mb,
            Figure::TokenRequests => self.grants,
        }
    }
}

impl Figure {
    fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Processor => "processor",
            Self::Peak => "peak memory, MB",
            Self::TokenRequests => "token requests",
        }
    }
}

pub(super) fn print(job: &Job, medians: &Medians, before: &BTreeMap<&str, Medians>) {
    let tokens = job.name.starts_with("dead-token");
    println!(
        "| client | wall, ms | × | processor, ms | × | peak, MB | × |{}",
        if tokens { " token requests |" } else { "" }
    );
    println!("| --- | --: | --: | --: | --: | --: | --: |{}", if tokens { " --: |" } else { "" });
    let ours = medians.get("ours").copied().unwrap_or_default();
    for program in job.programs {
        let run = medians.get(program).copied().unwrap_or_default();
        let cell = |figure: Figure| match run.get(figure) {
            0.0 => "| – | – ".to_owned(),
            value => format!("| {value:.1} | {:.2} ", value / ours.get(figure)),
        };
        let last = if tokens { format!(" {:.0} |", run.grants) } else { String::new() };
        println!(
            "| {program} {}{}{}|{last}",
            cell(Figure::Wall),
            cell(Figure::Processor),
            cell(Figure::Peak)
        );
    }
    if !job.goals.is_empty() {
        println!("\n| goal | reached | |\n| --- | --: | --- |");
    }
    for goal in job.goals {
        let (aim, reached, met) = judged(goal, medians, before);
        let verdict = match met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "not measured in this run",
        };
        println!("| {aim} | {reached} | {verdict} |");
    }
}

/// The goal in words, what was reached, and whether that is enough.
fn judged(
    goal: &Goal,
    medians: &Medians,
    before: &BTreeMap<&str, Medians>,
) -> (String, String, Option<bool>) {
    let figure = goal.figure.name();
    let who = if goal.of == "ours" { String::new() } else { format!(" of {}", goal.of) };
    let of = |medians: &Medians, program: &str| {
        medians.get(program).map(|run| run.get(goal.figure)).filter(|value| *value > 0.0)
    };
    let ours = of(medians, goal.of);
    let ratio = |peer: &str| Some(of(medians, peer)? / ours?);
    let none = "–".to_owned();
    match goal.limit {
        Limit::Part(parts, peer) => {
            let reached = ratio(peer);
            let shown = reached.map_or(none, |reached| format!("1/{reached:.1}"));
            let aim = format!("{figure}{who} ≤ 1/{parts} of {peer}");
            (aim, shown, reached.map(|reached| reached >= parts))
        }
        Limit::Times(times, peer) => {
            let reached = ratio(peer).map(|ratio| 1.0 / ratio);
            let shown = reached.map_or(none, |reached| format!("{reached:.3}"));
            let aim = format!("{figure}{who} ≤ {times} × {peer}");
            (aim, shown, reached.map(|reached| reached <= times))
        }
        Limit::AtMost(most) => {
            let shown = ours.map_or(none, |ours| format!("{ours:.1}"));
            (format!("{figure}{who} ≤ {most}"), shown, ours.map(|ours| ours <= most))
        }
        Limit::Growth(most, title) => {
            let first = before.get(title).and_then(|medians| of(medians, goal.of));
            let grown = first.and_then(|first| Some(ours? - first));
            let shown = grown.map_or(none, |grown| format!("{grown:+.1}"));
            let aim = format!("{figure}{who} ≤ {most} above that of {title}");
            (aim, shown, grown.map(|grown| grown <= most))
        }
    }
}
