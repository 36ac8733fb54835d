//! What is measured, and what was aimed at.

/// One measurement: the same work for each program.
pub(super) struct Job {
    pub(super) title: &'static str,
    /// What the programs call it; words of the command line choose by it.
    pub(super) name: &'static str,
    pub(super) count: usize,
    pub(super) server: Server,
    /// No more rounds than this, for jobs that take long or hardly vary.
    pub(super) most_rounds: usize,
    pub(super) programs: &'static [&'static str],
    pub(super) goals: &'static [Goal],
}

/// What the programs talk to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    /// Answers from memory, each so many milliseconds late.
    Canned(u32),
    /// An embedded org over plain HTTP.
    Org,
    /// An embedded org over TLS, with programs that are measured from their start to their end.
    Cold,
}

/// What is compared.
#[derive(Clone, Copy)]
pub(super) enum Figure {
    Wall,
    Processor,
    Peak,
    TokenRequests,
}

/// Something that was aimed at: a figure of ours against another.
#[derive(Clone, Copy)]
pub(super) struct Goal {
    pub(super) figure: Figure,
    /// Which of our programs: `ours`, or `parallel`.
    pub(super) of: &'static str,
    pub(super) limit: Limit,
}

#[derive(Clone, Copy)]
pub(super) enum Limit {
    /// At most one part of so many of a peer's.
    Part(f64, &'static str),
    /// At most so many times another's.
    Times(f64, &'static str),
    /// At most so much, in the figure's unit.
    AtMost(f64),
    /// At most so much more than in the job of that title.
    Growth(f64, &'static str),
}

use Figure::{Peak, Processor, TokenRequests, Wall};
use Limit::{AtMost, Growth, Part, Times};

const fn goal(figure: Figure, limit: Limit) -> Goal {
    Goal { figure, of: "ours", limit }
}

const PEERS: &[&str] =
    &["ours", "force", "busbar", "salesforce_core", "jsforce", "simple-salesforce"];
const JSFORCE: &str = "jsforce";
const SIMPLE: &str = "simple-salesforce";
const ALWAYS: usize = usize::MAX;
const FIRST_STREAM: &str = "200,000 rows streamed";

pub(super) const JOBS: &[Job] = &[
    Job {
        title: "100,000 rows kept, dynamic",
        name: "rows-dynamic-kept",
        count: 100_000,
        server: Server::Canned(0),
        most_rounds: ALWAYS,
        programs: PEERS,
        goals: &[
            goal(Wall, Part(4.0, JSFORCE)),
            goal(Wall, Part(9.0, SIMPLE)),
            goal(Processor, Part(5.0, JSFORCE)),
            goal(Processor, Part(10.0, SIMPLE)),
            goal(Peak, Part(2.0, JSFORCE)),
        ],
    },
    Job {
        title: "100,000 rows kept, typed",
        name: "rows-typed-kept",
        count: 100_000,
        server: Server::Canned(0),
        most_rounds: ALWAYS,
        programs: &["ours", "force", "busbar"],
        goals: &[],
    },
    Job {
        title: "100,000 rows streamed, dynamic",
        name: "rows-dynamic-streamed",
        count: 100_000,
        server: Server::Canned(0),
        most_rounds: ALWAYS,
        programs: &["ours", "force", "salesforce_core", JSFORCE, SIMPLE, "bytes"],
        goals: &[
            goal(Wall, Part(5.0, JSFORCE)),
            goal(Wall, Part(9.0, SIMPLE)),
            goal(Wall, Part(3.0, "force")),
        ],
    },
    Job {
        title: "100,000 rows streamed, typed",
        name: "rows-typed-streamed",
        count: 100_000,
        server: Server::Canned(0),
        most_rounds: ALWAYS,
        programs: &["ours", "force"],
        goals: &[goal(Wall, Times(1.0, "force"))],
    },
    Job {
        title: "100,000 rows streamed, dynamic, 50 ms a request",
        name: "rows-dynamic-streamed",
        count: 100_000,
        server: Server::Canned(50),
        most_rounds: 3,
        programs: &["ours", "parallel", "force", "salesforce_core", JSFORCE, SIMPLE, "bytes"],
        goals: &[
            goal(Wall, Times(1.02, "bytes")),
            Goal { figure: Wall, of: "parallel", limit: Part(6.0, JSFORCE) },
        ],
    },
    Job {
        title: "100,000 rows streamed, typed, 50 ms a request",
        name: "rows-typed-streamed",
        count: 100_000,
        server: Server::Canned(50),
        most_rounds: 3,
        programs: &["ours", "force"],
        goals: &[goal(Wall, Times(1.0, "force"))],
    },
    Job {
        title: "1,000 gets, 32 at once",
        name: "gets",
        count: 1_000,
        server: Server::Canned(0),
        most_rounds: ALWAYS,
        programs: PEERS,
        goals: &[goal(Wall, Part(10.0, JSFORCE)), goal(Processor, Part(12.0, JSFORCE))],
    },
    Job {
        title: "10,000 creates",
        name: "creates",
        count: 10_000,
        server: Server::Canned(0),
        most_rounds: ALWAYS,
        programs: &["ours", "busbar", JSFORCE, SIMPLE],
        goals: &[goal(Wall, Part(2.3, JSFORCE))],
    },
    Job {
        title: "10,000 creates, 50 ms a request",
        name: "creates",
        count: 10_000,
        server: Server::Canned(50),
        most_rounds: 3,
        programs: &["ours", "busbar", JSFORCE, SIMPLE],
        goals: &[goal(Wall, Part(4.5, JSFORCE))],
    },
    Job {
        title: FIRST_STREAM,
        name: "million",
        count: 200_000,
        server: Server::Canned(0),
        most_rounds: ALWAYS,
        programs: &["ours"],
        goals: &[],
    },
    Job {
        title: "1,000,000 rows streamed",
        name: "million",
        count: 1_000_000,
        server: Server::Canned(0),
        most_rounds: 3,
        programs: &["ours", "force", JSFORCE],
        goals: &[goal(Peak, AtMost(30.0)), goal(Peak, Growth(1.0, FIRST_STREAM))],
    },
    Job {
        title: "50 tasks, one dead token",
        name: "dead-token",
        count: 50,
        server: Server::Canned(0),
        most_rounds: ALWAYS,
        programs: &["ours", "force", JSFORCE],
        goals: &[goal(TokenRequests, AtMost(1.0))],
    },
    Job {
        title: "50 tasks a millisecond apart, one dead token",
        name: "dead-token-staggered",
        count: 50,
        server: Server::Canned(0),
        most_rounds: ALWAYS,
        programs: &["ours", "force", JSFORCE],
        goals: &[goal(TokenRequests, AtMost(1.0))],
    },
    Job {
        title: "20,000 rows of an embedded org streamed, dynamic",
        name: "org-rows",
        count: 20_000,
        server: Server::Org,
        most_rounds: ALWAYS,
        programs: &["ours", "force", JSFORCE, SIMPLE],
        goals: &[],
    },
    Job {
        title: "1,000 creates in an embedded org",
        name: "org-creates",
        count: 1_000,
        server: Server::Org,
        most_rounds: ALWAYS,
        programs: &["ours", JSFORCE, SIMPLE],
        goals: &[],
    },
    Job {
        title: "cold start over TLS to the first row, our own binary",
        name: "cold",
        count: 1,
        server: Server::Cold,
        most_rounds: ALWAYS,
        programs: &["ours", JSFORCE, SIMPLE],
        goals: &[goal(Wall, Part(20.0, JSFORCE))],
    },
];
