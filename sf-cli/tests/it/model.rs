//! A model for `sf-agent chat` to talk to: a script on loopback.

use std::process::Command;

use sf_adapter_conformance::ModelServer;
use sf_adapter_conformance::script::Step;
use tokio::runtime::Runtime;

use crate::support::sf_agent;

/// A model with a script. Dropping it stops it.
pub(crate) struct Model {
    server: ModelServer,
    _runtime: Runtime,
}

impl Model {
    pub(crate) fn start(steps: &'static [Step]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let server = runtime.block_on(ModelServer::start(steps)).expect("a model");
        Self { server, _runtime: runtime }
    }

    /// Where it is; ends with `/v1`.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// `sf-agent chat` with this model.
    pub(crate) fn chat(&self, words: &[&str]) -> Command {
        let mut command = chat(words);
        command.env("OPENAI_API_KEY", "sk-unused").env("OPENAI_BASE_URL", self.url());
        command
    }
}

/// `sf-agent chat` without a model of the caller's environment.
pub(crate) fn chat(words: &[&str]) -> Command {
    let mut command = sf_agent();
    command.arg("chat").args(words);
    for name in [
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "OLLAMA_HOST",
    ] {
        command.env_remove(name);
    }
    command
}
