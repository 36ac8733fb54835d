//! Secrets at rest: what opens them, what does not, and the keys they hang on.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use sf_auth::seal::{
    AccountKey, Binding, DataKey, KeyWrapper, LocalKeys, SealError, SealedSecret, Sealer,
    WrappedKey,
};
use sf_auth::{ExposeSecret, SecretString};

const SECRET: &str = "5Aep861hunter2";
const ACME: Binding<'_> = Binding { identifier: "acme", org: Some("00D1") };

fn keys(ids: &[(&str, u8)]) -> LocalKeys {
    let key = |byte| DataKey::from_bytes(&[byte; 32]).unwrap();
    LocalKeys::new(ids.iter().map(|(id, byte)| ((*id).to_owned(), key(*byte)))).unwrap()
}

fn sealer(ids: &[(&str, u8)]) -> Sealer {
    Sealer::new(Arc::new(keys(ids)))
}

async fn sealed() -> (AccountKey, SealedSecret) {
    let (key, _) = sealer(&[("k1", 1)]).new_account_key().await.unwrap();
    let sealed = key.seal("refresh_token", ACME, &SecretString::from(SECRET)).unwrap();
    (key, sealed)
}

fn assert_refused(outcome: Result<SecretString, SealError>, what: &str) {
    match outcome {
        Err(error @ SealError::NotAuthentic { .. }) => {
            assert!(error.to_string().contains("\"k1\""), "{error}");
            assert!(!error.is_retryable());
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[tokio::test]
async fn a_secret_opens_with_its_key_and_for_its_place_alone() {
    let (key, secret) = sealed().await;
    let open = |purpose, binding| key.open(purpose, binding, &secret);
    assert_eq!(open("refresh_token", ACME).unwrap().expose_secret(), SECRET);

    assert_refused(open("access_token", ACME), "another field");
    assert_refused(open("refresh_token", Binding { identifier: "beta", ..ACME }), "another row");
    assert_refused(open("refresh_token", Binding { org: Some("00D2"), ..ACME }), "another org");
    assert_refused(open("refresh_token", Binding { org: None, ..ACME }), "no org");
    // The same letters, cut otherwise.
    assert_refused(open("refresh_tokena", Binding { identifier: "cme", ..ACME }), "moved border");
    assert_refused(open("refresh_token", Binding { identifier: "acme00D1", org: None }), "joined");
    let empty = Binding { org: Some(""), ..ACME };
    let in_no_org = key.seal("x", Binding { org: None, ..ACME }, &SecretString::from("y")).unwrap();
    assert_refused(key.open("x", empty, &in_no_org), "unknown is not empty");

    let (other, _) = sealer(&[("k1", 1)]).new_account_key().await.unwrap();
    assert_refused(other.open("refresh_token", ACME, &secret), "another data key");
}

#[tokio::test]
async fn a_sealed_secret_that_was_changed_does_not_open() {
    let (key, secret) = sealed().await;
    let text = serde_json::to_value(&secret).unwrap();
    let bytes = decode(text.as_str().unwrap());
    let open = |bytes: &[u8]| {
        let secret: SealedSecret = serde_json::from_value(encode(bytes).into()).unwrap();
        key.open("refresh_token", ACME, &secret)
    };
    assert_eq!(open(&bytes).unwrap().expose_secret(), SECRET);
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_refused(open(&changed), &format!("bit {bit}"));
    }
    for length in 0..bytes.len() {
        assert_refused(open(&bytes[..length]), &format!("{length} bytes"));
    }
    assert_refused(open(&[&bytes[..], b"x"].concat()), "one byte more");
    let error = serde_json::from_str::<SealedSecret>("\"hunter2!\"").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn nothing_is_sealed_twice_alike() {
    let (key, secret) = sealed().await;
    let again = key.seal("refresh_token", ACME, &SecretString::from(SECRET)).unwrap();
    assert_ne!(secret, again);
    for length in [0, 1, 100_000] {
        let long = SecretString::from("é".repeat(length));
        let sealed = key.seal("p", ACME, &long).unwrap();
        assert_eq!(key.open("p", ACME, &sealed).unwrap().expose_secret(), long.expose_secret());
    }
}

#[tokio::test]
async fn master_keys_change_while_accounts_are_used() {
    let old = sealer(&[("2025", 1)]);
    let (key, wrapped) = old.new_account_key().await.unwrap();
    let secret = key.seal("p", ACME, &SecretString::from(SECRET)).unwrap();
    assert!(!old.needs_rewrap(&wrapped));

    let both = sealer(&[("2026", 2), ("2025", 1)]);
    assert!(both.needs_rewrap(&wrapped));
    let rewrapped = both.rewrap(&wrapped).await.unwrap();
    assert_eq!(rewrapped.key_id, "2026");
    for wrapped in [&wrapped, &rewrapped] {
        let key = both.account_key(wrapped).await.unwrap();
        assert_eq!(key.open("p", ACME, &secret).unwrap().expose_secret(), SECRET);
    }
    let new = sealer(&[("2026", 2)]);
    let key = new.account_key(&rewrapped).await.unwrap();
    assert_eq!(key.open("p", ACME, &secret).unwrap().expose_secret(), SECRET);

    let error = new.account_key(&wrapped).await.unwrap_err();
    insta::assert_snapshot!(error, @r#"the data key is wrapped with master key "2025", which is not among the keys given here (2026); add it, as an older key, until every account was re-wrapped"#);
    let error = sealer(&[("2025", 9)]).account_key(&wrapped).await.unwrap_err();
    insta::assert_snapshot!(error, @r#"master key "2025" does not open the data key: another key has this id here, or the stored key was changed"#);
    // A wrapped key under the name of another master key is not taken for that one's.
    let renamed = WrappedKey { key_id: "2026".to_owned(), ..wrapped };
    let same = sealer(&[("2026", 1)]).account_key(&renamed).await.unwrap_err();
    assert!(matches!(same, SealError::WrongKey { .. }), "{same:?}");
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_key_file_is_private_and_made_once() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("state/keys");
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || LocalKeys::load_or_create(path).unwrap())
        })
        .collect();
    let all: Vec<LocalKeys> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let (key, wrapped) = Sealer::new(Arc::new(all[0].clone())).new_account_key().await.unwrap();
    let secret = key.seal("p", ACME, &SecretString::from(SECRET)).unwrap();
    for keys in all {
        let key = Sealer::new(Arc::new(keys)).account_key(&wrapped).await.unwrap();
        assert_eq!(key.open("p", ACME, &secret).unwrap().expose_secret(), SECRET);
    }
    for file in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    assert_eq!(mode(path.parent().unwrap()), 0o700);

    let before = std::fs::read_to_string(&path).unwrap();
    let rotated = LocalKeys::rotate_file(&path).unwrap();
    assert_eq!(rotated.key_ids().len(), 2);
    assert_ne!(rotated.current_key_id(), wrapped.key_id);
    assert!(std::fs::read_to_string(&path).unwrap().ends_with(&before), "the old key stays");
    assert_eq!(mode(&path), 0o600);
    let sealer = Sealer::new(Arc::new(LocalKeys::from_file(&path).unwrap()));
    let key = sealer.account_key(&sealer.rewrap(&wrapped).await.unwrap()).await.unwrap();
    assert_eq!(key.open("p", ACME, &secret).unwrap().expose_secret(), SECRET);
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("keys");
    LocalKeys::load_or_create(&path).unwrap();
    for bad in [0o640, 0o604, 0o660, 0o601] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(bad)).unwrap();
        for error in [
            LocalKeys::from_file(&path).unwrap_err(),
            LocalKeys::load_or_create(&path).unwrap_err(),
            LocalKeys::rotate_file(&path).unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(text.contains(&format!("mode {bad:04o}")), "{text}");
            assert!(text.contains(&format!("chmod 600 {}", path.display())), "{text}");
        }
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    LocalKeys::from_file(&path).unwrap();
}

#[test]
fn unusable_keys_are_told_and_not_quoted() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("keys");
    assert!(matches!(LocalKeys::from_file(&path), Err(SealError::KeyFile { .. })));
    assert!(matches!(LocalKeys::from_file(home.path()), Err(SealError::KeyFile { .. })));
    let good = encode(&[7; 32]);
    for text in [
        String::new(),
        "# only a comment".to_owned(),
        "hunter2".to_owned(),
        format!("a:{}", encode(b"hunter2hunter2hunter2hunter2")),
        format!("{good},hunter2"),
        format!("a:{good},a:{good}"),
        format!("hunter2 {good}:{good}"),
        format!(":{good}"),
    ] {
        LocalKeys::load_or_create(home.path().join("private")).unwrap();
        std::fs::write(home.path().join("private"), &text).unwrap();
        for error in [
            LocalKeys::parse(&text).unwrap_err(),
            LocalKeys::from_file(home.path().join("private")).unwrap_err(),
        ] {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("hunter2") && !shown.contains(&good), "{text:?}: {shown}");
        }
        std::fs::remove_file(home.path().join("private")).unwrap();
    }
    let error = LocalKeys::from_env("SF_NO_SUCH_VARIABLE").unwrap_err();
    insta::assert_snapshot!(error, @"SF_NO_SUCH_VARIABLE: the variable is not set; each key is 32 random bytes as base64 (openssl rand -base64 32), alone or as id:base64; the first is the current one, the others still open what they wrapped");
    // A variable that every machine has and that is no key.
    let error = LocalKeys::from_env("PATH").unwrap_err().to_string();
    assert!(error.starts_with("PATH: entry 1") && !error.contains("/bin"), "{error}");
}

