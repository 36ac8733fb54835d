//! Any text as a FIND: an error that points into it, or a tree that prints as a
//! statement with the same tree.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match sf_soql::parse_search(text) {
        Ok(search) => {
            let printed = search.to_string();
            let again = sf_soql::parse_search(&printed).expect("what is printed parses");
            assert_eq!(again, search, "printed as {printed}");
            assert_eq!(again.to_string(), printed);
            for entry in &search.returning {
                entry.to_query().check().expect("an entry amounts to a query");
            }
            sf_soql::visit::walk_search(&search, &mut |_| {});
            let _ = sf_soql::visit::apex_only_search(&search);
        }
        Err(error) => assert!(text.is_char_boundary(error.position), "{error}"),
    }
});
