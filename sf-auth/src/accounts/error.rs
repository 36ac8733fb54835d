//! What stands in the way of an account.

use std::time::Duration;

/// The state of a connected account, or of an authorization, that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The store has no such account.
    #[error("there is no account {identifier:?}; connect it first")]
    Unknown {
        /// The caller's name of the account.
        identifier: String,
    },

    /// The account waits for its first authorization.
    #[error(
        "the account {identifier:?} was never authorised; send a person to the URL that connect returns"
    )]
    NotAuthorized {
        /// The caller's name of the account.
        identifier: String,
    },

    /// The refresh token is dead.
    #[error(
        "the account {identifier:?} has to be authorised again ({reason}); send a person to the URL that connect returns"
    )]
    NeedsReauth {
        /// The caller's name of the account.
        identifier: String,
        /// What the platform said.
        reason: String,
    },

    /// Only an administrator of the org can mend it.
    #[error("the account {identifier:?} needs an administrator of its org ({reason})")]
    NeedsAdmin {
        /// The caller's name of the account.
        identifier: String,
        /// What the platform said, with the remedy.
        reason: String,
        /// When it is tried again.
        retry_after: Duration,
    },

    /// It is not known whether the refresh token still works, and finding out could end the
    /// sessions that live. Not an error of those who have such a session.
    #[error(
        "the answer to the last refresh of the account {identifier:?} was lost, and its refresh token is not risked \
         while a session lives"
    )]
    Uncertain {
        /// The caller's name of the account.
        identifier: String,
    },

    /// It was disconnected by us.
    #[error("the account {identifier:?} is disconnected; connect it again")]
    Disconnected {
        /// The caller's name of the account.
        identifier: String,
    },

    /// It is connected by other credentials than those given now.
    #[error("the account {identifier:?} is connected with other credentials; disconnect it first")]
    OtherCredentials {
        /// The caller's name of the account.
        identifier: String,
    },

    /// The `state` of a callback was not made by these accounts.
    #[error("the state of the callback is not one of ours; start again with connect")]
    UnknownState,

    /// The `state` of a callback was used before, or replaced by a newer authorization.
    #[error(
        "this authorization of the account {identifier:?} was finished or replaced before; start again with connect"
    )]
    UsedState {
        /// The caller's name of the account.
        identifier: String,
    },

    /// The authorization took too long.
    #[error(
        "this authorization of the account {identifier:?} took too long; start again with connect"
    )]
    ExpiredState {
        /// The caller's name of the account.
        identifier: String,
    },

    /// The account belongs to one org, and someone logged in to another.
    #[error(
        "the account {identifier:?} belongs to org {expected}, and the person logged in to org {found}; log in to the \
         right org, or allow the change"
    )]
    OtherOrg {
        /// The caller's name of the account.
        identifier: String,
        /// The org of the account.
        expected: String,
        /// The org of the login.
        found: String,
    },

    /// The account belongs to one user, and another one logged in.
    #[error(
        "the account {identifier:?} belongs to user {expected}, and user {found} logged in; log in as the right user, \
         or allow the change"
    )]
    OtherUser {
        /// The caller's name of the account.
        identifier: String,
        /// The user of the account.
        expected: String,
        /// The user who logged in.
        found: String,
    },

    /// The row of the store cannot be read.
    #[error("the stored account {identifier:?} cannot be read: {problem}")]
    Damaged {
        /// The caller's name of the account.
        identifier: String,
        /// What is wrong with it.
        problem: String,
    },

    /// The accounts were dropped.
    #[error("the accounts of these credentials are closed")]
    Closed,
}

impl AccountError {
    /// Whether the same call may succeed later without anyone changing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Uncertain { .. })
    }

    /// When the account is tried again, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::NeedsAdmin { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }
}
