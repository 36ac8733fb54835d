//! An embedded Salesforce org on loopback: OAuth, REST and SOQL over SQLite, with faults on demand.
//!
//! A test, a demo or a newcomer without an org starts one in milliseconds and
//! points any Salesforce client at it:
//!
//! ```no_run
//! # async fn example() -> Result<(), sf_emulator::Error> {
//! use sf_emulator::{Emulator, Fault, Operation};
//!
//! let org = Emulator::start().await?;
//! println!("log in at {} as {}", org.url(), org.username());
//!
//! // The second page of the next query is cut in the middle of its body.
//! org.faults().push(Fault::cut_body().on(Operation::NextPage));
//!
//! // Three hours pass: every session is over its idle timeout.
//! org.advance(std::time::Duration::from_secs(3 * 60 * 60));
//! # Ok(())
//! # }
//! ```
//!
//! It binds loopback only, speaks HTTP/1.1 (over TLS if [`Builder::tls`] says
//! so), and keeps its data in memory unless a file is given. [`Emulator`] is the running org, [`Builder`] its
//! settings, [`Fault`] what goes wrong on purpose, [`RequestRecord`] what was
//! asked of it.
//!
//! # Logging in
//!
//! Its default app takes every OAuth flow that is here: authorization code with
//! PKCE (plain and hybrid), user agent, refresh, password, client credentials,
//! JWT bearer, SAML bearer and device; SOAP `login()` works too. Further apps
//! register themselves with [`Emulator::initial_access_token`].
//! [`ConnectedApp`] holds an app's policies (scopes, PKCE, refresh-token rotation
//! and lifetime, who may use it, the run-as user, token exchange, asset tokens),
//! [`Access`] what the administrator forbids while the org runs (addresses, login
//! hours, locked users, expired passwords, the API itself, the whole org),
//! [`Builder::login_host`] where the generic login host is. A write of
//! `IsActive` by the data API ends the user's sessions and refresh tokens. Which
//! of these leads to which error is a table in `tests/it/oauth_errors.rs`.
//!
//! # Who sees what
//!
//! Every request runs as the user of its session. The default org has an
//! administrator, two sales representatives (Sam Ortega, Riley O'Hara) who do not
//! see each other's accounts, opportunities, leads and invoices, their manager
//! (Morgan Lindqvist), who sees both's, an integration user with three
//! objects and few fields, and a user who reads and changes nothing (Robin
//! Readonly). [`Emulator::user`] finds them, [`Emulator::issue_token_for`] logs
//! them in, and [`Emulator::permissions`] changes what they may do:
//!
//! ```no_run
//! # async fn example(org: sf_emulator::Emulator) -> Result<(), Box<dyn std::error::Error>> {
//! use sf_emulator::{ObjectAccess, RecordAccess, Sharing};
//!
//! let sam = org.user("Sam Ortega").await.ok_or("no such user")?;
//! let token = org.issue_token_for(sam.id());
//! let permissions = org.permissions();
//! permissions.set_field("Standard User", "Contact.Phone", RecordAccess::None).await?;
//! permissions.set_object("Standard User", "Lead", ObjectAccess::None).await?;
//! permissions.set_sharing("Case", Sharing::Private).await?;
//! permissions.share("001dE0000000001QAA", sam.username(), RecordAccess::Edit).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The rights are rows, too: `PermissionSet` (each profile owns one),
//! `PermissionSetAssignment`, `ObjectPermissions`, `FieldPermissions`, `UserRole`,
//! `GroupMember`, `AccountShare` and the like, which who manages users (shares: who
//! has the record) may write by the data API. What is written counts at the next
//! request.
//!
//! # An org of one's own
//!
//! [`Builder::describe`] takes the describes of any org as its schema and
//! [`Builder::rows`] rows from JSON and CSV, so that a team develops against a twin
//! of the org it has; [`Builder::database`] keeps it in a file. [`Emulator::alter`]
//! changes the schema while clients are at work, as an administrator may at any
//! time:
//!
//! ```no_run
//! # async fn example() -> Result<(), sf_emulator::Error> {
//! use sf_emulator::{Drift, Emulator, NewField};
//!
//! let org = Emulator::builder().describe("twin").rows("twin").start().await?;
//! org.alter(Drift::rename_field("Invoice__c", "Amount__c", "Total__c")).await?;
//! org.alter(Drift::retype_field("Invoice__c", NewField::new("Notes__c", "string").length(80)))
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Reports, lists and actions
//!
//! A new org has a folder of reports and two dashboards; more are made over the
//! API, and they are kept with the data. They are statements over the org's rows
//! and run as the caller, as list views and quick actions do. [`ReportRuns`] says
//! when the runs of reports in the background go on. [`InvocableAction`] declares
//! flows, Apex methods and standard actions with what they take and answer,
//! [`Emulator::action_calls`] tells what was called, [`ApprovalProcess`] declares
//! approvals.
//!
//! # Faults from other languages
//!
//! With [`Builder::admin`] the org answers below `/__admin`, to whoever sends
//! [`Emulator::admin_token`] as bearer token:
//!
//! | request | body | does |
//! | --- | --- | --- |
//! | `POST /faults` | a fault or an array of them | adds faults; all or none |
//! | `GET`, `DELETE /faults` | | how many wait; forgets them |
//! | `POST /faults/release` | | lets requests go that are held |
//! | `GET`, `DELETE /requests` | | the request log; forgets it |
//! | `GET /clock`, `POST /clock/advance` | `{"seconds": 7200}` | the org's time |
//! | `POST /sessions/expire` | | ends every session |
//! | `POST /sessions/timeout` | `{"seconds": 900}` | how long sessions live unused |
//! | `POST /locators/expire` | | ends every query locator |
//! | `POST /tokens` | `{"user_id": "005…"}` or none | a session without OAuth |
//! | `POST /access` | `{"ip": "every_request", "lock_user": "005…"}` | as [`Access`] |
//! | `POST /schema` | a [`Drift`] or an array of them | changes the schema, one after the other |
//! | `POST /bulk/hold`, `/bulk/step`, `/bulk/release`, `/bulk/idle` | | as [`BulkJobs`] |
//! | `POST /reports/hold`, `/reports/step`, `/reports/release` | | as [`ReportRuns`] |
//! | `POST /actions` | `{"kind": "flow", "name": "Route_Case", "inputs": [{"name": "caseId", "type": "REFERENCE", "required": true}], "answers": {"queue": "Tier 2"}}` | declares an [`InvocableAction`]; `"fails": {"code": "…", "message": "…"}` instead of `answers` |
//! | `GET`, `DELETE /actions/calls` | | as [`Emulator::action_calls`]; forgets them |
//!
//! A fault is named as the function of [`Fault`] that makes it, and narrowed as
//! its methods do: `{"kind": "reply", "status": 503, "body": "…", "operations":
//! ["query", "next_page"], "method": "GET", "path_contains": "/Account",
//! "skip": 1, "times": 3, "after_ms": 200}`. `"always": true` with
//! `"probability": 0.1, "seed": 7` hits every tenth request or so. `rows_locked`
//! is `row_locked` with `"rows": [0, 2]`; `latency` wants `after_ms`; any kind may
//! have `"until_released": true`.
//!
//! # Where the platform's answer is not established
//!
//! The public documentation leaves some answers open. This org's choices, on
//! which no client should base a decision: a retired version answers 410 with
//! `UNSUPPORTED_API_VERSION`; an unknown one 404 `NOT_FOUND`; a missing
//! `Authorization` header 401 `INVALID_SESSION_ID`, a malformed one
//! `INVALID_AUTH_HEADER`; a `batchSize` outside 200 to 2,000 is clamped; a
//! query locator may be read again at an offset that was handed out until the
//! page behind it was read, and refuses any other (both with a switch:
//! [`Builder::reusable_locators`], [`Builder::computed_offsets`]); more than
//! 2,000 groups answer `EXCEEDED_ID_LIMIT`; a
//! failed precondition answers 412 `PRECONDITION_FAILED`; a body that is not
//! JSON answers 415 `UNSUPPORTED_MEDIA_TYPE`, one over 50 MB 413
//! `REQUEST_TOO_LARGE`; a method that SOAP does not have here is the fault
//! `INVALID_OPERATION`.
//!
//! Of statements: a text, date or number that a function formats reads as in
//! `en_US`; there is one currency, so `convertCurrency` changes nothing and a
//! currency literal is refused; weeks start on Sunday, the fiscal year on
//! 1 January, users live in UTC; an alias names a column of the result alone, so
//! that `HAVING` and `ORDER BY` refuse it; a time of day loses what is below a
//! millisecond; `FOR VIEW`, `FOR REFERENCE` and `UPDATE
//! TRACKING` or `VIEWSTAT` are taken and change nothing; subtotals of `ROLLUP`
//! and `CUBE` follow the rows they sum up; `USING SCOPE team` is the caller and
//! whom the caller manages; the texts for too long strings, too many sort keys,
//! wrong `GROUPING`, `DISTANCE`, `OFFSET` in a sub-select and objects that a
//! semi-join may not be over are this org's own. Search cuts text into words at
//! whatever is neither letter nor digit and knows no stems or synonyms.
//!
//! Of rights: a parent that the user does not see is null with all its fields,
//! while the lookup to it shows its id; a record that is not seen answers every
//! request as one that does not exist, save that a unique value of it is
//! `DUPLICATE_VALUE` with `<unknown>` for its id, and that an upsert by such a value
//! is refused; an external id that is not unique finds what the user sees.
//! `INSUFFICIENT_ACCESS_OR_READONLY` has status 403 and answers a missing permission
//! on the object, too. A share object holds what was granted by hand and has no
//! rows for owners. The owner of an account gets nothing from that below it. Tasks
//! and events are read by who sees what they are about and changed by their
//! owners; they have object permissions here. `/limits/recordCount` counts what
//! the user sees. Who has the permission Api Only User cannot log in on the login
//! page, with a text of this org's own. Users with Modify All Data are denied a field only by a row of
//! `FieldPermissions` that says so.
//!
//! Of writes: a value that the controlling field does not allow answers
//! `INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST`; a duplicate rule compares exactly,
//! without regard to case; a new record gets no record type by itself; a record
//! above itself answers `CIRCULAR_DEPENDENCY`, a campaign member twice
//! `DUPLICATE_VALUE`, one without a person `REQUIRED_FIELD_MISSING`; the texts
//! of the first and the last two are this org's own. An account goes to the
//! recycle bin with its activities, notes and files, and is held by contracts,
//! orders and cases, of which the answer names the first kind.
//!
//! Of rows: a well-formed id that no record has answers 404 `NOT_FOUND` alone,
//! and `INVALID_CROSS_REFERENCE_KEY` as an item of a collection; a malformed one
//! is taken for a field in a path (404 `NOT_FOUND`), answers `MALFORMED_ID` as an
//! item, and refuses the reading of a collection as a whole. A text field takes
//! a JSON number or boolean as text. Any other JSON value that is not of the
//! field's type (an object as a text, `"soon"` as a date) answers
//! `JSON_PARSER_ERROR`, alone and before anything else is looked at, as quoted in
//! public reports; line and column are those of its key, inside a composite those
//! in the subrequest's own body, and left out in trees. A key that a composite
//! request or a collection does not have answers `Unrecognized field`. Of a
//! field named twice the later value counts; a CSV with a line of another length
//! fails its bulk job as a whole. Files of more than 500 MB are not taken. Codes
//! that cannot be provoked here are listed, with the reason, in the test
//! `tests/it/codes.rs`; [`Fault::reply`] answers them.
//!
//! Of queries with child subqueries: a page holds 500 rows (or `batchSize`),
//! parents and children counted together, as clients of the platform report
//! (one parent, 499 children). A row whose children do not fit any more waits
//! for the next page; at the start of a page a set that is too long goes on
//! behind a locator of its own.
//!
//! Of composites: over the limits the request answers 400 `LIMIT_EXCEEDED`, and
//! from version 52 on a reference id that is malformed, used twice or unknown
//! 400 `INVALID_INPUT`; a subrequest cannot be a composite, nor answer with the
//! bytes of a blob. After the first failure with `allOrNone` nothing behind it
//! is tried. A composite in a transaction keeps every other request waiting
//! until it ends. A tree answers with all its failed records whose parents did
//! not fail.
//!
//! Of an org of one's own: values of a picklist that are not active are refused
//! where it is restricted and told by `active: false`; a literal default and a
//! picklist's default value apply, a default formula that is no literal is null; a
//! lookup of many kinds is seen as the entity `Name`, however few of them the org
//! has; an object that cannot be queried answers `INVALID_TYPE_FOR_OPERATION`.
//! Standard objects keep the rules that they have in the default org.
//!
//! Of changes of the schema: standard fields and objects are not renamed, removed
//! or given another type; a query locator from before such a change is over, one
//! from before another change is not; a rule that a change would break forbids it;
//! a required field binds writes, not the records that are there.
//!
//! `columns=true` beside a statement, which the Salesforce CLI sends and nothing
//! documents, answers with the names of the result's columns and no types.
//!
//! Of search: there is no index and no relevance, so rows come in the order of
//! the object; words have no stems, synonyms or corrections. `WITH SNIPPET`,
//! `DIVISION` and `SPELL_CORRECTION` are taken and do nothing; `DATA
//! CATEGORY`, `NETWORK` and `PricebookId` are refused. Errors inside `RETURNING`
//! show no place.
//!
//! Of the rest: `/recent` is what the user changed last, since nobody looks at a
//! record here; each object has one layout with all its fields and no compact
//! layouts; plans of `explain` rest on which fields the
//! platform indexes and on counts, and their costs are invented; a parent that is empty answers 204; an Apex REST class at every path below
//! `/services/apexrest` answers with method, path, parameters and body of the
//! request; who accepts XML and nothing else gets errors in XML, everything
//! else is JSON.
//!
//! Of reports: the report types are those of accounts, contacts, opportunities,
//! cases, leads and of every custom object, under the platform's names as far as
//! they are public (`data/analytics`); a field that none names is called
//! `Object.Field`. Errors carry a `specificErrorCode` of 0, since the numbers are
//! not published, and texts of this org's own. `allData` is false exactly when
//! detail rows were cut at 2,000. The fact map has every pair of groups, empty
//! ones with sums of 0. Groups of a picklist come in its order, others by label,
//! no value first; whole numbers have no fraction. `includeDetails` decides over
//! detail rows, then `hasDetailRows` of the request's metadata, then no. Buckets,
//! formulas, field-to-field filters, criteria of cross filters, joined and
//! historical reports are refused with 501. The standard filter `probability`
//! `>0` means all. Only who made a report or dashboard, and the administrator,
//! may change or delete it. The list has every report that the user may see,
//! the newest first. A run in the background is over at the first look. Runs,
//! dashboards' data and refreshes live as long as the process; hourly limits are
//! not enforced. Every dashboard shows what its viewer may see (`LoggedInUser`);
//! its status is `RUNNING` at the first look after a refresh, then `IDLE`; one is
//! made only as a copy.
//!
//! Of list views: an object has `All…`, `My…` and `NewThisWeek`, some have more;
//! `offset` is how many rows are left out, and `size` how many there are in the
//! answer; recent are those whose results the user read; `ListView` is no object
//! here. Of actions: a quick action of an object has its bare name and is found
//! under `Object.Name`, too; global ones set the first lookup of their object
//! that fits the context; nothing is posted to a feed. An invocable action answers
//! 400 with all results if one input failed; a wrong input is
//! `INVALID_API_INPUT`, a missing one `REQUIRED_FIELD_MISSING`. Standard ones
//! post and send nothing. Of approvals: a process has one step, locks no record
//! and lives as long as the process; the answer is 200 whatever the results say;
//! approver and administrator decide, by the id of the work item or of the
//! record. A document is linked to a record once.
//!
//! Of the Bulk API: its errors have `errorCode` before `message`. A job that
//! cannot be made answers `INVALIDJOB`, a step that its state does not allow
//! `INVALIDJOBSTATE` (results of a job that is not over, too, and closing a job
//! without data), a second upload `CLIENTINPUTERROR`, a statement that Bulk does
//! not run `API_ERROR` with `… not supported in Bulk Query`, results at another
//! version 409 `API_VERSION_MISMATCH`. A job is for the
//! user who made it, and for who has Modify All Data.
//! A malformed file, a record with too few or too many fields, one over the
//! limits of size, a repeated column or a byte order mark before a quote fail
//! the whole job before anything is written; an empty line is no record. Results
//! of records list what the job wrote in the order of the file. A page of query
//! results has 100,000 rows unless asked otherwise, 250,000 at most; only
//! locators that were handed out are taken; a row shows the values it has when
//! its page is read. Hard deletion needs no permission. `/limits` counts query
//! jobs, and a batch for every 10,000 records of an ingest job; only the limit
//! of query jobs is enforced, and records are not counted. The org keeps
//! 512 MiB of uploads for the results of finished jobs
//! ([`BulkJobs::set_kept_bytes`]), large ones in files.
//!
//! Of OAuth: token errors always have status 400; a bad assertion says
//! `invalid assertion` (a foreign recipient, a time to come and a SAML assertion
//! that was used before, too) or `assertion expired`, a wrong or missing PKCE verifier
//! (and one that no challenge asked for) `invalid code verifier`, a device code
//! that is over `invalid or expired device code`, an address out of range and a
//! time outside the login hours `ip restricted or invalid login hours`, a
//! deactivated user `inactive user`, a locked one `user is locked`, an expired
//! password `password expired`, an org that is not active `inactive
//! organization`, too many logins `login rate exceeded`, a grant that the generic
//! login host does not have `request not supported on this domain`, all as
//! `invalid_grant`; the password grant says `authentication failure` to
//! addresses, hours, deactivated and locked users. An app that is not installed
//! answers `invalid_client`, and `OAUTH_EC_APP_NOT_FOUND` on a redirect; a token
//! exchange handler that panics is the way to `unknown_error`. A code is used up by the first try of its app, right or wrong.
//! The sixth refresh token of a user and app ends the oldest one's sessions
//! too, and revoking a session ends its refresh token. A session that is used
//! from an address out of range answers 401 `INVALID_SESSION_ID` with the text
//! `This session is not valid for use with the REST API`, as does one without
//! the scope `api`; it works again once the address is allowed. A session of an
//! app without its agent answers 401 `UNAUTHORIZED`. A deactivated user's refresh
//! token answers `inactive user`, and `expired access/refresh token` once the
//! user is active again; locked users, login hours, expired passwords and an
//! inactive org leave open sessions alone. Sessions that
//! [`Emulator::issue_token`] gives count as the default app's. The login page is served where the platform
//! redirects to it by script; an unfinished or foreign page answers
//! `OAUTH_APPROVAL_ERROR_GENERIC`. The default app is pre-authorised for JWT
//! assertions and asks on its consent page all the same. A SAML assertion is
//! signed as a whole with RSA-SHA256 over exclusive canonicalization; RSA-SHA1,
//! which the platform still takes, is refused, and times have no tolerance. An
//! app that registers itself may ask for `none` as its authentication, and then
//! gets no `client_secret`; its errors are those of RFC 7591, a wrong token is 401
//! `invalid_token`, `scopes` is an array. Identity URLs name the org's own host
//! wherever the token was given. In XML they are `user` with an element for each
//! key, in a form nested keys are joined by dots. Of OAuth usage, the keys of apps
//! and users and the identifiers are this org's own. There are no hybrid
//! user-agent tokens.

mod access;
mod builder;
mod clock;
mod connected_app;
mod drift;
mod emulator;
mod engine;
mod error;
mod fault;
mod invocable;
mod operation;
mod permissions;
mod query_settings;
mod request_log;
mod server;
mod state;

pub use access::{Access, IpRestriction};
pub use builder::Builder;
pub use connected_app::ConnectedApp;
pub use drift::{Drift, NewField};
pub use emulator::Emulator;
pub use engine::{DuplicateRule, ObjectAccess, RecordAccess, Sharing, ValidationRule};
pub use error::{Error, ErrorKind};
pub use fault::{Fault, Faults};
pub use invocable::{ActionCall, ActionFailure, ActionParameter, ApprovalProcess, InvocableAction};
pub use operation::Operation;
pub use permissions::{Permissions, User};
pub use request_log::RequestRecord;
pub use server::analytics::ReportRuns;
pub use server::bulk::BulkJobs;
pub use state::{FieldChange, RowChange, RowChangeKind, State};
