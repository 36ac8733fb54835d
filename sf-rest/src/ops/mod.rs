//! The resources, one file each: each operation is a value that builds its request and reads its
//! answer, and sends nothing.
//!
//! | for | modules |
//! | --- | --- |
//! | one record | [`records`], [`upsert`], [`external_id`], [`related`] |
//! | many records | [`query`], [`explain`], [`collections`], [`retrieve`], [`tree`] |
//! | several operations in one request | [`composite`], [`batch`], [`graph`]; [`answers`], [`parts`], [`mod@reference`] |
//! | full-text search | [`search`], [`parameterized_search`], [`suggestions`], [`search_layouts`] |
//! | what changed, what was used | [`feeds`], [`recent`], [`if_changed`] |
//! | what the org has | [`versions`], [`resources`], [`limits`], [`record_counts`], [`describe`] |
//! | what a person sees | [`layouts`], [`list_views`] |
//! | what the org does | [`actions`], [`quick_actions`], [`approvals`], [`apex_rest`] |
//! | metadata | [`tooling`] |
//! | analytics | [`reports`], [`dashboards`] |

pub mod actions;
pub mod answers;
pub mod apex_rest;
pub mod approvals;
pub mod batch;
pub mod blob;
pub mod bulk;
pub mod collections;
pub mod composite;
pub mod dashboards;
pub mod describe;
pub mod explain;
pub mod external_id;
pub mod feeds;
pub mod graph;
pub mod if_changed;
pub mod layouts;
pub mod limits;
pub mod list_views;
pub mod parameterized_search;
pub mod parts;
pub mod query;
pub mod quick_actions;
pub mod recent;
pub mod record_counts;
pub mod records;
pub mod reference;
pub mod related;
pub mod reports;
pub mod resources;
pub mod retrieve;
pub mod search;
pub mod search_layouts;
pub mod suggestions;
pub mod tooling;
pub mod tree;
pub mod upsert;
pub mod versions;
