//! Several calls in one transaction.

use serde_json::json;

use super::{caller, count, create, fields, org, shown};
use crate::engine::{ApiError, Engine, Write};

fn named(org: &Engine, name: &str) -> usize {
    count(org, &format!("SELECT COUNT() FROM Account WHERE Name = '{name}'"))
}

fn new_account(name: &str) -> Write {
    Write::Create { object: "Account".to_owned(), fields: fields(&json!({"Name": name})) }
}

#[test]
fn what_was_done_is_kept_or_undone_as_one() {
    let org = org(20);
    let soql = "SELECT COUNT() FROM Account WHERE Name = 'One'";
    let seen = org
        .transaction(|tx| {
            tx.write(&caller(), &[new_account("One")], true);
            Ok::<_, ApiError>(tx.query(&caller(), soql, false)?.total_size())
        })
        .unwrap();
    assert_eq!((seen, named(&org, "One")), (1, 1));

    let refused = org.transaction(|tx| {
        let written = tx.write(&caller(), &[new_account("Two")], true).remove(0)?;
        tx.get(&caller(), "Account", &written.id, None)?;
        // The engine's own methods take part on this thread.
        assert_eq!(named(&org, "Two"), 1);
        Err::<(), _>(ApiError::not_found())
    });
    assert_eq!(
        shown(&refused.unwrap_err()),
        "404\nNOT_FOUND: The requested resource does not exist"
    );
    assert_eq!(named(&org, "Two"), 0);
}

#[test]
fn a_savepoint_inside_is_undone_by_itself() {
    let org = org(20);
    org.transaction(|tx| {
        tx.write(&caller(), &[new_account("Kept")], true);
        let undone = tx.savepoint(|| {
            tx.write(&caller(), &[new_account("Undone")], true);
            Err::<(), _>(ApiError::not_found())
        });
        assert!(undone.is_err());
        Ok::<_, ApiError>(())
    })
    .unwrap();
    assert_eq!((named(&org, "Kept"), named(&org, "Undone")), (1, 0));
}

#[test]
fn a_panic_undoes_and_the_org_goes_on() {
    let org = org(20);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        org.transaction(|tx| -> Result<(), ApiError> {
            tx.write(&caller(), &[new_account("Lost")], true);
            panic!("on purpose");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(named(&org, "Lost"), 0);
    create(&org, "Account", &json!({"Name": "After"})).unwrap();
    assert_eq!(named(&org, "After"), 1);
}
