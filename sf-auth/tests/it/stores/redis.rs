//! What a Redis can hold, other than ours, and what it can answer.

use sf_auth::store::{RedisStore, StoreError, TokenStore, Version};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::place::Place;

/// Sends one command past the store.
async fn tell(url: &str, words: &[&str]) {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd(words[0]).arg(&words[1..]).exec_async(&mut connection).await.unwrap();
}

#[tokio::test]
async fn keys_that_are_not_ours_are_refused() {
    let Some(Place::Redis { url, prefix }) = Place::redis() else { return };
    tell(&url, &["SET", &format!("{{{prefix}}}:rows"), "mine"]).await;
    let error = RedisStore::builder(&url).prefix(&prefix).connect().await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    for bad in ["", "a b", "a{b}", "ä", &"x".repeat(101)] {
        let error = RedisStore::builder(&url).prefix(bad).connect().await.unwrap_err();
        assert!(matches!(error, StoreError::Configuration { .. }), "{bad}: {error:?}");
    }
}

#[tokio::test]
async fn a_row_that_is_not_ours_is_damage() {
    let Some(Place::Redis { url, prefix }) = Place::redis() else { return };
    let store = RedisStore::builder(&url).prefix(&prefix).connect().await.unwrap();
    tell(&url, &["HSET", &format!("{{{prefix}}}:rows"), "key", "{}"]).await;
    let error = store.get("key").await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

/// A failover can lose the last numbers: the counter is behind, and still no version comes again.
#[tokio::test]
async fn versions_go_on_after_the_counter_was_lost() {
    let Some(Place::Redis { url, prefix }) = Place::redis() else { return };
    let store = RedisStore::builder(&url).prefix(&prefix).connect().await.unwrap();
    let mut last = 0;
    for _ in 0..20 {
        let version = super::behaviour::create(&store, "key", "1").await;
        assert!(version.to_raw() > last);
        last = version.to_raw();
        for part in ["rows", "index", "version"] {
            tell(&url, &["DEL", &format!("{{{prefix}}}:{part}")]).await;
        }
    }
}

#[tokio::test]
async fn a_wrong_password_or_address_is_told_without_quoting_it() {
    let Some(Place::Redis { url, .. }) = Place::redis() else { return };
    let mut wrong = url::Url::parse(&url).unwrap();
    wrong.set_password(Some("hunter2")).unwrap();
    for url in
        [wrong.as_str(), "http://:hunter2@localhost", "redis://:hunter2@localhost/x", "hunter2"]
    {
        let error = RedisStore::connect(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Configuration { .. }), "{error:?}");
        let text = format!("{error} {error:?} {:?}", RedisStore::builder(url));
        assert!(!text.contains("hunter2"), "{text}");
    }
}

/// Answers every command as an empty server would, and every script with `refusal`.
async fn impostor(refusal: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(BufReader::new(stream), refusal));
        }
    });
    format!("redis://127.0.0.1:{port}")
}

async fn answer(mut client: BufReader<TcpStream>, refusal: &str) -> Option<()> {
    loop {
        let mut words = Vec::new();
        for _ in 0..number(&mut client, '*').await? {
            let mut word = vec![0; number(&mut client, '$').await? + 2];
            client.read_exact(&mut word).await.ok()?;
            words.push(String::from_utf8_lossy(&word[..word.len() - 2]).into_owned());
        }
        let reply = match words.first()?.as_str() {
            "TYPE" => "+none",
            "INFO" => "$0\r\n",
            "EVALSHA" => refusal,
            _ => "+OK",
        };
        client.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
    }
}

async fn number(client: &mut BufReader<TcpStream>, mark: char) -> Option<usize> {
    let mut line = String::new();
    client.read_line(&mut line).await.ok()?;
    line.strip_prefix(mark)?.trim_end().parse().ok()
}

#[tokio::test]
async fn what_the_server_answers_is_told_apart() {
    for (refusal, expected) in [
        ("-OOM command not allowed when used memory > 'maxmemory'.", "Full"),
        ("-ERR Error running script: @user_script:9: -OOM command not allowed", "Full"),
        ("-MISCONF Redis is configured to save RDB snapshots, but cannot", "Full"),
        ("-READONLY You can't write against a read only replica.", "ReadOnly"),
        ("-LOADING Redis is loading the dataset in memory", "Unavailable"),
        ("-NOREPLICAS Not enough good replicas to write.", "Unavailable"),
        ("-NOPERM this user has no permissions", "Configuration"),
        ("-MOVED 3999 127.0.0.1:6381", "Configuration"),
        ("-WRONGTYPE Operation against a key holding the wrong kind", "Damaged"),
        ("+what", "OutcomeUnknown"),
        ("nonsense", "OutcomeUnknown"),
    ] {
        let store = RedisStore::connect(&impostor(refusal).await).await.unwrap();
        let error = store.put("key", "1", Version::ABSENT).await.unwrap_err();
        let kind = format!("{error:?}");
        assert!(kind.starts_with(expected), "{refusal}: {kind}");
    }
}
