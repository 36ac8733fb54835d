//! The org of a task, an agent that works in it, and what others do there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sf_agent_tools::audit::AuditFile;
use sf_agent_tools::{
    Answer, AskPerson, CallContext, Effect, Limits, Org, Policy, Question, Sealer, ToolSet,
    WriteMode,
};
use sf_auth::transport::Transport;
use sf_auth::{ClientCredentials, JwtBearer, PrivateKey, TokenBroker};
use sf_emulator::{DuplicateRule, Emulator, RequestRecord, State, ValidationRule};
use sf_rest::{ApiVersion, Client, Id, RetryPolicy};
use tempfile::TempDir;

use super::task::{Event, Setting};

/// Below this are the agent's requests; faults hit no others.
pub(crate) const AGENT: &str = "/services/data/v66.0";

pub(crate) struct World {
    pub(crate) org: Emulator,
    /// The org when the task begins.
    pub(crate) before: State,
    /// What tasks may name: users, and the records that are there.
    pub(crate) values: BTreeMap<String, Value>,
    setting: Setting,
    /// One for all: making one reads the system's certificates, which takes longer than most tasks.
    transport: Transport,
    /// Seeds and other people's changes: another version, so that its requests are told apart.
    others: Client,
    log: TempDir,
    person: Arc<Person>,
    ahead: Arc<AtomicI64>,
}

/// Answers as it was told.
pub(crate) struct Person(Mutex<Answer>);

#[async_trait]
impl AskPerson for Person {
    async fn ask(&self, _: Question) -> Answer {
        *self.0.lock().unwrap()
    }
}

impl World {
    pub(crate) async fn start(setting: &Setting, transport: &Transport) -> Self {
        let mut builder = Emulator::builder().contacts(setting.contacts);
        for rule in &setting.rules {
            let made = ValidationRule::new(&rule[0], &rule[1], &rule[2]);
            builder = builder.validation_rule(match rule.get(3) {
                Some(field) => made.on_field(field),
                None => made,
            });
        }
        for rule in &setting.duplicates {
            let made = DuplicateRule::new(&rule[0], "Duplicates", rule[1..].to_vec());
            builder = builder.duplicate_rule(made);
        }
        let org = builder.start().await.unwrap();
        // How often a client looks at a job would be a matter of the machine's speed.
        org.bulk_jobs().settle();
        let flow = ClientCredentials::new(org.url().as_str(), org.client_id(), org.client_secret());
        let broker = TokenBroker::new(flow.unwrap(), transport.clone());
        let others = Client::builder(Arc::new(broker))
            .transport(transport.clone())
            .api_version(ApiVersion::new(60))
            .build()
            .unwrap();
        let mut values = BTreeMap::from([("admin".to_owned(), json!(org.user_id()))]);
        for user in org.users().await.iter().skip(1) {
            let first = user.name().split(' ').next().unwrap().to_lowercase();
            values.insert(first, json!(user.id()));
        }
        let ago = Timestamp::now() - SignedDuration::from_hours(1);
        let ago = ago.round(jiff::Unit::Second).unwrap();
        values.insert("hour_ago".to_owned(), json!(ago.to_string()));
        let mut world = Self {
            org,
            before: State::default(),
            values,
            setting: setting.clone(),
            transport: transport.clone(),
            others,
            log: tempfile::tempdir().unwrap(),
            person: Arc::new(Person(Mutex::new(Answer::Unavailable))),
            ahead: Arc::default(),
        };
        world.furnish().await;
        world.before = world.org.state().await.unwrap();
        world.org.clear_requests();
        world
    }

    /// Makes the records that the task begins with.
    async fn furnish(&mut self) {
        for have in &self.setting.have {
            let record = |n: usize| -> Map<String, Value> {
                let values = filled(&have.values, &self.values);
                let text = values.to_string().replace("{n}", &format!("{n:04}"));
                serde_json::from_str(&text).unwrap()
            };
            let records: Vec<_> = (0..have.count).map(record).collect();
            let saved = self.others.create_many(&have.object, &records, true).await.unwrap();
            let id = saved[0].id().unwrap_or_else(|| panic!("{}: {saved:?}", have.name));
            self.values.insert(have.name.clone(), json!(id.to_string()));
        }
    }

    /// A process of the agent: it shares the key and the log with the others, and nothing else.
    pub(crate) fn process(&self) -> ToolSet {
        let setting = &self.setting;
        let mut builder = Org::builder(self.login(), policy(setting))
            .limits(limits(&setting.limits))
            .sealer(Sealer::new(&[7; 32]));
        let ahead = Arc::clone(&self.ahead);
        builder = builder.clock(move || {
            Timestamp::now() + SignedDuration::from_secs(ahead.load(Ordering::Relaxed))
        });
        for (object, field) in &setting.keys {
            builder = builder.idempotency_key(object, field);
        }
        builder = builder.actions(&setting.actions).unwrap();
        if setting.log {
            let log = AuditFile::open(self.log.path().join("audit.jsonl")).unwrap();
            builder = builder.audit(Arc::new(log)).portable_plans();
        }
        ToolSet::salesforce(builder.build())
    }

