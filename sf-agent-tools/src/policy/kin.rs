//! Objects and fields that hold what other objects' fields hold.

/// Objects whose rows tell old and new values of any field of any object.
const OF_EVERY_OBJECT: &[&str] = &[
    "FeedTrackedChange",
    "FieldHistoryArchive",
    "FieldHistory",
    "EntityHistory",
    "DataChangeEvent",
];

/// What the name of an object's history, feed, sharing and change objects ends in (Salesforce Object
/// Reference, "StandardObjectNameHistory" and its neighbours).
const STANDARD: &[&str] = &["FieldHistory", "ChangeEvent", "History", "Feed", "Share", "Tag"];
const CUSTOM: &[&str] = &["__ChangeEvent", "__History", "__Feed", "__Share", "__Tag"];

/// Objects that show the records of others, as lists under a record do, and whose (Salesforce Object
/// Reference, "ActivityHistory", "CombinedAttachment" and their neighbours).
const LISTS: &[(&str, &[&str])] = &[
    ("ActivityHistory", &["Task", "Event", "EmailMessage"]),
    ("OpenActivity", &["Task", "Event"]),
    ("LookedUpFromActivity", &["Task", "Event"]),
    ("NoteAndAttachment", &["Note", "Attachment"]),
    ("CombinedAttachment", &["Note", "Attachment", "ContentDocument", "ContentVersion"]),
    ("AttachedContentDocument", &["ContentDocument", "ContentVersion"]),
    ("AttachedContentNote", &["ContentNote", "ContentDocument", "ContentVersion"]),
    ("OwnedContentDocument", &["ContentDocument", "ContentVersion"]),
];

/// Whose history, feed or sharing an object is, or whose records it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kin {
    /// Of none: an object of its own.
    None,
    /// Of these objects, those of them that there are.
    Of(Vec<String>),
    /// Of every object.
    All,
}

pub(crate) fn kin(object: &str) -> Kin {
    if OF_EVERY_OBJECT.iter().any(|name| name.eq_ignore_ascii_case(object)) {
        return Kin::All;
    }
    if let Some((_, of)) = LISTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(object)) {
        return Kin::Of(of.iter().map(|name| (*name).to_owned()).collect());
    }
    let strip = |end: &str| {
        let at = object.len().checked_sub(end.len())?;
        let stem = object.get(..at)?;
        (object.get(at..)?.eq_ignore_ascii_case(end) && !stem.is_empty()).then_some(stem)
    };
    if let Some(stem) = CUSTOM.iter().find_map(|end| strip(end)) {
        return Kin::Of(vec![format!("{stem}__c")]);
    }
    match STANDARD.iter().find_map(|end| strip(end)) {
        Some(stem) => Kin::Of(vec![stem.to_owned()]),
        None => Kin::None,
    }
}

