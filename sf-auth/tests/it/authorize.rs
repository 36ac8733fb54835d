//! The web server flow, with the browser of a person.

use sf_auth::authorize::{Callback, CallbackError, Options, exchange, start};
use sf_auth::transport::Transport;
use sf_auth::{App, Cause, Environment, Error, ExposeSecret, Scopes, SecretString};
use sf_emulator::{ConnectedApp, Emulator};
use url::Url;

use crate::support::{Browser, Canned, org};

const CALLBACK: &str = "http://localhost:1717/OauthRedirect";

pub(crate) fn app(org: &Emulator) -> App {
    App::new(Environment::parse(org.url().as_str()).unwrap(), org.client_id())
        .unwrap()
        .with_secret(org.client_secret())
        .unwrap()
        .with_redirect_uri(CALLBACK)
        .unwrap()
}

fn cause(error: &Error) -> Option<Cause> {
    match error {
        Error::Grant { cause, .. } => Some(*cause),
        _ => None,
    }
}

#[tokio::test]
async fn a_person_approves_and_the_code_works_once() {
    let org = org(|org| org).await;
    let transport = Transport::new().unwrap();
    let app = app(&org).with_scopes(Scopes::new(["api", "refresh_token", "openid"]).unwrap());
    let begun = start(&app, &Options::default().login_hint("x&y")).unwrap();
    let query: Vec<_> = begun.url.query_pairs().map(|(key, _)| key.into_owned()).collect();
    assert_eq!(
        query.join(" "),
        "response_type client_id redirect_uri scope state code_challenge code_challenge_method login_hint"
    );
    let back = Browser::new(&org).decide(begun.url.as_str(), &org, "allow").await;
    let callback = Callback::parse(&back).unwrap();
    let code = callback.verify(&begun.state).unwrap();
    let granted = exchange(&transport, &app, code, &begun.verifier).await.unwrap();
    assert_eq!(granted.session.user_id(), Some(org.user_id()));
    assert_eq!(granted.session.scopes(), ["api", "refresh_token", "openid"]);
    assert!(granted.refresh_token.is_some() && granted.id_token.is_some());

    let again = exchange(&transport, &app, code, &begun.verifier).await.unwrap_err();
    assert_eq!(cause(&again), Some(Cause::InvalidCode), "{again}");
    assert!(!again.is_retryable() && !again.is_lost_answer());
}

