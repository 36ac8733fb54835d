//! What can go wrong with a store.

/// An error of a [`TokenStore`](super::TokenStore). Cloneable, since one error may answer several
/// waiting callers.
///
/// No variant holds a body, a password or a connection string.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store was set up wrongly: an address, a table name, a path, a server's refusal of the
    /// login. Somebody has to change something.
    #[error("{store} store: {problem}")]
    Configuration {
        /// `SQLite`, `PostgreSQL` or `Redis`.
        store: &'static str,
        /// What is wrong, what is allowed, what to do.
        problem: String,
    },

    /// A key or a body that no store takes. Nothing was sent.
    #[error("{what}")]
    Invalid {
        /// What is wrong and what is allowed.
        what: String,
    },

    /// The store cannot be reached or is too busy. Nothing was changed; try again later.
    #[error("{store} store is not available: {problem}; nothing was changed, try again later")]
    Unavailable {
        /// Which store.
        store: &'static str,
        /// What happened.
        problem: String,
    },

    /// A change was sent and its answer was lost: it may have happened or not. Read the row and
    /// compare what is in it.
    #[error(
        "{store} store: the answer to a change was lost ({problem}); read the row to learn whether it happened"
    )]
    OutcomeUnknown {
        /// Which store.
        store: &'static str,
        /// What happened.
        problem: String,
    },

    /// No room: the disk or the memory of the store is full. Nothing was changed.
    #[error("{store} store is full: {problem}; nothing was changed. Make room, then try again")]
    Full {
        /// Which store.
        store: &'static str,
        /// What the store said.
        problem: String,
    },

    /// The store may be read but not changed: a read-only file, a replica, a missing right.
    #[error("{store} store cannot be changed: {problem}")]
    ReadOnly {
        /// Which store.
        store: &'static str,
        /// What is in the way and what to do.
        problem: String,
    },

    /// What the store holds is damaged, or was not written by this library.
    #[error("{store} store: {problem}")]
    Damaged {
        /// Which store.
        store: &'static str,
        /// What was found and what to do.
        problem: String,
    },
}

impl StoreError {
    /// Whether the same call may succeed later without a change of the program: the store is away,
    /// busy or full. After an unknown outcome the row is read first.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::OutcomeUnknown { .. } | Self::Full { .. })
    }

    /// Whether the change may have happened although it was answered with this error.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::OutcomeUnknown { .. })
    }
}
