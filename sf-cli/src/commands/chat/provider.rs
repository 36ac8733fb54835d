//! Which model answers, by options and environment.

use anyhow::Result;
use rig_core::DynModel;
use rig_core::operation::Completion;
use rig_core::providers::anthropic::{self, AnthropicConfig};
use rig_core::providers::ollama::OllamaConfig;
use rig_core::providers::openai::{self, OpenAIConfig};
use rig_core::wire::Secret;

use crate::args::Provider;
use crate::exit::{person, usage};

/// A model, and how to reach it.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) provider: Provider,
    pub(crate) model: String,
    /// An address other than the provider's own.
    base: Option<String>,
    key: Secret,
}

impl Provider {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "OpenAI",
            Self::Anthropic => "Anthropic",
            Self::Ollama => "Ollama",
        }
    }

    /// The variable that it needs.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::OpenAi => "OPENAI_API_KEY",
            Self::Anthropic => "ANTHROPIC_API_KEY",
            Self::Ollama => "OLLAMA_HOST",
        }
    }

    fn base_variable(self) -> &'static str {
        match self {
            Self::OpenAi => "OPENAI_BASE_URL",
            Self::Anthropic => "ANTHROPIC_BASE_URL",
            Self::Ollama => "OLLAMA_HOST",
        }
    }
}

const ALL: [Provider; 3] = [Provider::OpenAi, Provider::Anthropic, Provider::Ollama];

/// The model that is asked for, through `get`, which gives a variable's value.
pub(crate) fn choose(
    provider: Option<Provider>,
    model: Option<&str>,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Chosen> {
    let get = |name: &str| get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let Some(provider) = provider.or_else(|| ALL.into_iter().find(|p| get(p.variable()).is_some()))
    else {
        return Err(person(
            "there is no model to talk to; set OPENAI_API_KEY, ANTHROPIC_API_KEY, or OLLAMA_HOST \
             (such as 127.0.0.1:11434)",
        ));
    };
    let set = get(provider.variable());
    let (key, base) = match (provider, set) {
        (Provider::Ollama, host) => (String::new(), host.as_deref().map(ollama_url)),
        (_, Some(key)) => (key, get(provider.base_variable())),
        (_, None) => {
            return Err(person(format!(
                "{} needs a key; set {} (to any text, if a server at {} takes none)",
                provider.name(),
                provider.variable(),
                provider.base_variable()
            )));
        }
    };
    let model = match (model, provider) {
        (Some(model), _) => model.to_owned(),
        (None, Provider::OpenAi) => openai::GPT_5_6.to_owned(),
        (None, Provider::Anthropic) => anthropic::completion::CLAUDE_SONNET_5_5.to_owned(),
        (None, Provider::Ollama) => {
            return Err(usage(
                "name one of your Ollama's models with --model; `ollama list` shows them",
            ));
        }
    };
    Ok(Chosen { provider, model, base, key: key.into() })
}

/// `OLLAMA_HOST` as Ollama itself reads it: the scheme and the port may be left out, and the
/// address on which a server listens everywhere is not one to go to (Ollama FAQ, How do I
/// configure Ollama server).
fn ollama_url(host: &str) -> String {
    let (scheme, rest) = host.split_once("://").unwrap_or(("http", host));
    let rest = rest.trim_end_matches('/');
    let (name, port) = match rest.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (name, Some(port)),
        _ => (rest, None),
    };
    let name = if matches!(name, "0.0.0.0" | "") { "127.0.0.1" } else { name };
    let port = port.unwrap_or(match scheme {
        "https" => "443",
        _ if host.contains("://") => "80",
        _ => "11434",
    });
    format!("{scheme}://{name}:{port}")
}

