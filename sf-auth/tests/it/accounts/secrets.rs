//! No secret of an account is in what the store holds, nor in any Debug, Display or error.

use std::fmt::Write;

use sf_auth::accounts::AppCredentials;
use sf_auth::{Credentials, ExposeSecret};

use super::World;
use super::browser::approve;

#[tokio::test]
async fn nothing_secret_is_shown_or_stored() {
    let world = World::rotating().await;
    let accounts = world.process_with(|builder| builder.share_sessions(true));
    let connection = accounts.connect("acme").await.unwrap();
    let url = connection.authorization_url.clone().unwrap();
    let (_, state) = url.query_pairs().find(|(key, _)| key == "state").unwrap();
    let mut shown = format!("{connection:?} {accounts:?}");
    let pending = world.store.record("acme").await;
    write!(shown, "{pending}").unwrap();
    let callback = approve(&world.org, world.org.username(), &url).await;
    write!(shown, "{:?}", accounts.finish(&callback).await.unwrap()).unwrap();
    write!(shown, "{:?}", accounts.finish(&callback).await.unwrap_err()).unwrap();
    let credentials = accounts.credentials("acme");
    let session = credentials.session().await.unwrap();
    let page = accounts.list(sf_auth::accounts::Filter::all()).await.unwrap();
    write!(shown, "{credentials:?} {session:?} {page:?}").unwrap();
    write!(shown, "{}", world.store.record("acme").await).unwrap();
    let own = AppCredentials::ClientCredentials {
        login_url: world.org.url().to_string(),
        client_id: world.org.client_id().to_owned(),
        client_secret: world.org.client_secret().into(),
    };
    write!(shown, "{own:?}").unwrap();
    accounts.connect_with("own", own).await.unwrap();
    write!(shown, "{}", world.store.record("own").await).unwrap();
    let code = callback.split("code=").nth(1).unwrap().split('&').next().unwrap();
    for secret in [
        session.access_token().expose_secret(),
        world.org.client_secret(),
        &state,
        code,
        // What every refresh token of the org begins with.
        "5Aep",
    ] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}
