//! Resources: the schema by address, within the policy.

use anyhow::{Context, Result, bail};
use insta::assert_snapshot;
use rmcp::ServiceError;
use rmcp::model::{ErrorCode, PaginatedRequestParams, ReadResourceRequestParams, ResourceContents};
use serde_json::{Value, json};
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::Server;
use sf_agent_tools::Policy;

use crate::host::{self, Connection, ERAS, Era, demo};

/// A policy under which Account has no Phone, and there is no Contact.
const RULES: &str = r#"
[objects.Account]
operations = ["read"]
read = ["Id", "Name", "Industry"]
"#;

async fn connected(org: &TestOrg, policy: Policy, era: Era) -> Result<Connection> {
    let server = Server::new(demo(org, policy)).page_size(10);
    host::connect(server, era, None).await
}

async fn read(connection: &Connection, uri: &str) -> Result<String, ServiceError> {
    read_as(connection, uri, "text/plain").await
}

async fn read_as(
    connection: &Connection,
    uri: &str,
    media_type: &str,
) -> Result<String, ServiceError> {
    let request = ReadResourceRequestParams::new(uri);
    let result = connection.client.read_resource(request).await?;
    match result.contents.as_slice() {
        [ResourceContents::TextResourceContents { text, uri: own, mime_type, .. }] => {
            assert_eq!((own.as_str(), mime_type.as_deref()), (uri, Some(media_type)));
            Ok(text.clone())
        }
        other => panic!("{other:?}"),
    }
}

async fn refused(connection: &Connection, uri: &str) -> Result<(ErrorCode, String)> {
    match read(connection, uri).await {
        Err(ServiceError::McpError(error)) => {
            assert_eq!(error.data, Some(json!({ "uri": uri })));
            Ok((error.code, error.message.into_owned()))
        }
        other => bail!("{uri}: {other:?}"),
    }
}

