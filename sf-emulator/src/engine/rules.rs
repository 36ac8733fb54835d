//! Rules that an org's administrator makes: what a record must not look like,
//! and what counts as a duplicate of another one.

/// A validation rule: records for which its condition holds are refused with
/// `FIELD_CUSTOM_VALIDATION_EXCEPTION` and the rule's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationRule {
    pub(crate) object: String,
    pub(crate) condition: String,
    pub(crate) message: String,
    pub(crate) field: Option<String>,
}

impl ValidationRule {
    /// A rule of `object` (API name). `condition` is what stands after `WHERE`
    /// in a statement over it, and describes the records that are *wrong*, as a
    /// rule's formula does on the platform: `Amount__c < 0`. It sees the record
    /// as it would be saved, and its parents (`Account__r.Rating = 'Cold'`).
    /// `message` is answered verbatim.
    #[must_use]
    pub fn new(
        object: impl Into<String>,
        condition: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            object: object.into(),
            condition: condition.into(),
            message: message.into(),
            field: None,
        }
    }

    /// Shows the message at a field (API name): the answer's `fields` names it.
    /// Without this it belongs to the record, and `fields` is empty.
    #[must_use]
    pub fn on_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

/// A duplicate rule: a record whose values of all the rule's fields equal those
/// of another record is refused with `DUPLICATES_DETECTED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateRule {
    pub(crate) object: String,
    pub(crate) name: String,
    pub(crate) fields: Vec<String>,
    pub(crate) message: String,
    pub(crate) allow_save: bool,
}

impl DuplicateRule {
    /// A rule of `object` (API name) called `name`, over at least one field.
    /// Text is compared without regard to case; a record in which one of the
    /// fields is empty is no duplicate.
    #[must_use]
    pub fn new<F: Into<String>>(
        object: impl Into<String>,
        name: impl Into<String>,
        fields: impl IntoIterator<Item = F>,
    ) -> Self {
        Self {
            object: object.into(),
            name: name.into(),
            fields: fields.into_iter().map(Into::into).collect(),
            message: "You may be creating a duplicate record. We recommend you use an existing record instead."
                .to_owned(),
            allow_save: true,
        }
    }

    /// The text of `errorMessage`.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Blocks the save: the answer says `allowSave: false`, and a request that
    /// asks to save nevertheless is refused too.
    #[must_use]
    pub fn block(mut self) -> Self {
        self.allow_save = false;
        self
    }
}

/// All rules of an org.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub(crate) validation: Vec<ValidationRule>,
    pub(crate) duplicates: Vec<DuplicateRule>,
}
