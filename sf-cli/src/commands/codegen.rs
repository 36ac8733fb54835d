//! `sf-agent codegen`: the schema of some objects in the languages of others.

use anyhow::Result;
use sf_schema::{Object, WriteKind, json_schema, rust_code};

use super::schema::resolve;
use crate::args::{Codegen, CodegenCommand};
use crate::connect::connect;
use crate::out;

pub(crate) async fn run(options: Codegen, org: Option<&str>) -> Result<()> {
    let connection = connect(org).await?;
    let client = connection.raw("sf-agent codegen")?;
    match options.command {
        CodegenCommand::Rust { objects } => {
            let objects = resolve(client, &objects).await?;
            let objects: Vec<&Object> = objects.iter().map(AsRef::as_ref).collect();
            out::line(rust_code(&objects).trim_end())?;
        }
        CodegenCommand::JsonSchema { object, update } => {
            let kind = if update { WriteKind::Update } else { WriteKind::Create };
            for object in resolve(client, &[object]).await? {
                out::line(serde_json::to_string_pretty(&json_schema(&object, kind))?)?;
            }
        }
    }
    Ok(())
}
