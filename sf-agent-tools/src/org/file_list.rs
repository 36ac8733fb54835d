//! Which files there are: those of a record, and those with words in title or content.
//!
//! Titles are looked through by a query, which is exact. Content is looked through by Salesforce's own
//! search (SOQL and SOSL Reference, "IN SearchGroup": a search of files is one of all that is indexed
//! of them), which knows whole words, lags behind and does not index every file. With rules a file is
//! named only if it hangs on a record that is to be seen, and content is searched only if the rules
//! open every field in which something could be found.

use std::collections::HashSet;

use sf_rest::Id;
use sf_soql::ast::{
    CompareOp, Condition, Count, Expr, Expression, Ident, Literal, Path, ReturnedField, Returning,
    Search, Span, Value,
};

use super::Org;
use super::files::{
    ATTACHMENT, DOCUMENT, FileInfo, IDS, VERSION, attachment, document, text, version,
};
use crate::{ErrorClass, ToolError};

/// Files that were looked for.
#[derive(Default)]
pub(crate) struct Files {
    /// Those changed last first.
    pub(crate) found: Vec<FileInfo>,
    /// Whether there may be more like these.
    pub(crate) more: bool,
    /// What was not looked at, and why, a sentence each.
    pub(crate) unseen: Vec<String>,
}

impl Org {
    /// The files that hang on a record, and its attachments.
    ///
    /// # Errors
    /// If the record is not to be seen, or neither files nor attachments are.
    pub(crate) async fn files_of(&self, record: Id) -> Result<Files, ToolError> {
        self.record_is_there(record).await?;
        let mut files = Files::default();
        let (fields, by) = (["ContentDocumentId"], [record.as_str()]);
        let links = self.select("ContentDocumentLink", &fields, "LinkedEntityId", &by).await;
        let links = match links {
            Err(error) if error.class == ErrorClass::FixYourCall => Err(error),
            other => Ok(other?),
        };
        for link in links.iter().flatten().collect::<Vec<_>>().chunks(IDS) {
            let ids: Vec<String> =
                link.iter().filter_map(|row| text(row, "ContentDocumentId")).collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let found = self.select("ContentDocument", DOCUMENT, "Id", &ids).await?;
            files.found.extend(found.iter().map(document));
        }
        match (self.select("Attachment", ATTACHMENT, "ParentId", &by).await, links) {
            (Ok(found), links) => {
                files.found.extend(found.iter().map(attachment));
                files.unseen.extend(links.is_err().then(|| hidden("Files")));
            }
            // Rules may give the one and not the other.
            (Err(error), links) if error.class == ErrorClass::FixYourCall => {
                links?;
                files.unseen.push(hidden("Attachments of the old kind"));
            }
            (Err(error), _) => return Err(error),
        }
        files.sort();
        Ok(files)
    }

    /// Files whose title has all of the words, or in which the search finds them: at most `most` of
    /// either.
    ///
    /// # Errors
    /// By the error contract.
    pub(crate) async fn files_with(
        &self,
        words: &[&str],
        search: Option<Expression>,
        most: usize,
    ) -> Result<Files, ToolError> {
        let mut files = Files { found: self.files_named(words, most).await?, ..Files::default() };
        files.more = files.found.len() > most;
        files.found.truncate(most);
        if let Some(words) = search {
            match self.files_holding(words, most).await {
                Ok(holding) => {
                    files.more |= holding.len() >= most;
                    let known: HashSet<Option<String>> =
                        files.found.iter().map(|file| file.document.clone()).collect();
                    let new = holding.into_iter().filter(|file| !known.contains(&file.document));
                    files.found.extend(new);
                }
                Err(error)
                    if matches!(error.class, ErrorClass::FixYourCall | ErrorClass::AskAPerson) =>
                {
                    tracing::debug!(%error, "the content of files cannot be searched");
                    files.unseen.push(
                        "Only titles were looked through: this connection cannot search what is in \
                         files."
                            .to_owned(),
                    );
                }
                Err(error) => return Err(error),
            }
        }
        if self.inner.guard.is_some() {
            let ids = files.found.iter().filter_map(|file| file.document.as_deref());
            let seen = self.hanging(&ids.collect::<Vec<_>>()).await?;
            files.found.retain(|file| file.document.as_ref().is_some_and(|id| seen.contains(id)));
            // Of the hits only these are told, by their number, too.
            let held = files.found.iter().filter(|file| file.by == Some("content")).count();
            self.gate().rows(held as u64)?;
        }
        files.sort();
        Ok(files)
    }

    /// One more than `most`, if there are so many.
    async fn files_named(&self, words: &[&str], most: usize) -> Result<Vec<FileInfo>, ToolError> {
        let described = self.object("ContentDocument").await?;
        let fields = DOCUMENT.iter().filter(|name| described.field(name).is_some());
        let mut soql = format!(
            "SELECT {} FROM ContentDocument",
            fields.copied().collect::<Vec<_>>().join(", ")
        );
        for (at, word) in words.iter().enumerate() {
            let joint = if at == 0 { "WHERE" } else { "AND" };
            let word = sf_soql::escape::like(word);
            soql.push_str(&format!(" {joint} Title LIKE '%{word}%'"));
        }
        soql.push_str(&format!(" ORDER BY LastModifiedDate DESC, Id LIMIT {}", most + 1));
        let found = self.query(&self.parse(&soql)?).await?.records;
        Ok(found.iter().map(|row| FileInfo { by: Some("title"), ..document(row) }).collect())
    }

    /// The latest versions in which the search finds the words.
    async fn files_holding(
        &self,
        words: Expression,
        most: usize,
    ) -> Result<Vec<FileInfo>, ToolError> {
        let fault = |_| ToolError::ask_a_person("The files cannot be searched; report it.");
        let object = self.object("ContentVersion").await?;
        if !object.searchable {
            return Err(ToolError::fix_your_call("Salesforce does not search files here."));
        }
        let there = |name: &&&str| object.field(name).is_some();
        let paths: Result<Vec<Path>, _> =
            VERSION.iter().filter(there).map(|n| Path::new(n)).collect();
        let latest = object.field("IsLatest").is_some().then(|| Path::new("IsLatest"));
        let filter = latest.transpose().map_err(fault)?.map(|path| Condition::Compare {
            left: Expr::Field(path),
            op: CompareOp::Eq,
            value: Literal::from(Value::Boolean(true)),
            span: Span::default(),
        });
        let mut search = Search::new(words);
        search.returning.push(Returning {
            fields: paths.map_err(fault)?.into_iter().map(ReturnedField::new).collect(),
            filter,
            limit: Some(Count::from(most as u64)),
            ..Returning::new(Ident::new(&object.name).map_err(fault)?)
        });
        let found = self.search_of(&search, true).await?;
        Ok(found.iter().map(|row| FileInfo { by: Some("content"), ..version(row) }).collect())
    }
}

impl Files {
    fn sort(&mut self) {
        self.found.sort_by(|a, b| b.changed.cmp(&a.changed));
    }
}

fn hidden(what: &str) -> String {
    format!("{what} are not listed: this connection cannot see which there are.")
}
