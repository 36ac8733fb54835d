//! Queries as jobs.

use std::collections::{HashSet, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::{Stream, TryStreamExt, stream};
use tokio::sync::mpsc;

use super::read::Reader;
use super::row::{Block, BulkRow, FromBulkRow, Header};
use super::rows::{BulkRows, Message};
use super::wait::{Guard, OnDrop, wait};
use crate::ops::bulk::{
    AbortJob, ColumnDelimiter, CreateQueryJob, CsvFormat, DeleteJob, GetJob, GetResultPages,
    GetResults, JobInfo, JobKind, JobState, next_locator,
};
use crate::polling::Polling;
use crate::{Client, Error, Id, Operation};

/// A query that the platform runs in the background: rows beyond what pages of
/// [`Client::query`] are good for. Made by [`Client::bulk_query`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before rows or start"]
pub struct BulkQuery<R = BulkRow> {
    client: Client,
    create: CreateQueryJob,
    settings: Settings,
    rows: PhantomData<fn() -> R>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    page_rows: u32,
    parallel: usize,
    polling: Polling,
    on_drop: OnDrop,
}

impl Default for Settings {
    fn default() -> Self {
        Self { page_rows: 50_000, parallel: 1, polling: Polling::default(), on_drop: OnDrop::Abort }
    }
}

impl<R: FromBulkRow> BulkQuery<R> {
    pub(crate) fn new(client: Client, soql: String) -> Self {
        let create = CreateQueryJob::new(soql);
        Self { client, create, settings: Settings::default(), rows: PhantomData }
    }

    /// Includes deleted and archived rows.
    pub fn include_deleted(mut self) -> Self {
        self.create = self.create.include_deleted();
        self
    }

    /// How the CSV is written. It makes no difference to the rows.
    pub fn format(mut self, format: CsvFormat) -> Self {
        self.create = self.create.format(format);
        self
    }

    /// Rows of a page, 50,000 by default; each page is an API request. Memory does not depend on
    /// it, but a page that is cut is read again.
    pub fn page_rows(mut self, rows: u32) -> Self {
        self.settings.page_rows = rows.max(1);
        self
    }

    /// Reads this many pages at the same time, by their addresses (`resultPages`, API 58.0 and
    /// later); the rows come in order nevertheless. The platform chooses the size of the pages, and
    /// each page is held as a whole until its turn.
    pub fn parallel(mut self, pages: usize) -> Self {
        self.settings.parallel = pages.max(1);
        self
    }

    /// How to wait for the job.
    pub fn polling(mut self, polling: Polling) -> Self {
        self.settings.polling = polling;
        self
    }

    /// What becomes of a job that runs while its rows are dropped: aborted by default.
    pub fn on_drop(mut self, on_drop: OnDrop) -> Self {
        self.settings.on_drop = on_drop;
        self
    }

    /// All rows. The job is made when the first is asked for; its result stays on the platform for
    /// seven days.
    pub fn rows(self) -> BulkRows<R> {
        let Self { client, create, settings, .. } = self;
        BulkRows::new(move |sender| run(client, Begin::New(create), settings, sender))
    }

    /// Makes the job now.
    ///
    /// # Errors
    /// As [`Client::send`]; a statement that the platform refuses is an [`Error::Api`].
    pub async fn start(self) -> Result<QueryJob<R>, Error> {
        let info = self.client.send(&self.create).await?;
        let job = QueryJob::new(self.client, info.id);
        Ok(QueryJob { settings: self.settings, ..job })
    }
}

/// A query job that was made before, by [`BulkQuery::start`] or another process; see
/// [`Client::bulk_query_job`]. Dropping it leaves the job alone.
#[derive(Debug, Clone)]
pub struct QueryJob<R = BulkRow> {
    client: Client,
    id: Id,
    settings: Settings,
    rows: PhantomData<fn() -> R>,
}

impl<R: FromBulkRow> QueryJob<R> {
    pub(crate) fn new(client: Client, id: Id) -> Self {
        Self { client, id, settings: Settings::default(), rows: PhantomData }
    }

    /// How to wait for the job.
    #[must_use]
    pub fn polling(mut self, polling: Polling) -> Self {
        self.settings.polling = polling;
        self
    }

    /// The id, by which another process can go on.
    pub fn id(&self) -> Id {
        self.id
    }

    /// The state now.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn info(&self) -> Result<JobInfo, Error> {
        self.client.send(&GetJob::new(JobKind::Query, self.id)).await
    }

    /// Waits until the job is complete.
    ///
    /// # Errors
    /// [`Error::BulkJob`] with the platform's message if it failed or was aborted,
    /// [`Error::BulkTimeout`], and as [`Client::send`].
    pub async fn wait(&self) -> Result<JobInfo, Error> {
        complete(&self.client, self.id, self.settings.polling).await
    }

    /// All rows, once the job is complete.
    pub fn rows(self) -> BulkRows<R> {
        let Self { client, id, settings, .. } = self;
        BulkRows::new(move |sender| run(client, Begin::Job(id), settings, sender))
    }

    /// Aborts the job.
    ///
    /// # Errors
    /// As [`Client::send`]; a job that is over is refused with `INVALIDJOBSTATE`.
    pub async fn abort(&self) -> Result<JobInfo, Error> {
        self.client.send(&AbortJob::new(JobKind::Query, self.id)).await
    }

    /// Deletes the job and its result, which must be over.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn delete(self) -> Result<(), Error> {
        self.client.send(&DeleteJob::new(JobKind::Query, self.id)).await
    }
}

