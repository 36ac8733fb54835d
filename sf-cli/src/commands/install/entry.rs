//! One server in a client's file: put in, changed or taken out, with everything else as it was.

use anyhow::{Context, Result, anyhow, bail};
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::Value;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, value};

use super::clients::Form;

/// How a client starts our server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
}

/// The text of a client's file with the server `name` as given, or without it.
pub(crate) fn edit(text: &str, form: Form, name: &str, server: Option<&Server>) -> Result<String> {
    match form {
        Form::Json { servers, besides } => json(text, servers, besides, name, server),
        Form::Toml { servers } => toml(text, servers, name, server),
    }
}

/// The entry of a server as a person reads it, whatever the file makes of it; nothing if there is
/// none. Its owner may have added variables that hold secrets: of those not in `open` only the names
/// are shown.
pub(crate) fn shown(text: &str, form: Form, name: &str, open: &[&str]) -> String {
    let lines = match form {
        Form::Json { servers, .. } => json_lines(text, servers, name, open),
        Form::Toml { servers } => toml_lines(text, servers, name, open),
    };
    lines.unwrap_or_default()
}

/// In the place of a value.
const KEPT: &str = "…";

fn json_lines(text: &str, key: &str, name: &str, open: &[&str]) -> Option<String> {
    let top = CstRootNode::parse(text, &DIALECT).ok()?.object_value()?;
    let entry = top.object_value(key)?.get(name)?.value()?;
    let mut entry = entry.to_serde_value()?;
    for (name, value) in entry.get_mut("env").and_then(Value::as_object_mut).into_iter().flatten() {
        if !open.contains(&name.as_str()) {
            *value = Value::from(KEPT);
        }
    }
    let text = serde_json::to_string_pretty(&entry).ok()?;
    Some(format!("{}: {text}\n", Value::from(name)))
}

fn toml_lines(text: &str, key: &str, name: &str, open: &[&str]) -> Option<String> {
    let document: DocumentMut = text.parse().ok()?;
    let entry = document.get(key)?.as_table_like()?.get(name)?.as_table_like()?;
    let mut lines = format!("[{key}.{name}]\n");
    for (key, item) in entry.iter() {
        match (key, item.as_table_like()) {
            ("env", Some(env)) => {
                for (name, value) in env.iter() {
                    let value = value.to_string();
                    let value = if open.contains(&name) { value.trim() } else { KEPT };
                    lines.push_str(&format!("env.{name} = {value}\n"));
                }
            }
            _ => lines.push_str(&format!("{key} = {}\n", item.to_string().trim())),
        }
    }
    Some(lines)
}

/// What the client's own files may hold: comments and trailing commas, and no more.
const DIALECT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

fn json(
    text: &str,
    key: &str,
    besides: Option<(&str, &str)>,
    name: &str,
    server: Option<&Server>,
) -> Result<String> {
    let begun = if text.trim().is_empty() { "{}\n" } else { text };
    let root =
        CstRootNode::parse(begun, &DIALECT).map_err(|error| anyhow!("it is not JSON: {error}"))?;
    let top = root.object_value().context("it is not a JSON object")?;
    let Some(server) = server else {
        let Some(servers) = top.object_value(key) else { return Ok(text.to_owned()) };
        let Some(entry) = servers.get(name) else { return Ok(text.to_owned()) };
        let command = entry.object_value().and_then(|entry| text_of(&entry, "command"));
        is_ours(name, command.as_deref())?;
        entry.remove();
        return Ok(root.to_string());
    };
    let servers = top
        .object_value_or_create(key)
        .with_context(|| format!("its {key:?} is not an object of servers"))?;
    let entry = match servers.get(name) {
        None => servers.object_value_or_set(name),
        Some(there) => {
            let entry = there.object_value();
            let command = entry.as_ref().and_then(|entry| text_of(entry, "command"));
            is_ours(name, command.as_deref())?;
            entry.context("its entry is not an object")?
        }
    };
    let set = |object: &CstObject, key: &str, value: CstInputValue| match object.get(key) {
        Some(there) => there.set_value(value),
        None => drop(object.append(key, value)),
    };
    if let Some((key, value)) = besides {
        set(&entry, key, CstInputValue::String(value.to_owned()));
    }
    set(&entry, "command", CstInputValue::String(server.command.clone()));
    let args = server.args.iter().cloned().map(CstInputValue::String);
    set(&entry, "args", CstInputValue::Array(args.collect()));
    if !server.env.is_empty() {
        let env = entry.object_value_or_create("env").context("its env is not an object")?;
        for (key, value) in &server.env {
            set(&env, key, CstInputValue::String(value.clone()));
        }
    }
    Ok(root.to_string())
}