#[tokio::test]
async fn a_public_client_has_pkce_and_sends_no_secret() {
    let org = org(|org| {
        org.app(ConnectedApp::public("3MVG9public").redirect_uri(CALLBACK).exact_redirects())
    })
    .await;
    let transport = Transport::new().unwrap();
    let environment = Environment::parse(org.url().as_str()).unwrap();
    let app = App::new(environment, "3MVG9public").unwrap().with_redirect_uri(CALLBACK).unwrap();
    let mut browser = Browser::new(&org);
    let begun = start(&app, &Options::default()).unwrap();
    let back = browser.decide(begun.url.as_str(), &org, "allow").await;
    let code = Callback::parse(&back).unwrap().code;

    // Somebody else's code, brought into this login.
    let other = start(&app, &Options::default()).unwrap();
    let stolen = exchange(&transport, &app, &code, &other.verifier).await.unwrap_err();
    assert_eq!(cause(&stolen), Some(Cause::InvalidVerifier), "{stolen}");

    let begun = start(&app, &Options::default()).unwrap();
    let back = browser.decide(begun.url.as_str(), &org, "allow").await;
    let code = Callback::parse(&back).unwrap().code;
    assert!(exchange(&transport, &app, &code, &begun.verifier).await.is_ok());

    let canned = Canned::granting(r#","refresh_token":"r""#).await;
    let app = app.at(Environment::parse(&canned.url).unwrap());
    exchange(&transport, &app, &code, &begun.verifier).await.unwrap();
    assert_eq!(canned.field("client_secret"), None);
    assert_eq!(canned.field("redirect_uri").as_deref(), Some(CALLBACK));
    assert_eq!(canned.field("code_verifier").unwrap().len(), 43);
}

#[tokio::test]
async fn refusals_come_back_with_their_cause() {
    let org = org(|org| org).await;
    let app = app(&org);
    let begun = start(&app, &Options::default()).unwrap();
    let back = Browser::new(&org).decide(begun.url.as_str(), &org, "deny").await;
    let denied = Callback::parse(&back).unwrap_err();
    assert_eq!(denied.cause(), Some(Cause::AccessDenied));
    assert!(denied.is_of(&begun.state) && !denied.is_of(&begun.verifier));
    insta::assert_snapshot!(denied, @"the authorization was refused: access_denied: end-user denied authorization. The user refused access: start the login again and allow it.");

    let app = app.with_scopes(Scopes::new(["api", "wave_api"]).unwrap());
    let begun = start(&app, &Options::default()).unwrap();
    let back = Browser::new(&org).get(begun.url.as_str()).await.location.unwrap();
    let refused = Callback::parse(&back).unwrap_err();
    assert_eq!(refused.cause(), Some(Cause::ScopeNotAllowed), "{refused}");

    let stranger = start(&app, &Options::default().state("0123456789012345678901".into())).unwrap();
    assert_eq!(stranger.state.expose_secret(), "0123456789012345678901");
    assert!(start(&app, &Options::default().state("short".into())).is_err());
}

#[test]
fn callbacks_are_read_and_nothing_else_is() {
    let state = SecretString::from("s~1");
    for text in [
        "code=a%3D%3D&state=s~1",
        "?state=s~1&x=y&code=a%3D%3D",
        "code=a%3D%3D&x=?&state=s~1",
        "https://a.example/cb?code=a%3D%3D&state=s%7E1#_",
    ] {
        let callback = Callback::parse(text).unwrap();
        assert_eq!(callback.verify(&state).unwrap().expose_secret(), "a==");
        assert!(matches!(
            callback.verify(&SecretString::from("s~2")),
            Err(CallbackError::StateMismatch)
        ));
    }
    let tell = |text: &str| Callback::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(tell(""), @"this is no callback of an authorization: it has neither a code nor an error");
    insta::assert_snapshot!(tell("code=a"), @"this is no callback of an authorization: it has no state");
    insta::assert_snapshot!(tell("code=a&state=s&state=t"), @"this is no callback of an authorization: a parameter stands in it twice");
    insta::assert_snapshot!(tell("error=access-denied&state=s"), @"the authorization was refused: access-denied. The user refused access: start the login again and allow it.");
    insta::assert_snapshot!(tell("error=OAUTH_APP_BLOCKED&error_description=this+app+is+blocked+by+admin&state=s"), @"the authorization was refused: OAUTH_APP_BLOCKED: this app is blocked by admin. The app is blocked in this org: an administrator unblocks or installs it (Setup, Connected Apps OAuth Usage), or gives the user the permission to approve uninstalled apps.");
    insta::assert_snapshot!(tell("error=new%1b%5b31m&error_description=words%0aof%20a%20later%20release"), @"the authorization was refused: new [31m: words of a later release. See the login history of the user and the OAuth settings of the app.");
}

#[tokio::test]
async fn a_grant_without_what_is_needed_is_told_at_once() {
    let transport = Transport::new().unwrap();
    let code = SecretString::from("c");
    for (more, missing) in [
        (r#","scope":"id openid","refresh_token":"r""#, "api"),
        (r#","scope":"api id""#, "refresh_token"),
    ] {
        let canned = Canned::granting(more).await;
        let app = App::new(Environment::parse(&canned.url).unwrap(), "id").unwrap();
        let error = exchange(&transport, &app, &code, &code).await.unwrap_err();
        assert!(
            matches!(&error, Error::MissingScope { missing: lacking, .. } if *lacking == missing),
            "{error}"
        );
        assert!(!error.is_retryable());
    }
}

#[test]
fn an_app_that_cannot_be_authorised_is_told_before_anything_is_sent() {
    let login = Environment::parse("https://login.salesforce.com").unwrap();
    let app = App::new(login, "id").unwrap();
    insta::assert_snapshot!(start(&app, &Options::default()).unwrap_err(), @"the app has no redirect URI; set one of its callback URLs");
    let app = app.with_redirect_uri(CALLBACK).unwrap();
    let none = app.clone().with_scopes(Scopes::none());
    insta::assert_snapshot!(start(&none, &Options::default()).unwrap_err(), @"no scopes are asked for; set them, such as api refresh_token");
    let url = start(&app, &Options::default().prompt("login")).unwrap().url;
    assert!(url.as_str().starts_with("https://login.salesforce.com/services/oauth2/authorize?"));
    let (one, two) = (start(&app, &Options::default()), start(&app, &Options::default()));
    let secrets = [one.unwrap(), two.unwrap()].map(|begun| {
        (begun.state.expose_secret().to_owned(), begun.verifier.expose_secret().to_owned())
    });
    assert_ne!(secrets[0], secrets[1]);
    let _: Url = url;
}