/// Standard fields whose value is another field's or follows from it: object, field, and where the
/// value comes from (Salesforce Object Reference, "Case", "CampaignMember", "Opportunity"). Their
/// describes say neither `calculated` nor a formula.
const COPIES: &[(&str, &str, &str, &str)] = &[
    ("Case", "ContactEmail", "Contact", "Email"),
    ("Case", "ContactFax", "Contact", "Fax"),
    ("Case", "ContactMobile", "Contact", "MobilePhone"),
    ("Case", "ContactPhone", "Contact", "Phone"),
    ("CampaignMember", "City", "Contact", "MailingCity"),
    ("CampaignMember", "CompanyOrAccount", "Account", "Name"),
    ("CampaignMember", "Country", "Contact", "MailingCountry"),
    ("CampaignMember", "Description", "Contact", "Description"),
    ("CampaignMember", "DoNotCall", "Contact", "DoNotCall"),
    ("CampaignMember", "Email", "Contact", "Email"),
    ("CampaignMember", "Fax", "Contact", "Fax"),
    ("CampaignMember", "FirstName", "Contact", "FirstName"),
    ("CampaignMember", "LastName", "Contact", "LastName"),
    ("CampaignMember", "LeadSource", "Contact", "LeadSource"),
    ("CampaignMember", "MobilePhone", "Contact", "MobilePhone"),
    ("CampaignMember", "Name", "Contact", "Name"),
    ("CampaignMember", "Name", "Contact", "FirstName"),
    ("CampaignMember", "Name", "Contact", "LastName"),
    ("CampaignMember", "Phone", "Contact", "Phone"),
    ("CampaignMember", "PostalCode", "Contact", "MailingPostalCode"),
    ("CampaignMember", "State", "Contact", "MailingState"),
    ("CampaignMember", "Street", "Contact", "MailingStreet"),
    ("CampaignMember", "Title", "Contact", "Title"),
    ("CampaignMember", "City", "Lead", "City"),
    ("CampaignMember", "CompanyOrAccount", "Lead", "Company"),
    ("CampaignMember", "Country", "Lead", "Country"),
    ("CampaignMember", "Description", "Lead", "Description"),
    ("CampaignMember", "DoNotCall", "Lead", "DoNotCall"),
    ("CampaignMember", "Email", "Lead", "Email"),
    ("CampaignMember", "Fax", "Lead", "Fax"),
    ("CampaignMember", "FirstName", "Lead", "FirstName"),
    ("CampaignMember", "LastName", "Lead", "LastName"),
    ("CampaignMember", "LeadSource", "Lead", "LeadSource"),
    ("CampaignMember", "MobilePhone", "Lead", "MobilePhone"),
    ("CampaignMember", "Name", "Lead", "Name"),
    ("CampaignMember", "Name", "Lead", "FirstName"),
    ("CampaignMember", "Name", "Lead", "LastName"),
    ("CampaignMember", "Phone", "Lead", "Phone"),
    ("CampaignMember", "PostalCode", "Lead", "PostalCode"),
    ("CampaignMember", "State", "Lead", "State"),
    ("CampaignMember", "Street", "Lead", "Street"),
    ("CampaignMember", "Title", "Lead", "Title"),
    ("OpportunityLineItem", "ProductCode", "Product2", "ProductCode"),
    ("PricebookEntry", "ProductCode", "Product2", "ProductCode"),
    ("PricebookEntry", "Name", "Product2", "Name"),
    ("Account", "FirstName", "Contact", "FirstName"),
    ("Account", "LastName", "Contact", "LastName"),
    ("Account", "Salutation", "Contact", "Salutation"),
    ("Case", "IsClosed", "Case", "Status"),
    ("Opportunity", "ExpectedRevenue", "Opportunity", "Amount"),
    ("Opportunity", "Fiscal", "Opportunity", "CloseDate"),
    ("Opportunity", "FiscalQuarter", "Opportunity", "CloseDate"),
    ("Opportunity", "FiscalYear", "Opportunity", "CloseDate"),
    ("Opportunity", "ForecastCategory", "Opportunity", "StageName"),
    ("Opportunity", "ForecastCategoryName", "Opportunity", "StageName"),
    ("Opportunity", "IsClosed", "Opportunity", "StageName"),
    ("Opportunity", "IsWon", "Opportunity", "StageName"),
    ("Opportunity", "Probability", "Opportunity", "StageName"),
    ("OpportunityLineItem", "TotalPrice", "OpportunityLineItem", "UnitPrice"),
];

/// Where else the value of a field comes from.
pub(crate) fn sources(object: &str, field: &str) -> Vec<(String, String)> {
    let is = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let known = COPIES.iter().filter(|(o, f, ..)| is(o, object) && is(f, field));
    let mut found: Vec<(String, String)> =
        known.map(|(_, _, object, field)| ((*object).to_owned(), (*field).to_owned())).collect();
    // A person account shows the fields of its contact as its own.
    if is(object, "Account") {
        let of_person = field.strip_prefix("Person").map(str::to_owned);
        let custom = || field.strip_suffix("__pc").map(|stem| format!("{stem}__c"));
        found.extend(of_person.or_else(custom).map(|field| ("Contact".to_owned(), field)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_and_feeds_are_of_their_object() {
        for (name, of) in [
            ("AccountHistory", "Account"),
            ("OpportunityFieldHistory", "Opportunity"),
            ("Invoice__History", "Invoice__c"),
            ("Invoice__share", "Invoice__c"),
            ("ContactFeed", "Contact"),
        ] {
            assert_eq!(kin(name), Kin::Of(vec![of.to_owned()]), "{name}");
        }
        assert_eq!(kin("Account"), Kin::None);
        assert_eq!(kin("History"), Kin::None);
        assert_eq!(kin("FeedTrackedChange"), Kin::All);
    }

    #[test]
    fn a_person_accounts_fields_are_its_contacts() {
        let of = |field: &str| sources("Account", field);
        assert_eq!(of("PersonEmail"), [("Contact".to_owned(), "Email".to_owned())]);
        assert_eq!(of("Level__pc"), [("Contact".to_owned(), "Level__c".to_owned())]);
        assert_eq!(of("Phone"), []);
    }
}