#[test]
fn keys_come_as_text_in_several_forms() {
    let (one, two) = (encode(&[1; 32]), encode(&[2; 32]));
    let text = format!("# keys\n new:{two} , old:{one}\n\n{one}\n");
    let keys = LocalKeys::parse(&text).unwrap();
    let [new, old, digest] = keys.key_ids()[..] else { panic!("{keys:?}") };
    assert_eq!((new, old), ("new", "old"));
    assert_eq!(
        digest,
        LocalKeys::parse(&one).unwrap().current_key_id(),
        "the same key, the same id"
    );
    assert_eq!(keys.current_key_id(), "new");
}

#[tokio::test]
async fn no_key_and_no_secret_is_shown() {
    let keys = LocalKeys::parse(&format!("k1:{}", encode(&[0xab; 32]))).unwrap();
    let sealer = Sealer::new(Arc::new(keys.clone()));
    let (key, wrapped) = sealer.new_account_key().await.unwrap();
    let secret = key.seal("p", ACME, &SecretString::from(SECRET)).unwrap();
    let data_key = DataKey::from_bytes(&[0xab; 32]).unwrap();
    let error = key.open("q", ACME, &secret).unwrap_err();
    let text = format!(
        "{keys:?} {sealer:?} {key:?} {wrapped:?} {secret:?} {data_key:#?} {error} {error:?}"
    );
    for shown in [SECRET, "hunter2", &encode(&[0xab; 32]), "171, 171", "ab, ab"] {
        assert!(!text.contains(shown), "{shown} in {text}");
    }
    let stored = serde_json::to_string(&(&wrapped, &secret)).unwrap();
    assert!(!stored.contains(SECRET) && !stored.contains(&encode(SECRET.as_bytes())), "{stored}");
}

fn encode(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}

fn decode(text: &str) -> Vec<u8> {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap()
}