#[tokio::test]
async fn the_schema_is_listed_in_parts() -> Result<()> {
    let org = TestOrg::start().await?;
    let connection = connected(&org, Policy::read_only(), Era::Sessions).await?;
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let request = PaginatedRequestParams::default().with_cursor(cursor);
        let part = connection.client.list_resources(Some(request)).await?;
        assert!((1..=10).contains(&part.resources.len()));
        all.extend(part.resources);
        cursor = part.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let shown = |name: &str| {
        let one = all.iter().find(|r| r.name == name).context(name.to_owned())?;
        anyhow::Ok(format!("{}\n{:?}\n{:?}", one.uri, one.title, one.description))
    };
    assert_snapshot!(shown("schema")?, @r#"
    salesforce://demo/schema
    Some("Objects of demo")
    Some("Every object that this user can query, one a line.")
    "#);
    assert_snapshot!(shown("Account")?, @r#"
    salesforce://demo/schema/Account
    Some("Account")
    Some("Fields, picklist values and relations of Account.")
    "#);
    let uris: std::collections::HashSet<_> = all.iter().map(|one| &one.uri).collect();
    assert_eq!(uris.len(), all.len(), "each once");

    let templates = connection.client.list_all_resource_templates().await?;
    let templates: Vec<_> = templates.into_iter().map(|t| t.uri_template).collect();
    assert_snapshot!(templates.join("\n"), @r"
    salesforce://demo/schema/{object}
    salesforce://demo/schema/{object}/{field}
    salesforce://demo/reports/{report}
    ");
    Ok(())
}

#[tokio::test]
async fn list_card_and_field_are_read() -> Result<()> {
    let org = TestOrg::start().await?;
    let connection = connected(&org, Policy::read_only(), Era::Sessions).await?;
    let list = read(&connection, "salesforce://demo/schema").await?;
    let lines: Vec<&str> = list.lines().take(4).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    Objects of demo, one a line: API name, label, start of its ids, and what this user may do (q query, c create, u update, d delete). salesforce://demo/schema/{object} is the card of one.
    AIM__Deal__Share "Share: Deal" qcud
    AIM__Deal__c "Deal" a01 qcud
    Account 001 qcud
    "#);
    let card = read(&connection, "salesforce://demo/schema/account").await?;
    assert!(card.starts_with("Account"), "{card}");
    assert!(card.contains("AnnualRevenue"), "{card}");
    let field = read(&connection, "salesforce://demo/schema/Account/Rating").await?;
    assert_snapshot!(field, @r#"
    Account.Rating "Account Rating"
    Type: picklist
    Usable to: create, update, filter, sort, group, aggregate
    Is: may be empty
    Values: Hot | Warm | Cold
    "#);
    Ok(())
}

#[tokio::test]
async fn what_the_policy_hides_is_no_resource() -> Result<()> {
    let org = TestOrg::start().await?;
    let connection = connected(&org, Policy::from_toml(RULES)?, Era::Sessions).await?;
    let listed = connection.client.list_all_resources().await?;
    let names: Vec<&str> = listed.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["schema", "Account"]);
    let list = read(&connection, "salesforce://demo/schema").await?;
    assert!(!list.contains("Contact"), "{list}");
    let card = read(&connection, "salesforce://demo/schema/Account").await?;
    assert!(card.contains("Industry") && !card.contains("Phone"), "{card}");

    let schema = "salesforce://demo/schema";
    let hidden = refused(&connection, &format!("{schema}/Account/Phone")).await?;
    let unknown = refused(&connection, &format!("{schema}/Account/Phona")).await?;
    assert_eq!(hidden.1.replace("Phone", "Phona"), unknown.1);
    let hidden = refused(&connection, &format!("{schema}/Contact")).await?;
    let unknown = refused(&connection, &format!("{schema}/Contacx")).await?;
    assert_eq!(hidden.1.replace("Contact", "Contacx"), unknown.1);
    Ok(())
}

#[tokio::test]
async fn nothing_behind_an_address_is_said_in_the_protocols_own_way() -> Result<()> {
    let org = TestOrg::start().await?;
    for era in ERAS {
        let connection = connected(&org, Policy::read_only(), era).await?;
        let expected = match era {
            Era::Sessions => ErrorCode::RESOURCE_NOT_FOUND,
            Era::Rounds => ErrorCode::INVALID_PARAMS,
        };
        for uri in [
            "salesforce://demo/schema/Acount",
            "salesforce://demo/schema/Account/Nmae",
            "salesforce://other/schema",
            "salesforce://results/1",
            "file:///etc/passwd",
            "",
        ] {
            let (code, message) = refused(&connection, uri).await?;
            assert_eq!(code, expected, "{era:?} {uri}: {message}");
        }
        let (_, message) = refused(&connection, "salesforce://demo/schema/Acount").await?;
        assert!(message.contains("Account"), "{message}");
    }
    Ok(())
}

/// A result that is too large for a message is linked by the call that made it, listed, and read.
#[tokio::test]
async fn results_and_reports_are_resources() -> Result<()> {
    let org = TestOrg::start().await?;
    let connection = connected(&org, Policy::read_only(), Era::Sessions).await?;
    let soql = json!({ "soql": "SELECT Id, LastName FROM Contact LIMIT 3000" });
    let told = connection.call("salesforce_bulk_query", soql).await?;
    let links = told.content.iter().filter_map(|content| content.as_resource_link());
    let [link] = links.collect::<Vec<_>>()[..] else { bail!("{:?}", told.content) };
    assert_eq!(link.title.as_deref(), Some("3000 rows of Contact"));

    let csv = read_as(&connection, &link.uri, "text/csv").await?;
    assert_eq!(csv.lines().next(), Some("Id,LastName"));
    assert_eq!(csv.lines().count(), 3001);
    let listed = connection.client.list_all_resources().await?;
    assert!(listed.iter().any(|resource| resource.uri == link.uri), "{listed:?}");

    let reports = read_as(&connection, "salesforce://demo/reports", "application/json").await?;
    let reports: Value = serde_json::from_str(&reports)?;
    let id = reports["reports"][0][0].as_str().context("a report")?;
    let address = format!("salesforce://demo/reports/{id}");
    let report: Value =
        serde_json::from_str(&read_as(&connection, &address, "application/json").await?)?;
    assert_eq!(report["report"]["id"], id, "{report}");
    assert!(report["completeness"]["complete"].is_boolean(), "{report}");
    Ok(())
}