fn text_of(object: &CstObject, key: &str) -> Option<String> {
    object.get(key)?.value()?.as_string_lit()?.decoded_value().ok()
}

fn toml(text: &str, key: &str, name: &str, server: Option<&Server>) -> Result<String> {
    let mut document: DocumentMut =
        text.parse().map_err(|error| anyhow!("it is not TOML: {error}"))?;
    let command = |servers: &dyn TableLike| {
        let command = servers.get(name)?.as_table_like()?.get("command")?.as_str();
        command.map(str::to_owned)
    };
    let Some(server) = server else {
        let servers = document.get_mut(key).and_then(Item::as_table_like_mut);
        let Some(servers) = servers.filter(|servers| servers.contains_key(name)) else {
            return Ok(text.to_owned());
        };
        is_ours(name, command(servers).as_deref())?;
        servers.remove(name);
        return Ok(document.to_string());
    };
    let mut none = Table::new();
    none.set_implicit(true);
    let servers = document.entry(key).or_insert(Item::Table(none));
    let servers = servers
        .as_table_like_mut()
        .with_context(|| format!("its {key:?} is not a table of servers"))?;
    if servers.contains_key(name) {
        is_ours(name, command(servers).as_deref())?;
    }
    let entry = servers.entry(name).or_insert(Item::Table(Table::new()));
    let entry = entry.as_table_like_mut().context("its entry is not a table")?;
    put(entry, "command", value(server.command.as_str()));
    put(entry, "args", value(server.args.iter().map(String::as_str).collect::<Array>()));
    if !server.env.is_empty() {
        let env = entry.entry("env").or_insert(value(InlineTable::new()));
        let env = env.as_table_like_mut().context("its env is not a table")?;
        for (key, text) in &server.env {
            put(env, key, value(text.as_str()));
        }
    }
    Ok(document.to_string())
}

/// Sets a value, and leaves one as it is written that says the same.
fn put(table: &mut dyn TableLike, key: &str, item: Item) {
    let plain = |item: &Item| item.to_string().split_whitespace().collect::<String>();
    if table.get(key).is_none_or(|there| plain(there) != plain(&item)) {
        table.insert(key, item);
    }
}

