//! What decides about the rows of an object: its own permissions, or those of
//! the record that it belongs to.

use crate::engine::schema::{Field, FieldType, Object};

/// How access to an object is decided.
#[derive(Debug)]
pub(super) enum Kind<'s> {
    /// By `ObjectPermissions` and, with an owner, by sharing.
    Own,
    /// As for the records that these lookups point to, the first of which there
    /// always is.
    Follows(Vec<&'s Field>),
    /// As for the record, of whatever object, that the lookup points to.
    Attached(&'s Field),
    /// A file: for its owner and who sees a record that it is linked to.
    File,
    /// Read by everybody, written by who manages users.
    Setup,
    /// Read by who views the setup, written by who manages users.
    Security,
    /// Read and written by everybody.
    Open,
}

const SETUP: [&str; 6] = ["User", "Profile", "UserRole", "Group", "RecordType", "Organization"];

const SECURITY: [&str; 5] = [
    "PermissionSet",
    "PermissionSetAssignment",
    "ObjectPermissions",
    "FieldPermissions",
    "GroupMember",
];

/// Objects whose rows take part in deciding who sees what.
const DECIDING: [&str; 8] = [
    "User",
    "Profile",
    "UserRole",
    "PermissionSet",
    "PermissionSetAssignment",
    "ObjectPermissions",
    "FieldPermissions",
    "GroupMember",
];

/// Standard objects with permissions of their own and no owner.
const OWN: [&str; 2] = ["Pricebook2", "Product2"];

/// Parts of other records, with the lookups that lead there.
const PARTS: [(&str, &[&str]); 7] = [
    ("OpportunityLineItem", &["OpportunityId"]),
    ("PricebookEntry", &["Pricebook2Id"]),
    ("CampaignMember", &["CampaignId", "LeadId", "ContactId"]),
    ("ContentVersion", &["ContentDocumentId"]),
    ("ContentDocumentLink", &["ContentDocumentId"]),
    ("ProcessInstanceStep", &["ProcessInstanceId"]),
    ("ProcessInstanceWorkitem", &["ProcessInstanceId"]),
];

/// What belongs to a record of any object, with the lookup that leads there.
const ATTACHED: [(&str, &str); 3] =
    [("Attachment", "ParentId"), ("Note", "ParentId"), ("ProcessInstance", "TargetObjectId")];

/// Objects with an owner that are no data: what they show is run as the user.
const OPEN: [&str; 4] = ["Dashboard", "Folder", "ListView", "Report"];

pub(super) fn kind(object: &Object) -> Kind<'_> {
    let name = object.name.as_str();
    if SETUP.contains(&name) {
        return Kind::Setup;
    }
    if SECURITY.contains(&name) {
        return Kind::Security;
    }
    if let Some(field) = shared_record(object) {
        return Kind::Follows(vec![field]);
    }
    if let Some((_, lookups)) = PARTS.iter().find(|(part, _)| *part == name) {
        let fields: Vec<&Field> = lookups.iter().filter_map(|name| object.field(name)).collect();
        return if fields.is_empty() { Kind::Open } else { Kind::Follows(fields) };
    }
    if let Some((_, lookup)) = ATTACHED.iter().find(|(attached, _)| *attached == name)
        && let Some(field) = object.field(lookup)
    {
        return Kind::Attached(field);
    }
    if name == "ContentDocument" {
        return Kind::File;
    }
    if OPEN.contains(&name) {
        return Kind::Open;
    }
    let has_owner = object.field("OwnerId").is_some() && object.layoutable;
    if object.name.ends_with("__c") || has_owner || OWN.contains(&name) {
        return Kind::Own;
    }
    // Histories, feeds, team members: what goes with its parent belongs to it.
    let belongs = |field: &&Field| field.cascade_delete && field.reference_to != [name];
    match object.fields.iter().filter(|field| !field.is_polymorphic()).find(belongs) {
        Some(parent) => Kind::Follows(vec![parent]),
        None => Kind::Open,
    }
}

/// Whether its fields can be hidden from a user.
pub(super) fn has_field_security(object: &Object) -> bool {
    const PARTS: [&str; 3] = ["CampaignMember", "OpportunityLineItem", "PricebookEntry"];
    matches!(kind(object), Kind::Own) || PARTS.contains(&object.name.as_str())
}

/// Whether a write to the object can change what somebody sees. Shares are not
/// among them: they are looked up by each statement.
pub(super) fn decides(object: &str) -> bool {
    DECIDING.iter().any(|name| name.eq_ignore_ascii_case(object))
}

/// Name of the object that holds the shares of another.
pub(super) fn share_name(object: &Object) -> String {
    match object.name.strip_suffix("__c") {
        Some(name) => format!("{name}__Share"),
        None => format!("{}Share", object.name),
    }
}

/// Of a share object: the lookup to the shared record.
pub(super) fn shared_record(share: &Object) -> Option<&Field> {
    share.field("RowCause")?;
    share.field("UserOrGroupId")?;
    share.fields.iter().find(|field| {
        field.ty == FieldType::Reference
            && matches!(&field.reference_to[..], [target] if share.name == share_of(target))
    })
}

fn share_of(target: &str) -> String {
    match target.strip_suffix("__c") {
        Some(name) => format!("{name}__Share"),
        None => format!("{target}Share"),
    }
}

/// The lookup to a parent without which the record cannot be.
pub(super) fn master(object: &Object) -> Option<&Field> {
    object.fields.iter().find(|field| field.master_detail)
}

/// The lookup by which a record can be controlled by its parent.
pub(super) fn controlling(object: &Object) -> Option<&Field> {
    master(object).or_else(|| {
        let account = object.field("AccountId")?;
        (account.reference_to == ["Account"]).then_some(account)
    })
}
