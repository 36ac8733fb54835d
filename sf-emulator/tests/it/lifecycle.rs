//! Starting, stopping, and what the org tells about itself.

use sf_emulator::{Emulator, ErrorKind, Operation};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::support::{Client, org, start};

#[tokio::test]
async fn a_dropped_org_closes_its_connections_and_frees_its_port() {
    let (org, client) = org().await;
    let port = org.url().port().unwrap();
    let mut idle = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    assert_eq!(client.get("/limits").await.status, 200);
    org.shutdown().await;
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap_or(0), 0, "the idle connection is closed");
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());

    let again = start(Emulator::builder().port(port)).await;
    drop(again);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let (org, _client) = org().await;
    let port = org.url().port().unwrap();
    let error = Emulator::builder().port(port).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    let expected =
        format!("cannot listen on 127.0.0.1:{port}; choose another port, or 0 for any free one");
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let (org, _client) = org().await;
    let shown = format!(
        "{org:?} {:?}",
        Emulator::builder().client("id", "s3cret").password("pa55", "tok3n")
    );
    let secrets =
        [org.client_secret(), org.password(), org.security_token(), "s3cret", "pa55", "tok3n"];
    for secret in secrets {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains(org.username()), "{shown}");
}

#[tokio::test]
async fn later_starts_read_an_image() {
    let folder = tempfile::tempdir().unwrap();
    let contacts = async |count: u32| {
        let builder = Emulator::builder().contacts(count).cache_dir(folder.path());
        let org = builder.start().await.unwrap();
        Client::new(&org).count("SELECT COUNT() FROM Contact").await
    };
    let image = |count: u32| {
        let end = format!("-{count}.image");
        let mut all = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        all.find(|path| path.to_string_lossy().ends_with(&end)).unwrap()
    };
    assert_eq!((contacts(30).await, contacts(20).await), (30, 20));
    // Rows that are made anew would be as many as are wanted.
    std::fs::copy(image(30), image(20)).unwrap();
    assert_eq!(contacts(20).await, 30);
}

#[tokio::test]
async fn the_log_holds_what_was_asked() {
    let (org, client) = org().await;
    client.query("SELECT Id FROM Account LIMIT 1").await;
    client.follow("/services/oauth2/userinfo?access_token=secret").await;
    let records = org.requests();
    assert_eq!(records.len(), 2);
    assert_eq!(
        (records[0].method.as_str(), records[0].path.as_str()),
        ("GET", "/services/data/v66.0/query")
    );
    assert_eq!(records[0].query.as_deref(), Some("q=SELECT+Id+FROM+Account+LIMIT+1"));
    assert_eq!((records[0].operation, records[0].status), (Operation::Query, Some(200)));
    assert_eq!(records[1].query, None, "queries of OAuth may hold secrets");
    org.clear_requests();
    assert!(org.requests().is_empty());
}

#[tokio::test]
async fn an_org_in_a_file_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("org.sqlite");
    let builder = || {
        Emulator::builder()
            .contacts(50)
            .database(&file)
            .client("key", "secret")
            .password("pw", "token")
    };
    let (org, client) = start(builder()).await;
    let id = client.account("Kept Ltd").await;
    assert_eq!(client.count("SELECT COUNT() FROM Contact").await, 50);
    let (org_id, token) = (org.org_id().to_owned(), client.token.clone());
    org.shutdown().await;

    let (org, mut client) = start(builder()).await;
    let row = client.get(&format!("/sobjects/Account/{id}?fields=Name")).await;
    assert_eq!(row.json()["Name"], "Kept Ltd");
    assert_eq!((org.org_id(), org.client_id(), org.password()), (org_id.as_str(), "key", "pw"));
    client.token = token;
    assert_eq!(client.get("/limits").await.status, 401, "sessions end with the process");
}

#[tokio::test]
async fn a_file_that_is_no_org_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "not a database, and long enough to look like one if nobody checks it")
        .unwrap();
    let error = Emulator::builder().database(&file).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(std::fs::read(&file).unwrap().len(), 68, "and left as it was");
}
