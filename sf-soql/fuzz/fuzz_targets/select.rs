//! Any text as a SELECT: an error that points into it, or a tree that prints as
//! a statement with the same tree.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match sf_soql::parse(text) {
        Ok(query) => {
            let printed = query.to_string();
            let again = sf_soql::parse(&printed).expect("what is printed parses");
            assert_eq!(again, query, "printed as {printed}");
            assert_eq!(again.to_string(), printed);
            sf_soql::visit::walk(&query, &mut |_| {});
            let _ = sf_soql::visit::apex_only(&query);
        }
        Err(error) => assert!(text.is_char_boundary(error.position), "{error}"),
    }
});
