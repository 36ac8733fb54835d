//! `sf-agent schema card`: an object as a model reads it.

use anyhow::{Context, Result, bail};
use sf_schema::{
    Candidate, CardOptions, Catalog, FieldGroup, Known, Notes, Object, ObjectSummary, Picture,
    Resolution, index_line, resolve_field,
};

use crate::args::Card;
use crate::connect::connect;
use crate::out;

pub(super) async fn run(options: &Card, org: Option<&str>) -> Result<()> {
    let group = options.group.as_deref().map(str::parse::<FieldGroup>).transpose()?;
    let notes = notes(options)?;
    let connection = connect(org).await?;
    let catalog = Catalog::new(connection.raw("sf-agent schema card")?.clone());
    let object = catalog.resolve(&options.object).await?.object;
    if options.line {
        out::line(out::harmless(&index_line(&ObjectSummary::from(&*object))))?;
        return Ok(());
    }
    let usage = if options.used { Some(catalog.usage(&object.name).await?) } else { None };
    let layouts = if options.layout { Some(catalog.layouts(&object.name).await?) } else { None };
    let mut picture = Picture::new(&object);
    if let Some(usage) = &usage {
        picture = picture.usage(usage);
    }
    if let Some(layout) = layouts.as_ref().and_then(|layouts| layouts.of(None)) {
        picture = picture.layout(layout);
    }
    if let Some(notes) = notes.object(&object.name) {
        picture = picture.notes(notes);
    }
    let card = match (group, &options.field) {
        (Some(group), _) => picture.group(group, options.after.as_deref(), options.budget),
        (None, Some(name)) => {
            let name = field(name, &object)?;
            let Some(field) = object.field(&name) else {
                bail!("{} has no field {name}", object.name)
            };
            picture.field(field, options.budget)
        }
        (None, None) => {
            let mut bounds = CardOptions::default();
            bounds.budget = options.budget;
            picture.card(bounds)
        }
    };
    out::line(out::harmless(&card.text))?;
    for left in &card.left_out {
        eprintln!("left out of {}: {}", left.group.as_str(), left.names.join(", "));
    }
    eprintln!("about {} tokens", card.tokens);
    Ok(())
}

fn notes(options: &Card) -> Result<Notes> {
    let Some(file) = &options.notes else { return Ok(Notes::default()) };
    let text = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("{} does not hold notes in JSON", file.display()))
}

/// The API name of the field that is meant.
fn field(written: &str, object: &Object) -> Result<String> {
    let listed = |near: &[Candidate]| {
        near.iter().map(|c| format!("{} ({})", c.name, c.reason)).collect::<Vec<_>>().join(", ")
    };
    match resolve_field(written, object, &Known::new()) {
        Resolution::One(name, _) => Ok(name),
        Resolution::Several(near) => {
            bail!("{written:?} may mean several fields of {}: {}", object.name, listed(&near))
        }
        Resolution::None(near) if !near.is_empty() => {
            bail!("{} has no field {written:?}; nearest: {}", object.name, listed(&near))
        }
        _ => bail!("{} has no field {written:?}", object.name),
    }
}
