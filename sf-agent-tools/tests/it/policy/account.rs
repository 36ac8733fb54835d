//! Tools for a connected account: that user's own rights, and a policy beyond them.

use std::sync::Arc;

use serde_json::json;
use sf_agent_tools::{Policy, ToolSet};
use sf_auth::accounts::{Accounts, AppCredentials};
use sf_auth::seal::{LocalKeys, Sealer};
use sf_auth::store::MemoryStore;

use super::bypass::POLICY;
use super::world::{call, soql, world};

#[tokio::test]
async fn an_account_has_tools_of_its_own() {
    let world = world().await;
    let sealer = Sealer::new(Arc::new(LocalKeys::generate().unwrap()));
    let accounts = Accounts::builder(Arc::new(MemoryStore::new()), sealer).build().unwrap();
    let credentials = AppCredentials::ClientCredentials {
        login_url: world.org.url().to_string(),
        client_id: world.org.client_id().to_owned(),
        client_secret: world.org.client_secret().into(),
    };
    accounts.connect_with("tenant-7", credentials).await.unwrap();
    let policy = || Policy::from_toml(POLICY).unwrap();
    let tools = ToolSet::for_account(&accounts, "tenant-7", policy()).unwrap();
    let rows =
        soql(&tools, "SELECT LastName, Email FROM Contact WHERE LastName = 'Open'").await.unwrap();
    assert_eq!(rows["rows"][0][0], "Open");
    assert!(rows["rows"][0][1].as_str().unwrap().starts_with("<email:1."), "{rows}");
    soql(&tools, "SELECT Description FROM Contact").await.unwrap_err();
    // An account that nobody connected is told as one that has to be authorised.
    let nobody = ToolSet::for_account(&accounts, "tenant-8", policy()).unwrap();
    let error = call(&nobody, "salesforce_list_objects", json!({})).await.unwrap_err();
    assert_eq!(error["error"]["class"], "ask_a_person", "{error}");
}