impl Chosen {
    /// The model, behind rig's HTTP client.
    pub(crate) fn connect(&self) -> DynModel<Completion> {
        let (key, model) = (self.key.clone(), self.model.as_str());
        match (self.provider, &self.base) {
            (Provider::OpenAi, None) => OpenAIConfig::new(key).client().responses(model).into(),
            // Chat completions is what others than OpenAI speak.
            (Provider::OpenAi, Some(base)) => {
                OpenAIConfig::new(key).with_base_url(base).client().chat(model).into()
            }
            (Provider::Anthropic, None) => {
                AnthropicConfig::new(key).client().completion(model).into()
            }
            (Provider::Anthropic, Some(base)) => {
                AnthropicConfig::new(key).with_base_url(base).client().completion(model).into()
            }
            (Provider::Ollama, base) => {
                let config = OllamaConfig::new();
                let config = match base {
                    Some(base) => config.with_base_url(base),
                    None => config,
                };
                config.client().completion(model).into()
            }
        }
    }

    /// The most tokens of an answer, where the provider wants to be told and rig does not know the
    /// model: Anthropic's Messages API requires it, and a model that is newer than rig has no entry.
    pub(crate) fn most_tokens(&self) -> Option<u64> {
        const ENOUGH: u64 = 8_192;
        let is_unknown = || anthropic::ANTHROPIC.default_max_tokens(&self.model).is_none();
        (self.provider == Provider::Anthropic && is_unknown()).then_some(ENOUGH)
    }

    /// Where it is, for a person.
    pub(crate) fn place(&self) -> &str {
        self.base.as_deref().unwrap_or(self.provider.name())
    }

    /// The text without the key, should somebody have repeated it.
    pub(crate) fn without_key(&self, text: &str) -> String {
        if self.key.is_empty() {
            return text.to_owned();
        }
        text.replace(self.key.expose(), "***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(
        provider: Option<Provider>,
        model: Option<&str>,
        set: &[(&str, &str)],
    ) -> Result<Chosen> {
        choose(provider, model, |name| {
            set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_first_that_is_set_is_taken() {
        let both = [("ANTHROPIC_API_KEY", "a"), ("OPENAI_API_KEY", "o")];
        assert_eq!(with(None, None, &both).unwrap().provider, Provider::OpenAi);
        let anthropic = Some(Provider::Anthropic);
        assert_eq!(with(anthropic, None, &both).unwrap().provider, Provider::Anthropic);
        assert_eq!(with(None, None, &both[..1]).unwrap().provider, Provider::Anthropic);
        let chosen = with(None, Some("qwen3"), &[("OLLAMA_HOST", "127.0.0.1")]).unwrap();
        assert_eq!((chosen.model.as_str(), chosen.place()), ("qwen3", "http://127.0.0.1:11434"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let refused =
            |provider, set: &[(&str, &str)]| with(provider, None, set).unwrap_err().to_string();
        insta::assert_snapshot!(refused(None, &[("OPENAI_API_KEY", " ")]), @"there is no model to talk to; set OPENAI_API_KEY, ANTHROPIC_API_KEY, or OLLAMA_HOST (such as 127.0.0.1:11434)");
        insta::assert_snapshot!(refused(Some(Provider::Anthropic), &[]), @"Anthropic needs a key; set ANTHROPIC_API_KEY (to any text, if a server at ANTHROPIC_BASE_URL takes none)");
        insta::assert_snapshot!(refused(Some(Provider::Ollama), &[]), @"name one of your Ollama's models with --model; `ollama list` shows them");
    }

    #[test]
    fn ollama_is_found_as_ollama_finds_itself() {
        for (host, url) in [
            ("127.0.0.1", "http://127.0.0.1:11434"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            (":8080", "http://127.0.0.1:8080"),
            ("http://gpu", "http://gpu:80"),
            ("https://gpu.example/", "https://gpu.example:443"),
        ] {
            assert_eq!(ollama_url(host), url);
        }
    }

    #[test]
    fn no_key_is_shown() {
        let chosen = with(None, None, &[("OPENAI_API_KEY", "sk-secret")]).unwrap();
        assert!(!format!("{chosen:?}").contains("sk-secret"));
        assert_eq!(chosen.without_key("wrong key sk-secret."), "wrong key ***.");
    }
}
