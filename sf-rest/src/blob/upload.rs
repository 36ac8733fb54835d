//! Uploads in parts: the fields in JSON, then the bytes as they are.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::Method;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use sf_auth::transport::RequestBody;

use super::BlobBody;
use crate::exchange::{self, Source};
use crate::ops::blob::check;
use crate::ops::records::CreateRecord;
use crate::{Client, Error, Fields, Id, Operation, Request, send};

/// Time for one upload: 2 GB at 600 KB/s.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// A record that is created together with its blob.
#[derive(Debug, Clone)]
pub struct NewBlob {
    object: String,
    fields: Fields,
    field: String,
    file_name: String,
    boundary: String,
}

impl NewBlob {
    /// A record with its other fields and the name of the blob field. The file name is for the
    /// platform's parser; fields such as `Name` or `PathOnClient` are among the others.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object, or name the id or the blob.
    pub fn new(
        object: impl Into<String>,
        fields: &(impl Serialize + ?Sized),
        field: impl Into<String>,
        file_name: impl Into<String>,
    ) -> Result<Self, Error> {
        let (fields, field) = (Fields::new(fields)?, field.into());
        check(&fields, &field)?;
        // Not to be met in the bytes by chance.
        let random = || RandomState::new().hash_one("boundary");
        let boundary = format!("boundary-{:016x}{:016x}", random(), random());
        Ok(Self { object: object.into(), fields, field, file_name: file_name.into(), boundary })
    }

    /// A file: a `ContentVersion` with this path, by which the platform knows name and type. Without
    /// `ContentDocumentId` it is a new file, with it a new version of one.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn version(path: &str, fields: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        let blob = Self::new("ContentVersion", fields, "VersionData", path)?;
        if blob.fields.get("PathOnClient").is_some() {
            return Ok(blob);
        }
        let mut fields = serde_json::to_value(&blob.fields)
            .map_err(|e| Error::invalid(format!("the fields are not JSON: {e}")))?;
        if let Some(map) = fields.as_object_mut() {
            map.insert("PathOnClient".to_owned(), path.into());
        }
        Ok(Self { fields: Fields::new(&fields)?, ..blob })
    }

    /// An attachment of a record.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn attachment(name: &str, parent: Id) -> Result<Self, Error> {
        let fields = serde_json::json!({ "Name": name, "ParentId": parent.as_str() });
        Self::new("Attachment", &fields, "Body", name)
    }

    /// What is sent, without its body.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for an object that no path can hold.
    pub fn request(&self) -> Result<Request, Error> {
        let kind = format!("multipart/form-data; boundary={}", self.boundary);
        let kind = HeaderValue::from_str(&kind)
            .map_err(|_| Error::invalid("the boundary between the parts is no header"))?;
        Ok(Request::new(Method::POST, "sobjects/{object}", &[&self.object])?
            .header(CONTENT_TYPE, kind))
    }

    /// What stands before and behind the bytes.
    fn frame(&self) -> Result<(String, String), Error> {
        let json = serde_json::to_string(&self.fields)
            .map_err(|e| Error::invalid(format!("the fields are not JSON: {e}")))?;
        let boundary = &self.boundary;
        let quoted = |text: &str| -> String {
            text.chars()
                .map(|c| match c {
                    '"' => "%22".to_owned(),
                    c if c.is_control() => "_".to_owned(),
                    c => c.to_string(),
                })
                .collect()
        };
        let (field, file) = (quoted(&self.field), quoted(&self.file_name));
        let before = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"entity_content\"\r\n\
             Content-Type: application/json\r\n\r\n{json}\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        Ok((before, format!("\r\n--{boundary}--\r\n")))
    }
}

/// The parts around the bytes.
struct Framed<'a> {
    before: Bytes,
    body: &'a BlobBody,
    after: Bytes,
}

impl Source for Framed<'_> {
    fn open(&self) -> Result<RequestBody, Error> {
        let frame = (self.before.len() + self.after.len()) as u64;
        let length = self.body.length().saturating_add(frame);
        let before = stream::iter([Ok(self.before.clone())]);
        let after = stream::iter([Ok(self.after.clone())]);
        let pieces = before.chain(self.body.open()?).chain(after);
        Ok(RequestBody::stream(length, pieces))
    }

    fn is_spent(&self) -> bool {
        self.body.is_spent()
    }
}

impl Client {
    /// Creates a record with a blob that is streamed from where it is; gives the record's id. As a
    /// create, it is sent again only when the platform certainly did not execute it.
    ///
    /// # Errors
    /// As [`Client::send`], and [`Error::Source`] if the bytes could not be read or are not as many
    /// as announced; nothing is created then.
    pub async fn upload(&self, new: &NewBlob, body: &BlobBody) -> Result<Id, Error> {
        let request = new.request()?;
        let (before, after) = new.frame()?;
        let framed = Framed { before: before.into(), body, after: after.into() };
        match exchange::upload(self, &request, &framed, LIMIT).await {
            Ok(response) => {
                let create = CreateRecord::new(new.object.as_str(), &new.fields)?;
                let (safety, named) = (create.safety(), || send::operation(&request));
                create.decode(response).map_err(|error| send::known(named, safety, false, error))
            }
            // A body that was broken off is no request.
            Err(error) => Err(body.failure().unwrap_or(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts() {
        let fields = serde_json::json!({ "Title": "R" });
        let mut new = NewBlob::version("a \"b\"\r\n.pdf", &fields).unwrap();
        assert_ne!(new.boundary, NewBlob::version("a", &fields).unwrap().boundary);
        new.boundary = "b".to_owned();
        let (before, after) = new.frame().unwrap();
        insta::assert_snapshot!(format!("{before}<bytes>{after}").replace('\r', ""), @r#"
        --b
        Content-Disposition: form-data; name="entity_content"
        Content-Type: application/json

        {"Title":"R","PathOnClient":"a \"b\"\r\n.pdf"}
        --b
        Content-Disposition: form-data; name="VersionData"; filename="a %22b%22__.pdf"
        Content-Type: application/octet-stream

        <bytes>
        --b--
        "#);
        assert!(
            NewBlob::new("Attachment", &serde_json::json!({ "body": "" }), "Body", "x").is_err()
        );
    }
}
