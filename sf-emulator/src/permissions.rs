//! What a test says about who sees what, as the org's administrator would.

use std::sync::Arc;

use crate::engine::{AccessError, Caller, Engine, Login, ObjectAccess, RecordAccess, Sharing};
use crate::error::Error;
use crate::server::{Org, on_engine};

/// A user of the org, as a test names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) name: String,
}

impl From<Login> for User {
    fn from(login: Login) -> Self {
        Self { id: login.id, username: login.username, name: login.name }
    }
}

impl User {
    /// 18-character id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the user logs in with.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// First and last name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Changes permissions and sharing, as if by the administrator in the setup.
/// What is changed counts from the next request on. The same rows can be
/// written by the data API: `ObjectPermissions`, `FieldPermissions`,
/// `PermissionSetAssignment`, `AccountShare` and the like.
///
/// A *holder* of permissions is a profile, by its name, or a permission set, by
/// name or label. Users go by id, username or name.
#[derive(Clone, Copy)]
pub struct Permissions<'o> {
    pub(crate) org: &'o Arc<Org>,
}

impl Permissions<'_> {
    /// Sets what a holder grants on an object that has permissions of its own.
    ///
    /// # Errors
    /// When there is no such holder or object.
    pub async fn set_object(
        &self,
        holder: &str,
        object: &str,
        access: ObjectAccess,
    ) -> Result<(), Error> {
        let (holder, object) = (holder.to_owned(), object.to_owned());
        self.run(move |engine, admin| engine.set_object_access(admin, &holder, &object, access))
            .await
    }

    /// Sets what a holder grants on a field, written `Account.AnnualRevenue`.
    /// Part of an address stands for the whole of it.
    ///
    /// # Errors
    /// When there is no such holder, or no such field that could be hidden:
    /// names, system fields and required ones cannot.
    pub async fn set_field(
        &self,
        holder: &str,
        field: &str,
        access: RecordAccess,
    ) -> Result<(), Error> {
        let (holder, field) = (holder.to_owned(), field.to_owned());
        self.run(move |engine, admin| engine.set_field_access(admin, &holder, &field, access)).await
    }

    /// Sets an object's organisation-wide default.
    ///
    /// # Errors
    /// When there is no such object, or nothing that could control it.
    pub async fn set_sharing(&self, object: &str, sharing: Sharing) -> Result<(), Error> {
        let object = object.to_owned();
        self.run(move |engine, admin| engine.set_sharing(admin, &object, sharing)).await
    }

    /// Shares a record by hand with a user; [`RecordAccess::None`] ends that.
    ///
    /// # Errors
    /// When there is no such user, no such record, or its object has no shares.
    pub async fn share(&self, record: &str, user: &str, access: RecordAccess) -> Result<(), Error> {
        let (record, user) = (record.to_owned(), user.to_owned());
        self.run(move |engine, admin| engine.set_record_access(admin, &record, &user, access)).await
    }

    /// Gives a user a permission set.
    ///
    /// # Errors
    /// When there is no such permission set or user.
    pub async fn assign(&self, permission_set: &str, user: &str) -> Result<(), Error> {
        let (set, user) = (permission_set.to_owned(), user.to_owned());
        self.run(move |engine, admin| engine.assign(admin, &set, &user)).await
    }

    async fn run(
        &self,
        work: impl FnOnce(&Engine, &Caller) -> Result<(), AccessError> + Send + 'static,
    ) -> Result<(), Error> {
        let admin = Caller {
            user_id: self.org.admin.id.clone(),
            version: "66.0".to_owned(),
            now: self.org.clock.now(),
            allow_duplicates: false,
        };
        let done = on_engine(self.org, move |engine| Ok(work(engine, &admin))).await;
        match done {
            Ok(done) => done.map_err(|error| Error::Permissions(Box::new(error))),
            Err(_) => Err(Error::Data("the org's database failed".into())),
        }
    }
}

impl std::fmt::Debug for Permissions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Permissions").finish_non_exhaustive()
    }
}