enum Begin {
    New(CreateQueryJob),
    Job(Id),
}

async fn complete(client: &Client, id: Id, polling: Polling) -> Result<JobInfo, Error> {
    let info = wait(client, JobKind::Query, id, polling, |_| ()).await?;
    match info.state {
        JobState::JobComplete => Ok(info),
        _ => Err(Error::bulk_job(&info)),
    }
}

async fn run(client: Client, begin: Begin, settings: Settings, sender: mpsc::Sender<Message>) {
    let last = match read(&client, begin, settings, &sender).await {
        Ok(()) => Message::End,
        Err(error) => Message::Error(error),
    };
    // A consumer that is gone does not mind.
    let _ = sender.send(last).await;
}

async fn read(
    client: &Client,
    begin: Begin,
    settings: Settings,
    sender: &mpsc::Sender<Message>,
) -> Result<(), Error> {
    let id = match &begin {
        Begin::New(create) => client.send(create).await?.id,
        Begin::Job(id) => *id,
    };
    let mut guard = match begin {
        Begin::New(_) => Guard::new(client, JobKind::Query, id, settings.on_drop),
        Begin::Job(_) => Guard::new(client, JobKind::Query, id, OnDrop::Leave),
    };
    let info = complete(client, id, settings.polling).await;
    guard.disarm();
    let info = info?;
    let delimiter = ColumnDelimiter::read(info.column_delimiter.as_deref())?;
    let mut delivery =
        Delivery { sender, total: info.number_records_processed, received: 0, header: None };
    if settings.parallel > 1 {
        let pages = whole_pages(client, id, delimiter, settings.parallel);
        let mut pages = std::pin::pin!(pages);
        while let Some(page) = pages.try_next().await.map_err(|error| match error {
            Error::Incomplete { problem, .. } => delivery.incomplete(problem),
            error => error,
        })? {
            for block in page {
                delivery.take(block).await?;
            }
        }
    } else {
        pages(client, id, delimiter, settings.page_rows, &mut delivery).await?;
    }
    delivery.end()
}

/// Hands rows over, and counts them.
struct Delivery<'a> {
    sender: &'a mpsc::Sender<Message>,
    total: Option<u64>,
    received: u64,
    header: Option<Header>,
}

