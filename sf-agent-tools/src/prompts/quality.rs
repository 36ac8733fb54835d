//! A check of the data of one object.

use super::{Prompt, PromptArgument, PromptSteps, PromptValues};

pub(super) fn prompt() -> Prompt {
    Prompt::new(
        "data_quality_check",
        "Data-quality check",
        "Looks for missing, doubtful and duplicate data in one object, and proposes what to \
         correct.",
        write,
    )
    .argument(
        PromptArgument::new("object", "Object", "API name or label of the object.")
            .required()
            .objects(),
    )
    .argument(
        PromptArgument::new("field", "Field", "A field to look at above all.").fields_of("object"),
    )
    .needs(["salesforce_describe_object", "salesforce_query"])
}

fn write(given: &PromptValues<'_>, steps: &mut PromptSteps<'_>) {
    let object = given.quoted("object").unwrap_or_default();
    let field = given.quoted("field");
    let above = field.as_ref().map(|field| format!(", above all in its field {field}"));
    steps.say(&format!(
        "Check the quality of the data in the Salesforce object {object}{}. Work in these steps:",
        above.unwrap_or_default()
    ));
    steps.step(
        "Call salesforce_describe_object for it. Choose up to ten fields that people rely on: \
         required ones, the name, email, phone, address, status, owner, amounts, dates, external ids.",
    );
    if steps.has("salesforce_count") {
        steps.step(
            "Count all records with salesforce_count, and for each chosen field those in which it is \
             empty.",
        );
    } else {
        steps.step(
            "Count all records with salesforce_query and COUNT(), and for each chosen field those in \
             which it is empty.",
        );
    }
    let with =
        if steps.has("salesforce_aggregate") { "salesforce_aggregate" } else { "salesforce_query" };
    steps.step(&format!(
        "Find duplicates with {with}: values of the name, of email or of an external id that more \
         than one record has, grouped by the field, the most frequent first. Fields that cannot be \
         grouped by are left out."
    ));
    steps.step(&format!(
        "See with {with} how the values of picklists are spread, and name those that no active value \
         of the picklist allows. salesforce_describe_object shows which are active."
    ));
    steps.step(
        "Look for doubtful values with salesforce_query: dates far in the past or the future, amounts \
         below zero, emails without an @, test names, records without an owner or whose owner is not \
         active, records that nobody changed for two years though they are open.",
    );
    steps.step("For each kind of flaw show at most five records as examples, with id and name.");
    steps.end_of_steps();
    steps.say(
        "Then report: a table with one line for each flaw (field, kind, number of records, share of \
         all), the gravest first; the examples; the likely cause of each; what to correct, by rule \
         where a rule is safe, by hand where it is not. Numbers come from counts, never from the rows \
         that you listed.",
    );
    if steps.has("salesforce_prepare_write") {
        steps.say(
            "Change nothing unasked. If the user agrees to a correction, show it with \
             salesforce_prepare_write first, records and values before and after, and send it only \
             after a clear yes.",
        );
    } else {
        steps.say("Change nothing in Salesforce.");
    }
}
