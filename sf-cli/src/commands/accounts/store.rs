//! The bearer tokens of this user's accounts: digests in a file of the home folder.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sf_auth::accounts::{Account, Status};

/// What tokens begin with, so that scanners for secrets know them.
const PREFIX: &str = "sfmcp_";
/// No letters or digits that look alike.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A token, without what its holder shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) account: String,
    /// Whose account it was when the token was made, as far as it was known.
    org_id: Option<String>,
    user_id: Option<String>,
    username: Option<String>,
    pub(crate) profile: String,
    pub(crate) policy: Option<PathBuf>,
    pub(crate) write: bool,
    pub(crate) created: Timestamp,
    pub(crate) expires: Option<Timestamp>,
    /// SHA-256 of the whole token, in base64. What is guessed has 256 random bits, so that a slow
    /// digest would protect nothing more.
    sha256: String,
}

/// What a token is to allow.
pub(crate) struct Grant {
    pub(crate) profile: String,
    pub(crate) policy: Option<PathBuf>,
    pub(crate) write: bool,
    pub(crate) expires: Option<Timestamp>,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    tokens: Vec<Token>,
}

impl Token {
    /// A new token for an account, and the text that its holder shows.
    pub(crate) fn new(account: &Account, grant: Grant) -> Result<(Self, String)> {
        let mut random = [0_u8; 40];
        rand::fill(&mut random).ok().context("the system gives no random numbers")?;
        let (name, secret) = random.split_at(8);
        let id: String =
            name.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
        let text = format!("{PREFIX}{id}_{}", BASE64_URL_SAFE_NO_PAD.encode(secret));
        let token = Self {
            id,
            account: account.identifier.clone(),
            org_id: account.org_id.clone(),
            user_id: account.user_id.clone(),
            username: account.login.username.clone(),
            profile: grant.profile,
            policy: grant.policy,
            write: grant.write,
            created: Timestamp::now(),
            expires: grant.expires,
            sha256: BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes())),
        };
        Ok((token, text))
    }

    pub(crate) fn has_expired(&self) -> bool {
        self.expires.is_some_and(|end| end <= Timestamp::now())
    }

    /// Whether an account is still that for which the token was made: another login may have taken
    /// its name.
    pub(crate) fn is_for(&self, account: &Account) -> bool {
        let same = |made: &Option<String>, now: &Option<String>| made.is_none() || made == now;
        account.status != Status::Disconnected
            && self.account == account.identifier
            && same(&self.org_id, &account.org_id)
            && same(&self.user_id, &account.user_id)
            && same(&self.username, &account.login.username)
    }

    fn is_shown_by(&self, text: &str) -> bool {
        let shown = digest(&SHA256, text.as_bytes());
        let kept = BASE64_STANDARD.decode(&self.sha256).unwrap_or_default();
        verify_slices_are_equal(shown.as_ref(), &kept).is_ok()
    }
}

/// The token that somebody shows, unless it has expired.
pub(crate) fn shown<'a>(tokens: &'a [Token], text: &str) -> Option<&'a Token> {
    let (id, _) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let token = tokens.iter().find(|token| token.id == id)?;
    (token.is_shown_by(text) && !token.has_expired()).then_some(token)
}

/// All tokens of a file; none if there is no file.
pub(crate) fn read(path: &Path) -> Result<Vec<Token>> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    // Whoever can write to it can make a token for any account.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            bail!(
                "{path} has mode {mode:04o}, so others than its owner have access; run: chmod 600 \
                 {path}",
                path = path.display()
            );
        }
    }
    let kept: Kept = serde_json::from_str(&text)
        .with_context(|| format!("{} is no list of tokens", path.display()))?;
    Ok(kept.tokens)
}

/// Changes the tokens of a file, with nobody else doing so at the same time.
pub(crate) fn change<T>(
    path: &Path,
    change: impl FnOnce(&mut Vec<Token>) -> Result<T>,
) -> Result<T> {
    let _lock = lock(path)?;
    let mut tokens = read(path)?;
    let made = change(&mut tokens)?;
    let text = serde_json::to_string_pretty(&Kept { tokens })? + "\n";
    let written = || {
        // A file of its own in the same folder, for its owner alone, takes the place of the old one.
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".tokens-").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        std::io::Result::Ok(())
    };
    written().with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(made)
}

/// Held until it is dropped.
fn lock(path: &Path) -> Result<File> {
    let path = path.with_extension("lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let locked = || {
        let file = options.open(&path)?;
        file.lock()?;
        std::io::Result::Ok(file)
    };
    locked().with_context(|| format!("{} cannot be locked", path.display()))
}
