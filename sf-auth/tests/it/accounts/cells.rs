//! Each cell of the table, over HTTP: an account is put into a state while a request is in the air,
//! the event happens, and the state that follows is the one of the table.

use serde_json::json;
use sf_auth::Credentials;
use sf_auth::accounts::Status;
use sf_auth::lifecycle::{Event, next};
use sf_emulator::{Fault, Operation};

use super::World;
use super::browser::approve;

/// What the platform does so that the event happens.
fn fault(event: Event) -> Option<Fault> {
    let fault = match event {
        Event::Refreshed => return None,
        Event::Dead => Fault::token_error("invalid_grant", "expired access/refresh token"),
        Event::Refused => Fault::token_error("invalid_grant", "inactive user"),
        Event::Failed => Fault::unavailable_html(),
        Event::Lost => Fault::lost_answer(),
        other => panic!("{other:?} is no answer"),
    };
    Some(fault.on(Operation::Token))
}

async fn status(world: &World, identifier: &str) -> Status {
    let record = world.store.record(identifier).await;
    serde_json::from_value(record["status"].clone()).unwrap()
}

#[tokio::test]
async fn answers_to_a_request_in_the_air() {
    let world = World::rotating().await;
    for event in [Event::Refreshed, Event::Dead, Event::Refused, Event::Failed, Event::Lost] {
        for before in Status::ALL {
            let name = format!("{event:?}-{before}");
            world.authorize(&world.process(), &name).await;
            // The read of the record passes; the one that follows the answer is held.
            let gate = world.store.hold_reads_after(1);
            if let Some(fault) = fault(event) {
                world.org.faults().push(fault);
            }
            let credentials = world.process().credentials(&name);
            let refresh = tokio::spawn(async move { credentials.session().await });
            world.store.held.notified().await;
            world.store.edit(&name, |record| record["status"] = json!(before)).await;
            gate.add_permits(1);
            let outcome = refresh.await.unwrap();
            let after = next(before, event);
            assert_eq!(status(&world, &name).await, after.status, "{before} × {event:?}");
            let is_usable = after.then == sf_auth::lifecycle::Then::Use;
            assert_eq!(outcome.is_ok(), is_usable, "{before} × {event:?}");
            assert_eq!(world.org.faults().pending(), 0);
        }
    }
    // Twice: what was granted to an account that was disconnected meanwhile.
    let revoked = world.org.requests().iter().filter(|r| r.path.ends_with("/revoke")).count();
    assert_eq!(revoked, 1, "only the grant that came too late");
}

#[tokio::test]
async fn a_doubt_that_is_settled() {
    let world = World::rotating().await;
    for before in Status::ALL {
        let name = format!("settled-{before}");
        world.authorize(&world.process(), &name).await;
        world
            .store
            .edit(&name, |record| {
                record["status"] = json!(before);
                record["doubt"] = json!("strong");
            })
            .await;
        // An outage afterwards changes no state, so that the cell can be seen.
        world.org.faults().push(fault(Event::Failed).unwrap());
        world.process().credentials(&name).session().await.unwrap_err();
        world.org.faults().clear();
        let settled = next(before, Event::Settled).status;
        assert_eq!(status(&world, &name).await, next(settled, Event::Failed).status, "{before}");
        let doubt = world.store.record(&name).await["doubt"].clone();
        let asks = matches!(before, Status::Active | Status::Uncertain | Status::NeedsAdmin);
        // Weak: the outage of the request itself.
        assert_eq!(doubt, if asks { "weak" } else { "strong" }, "{before}");
    }
}

#[tokio::test]
async fn what_we_do_ourselves() {
    let world = World::rotating().await;
    for before in Status::ALL {
        let accounts = world.process();
        let name = format!("authorized-{before}");
        let url = accounts.connect(&name).await.unwrap().authorization_url.unwrap();
        world.store.edit(&name, |record| record["status"] = json!(before)).await;
        let callback = approve(&world.org, world.org.username(), &url).await;
        accounts.finish(&callback).await.unwrap();
        assert_eq!(status(&world, &name).await, next(before, Event::Authorized).status);
        world.store.edit(&name, |record| record["status"] = json!(before)).await;
        accounts.disconnect(&name).await.unwrap();
        assert_eq!(status(&world, &name).await, next(before, Event::Disconnected).status);
    }
}

/// userinfo refuses a session with 403 and a word, which counts as 401 does elsewhere.
#[tokio::test]
async fn userinfo_refuses_a_session_in_its_own_way() {
    let world = World::rotating().await;
    let accounts = world.process();
    world.authorize(&accounts, "acme").await;
    let credentials = accounts.credentials("acme");
    let transport = sf_auth::transport::Transport::new().unwrap();
    let ask = async || {
        let transport = &transport;
        let user = sf_auth::with_session(&credentials, |session| async move {
            sf_auth::userinfo(transport, &session).await
        });
        user.await.unwrap().user_id
    };
    assert_eq!(ask().await, world.org.user_id());
    world.org.expire_sessions();
    assert_eq!(ask().await, world.org.user_id());
    assert_eq!(world.org.token_requests(), 2);
}