/// Another's server of the same name is not touched.
fn is_ours(name: &str, command: Option<&str>) -> Result<()> {
    let program = command.and_then(|command| command.rsplit(['/', '\\']).next());
    if program.is_some_and(|program| program.starts_with("sf-agent")) {
        return Ok(());
    }
    bail!("it has another server with the name {name:?}; give ours another with --name")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        Server {
            command: "/bin/sf-agent".to_owned(),
            args: vec!["--org".to_owned(), "acme".to_owned(), "mcp".to_owned()],
            env: Vec::new(),
        }
    }

    const JSON: Form = Form::Json { servers: "mcpServers", besides: Some(("type", "stdio")) };
    const TOML: Form = Form::Toml { servers: "mcp_servers" };

    #[test]
    fn json_keeps_what_it_has() {
        let before = "{\n  // mine\n  \"theme\": \"dark\", // and this\n  \"mcpServers\": {\n    \"git\": { \"command\": \"git-mcp\" }\n  }\n}\n";
        let after = edit(before, JSON, "salesforce", Some(&server())).unwrap();
        insta::assert_snapshot!(after, @r#"
        {
          // mine
          "theme": "dark", // and this
          "mcpServers": {
            "git": { "command": "git-mcp" },
            "salesforce": {
              "type": "stdio",
              "command": "/bin/sf-agent",
              "args": ["--org", "acme", "mcp"]
            }
          }
        }
        "#);
        assert_eq!(edit(&after, JSON, "salesforce", Some(&server())).unwrap(), after);
        assert_eq!(edit(&after, JSON, "salesforce", None).unwrap(), before);
        assert_eq!(edit(before, JSON, "salesforce", None).unwrap(), before);
    }

    #[test]
    fn json_is_made_where_there_is_none() {
        insta::assert_snapshot!(edit("", JSON, "salesforce", Some(&server())).unwrap(), @r#"
        {
          "mcpServers": {
            "salesforce": {
              "type": "stdio",
              "command": "/bin/sf-agent",
              "args": ["--org", "acme", "mcp"]
            }
          }
        }
        "#);
        assert_eq!(edit("", JSON, "salesforce", None).unwrap(), "");
    }

    #[test]
    fn an_entry_of_ours_keeps_what_its_owner_added() {
        let before = "{\"mcpServers\":{\"salesforce\":{\"command\":\"C:\\\\old\\\\sf-agent.exe\",\"disabled\":true,\"env\":{\"A\":\"b\"}}}}";
        let mut server = server();
        server.env.push(("SF_AGENT_HOME".to_owned(), "/data".to_owned()));
        let after = edit(before, JSON, "salesforce", Some(&server)).unwrap();
        let json: Value = serde_json::from_str(&after).unwrap();
        let entry = &json["mcpServers"]["salesforce"];
        assert_eq!(entry["disabled"], true);
        assert_eq!(entry["command"], "/bin/sf-agent");
        assert_eq!(entry["env"], serde_json::json!({ "A": "b", "SF_AGENT_HOME": "/data" }));
    }

    #[test]
    fn toml_keeps_what_it_has() {
        let before =
            "# mine\nmodel = \"o\" # and this\n\n[mcp_servers.git]\ncommand = \"git-mcp\"\n";
        let mut server = server();
        server.env.push(("SF_AGENT_HOME".to_owned(), "/data".to_owned()));
        let after = edit(before, TOML, "salesforce", Some(&server)).unwrap();
        insta::assert_snapshot!(after, @r#"
        # mine
        model = "o" # and this

        [mcp_servers.git]
        command = "git-mcp"

        [mcp_servers.salesforce]
        command = "/bin/sf-agent"
        args = ["--org", "acme", "mcp"]
        env = { SF_AGENT_HOME = "/data" }
        "#);
        assert_eq!(edit(&after, TOML, "salesforce", Some(&server)).unwrap(), after);
        assert_eq!(edit(&after, TOML, "salesforce", None).unwrap(), before);
        assert_eq!(edit("", TOML, "salesforce", None).unwrap(), "");
        insta::assert_snapshot!(edit("", TOML, "salesforce", Some(&self::server())).unwrap(), @r#"
        [mcp_servers.salesforce]
        command = "/bin/sf-agent"
        args = ["--org", "acme", "mcp"]
        "#);
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let refused = |text: &str, form| {
            edit(text, form, "salesforce", Some(&server())).unwrap_err().to_string()
        };
        let others = "{\"mcpServers\":{\"salesforce\":{\"url\":\"https://x\"}}}";
        let told = [
            refused("{ \"a\": 1,, }", JSON),
            refused("[]", JSON),
            refused("{\"mcpServers\": []}", JSON),
            refused(others, JSON),
            edit(others, JSON, "salesforce", None).unwrap_err().to_string(),
            refused("mcp_servers = 1", TOML),
            refused("[mcp_servers.salesforce]\ncommand = \"other\"", TOML),
        ];
        insta::assert_snapshot!(told.join("\n"), @r#"
        it is not JSON: Unexpected token in object on line 1 column 10
        it is not a JSON object
        its "mcpServers" is not an object of servers
        it has another server with the name "salesforce"; give ours another with --name
        it has another server with the name "salesforce"; give ours another with --name
        its "mcp_servers" is not a table of servers
        it has another server with the name "salesforce"; give ours another with --name
        "#);
    }
}
