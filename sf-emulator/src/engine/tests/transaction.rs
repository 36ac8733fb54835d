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
        .transaction(|| {
            org.write(&caller(), &[new_account("One")], true);
            Ok::<_, ApiError>(org.query(&caller(), soql, false)?.total_size())
        })
        .unwrap();
    assert_eq!((seen, named(&org, "One")), (1, 1));

    let refused = org.transaction(|| {
        let written = org.write(&caller(), &[new_account("Two")], true).remove(0)?;
        org.get(&caller(), "Account", &written.id, None)?;
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
fn a_transaction_inside_is_undone_by_itself() {
    let org = org(20);
    org.transaction(|| {
        org.write(&caller(), &[new_account("Kept")], true);
        let undone = org.transaction(|| {
            org.write(&caller(), &[new_account("Undone")], true);
            Err::<(), _>(ApiError::not_found())
        });
        assert!(undone.is_err());
        Ok::<_, ApiError>(())
    })
    .unwrap();
    assert_eq!((named(&org, "Kept"), named(&org, "Undone")), (1, 0));
}

/// Readers have connections of their own; what was answered as written is seen
/// through each of them.
#[test]
fn reads_beside_writes_see_whole_and_answered_writes() {
    let org = org(20);
    let written = std::sync::atomic::AtomicUsize::new(0);
    let order = std::sync::atomic::Ordering::SeqCst;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while written.load(order) < 40 {
                    let answered = written.load(order);
                    let seen = named(&org, "Pair");
                    assert!(seen >= answered, "{seen} of {answered} are seen");
                    assert_eq!(seen % 2, 0, "half of a transaction is seen");
                }
            });
        }
        for _ in 0..20 {
            let pair = [new_account("Pair"), new_account("Pair")];
            assert!(org.write(&caller(), &pair, true).iter().all(Result::is_ok));
            let undone = org.transaction(|| {
                org.write(&caller(), &[new_account("Pair")], true);
                Err::<(), _>(ApiError::not_found())
            });
            assert!(undone.is_err());
            written.fetch_add(2, order);
        }
    });
    assert_eq!(named(&org, "Pair"), 40);
}

#[test]
fn a_panic_undoes_and_the_org_goes_on() {
    let org = org(20);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        org.transaction(|| -> Result<(), ApiError> {
            org.write(&caller(), &[new_account("Lost")], true);
            panic!("on purpose");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(named(&org, "Lost"), 0);
    create(&org, "Account", &json!({"Name": "After"})).unwrap();
    assert_eq!(named(&org, "After"), 1);
}
