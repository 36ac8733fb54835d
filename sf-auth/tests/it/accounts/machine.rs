//! The table of states and events: as documented, and each cell.

use sf_auth::lifecycle::{Event, Status, Then, next, table};

/// The table in the docs is the one in the code.
#[test]
fn the_docs_hold_the_table() {
    let docs = include_str!("../../../src/lifecycle.rs");
    for line in table().lines() {
        assert!(docs.contains(&format!("//! {line}")), "not in the docs: {line}");
    }
}

#[test]
fn every_cell() {
    insta::assert_snapshot!(table(), @r"
    | | Pending | Active | Uncertain | NeedsReauth | NeedsAdmin | Disconnected |
    | --- | --- | --- | --- | --- | --- | --- |
    | Authorized | Active, use | Active, use | Active, use | Active, use | Active, use | Active, use |
    | Refreshed | Active, use | Active, use | Active, use | Active, use | Active, use | Disconnected, discard |
    | Dead | Pending, ask user | NeedsReauth, ask user | NeedsReauth, ask user | NeedsReauth, ask user | NeedsReauth, ask user | Disconnected, ask user |
    | Refused | NeedsAdmin, ask admin | NeedsAdmin, ask admin | NeedsAdmin, ask admin | NeedsReauth, ask user | NeedsAdmin, ask admin | Disconnected, ask user |
    | Failed | Pending, back off | Active, back off | Uncertain, back off | NeedsReauth, ask user | NeedsAdmin, back off | Disconnected, ask user |
    | Lost | Uncertain, back off | Uncertain, back off | Uncertain, back off | NeedsReauth, ask user | Uncertain, back off | Disconnected, ask user |
    | Settled | Pending, go on | Active, go on | Active, go on | NeedsReauth, ask user | NeedsAdmin, go on | Disconnected, ask user |
    | Disconnected | Disconnected, ask user | Disconnected, ask user | Disconnected, ask user | Disconnected, ask user | Disconnected, ask user | Disconnected, ask user |
    ");
}

/// What must hold of the table whatever it says.
#[test]
fn what_the_table_never_does() {
    for status in Status::ALL {
        for event in Event::ALL {
            let after = next(status, event);
            // Only we disconnect, and only an authorization ends that.
            let was_disconnected = status == Status::Disconnected && event != Event::Authorized;
            let is_disconnected = after.status == Status::Disconnected;
            assert_eq!(is_disconnected, was_disconnected || event == Event::Disconnected);
            // Only a dead token makes a person necessary.
            if after.status == Status::NeedsReauth && status != Status::NeedsReauth {
                assert_eq!(event, Event::Dead);
            }
            // An outage never changes a state.
            if event == Event::Failed {
                assert_eq!(after.status, status);
            }
            // Nobody who may try again is told that only a person can help, and the reverse.
            let needs_person = matches!(
                after.status,
                Status::NeedsReauth | Status::Disconnected | Status::Pending
            );
            if matches!(after.then, Then::AskUser) {
                assert!(needs_person, "{status} {event:?}");
            }
        }
    }
}