impl Delivery<'_> {
    async fn take(&mut self, block: Block) -> Result<(), Error> {
        self.received += block.len() as u64;
        if self.total.is_some_and(|total| self.received > total) {
            return Err(self.incomplete("more than the job has"));
        }
        if self.header.get_or_insert_with(|| Header::clone(&block.header)) != &block.header {
            return Err(self.incomplete("and a page has other columns than the one before"));
        }
        // The task is aborted when the consumer is gone.
        let _ = self.sender.send(Message::Block(Arc::new(block))).await;
        Ok(())
    }

    fn end(&self) -> Result<(), Error> {
        match self.total {
            Some(total) if total != self.received => {
                Err(self.incomplete("and the last page was reached"))
            }
            Some(_) => Ok(()),
            None => Err(self.incomplete("and the job does not say how many there are")),
        }
    }

    fn incomplete(&self, problem: &'static str) -> Error {
        let (expected, received) = (self.total.unwrap_or_default(), self.received);
        Error::Incomplete { expected, received, problem }
    }
}

/// One page after the other; the next is asked for as soon as this one is read.
async fn pages(
    client: &Client,
    id: Id,
    delimiter: ColumnDelimiter,
    page_rows: u32,
    delivery: &mut Delivery<'_>,
) -> Result<(), Error> {
    let mut page = GetResults::new(id);
    let mut locators = HashSet::new();
    loop {
        let request = page.max_records(page_rows).request()?;
        let mut reader = Reader::new(client.clone(), request, delimiter);
        while let Some(block) = reader.next().await? {
            delivery.take(block).await?;
        }
        match reader.answer_headers().and_then(next_locator) {
            Some(None) => return Ok(()),
            Some(Some(locator)) => {
                page = GetResults::at(id, locator.as_str());
                if !locators.insert(locator) {
                    let problem = "and a page gives the locator of one that was read before";
                    return Err(delivery.incomplete(problem));
                }
            }
            None => {
                let problem = "and a page does not say whether it is the last";
                return Err(delivery.incomplete(problem));
            }
        }
    }
}

/// Whole pages in order, several of them read at the same time.
fn whole_pages(
    client: &Client,
    id: Id,
    delimiter: ColumnDelimiter,
    parallel: usize,
) -> impl Stream<Item = Result<Vec<Block>, Error>> {
    let links = Links {
        next: Some(GetResultPages::new(id)),
        id,
        ready: VecDeque::new(),
        seen: HashSet::new(),
    };
    let links = stream::try_unfold(links, move |mut links| async move {
        Ok(links.next(client).await?.map(|link| (link, links)))
    });
    let pages = links.map_ok(move |link: String| whole_page(client, link, delimiter));
    pages.try_buffered(parallel)
}

/// The addresses of the pages, each given once.
struct Links {
    id: Id,
    next: Option<GetResultPages>,
    ready: VecDeque<String>,
    seen: HashSet<String>,
}

impl Links {
    async fn next(&mut self, client: &Client) -> Result<Option<String>, Error> {
        loop {
            if let Some(link) = self.ready.pop_front() {
                return match self.seen.insert(link.clone()) {
                    true => Ok(Some(link)),
                    false => Err(astray("and a page is given twice")),
                };
            }
            let Some(ask) = self.next.take() else { return Ok(None) };
            let answer = client.send(&ask).await?;
            self.ready.extend(answer.links);
            if let Some(url) = answer.next {
                if !self.seen.insert(url.clone()) {
                    return Err(astray("and the addresses of its pages go in a circle"));
                }
                self.next = Some(GetResultPages::next(self.id, &url, client.version()));
            }
        }
    }
}

/// What is wrong with the addresses; who hands the rows over knows how many they are.
fn astray(problem: &'static str) -> Error {
    Error::Incomplete { expected: 0, received: 0, problem }
}

async fn whole_page(
    client: &Client,
    link: String,
    delimiter: ColumnDelimiter,
) -> Result<Vec<Block>, Error> {
    let request = GetResults::link(&link, client.version()).request()?;
    let mut reader = Reader::new(client.clone(), request, delimiter);
    let (mut blocks, mut bytes) = (Vec::new(), 0);
    while let Some(block) = reader.next().await? {
        bytes += block.text.len();
        if bytes > client.inner.body_cap {
            return Err(Error::invalid(format!(
                "a page of the result has over {} bytes, which is what an answer may have that is held in memory; \
                 read it without parallel, or raise the client's body_cap",
                client.inner.body_cap
            )));
        }
        blocks.push(block);
    }
    Ok(blocks)
}
