//! Bad input for each reading tool, in one table: what a model is told.

use serde_json::{Value, json};

use crate::support::agent;

#[tokio::test]
async fn each_says_what_to_do() {
    let agent = agent().await;
    let soql = "SELECT Id FROM Account WHERE ParentId = NULL ORDER BY Id LIMIT 1";
    let account = agent.ok("salesforce_query", json!({ "soql": soql })).await["rows"][0][0].clone();
    let one = |field: &str, op: &str, value: Value| json!({ "object": "Contact", "where": [{ "field": field, "op": op, "value": value }] });
    let both = json!([{ "field": "Name", "op": "=", "value": "a" }, { "field": "Email", "op": "=", "value": "b" }]);
    let calls = [
        ("list_objects", json!({ "max_rows": 0 })),
        ("describe_object", json!({ "object": "" })),
        ("describe_object", json!({ "object": "Acount" })),
        ("describe_object", json!({ "object": "Account", "group": "pick lists" })),
        ("describe_field", json!({ "object": "Account", "fields": [] })),
        ("describe_field", json!({ "object": "Account", "fields": ["Nmae", "Owner.Emial"] })),
        ("query", json!({ "soql": " " })),
        ("query", json!({ "soql": "SELECT * FROM Account" })),
        ("query", json!({ "soql": "SELECT Id FROM Account", "format": "xml" })),
        ("query", json!({ "soql": "SELECT Id FROM Account", "max_rows": 0 })),
        ("query", json!({ "cursor": "x" })),
        ("find_records", json!({ "object": "Contact", "fields": ["Name,Email"] })),
        ("find_records", one("Emial", "=", json!("x"))),
        ("find_records", one("Email", "~", json!("x"))),
        ("find_records", one("Email", "<", json!(null))),
        ("find_records", one("Email", "in", json!("x"))),
        ("find_records", one("Email", "in", json!([]))),
        ("find_records", one("Email", "in", json!(["x", null]))),
        ("find_records", one("Email", "contains", json!(7))),
        ("find_records", one("Email", "contains", json!(""))),
        ("find_records", one("Email", "=", json!({ "a": 1 }))),
        ("find_records", one("AccountId", "=", json!("Acme"))),
        ("find_records", one("AccountId", "contains", json!("Acme"))),
        ("find_records", one("CreatedDate", ">", json!("2026-03-31"))),
        ("find_records", one("CreatedDate", ">", json!("last month"))),
        ("find_records", one("CreatedDate", ">", json!("LAST_N_DAYS"))),
        ("find_records", one("Birthdate", ">", json!("31.3.2026"))),
        ("find_records", one("HasOptedOutOfEmail", "=", json!("yes"))),
        ("find_records", one("Description", "=", json!("x"))),
        ("find_records", one("LeadSource", "includes", json!("Web"))),
        ("find_records", one("Account", "=", json!("x"))),
        ("find_records", json!({ "object": "Contact", "where": [{ "field": "Name" }] })),
        ("find_records", json!({ "object": "Contact", "where": both, "logic": "1 AND 2 OR 1" })),
        ("find_records", json!({ "object": "Contact", "where": both, "logic": "1" })),
        ("find_records", json!({ "object": "Contact", "order_by": ["Amount desc"] })),
        (
            "find_records",
            json!({ "object": "Account", "where": [{ "field": "AnnualRevenue", "op": ">", "value": "many" }] }),
        ),
        ("count", json!({ "object": "Contact", "where": ["Name = 'x'"] })),
        (
            "count",
            json!({ "object": "Contact", "where": [{ "field": "Name", "op": "is", "value": "x" }] }),
        ),
        ("aggregate", json!({ "object": "Opportunity", "measures": [] })),
        ("aggregate", json!({ "object": "Opportunity", "measures": ["Amount"] })),
        (
            "aggregate",
            json!({ "object": "Opportunity", "measures": ["median(Amount)", "sum", "count", "count(*)"] }),
        ),
        ("aggregate", json!({ "object": "Opportunity", "measures": ["sum(StageName)"] })),
        (
            "aggregate",
            json!({ "object": "Opportunity", "measures": ["count"], "group_by": ["month(StageName)", "CreatedDate", "decade(CloseDate)"] }),
        ),
        (
            "aggregate",
            json!({ "object": "Opportunity", "measures": ["count"], "group_by": ["Description"] }),
        ),
        (
            "aggregate",
            json!({ "object": "Opportunity", "measures": ["count"], "having": [{ "field": "count", "op": ">", "value": 1 }] }),
        ),
        (
            "aggregate",
            json!({ "object": "Opportunity", "measures": ["count"], "group_by": ["StageName"], "having": [{ "field": "sum(Amount)", "op": ">", "value": 1 }], "order_by": ["Amount"] }),
        ),
        ("get_record", json!({ "object": "Account", "id": "Acme" })),
        ("get_record", json!({ "object": "Account", "id": account, "fields": ["Nmae"] })),
        ("get_related", json!({ "object": "Account", "id": account, "relationship": "Contcts" })),
        ("get_related", json!({ "object": "Account", "id": account, "relationship": "Parent" })),
        (
            "get_related",
            json!({ "object": "Account", "id": "003000000000001AAA", "relationship": "Contacts" }),
        ),
        ("search", json!({ "words": "a", "objects": [{ "object": "Account" }] })),
        ("search", json!({ "words": "acme", "objects": [] })),
        ("search", json!({ "words": "acme", "objects": ["Account"] })),
        (
            "search",
            json!({ "words": "acme", "objects": [{ "object": "Account" }, { "object": "accounts", "fields": ["Nmae"] }] }),
        ),
        ("recent_records", json!({ "object": "Acount" })),
        ("changes", json!({ "object": "Account", "since": "yesterday" })),
        ("changes", json!({ "object": "Account", "since": "2999-01-01", "kinds": ["merged"] })),
        ("changes", json!({ "object": "Account", "since": "2999-01-01" })),
        ("next_page", json!({ "cursor": "" })),
        ("next_page", json!({})),
        ("explain_query", json!({ "soql": "SELECT Nmae FROM Account" })),
    ];
    let mut table = String::new();
    for (tool, arguments) in calls {
        let error = agent.refused(&format!("salesforce_{tool}"), arguments.clone()).await;
        assert_eq!(error["class"], "fix_your_call", "{tool} {arguments}: {error}");
        table += &format!("{tool} {arguments}\n  {}\n", error["message"].as_str().unwrap());
        for problem in error["problems"].as_array().into_iter().flatten() {
            let mut problem = problem.clone();
            if problem["allowed"].as_array().is_some_and(|allowed| allowed.len() > 8) {
                problem["allowed"] = json!("…");
            }
            table += &format!("  - {problem}\n");
        }
    }
    let table = table.replace(account.as_str().unwrap(), "001…");
    insta::assert_snapshot!(table, @r#"
    list_objects {"max_rows":0}
      The arguments of salesforce_list_objects are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"max_rows","message":"0 is too small; at least 1."}
    describe_object {"object":""}
      There is no object "" that this user can see.
      - {"at":"object","message":"Unknown; give an API name."}
    describe_object {"object":"Acount"}
      There is no object "Acount" that this user can see. Did you mean Account?
      - {"at":"object","message":"Unknown; give an API name.","did_you_mean":["Account","AccountShare"]}
    describe_object {"object":"Account","group":"pick lists"}
      There is no such group. Nothing was read.
      - {"at":"group","message":"There is no group \"pick lists\".","allowed":"…","did_you_mean":["picklists"]}
    describe_field {"object":"Account","fields":[]}
      The arguments of salesforce_describe_field are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"fields","message":"Too few items; at least 1."}
    describe_field {"object":"Account","fields":["Nmae","Owner.Emial"]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"fields[0]","message":"Account has no field \"Nmae\".","did_you_mean":["Name"]}
      - {"at":"fields[1]","message":"User has no field \"Emial\".","did_you_mean":["Email"]}
    query {"soql":" "}
      Give soql, a SELECT statement.
      - {"at":"soql","message":"Give soql, a SELECT statement."}
    query {"soql":"SELECT * FROM Account"}
      The SOQL statement cannot be parsed: line 1, column 8: expected a field, a function or a subquery, found `*`; SOQL has no `*`, name the fields, or write FIELDS(STANDARD), or FIELDS(ALL) with LIMIT 200.
      - {"at":"soql","message":"line 1, column 8: expected a field, a function or a subquery, found `*`; SOQL has no `*`, name the fields, or write FIELDS(STANDARD), or FIELDS(ALL) with LIMIT 200"}
    query {"soql":"SELECT Id FROM Account","format":"xml"}
      The arguments of salesforce_query are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"format","message":"\"xml\" is not one of the allowed values.","allowed":["table","records","csv"]}
    query {"soql":"SELECT Id FROM Account","max_rows":0}
      The arguments of salesforce_query are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"max_rows","message":"0 is too small; at least 1."}
    query {"cursor":"x"}
      The arguments of salesforce_query are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"cursor","message":"There is no such argument.","allowed":["soql","max_rows","format"]}
      - {"at":"soql","message":"Missing; it is required."}
    find_records {"object":"Contact","fields":["Name,Email"]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"fields[0]","message":"Contact has no field \"Name,Email\". Give each name as an item of its own.","did_you_mean":["Email","Name"]}
    find_records {"object":"Contact","where":[{"field":"Emial","op":"=","value":"x"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].field","message":"Contact has no field \"Emial\".","did_you_mean":["Email"]}
    find_records {"object":"Contact","where":[{"field":"Email","op":"~","value":"x"}]}
      The arguments of salesforce_find_records are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"where[0].op","message":"\"~\" is not one of the allowed values.","allowed":"…"}
    find_records {"object":"Contact","where":[{"field":"Email","op":"<","value":null}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"null is neither less nor greater than anything; use = or != with null."}
    find_records {"object":"Contact","where":[{"field":"Email","op":"in","value":"x"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"\"x\" is no list; give one, such as [\"a\", \"b\"]."}
    find_records {"object":"Contact","where":[{"field":"Email","op":"in","value":[]}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"The list is empty, so nothing can match; leave the condition out if it does not matter."}
    find_records {"object":"Contact","where":[{"field":"Email","op":"in","value":["x",null]}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"null cannot stand in a list; add a condition = null and join them by logic."}
    find_records {"object":"Contact","where":[{"field":"Email","op":"contains","value":7}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"contains, starts_with and ends_with take text, not 7."}
    find_records {"object":"Contact","where":[{"field":"Email","op":"contains","value":""}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"An empty text is in every value; leave the condition out."}
    find_records {"object":"Contact","where":[{"field":"Email","op":"=","value":{"a":1}}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"Email (email) takes one value, not {\"a\":1}."}
    find_records {"object":"Contact","where":[{"field":"AccountId","op":"=","value":"Acme"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"\"Acme\" is not a Salesforce record id: an id has 15 or 18 characters; find the record's id first."}
    find_records {"object":"Contact","where":[{"field":"AccountId","op":"contains","value":"Acme"}]}
      The call would be refused by the org: AccountId. Nothing was sent.
      - {"message":"LIKE does not go with AccountId (reference): use = or IN, or LIKE on a text of the record it leads to."}
    find_records {"object":"Contact","where":[{"field":"CreatedDate","op":">","value":"2026-03-31"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"CreatedDate is a point in time, not a day: write 2026-03-31T00:00:00Z, or with your offset from UTC."}
    find_records {"object":"Contact","where":[{"field":"CreatedDate","op":">","value":"last month"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"CreatedDate (datetime) takes a point in time such as 2026-03-31T14:00:00Z, or TODAY, LAST_N_DAYS:30, not \"last month\"."}
    find_records {"object":"Contact","where":[{"field":"CreatedDate","op":">","value":"LAST_N_DAYS"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"LAST_N_DAYS wants a number of periods: LAST_N_DAYS:30."}
    find_records {"object":"Contact","where":[{"field":"Birthdate","op":">","value":"31.3.2026"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"Birthdate (date) takes a date such as 2026-03-31, or TODAY, LAST_N_DAYS:30, THIS_QUARTER, not \"31.3.2026\"."}
    find_records {"object":"Contact","where":[{"field":"HasOptedOutOfEmail","op":"=","value":"yes"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"HasOptedOutOfEmail (boolean) takes true or false, not \"yes\"."}
    find_records {"object":"Contact","where":[{"field":"Description","op":"=","value":"x"}]}
      The call would be refused by the org: Description. Nothing was sent.
      - {"message":"Description cannot stand in WHERE (a long text); search for words in it with FIND."}
    find_records {"object":"Contact","where":[{"field":"LeadSource","op":"includes","value":"Web"}]}
      The call would be refused by the org: LeadSource. Nothing was sent.
      - {"message":"INCLUDES and EXCLUDES go with multi-select picklists only, which LeadSource (picklist) is not; use IN."}
    find_records {"object":"Contact","where":[{"field":"Account","op":"=","value":"x"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].field","message":"Contact has no field \"Account\".","did_you_mean":["AccountId"]}
    find_records {"object":"Contact","where":[{"field":"Name"}]}
      The arguments of salesforce_find_records are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"where[0].op","message":"Missing; it is required."}
      - {"at":"where[0].value","message":"Missing; it is required."}
    find_records {"object":"Contact","where":[{"field":"Name","op":"=","value":"a"},{"field":"Email","op":"=","value":"b"}],"logic":"1 AND 2 OR 1"}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"logic","message":"AND and OR side by side are ambiguous; set parentheses."}
    find_records {"object":"Contact","where":[{"field":"Name","op":"=","value":"a"},{"field":"Email","op":"=","value":"b"}],"logic":"1"}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"logic","message":"Condition 2 is not in it; name every condition."}
    find_records {"object":"Contact","order_by":["Amount desc"]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"order_by[0]","message":"Contact has no field \"Amount\"."}
    find_records {"object":"Account","where":[{"field":"AnnualRevenue","op":">","value":"many"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0].value","message":"AnnualRevenue (currency) takes a number, not \"many\"."}
    count {"object":"Contact","where":["Name = 'x'"]}
      The arguments of salesforce_count are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"where[0]","message":"\"Name = 'x'\" has the wrong type; it must be an object."}
    count {"object":"Contact","where":[{"field":"Name","op":"is","value":"x"}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"where[0]","message":"A condition is {field, op, value}: unknown variant `is`, expected one of `=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not_in`, `contains`, `starts_with`, `ends_with`, `includes`, `excludes`."}
    aggregate {"object":"Opportunity","measures":[]}
      The arguments of salesforce_aggregate are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"measures","message":"Too few items; at least 1."}
    aggregate {"object":"Opportunity","measures":["Amount"]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"measures[0]","message":"\"Amount\" computes nothing: write count, or a function of a field such as sum(Amount); the functions are sum, avg, min, max, count and count_distinct."}
    aggregate {"object":"Opportunity","measures":["median(Amount)","sum","count","count(*)"]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"measures[0]","message":"\"median(Amount)\" computes nothing: write count, or a function of a field such as sum(Amount); the functions are sum, avg, min, max, count and count_distinct."}
      - {"at":"measures[1]","message":"\"sum\" computes nothing: write count, or a function of a field such as sum(Amount); the functions are sum, avg, min, max, count and count_distinct."}
      - {"at":"measures[3]","message":"count is asked for twice."}
    aggregate {"object":"Opportunity","measures":["sum(StageName)"]}
      The call would be refused by the org: StageName. Nothing was sent.
      - {"message":"SUM takes a number, which StageName (picklist) is not."}
    aggregate {"object":"Opportunity","measures":["count"],"group_by":["month(StageName)","CreatedDate","decade(CloseDate)"]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"group_by[0]","message":"StageName (picklist) is no date, so it has no periods."}
      - {"at":"group_by[1]","message":"CreatedDate is a point in time: group it by a period, such as month(CreatedDate)."}
      - {"at":"group_by[2]","message":"\"decade\" is no period: day, week, month, quarter, year, fiscal_quarter or fiscal_year."}
    aggregate {"object":"Opportunity","measures":["count"],"group_by":["Description"]}
      The call would be refused by the org: Description. Nothing was sent.
      - {"message":"Description cannot stand in GROUP BY."}
    aggregate {"object":"Opportunity","measures":["count"],"having":[{"field":"count","op":">","value":1}]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"group_by","message":"Without groups there is one row, and neither having nor limit."}
    aggregate {"object":"Opportunity","measures":["count"],"group_by":["StageName"],"having":[{"field":"sum(Amount)","op":">","value":1}],"order_by":["Amount"]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"having[0].field","message":"There is no column \"sum(Amount)\".","allowed":["StageName","count"]}
      - {"at":"order_by[0]","message":"There is no column \"Amount\".","allowed":["StageName","count"]}
    get_record {"object":"Account","id":"Acme"}
      The id is not one of such a record. Nothing was read.
      - {"at":"id","message":"\"Acme\" is not a Salesforce record id: an id has 15 or 18 characters."}
    get_record {"object":"Account","id":"001…","fields":["Nmae"]}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"fields[0]","message":"Account has no field \"Nmae\".","did_you_mean":["Name"]}
    get_related {"object":"Account","id":"001…","relationship":"Contcts"}
      There is no such relationship. Nothing was read.
      - {"at":"relationship","message":"Account has no relationship \"Contcts\".","did_you_mean":["Contacts","Contracts"]}
    get_related {"object":"Account","id":"001…","relationship":"Parent"}
      This Account has no Parent: ParentId is empty.
    get_related {"object":"Account","id":"003000000000001AAA","relationship":"Contacts"}
      The id is not one of such a record. Nothing was read.
      - {"at":"id","message":"003000000000001AAA is not the id of a record of Account: those start with 001."}
    search {"words":"a","objects":[{"object":"Account"}]}
      There is nothing to search for. Nothing was sent.
      - {"at":"words","message":"Salesforce searches words of at least two letters or digits."}
    search {"words":"acme","objects":[]}
      The arguments of salesforce_search are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"objects","message":"Too few items; at least 1."}
    search {"words":"acme","objects":["Account"]}
      The arguments of salesforce_search are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"objects[0]","message":"\"Account\" has the wrong type; it must be an object."}
    search {"words":"acme","objects":[{"object":"Account"},{"object":"accounts","fields":["Nmae"]}]}
      The search cannot be understood as it is. Nothing was sent.
      - {"at":"objects[1].fields[0]","message":"Account has no field \"Nmae\".","did_you_mean":["Name"]}
      - {"at":"objects[1]","message":"Account is named twice; name it once with all fields."}
    recent_records {"object":"Acount"}
      There is no object "Acount" that this user can see. Did you mean Account?
      - {"at":"object","message":"Unknown; give an API name.","did_you_mean":["Account","AccountShare"]}
    changes {"object":"Account","since":"yesterday"}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"since","message":"\"yesterday\" is no point in time; write 2026-03-31T14:00:00Z, or 2026-03-31 for midnight UTC."}
    changes {"object":"Account","since":"2999-01-01","kinds":["merged"]}
      The arguments of salesforce_changes are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"kinds[0]","message":"\"merged\" is not one of the allowed values.","allowed":["created","updated","deleted"]}
    changes {"object":"Account","since":"2999-01-01"}
      The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      - {"at":"since","message":"2999-01-01T00:00:00Z is not past."}
    next_page {"cursor":""}
      This cursor is not valid: it was changed on the way, or made with another key. Copy it exactly from the reply, or make the call that gave it again.
    next_page {}
      The arguments of salesforce_next_page are not right. Nothing was sent to Salesforce. Correct them and call it again.
      - {"at":"cursor","message":"Missing; it is required."}
    explain_query {"soql":"SELECT Nmae FROM Account"}
      The query names what the org does not have (or this user cannot see): Nmae. Nothing was sent.
      - {"at":"soql","message":"line 1, column 8: Account has no field Nmae. Did you mean Name?","did_you_mean":["Name"]}
    "#);
}
