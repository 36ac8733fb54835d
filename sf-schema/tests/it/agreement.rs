//! The checks of a query against the org itself, over statements made at random.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sf_schema::{Known, bind, check_query, gather};

use crate::statements::Tape;
use crate::support::{client, org};

const STATEMENTS: usize = 3000;

/// A statement that passes is accepted by the org, and one that the org refuses
/// was flagged. What is flagged and accepted all the same is counted: there the
/// documentation forbids what this org takes.
#[tokio::test(flavor = "multi_thread")]
async fn the_org_and_the_checks_agree() {
    let org = org().await;
    let client = client(&org.org);
    let mut known = Known::new();
    for entry in org.catalog.objects().await.unwrap().iter() {
        known.insert(org.catalog.object(&entry.name).await.unwrap());
    }
    let mut runner = TestRunner::deterministic();
    let decisions = proptest::collection::vec(proptest::num::u16::ANY, 400);
    let (mut right, mut wrong, mut missed) = (0, 0, Vec::new());
    let mut strict: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..STATEMENTS {
        let tape = decisions.new_tree(&mut runner).unwrap().current();
        let soql = Tape::new(&tape, &known).statement();
        let Ok(query) = sf_soql::parse(&soql) else { continue };
        gather(&org.catalog, &query, &mut known).await.unwrap();
        let problems = match bind(&query, &known) {
            Ok(bound) => check_query(&bound),
            Err(unbound) => unbound.check(),
        };
        let problem = problems.iter().find(|p| p.is_error());
        let answer = client.query_page(&sf_rest::Query::new(soql.as_str())).await;
        match (answer, problem) {
            (Ok(_), None) => right += 1,
            (Err(_), Some(_)) => wrong += 1,
            (Err(error), None) => missed.push(format!("{soql}\n  {error:?}")),
            (Ok(_), Some(problem)) => {
                let key = format!(
                    "{:?}: {}",
                    problem.kind,
                    problem.message.chars().filter(|c| !c.is_ascii_digit()).collect::<String>()
                );
                strict.entry(key).or_default().push(soql);
            }
        }
    }
    let flagged: usize = strict.values().map(Vec::len).sum();
    let all = right + wrong + missed.len() + flagged;
    println!(
        "{all} statements: {right} right and accepted, {wrong} wrong and refused, {} refused but \
         not flagged, {flagged} flagged but accepted; {:.2} % disagreement",
        missed.len(),
        100.0 * (missed.len() + flagged) as f64 / all as f64
    );
    for (problem, statements) in &strict {
        println!("accepted {} times: {problem}\n  {}", statements.len(), statements[0]);
    }
    assert!(
        missed.is_empty(),
        "{} missed:\n{}",
        missed.len(),
        missed[..missed.len().min(12)].join("\n")
    );
    assert!(flagged * 200 <= all, "{flagged} of {all} are flagged and accepted: {strict:#?}");
    assert!(
        right > 100 && wrong > 100,
        "the statements are of one kind: {right} right, {wrong} wrong"
    );
}
