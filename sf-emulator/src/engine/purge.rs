//! Emptying the recycle bin: rows that no query finds any more.
//!
//! They stay in their table, so that no later row gets their id.

use super::storage::tables::quote;
use super::{ApiError, Engine};

/// The value of `IsDeleted` in a purged row; 1 is a row in the recycle bin.
pub(super) const PURGED: i64 = 2;

impl Engine {
    /// Takes deleted rows, each given by object and 18-character id, out of
    /// the recycle bin. Rows that are not in it stay as they are.
    pub(crate) fn purge(&self, rows: &[(String, String)]) -> Result<(), ApiError> {
        self.write_with(|connection| {
            for (name, id) in rows {
                let object = self.schema().object(name).ok_or_else(ApiError::not_found)?;
                if object.has_recycle_bin() {
                    let sql = format!(
                        "UPDATE {} SET \"IsDeleted\" = {PURGED} WHERE \"Id\" = ?1 AND \"IsDeleted\" = 1",
                        quote(&object.name)
                    );
                    connection.prepare_cached(&sql)?.execute([id])?;
                }
            }
            Ok(())
        })
    }
}
