//! A schema in the languages of others: JSON Schema, Rust, Mermaid.

mod json_schema;
mod mermaid;
mod rust;

pub use self::json_schema::json_schema;
pub use self::mermaid::mermaid;
pub use self::rust::rust_code;
