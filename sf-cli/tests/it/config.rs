//! The configuration file: which org a command works on, and what is said when it does not fit.

use serde_json::Value;

use crate::desk::Desk;
use crate::shop::Shop;
use crate::support::run;

/// The cells of a table, whose widths depend on the folder.
fn cells(text: &str) -> String {
    let line = |line: &str| {
        let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        cells.collect::<Vec<_>>().join(" | ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn demo_is_built_in() {
    let ran = run(&["--org", "demo", "query", "SELECT COUNT() FROM Contact"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "10000\n"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_org_of_the_file_is_used() {
    let shop = Shop::new().await;
    assert_eq!(shop.count("SELECT COUNT() FROM Contact"), "200");
    assert_eq!(shop.ok(&["--org", "acme", "query", "SELECT COUNT() FROM Contact"]), "200\n");
    assert_eq!(shop.ok(&["--org", "demo", "query", "SELECT COUNT() FROM Contact"]), "10000\n");
    let told = shop.desk.masked(&shop.ok(&["doctor"]));
    let subject = "Checking the org \"acme\": client credentials at https://acme.example\n";
    assert!(told.starts_with(subject), "{told}");

    let elsewhere = shop.desk.home.path().join("elsewhere.toml");
    std::fs::write(&elsewhere, "default_org = \"demo\"").unwrap();
    let elsewhere = elsewhere.to_str().unwrap();
    let words = ["--config", elsewhere, "query", "SELECT COUNT() FROM Contact"];
    assert_eq!(shop.ok(&words), "10000\n");
    let mut command = shop.command(&["orgs", "default"]);
    let ran = command.env("SF_AGENT_CONFIG", elsewhere).output().unwrap();
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), "demo\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_the_file_are_told_with_their_place() {
    let shop = Shop::new().await;
    let told = |text: &str| {
        shop.file("config.toml", text);
        shop.refused(1, &["objects"])
    };
    insta::assert_snapshot!(told("[orgs.acme]\nacount = \"x\""), @r#"error: the config <home>/config.toml, line 2: "acount" is no key of an org; did you mean account?"#);
    insta::assert_snapshot!(told("[orgs.acme]\nwrite = true"), @"
    error: the config <home>/config.toml cannot be used
      because: orgs.acme: one of account, embedded, client_secret_env, client_secret_file, jwt_key_file, access_token_env, access_token_file says how to log in, and it has none of them
    ");
    insta::assert_snapshot!(told("[orgs.acme]\ninstance_url = \"https://acme.my.salesforce.com\"\naccess_token_env = \"NO_SUCH_TOKEN\"\n[orgs.x"), @"error: the config <home>/config.toml, line 4: unclosed table, expected `]`");
    shop.file("config.toml", "default_org = \"acme\"\n[orgs.acme]\ninstance_url = \"https://acme.my.salesforce.com\"\naccess_token_env = \"NO_SUCH_TOKEN\"");
    insta::assert_snapshot!(shop.refused(1, &["objects"]), @r#"
    error: the config says default_org = "acme"
      because: the org "acme"
      because: the environment variable NO_SUCH_TOKEN is not set, and the config names it
    "#);
    insta::assert_snapshot!(shop.refused(1, &["--config", "none.toml", "objects"]), @"
    error: the config none.toml cannot be read
      because: No such file or directory (os error 2)
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_org_is_told_with_the_known_ones() {
    let shop = Shop::new().await;
    insta::assert_snapshot!(shop.refused(3, &["--org", "acmee", "objects"]), @r#"error: there is no org or account "acmee", the orgs are acme (did you mean acme?); `sf-agent login acmee` makes an account"#);
    shop.file("config.toml", "default_org = \"gone\"\n[orgs.nightly]\naccount = \"robot\"");
    insta::assert_snapshot!(shop.refused(3, &["objects"]), @r#"
    error: the config says default_org = "gone"
      because: there is no org or account "gone", the orgs are nightly; `sf-agent login gone` makes an account
    "#);
    insta::assert_snapshot!(shop.refused(3, &["--org", "nightly", "objects"]), @r#"error: the org "nightly" logs in by the account "robot", which there is not; `sf-agent login robot` makes it"#);
    assert_eq!(shop.desk.login(&["person", "--client-credentials"]).status, 0);
    insta::assert_snapshot!(shop.refused(3, &["--org", "nihgtly", "objects"]), @r#"error: there is no org or account "nihgtly", the orgs are nightly, the accounts person (did you mean nightly?); `sf-agent login nihgtly` makes an account"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn orgs_are_listed_with_their_state() {
    let shop = Shop::new().await;
    insta::assert_snapshot!(cells(&shop.desk.masked(&shop.ok(&["orgs"]))), @"
    NAME | DEFAULT | STATE | LOGIN | ADDRESS | LIMITS | AUDIT
    acme | yes | configured | client credentials | https://acme.example
    demo | built in | embedded
    ");
    assert_eq!(shop.desk.login(&["robot", "--client-credentials"]).status, 0);
    assert_eq!(shop.desk.login(&["spare", "--client-credentials"]).status, 0);
    let text = "# Mine.\n[orgs.nightly]\naccount = \"robot\" # by night\npolicy = \"p.toml\"\naudit = \"a.jsonl\"\n\
        [orgs.lost]\naccount = \"nobody\"\n[orgs.key]\nlogin_url = \"https://a.my.salesforce.com\"\nclient_id = \"c\"\n\
        username = \"u\"\njwt_key_file = \"no.key\"\nwrite = true\n[orgs.bare]\ninstance_url = \"https://b.my.salesforce.com\"\naccess_token_env = \"NO_SUCH_TOKEN\"\nwrite = false\n";
    shop.file("config.toml", text);
    let ran = shop.run(&["orgs"]);
    insta::assert_snapshot!(cells(&shop.desk.masked(&ran.stdout)), @"
    NAME | DEFAULT | STATE | LOGIN | ADDRESS | LIMITS | AUDIT
    bare | NO_SUCH_TOKEN is not set | session | https://b.my.salesforce.com | reading only
    demo | built in | embedded
    key | no file <home>/no.key | JWT bearer | https://a.my.salesforce.com | agents may write
    lost | no such account | account nobody
    nightly | active | account robot | https://acme.example | <home>/p.toml | <home>/a.jsonl
    spare | active | account spare | https://acme.example
    ");
    insta::assert_snapshot!(shop.desk.masked(&ran.stderr), @"The config: <home>/config.toml");

    shop.file("config.toml", &format!("default_org = \"nihgtly\"\n{text}"));
    insta::assert_snapshot!(shop.desk.masked(&shop.run(&["orgs"]).stderr), @r#"
    The config says default_org = "nihgtly", and there is no such org or account.
    The config: <home>/config.toml
    "#);
    shop.file("config.toml", text);
    insta::assert_snapshot!(shop.refused(1, &["orgs", "default"]), @"error: there is no default org; `sf-agent orgs default NAME` sets one");
    insta::assert_snapshot!(shop.refused(3, &["orgs", "default", "nihgtly"]), @r#"error: there is no org "nihgtly"; the orgs are bare, key, lost, nightly, robot, spare, demo. Did you mean nightly?"#);
    insta::assert_snapshot!(shop.refused(3, &["orgs", "alias", "n", "roboter"]), @r#"error: there is no account "roboter"; the accounts are robot, spare"#);
    insta::assert_snapshot!(shop.refused(1, &["orgs", "alias", "spare", "robot"]), @r#"error: "spare" is an account itself; choose another name"#);
    shop.ok(&["orgs", "default", "nightly"]);
    shop.ok(&["orgs", "alias", "n", "spare"]);
    assert_eq!(shop.ok(&["orgs", "default"]), "nightly\n");
    // What a person wrote stays as it was.
    let changed = std::fs::read_to_string(shop.desk.home.path().join("config.toml")).unwrap();
    assert!(
        changed.starts_with("default_org = \"nightly\"\n") || changed.starts_with("# Mine.\n"),
        "{changed}"
    );
    assert!(changed.contains("account = \"robot\" # by night\n"), "{changed}");
    assert!(changed.ends_with("\n[orgs.n]\naccount = \"spare\"\n"), "{changed}");

    let json: Vec<Value> = shop
        .ok(&["orgs", "--format", "json"])
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let nightly = json.iter().find(|org| org["name"] == "nightly").unwrap();
    assert_eq!((&nightly["default"], &nightly["state"]), (&true.into(), &"active".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_stands_for_its_account() {
    let desk = Desk::new().await;
    std::fs::write(desk.home.path().join("config.toml"), "[orgs.prod]\naccount = \"acme\"")
        .unwrap();
    let taken = desk.login(&["demo", "--client-credentials"]);
    insta::assert_snapshot!(taken.stderr, @r#"error: "demo" is the embedded org that is built in; give the account another name"#);
    assert_eq!(desk.login(&["prod", "--client-credentials"]).status, 0);
    let listed = desk.run(&["accounts"]).stdout;
    assert!(listed.contains("acme"), "the account has its own name: {listed}");
    assert_eq!(
        desk.run(&["--org", "prod", "query", "SELECT COUNT() FROM Contact"]).stdout,
        "200\n"
    );
    assert_eq!(desk.run(&["doctor", "prod"]).status, 0);
    let told = desk.run(&["doctor", "demo"]).stdout;
    assert!(told.starts_with("Checking the org \"demo\": an embedded one\n"), "{told}");
    assert_eq!(desk.run(&["logout", "prod"]).status, 0);
    assert_eq!(desk.run(&["--org", "prod", "objects"]).status, 3);
}
