//! A briefing on one account.

use super::{Prompt, PromptArgument, PromptSteps, PromptValues};

const PURPOSES: &[&str] =
    &["first meeting", "renewal", "quarterly business review", "escalation", "hand-over"];

pub(super) fn prompt() -> Prompt {
    Prompt::new(
        "account_briefing",
        "Account briefing",
        "Prepares a person for a talk with a customer: who they are, what is open, what happened \
         last.",
        write,
    )
    .argument(
        PromptArgument::new("account", "Account", "Name or record id of the account.").required(),
    )
    .argument(
        PromptArgument::new("purpose", "Purpose", "What the talk is about, such as \"renewal\".")
            .choices(PURPOSES.iter().copied()),
    )
    .needs(["salesforce_describe_object", "salesforce_query"])
}

fn write(given: &PromptValues<'_>, steps: &mut PromptSteps<'_>) {
    let account = given.quoted("account").unwrap_or_default();
    let purpose = given.quoted("purpose");
    let about = purpose.as_ref().map(|text| format!(", for this purpose: {text}"));
    steps.say(&format!(
        "Write a briefing on the Salesforce account {account}{}. Work in these steps:",
        about.unwrap_or_default()
    ));
    let found = steps.step_with(
        &["salesforce_find_records"],
        "Find the account with salesforce_find_records, by name, or by Id if what is given is one. If \
         several fit, show them with city and owner and ask which one is meant; if none does, say so \
         and stop.",
    );
    if !found {
        steps.step(
            "Find the account with salesforce_query, by name, or by Id if what is given is one. If \
             several fit, show them with city and owner and ask which one is meant; if none does, say \
             so and stop.",
        );
    }
    steps.step(
        "Call salesforce_describe_object for Account, and read the fields that hold something worth \
         knowing: industry, size, place, owner, status, and the org's own fields.",
    );
    let related = steps.step_with(
        &["salesforce_get_related"],
        "Read with salesforce_get_related what belongs to it: contacts with title and email, open \
         opportunities with stage, amount and close date, opportunities won in the last year, open \
         cases with priority and age, and open activities, as far as the objects exist.",
    );
    if !related {
        steps.step(
            "Read with salesforce_query what belongs to it: contacts with title and email, open \
             opportunities with stage, amount and close date, opportunities won in the last year, \
             open cases with priority and age, and open activities, as far as the objects exist.",
        );
    }
    let counted = steps.step_with(
        &["salesforce_aggregate"],
        "Take totals (open pipeline, revenue won in the last 12 months, open cases) from \
         salesforce_aggregate, never from the rows that you listed.",
    );
    if !counted {
        steps.step(
            "Take totals (open pipeline, revenue won in the last 12 months, open cases) from \
             salesforce_query with SUM and COUNT, never from the rows that you listed.",
        );
    }
    steps.end_of_steps();
    steps.say(
        "Then write one page: who they are, in three sentences; people to know, with their role; \
         what is open, deals and cases with amounts and dates; what happened last; what to raise and \
         what to avoid, each with the fact behind it; questions that the records do not answer. Give \
         the id of every record that you name. Keep to what the records say: mark what is missing as \
         missing, and take nothing from your general knowledge of the company. Change nothing in \
         Salesforce.",
    );
}
