//! A review of the sales pipeline.

use super::{Prompt, PromptArgument, PromptSteps, PromptValues};

const PERIODS: &[&str] = &[
    "this quarter",
    "next quarter",
    "this month",
    "next month",
    "this year",
    "next 90 days",
    "this fiscal quarter",
];

pub(super) fn prompt() -> Prompt {
    Prompt::new(
        "pipeline_review",
        "Pipeline review",
        "Reviews the open opportunities of a period: what is due, what is at risk, and what to do \
         next.",
        write,
    )
    .argument(
        PromptArgument::new(
            "period",
            "Period",
            "When the deals close, such as \"this quarter\" (the default).",
        )
        .choices(PERIODS.iter().copied()),
    )
    .argument(PromptArgument::new(
        "owner",
        "Owner",
        "Only of this person or team, by name; everyone's if left out.",
    ))
    .argument(
        PromptArgument::new(
            "group_by",
            "Group by",
            "A field of Opportunity by which totals are shown as well.",
        )
        .fields("Opportunity"),
    )
    .needs(["salesforce_describe_object", "salesforce_query"])
}

fn write(given: &PromptValues<'_>, steps: &mut PromptSteps<'_>) {
    let period = given.quoted("period").unwrap_or_else(|| "\"this quarter\"".to_owned());
    let owner = given.quoted("owner").map(|owner| format!(" of {owner}")).unwrap_or_default();
    steps.say(&format!(
        "Review the sales pipeline{owner} in Salesforce for the period {period}. Work in these steps:"
    ));
    steps.step(
        "Call salesforce_describe_object for Opportunity. Use only fields and stage names that it \
         shows: orgs rename stages and add fields of their own. If the object is not there, say so \
         and stop.",
    );
    if given.quoted("owner").is_some() {
        let found = steps.step_with(
            &["salesforce_search"],
            "Find out whom the owner means with salesforce_search over User. If several people fit, \
             ask which one instead of guessing.",
        );
        if !found {
            steps.step(
                "Find out whom the owner means with salesforce_query over User. If several people \
                 fit, ask which one instead of guessing.",
            );
        }
    }
    let groups = match given.quoted("group_by") {
        Some(field) => format!(" by StageName, and once more by the field {field}"),
        None => " by StageName".to_owned(),
    };
    let summed = steps.step_with(
        &["salesforce_aggregate"],
        &format!(
            "Get number and sum of Amount of the open opportunities whose CloseDate is in the \
             period{groups}, with salesforce_aggregate. Totals come from this call, never from adding \
             up rows that you listed."
        ),
    );
    if !summed {
        steps.step(&format!(
            "Get number and sum of Amount of the open opportunities whose CloseDate is in the \
             period{groups}, with salesforce_query and GROUP BY. Totals come from this call, never \
             from adding up rows that you listed."
        ));
    }
    steps.step(
        "List the 25 largest of them with salesforce_query: Name, Account.Name, StageName, Amount, \
         CloseDate, Owner.Name, LastActivityDate, NextStep as far as they exist. Use date literals \
         such as THIS_QUARTER rather than dates you compute.",
    );
    steps.step(
        "Look for risk with salesforce_query: open opportunities whose CloseDate is past; those \
         without activity for 30 days; those without an amount or a next step; early stages that \
         close within 14 days.",
    );
    steps.step_with(
        &["salesforce_changes"],
        "See with salesforce_changes what moved in the last 7 days, if the org keeps that history.",
    );
    steps.end_of_steps();
    steps.say(
        "Then report on one page: the totals by stage in a table; the five deals that decide the \
         period, each with its reason; risks, each with the record and the fact that shows it; three \
         actions, each with an owner. Give every record's name and id. If a result was not complete \
         and you did not read the rest, say which figures are affected. Change nothing in Salesforce.",
    );
}
