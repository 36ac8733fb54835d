//! Any text as a value and as words to search for: it comes back as that alone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sf_soql::ast::{Condition, Expression, InSet, Literal, Value};
use sf_soql::build::{field, select};
use sf_soql::escape;

fuzz_target!(|text: &str| {
    let statement = format!("SELECT Id FROM A WHERE B IN ('{}')", escape::string(text));
    let built = select(["Id"]).from("A").filter(field("B").one_of([text])).build();
    for query in [sf_soql::parse(&statement).expect("it parses"), built.expect("it is built")] {
        let Some(Condition::In { set: InSet::List(values), .. }) = &query.filter else {
            panic!("{query}")
        };
        let values: Vec<&Value> = values.iter().map(|Literal { value, .. }| value).collect();
        assert_eq!(values, [&Value::String(text.to_owned())]);
    }

    let like = format!("SELECT Id FROM A WHERE B LIKE '{}'", escape::like(text));
    let query = sf_soql::parse(&like).expect("it parses");
    assert_eq!(query.to_string(), like);

    let words: Vec<&str> = text.split_whitespace().collect();
    if !words.is_empty() {
        let statement = format!("FIND {{{} AND NOT last}}", escape::sosl_term(text));
        let search = sf_soql::parse_search(&statement).expect("it parses");
        let Some(Expression::AndNot { found, .. }) = search.find.expression() else {
            panic!("{search}")
        };
        let found: Vec<_> = found.terms().into_iter().map(|term| term.text()).collect();
        assert_eq!(found, words.into_iter().map(Some).collect::<Vec<_>>());
    }
});