    fn login(&self) -> Client {
        let (org, transport) = (&self.org, self.transport.clone());
        let url = org.url().as_str();
        let broker = match &self.setting.user {
            Some(name) => {
                let key = PrivateKey::from_pem(org.jwt_private_key_pem().unwrap()).unwrap();
                let flow = JwtBearer::new(url, org.client_id(), name.as_str(), key);
                TokenBroker::new(flow.unwrap(), transport.clone())
            }
            None => {
                let flow = ClientCredentials::new(url, org.client_id(), org.client_secret());
                TokenBroker::new(flow.unwrap(), transport.clone())
            }
        };
        Client::builder(Arc::new(broker))
            .transport(transport)
            .retry(RetryPolicy::without_delay(3))
            .build()
            .unwrap()
    }

    pub(crate) fn context(&self) -> CallContext {
        CallContext::default().with_person(self.person.clone())
    }

    /// The agent's requests so far.
    pub(crate) fn requests(&self) -> Vec<RequestRecord> {
        let mut all = self.org.requests();
        all.retain(|request| request.path.starts_with(AGENT));
        all
    }

    /// Forgets what the task before has left beside rows.
    pub(crate) fn rest(&self) {
        self.org.faults().clear();
        self.org.clear_requests();
        *self.person.0.lock().unwrap() = Answer::Unavailable;
    }

    /// What happens outside of the agent; its process is its own matter.
    pub(crate) async fn happens(&self, event: &Event, values: &BTreeMap<String, Value>) {
        match event {
            Event::SessionsExpire => self.org.expire_sessions(),
            Event::LocatorsExpire => self.org.expire_locators(),
            Event::OtherProcess => {}
            Event::Pass(seconds) => self.pass(*seconds),
            Event::Person(answer) => {
                *self.person.0.lock().unwrap() = match answer.as_str() {
                    "agrees" => Answer::Approved,
                    "declines" => Answer::Declined,
                    other => panic!("a person agrees or declines, not {other}"),
                };
            }
            Event::Change { object, id, values: changes } => {
                self.pass(5);
                let id = Id::parse(filled(&json!(id), values).as_str().unwrap()).unwrap();
                let record = filled(changes, values);
                let saved = self.others.update_many(object, &[(id, record)], true).await.unwrap();
                assert!(saved[0].id().is_some(), "{saved:?}");
                self.pass(5);
            }
        }
    }

    fn pass(&self, seconds: u64) {
        self.org.advance(Duration::from_secs(seconds));
        self.ahead.fetch_add(i64::try_from(seconds).unwrap(), Ordering::Relaxed);
    }
}

fn policy(setting: &Setting) -> Policy {
    let base = match (&setting.policy, setting.writes) {
        (Some(name), _) => {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/replays/policies");
            Policy::from_file(format!("{folder}/{name}.toml")).unwrap()
        }
        (None, true) => Policy::read_write(),
        (None, false) => Policy::read_only(),
    };
    let asked = setting.ask.iter().fold(base, |policy, effect| {
        policy.ask_before(match effect.as_str() {
            "create" => Effect::Create,
            "update" => Effect::Update,
            "delete" => Effect::Delete,
            other => panic!("no effect {other}"),
        })
    });
    asked.with_write_mode(match setting.mode.split_once(' ') {
        Some(("prepared-above", most)) => WriteMode::PreparedAbove(most.parse().unwrap()),
        _ if setting.mode == "prepared" => WriteMode::Prepared,
        _ if setting.mode == "approved" => WriteMode::Approved,
        _ => WriteMode::Free,
    })
}

fn limits(given: &Map<String, Value>) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in given {
        let number = usize::try_from(value.as_u64().unwrap()).unwrap();
        match name.as_str() {
            "rows" => limits.rows = number,
            "tokens" => limits.tokens = number,
            "cell" => limits.cell = number,
            "child_rows" => limits.child_rows = number,
            "kept_rows" => limits.kept_rows = number,
            "page_size" => limits.page_size = Some(u16::try_from(number).unwrap()),
            other => panic!("no limit {other}"),
        }
    }
    limits
}

/// A value with what `$name` stands for: the thing itself where it is the whole text.
pub(crate) fn filled(value: &Value, values: &BTreeMap<String, Value>) -> Value {
    match value {
        Value::String(text) if text.contains('$') => match values.get(&text[1..]) {
            Some(value) if text.starts_with('$') => value.clone(),
            _ => {
                // Longer names first, so that none is taken for the start of another.
                let mut names: Vec<&String> = values.keys().collect();
                names.sort_by_key(|name| std::cmp::Reverse(name.len()));
                let text = names.into_iter().fold(text.clone(), |text, name| {
                    let shown = match &values[name] {
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    text.replace(&format!("${name}"), &shown)
                });
                assert!(!text.contains('$'), "a name without a value: {text}");
                Value::String(text)
            }
        },
        Value::Array(all) => all.iter().map(|value| filled(value, values)).collect(),
        Value::Object(map) => Value::Object(
            map.iter().map(|(name, value)| (name.clone(), filled(value, values))).collect(),
        ),
        other => other.clone(),
    }
}
