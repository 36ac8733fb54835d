//! Blob fields: `ContentVersion.VersionData`, `Attachment.Body`, `Document.Body` (REST API Developer
//! Guide, "Insert or Update Blob Data" and "sObject Blob Retrieve").
//!
//! These hold the bytes in memory; [`blob`](crate::blob) streams them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderValue};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::ops::records::CreateRecord;
use crate::{Error, Fields, Id, Operation, Request, Response, Safety};

/// What is expected.
pub(crate) const BLOB: &str = "a blob";

/// Reads a blob, all of it in memory and at most the client's `body_cap`. A record without one
/// gives no bytes.
#[derive(Debug, Clone)]
pub struct GetBlob {
    object: String,
    id: Id,
    field: String,
}

impl GetBlob {
    /// A blob field of a record.
    pub fn new(object: impl Into<String>, id: Id, field: impl Into<String>) -> Self {
        Self { object: object.into(), id, field: field.into() }
    }

    /// The content of a file version.
    pub fn version(content_version: Id) -> Self {
        Self::new("ContentVersion", content_version, "VersionData")
    }

    /// The content of an attachment.
    pub fn attachment(id: Id) -> Self {
        Self::new("Attachment", id, "Body")
    }

    /// The content of a document.
    pub fn document(id: Id) -> Self {
        Self::new("Document", id, "Body")
    }
}

impl Operation for GetBlob {
    type Output = Bytes;

    fn request(&self) -> Result<Request, Error> {
        let path = [self.object.as_str(), self.id.as_str(), self.field.as_str()];
        let request = Request::new(Method::GET, "sobjects/{object}/{id}/{field}", &path)?;
        // Uncompressed, so that the length of the answer is that of the blob.
        Ok(request
            .header(ACCEPT, HeaderValue::from_static("*/*"))
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity")))
    }

    fn decode(&self, response: Response) -> Result<Bytes, Error> {
        match crate::decode::page(response.status, &response.headers, &response.body, BLOB) {
            Some(error) => Err(error),
            None => Ok(response.body),
        }
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Creates a record with a blob, in base64 within the JSON; its output is the id. For small blobs:
/// the platform takes 50 MB of text, which are 37.5 MB of bytes.
#[derive(Debug, Clone)]
pub struct CreateBlob {
    object: String,
    fields: Fields,
    field: String,
    bytes: Bytes,
}

impl CreateBlob {
    /// A record with its other fields, such as `PathOnClient` of a `ContentVersion`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object, or name the id or the blob.
    pub fn new(
        object: impl Into<String>,
        fields: &(impl Serialize + ?Sized),
        field: impl Into<String>,
        bytes: impl Into<Bytes>,
    ) -> Result<Self, Error> {
        let (fields, field) = (Fields::new(fields)?, field.into());
        check(&fields, &field)?;
        Ok(Self { object: object.into(), fields, field, bytes: bytes.into() })
    }
}

/// The blob is not among the other fields.
pub(crate) fn check(fields: &Fields, blob: &str) -> Result<(), Error> {
    match fields.get(blob) {
        Some(_) => {
            Err(Error::invalid(format!("the field {blob} is the blob; leave it out of the others")))
        }
        None => Ok(()),
    }
}

struct Body<'a>(&'a CreateBlob);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let CreateBlob { fields, field, bytes, .. } = self.0;
        let mut map = serializer.serialize_map(None)?;
        fields.extend(&mut map)?;
        map.serialize_entry(field, &STANDARD.encode(bytes))?;
        map.end()
    }
}

impl Operation for CreateBlob {
    type Output = Id;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::POST, "sobjects/{object}", &[&self.object])?.json(&Body(self))
    }

    fn decode(&self, response: Response) -> Result<Id, Error> {
        CreateRecord::new(self.object.as_str(), &self.fields)?.decode(response)
    }

    fn safety(&self) -> Safety {
        Safety::Write
    }
}
