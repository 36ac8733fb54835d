//! Blobs of any size, streamed: files, attachments, documents.
//!
//! ```no_run
//! use sf_rest::blob::{BlobBody, NewBlob};
//! use sf_rest::ops::blob::GetBlob;
//! # async fn example(client: sf_rest::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let file = BlobBody::file("report.pdf").await?;
//! let version = NewBlob::version("report.pdf", &serde_json::json!({ "Title": "Report" }))?;
//! let id = client.upload(&version, &file).await?;
//!
//! let mut copy = tokio::fs::File::create("copy.pdf").await?;
//! client.download(&GetBlob::version(id)).await?.write_to(&mut copy).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A blob is never held as a whole: up, 64 KiB of a file at a time; down, as the network gives it.
//! One that ends early is an error, never a shorter blob. What arrived before the error stands with
//! the consumer, who should write to a place of its own and move it when the end was reached.
//!
//! The platform takes 2 GB for a `ContentVersion` and 500 MB for others (REST API Developer Guide,
//! "Insert or Update Blob Data").

mod body;
mod download;
mod upload;

pub use body::BlobBody;
pub use download::Blob;
pub use upload::NewBlob;
