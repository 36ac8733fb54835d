//! Reads one CSV answer block by block; one that is cut is asked for again from where it ended.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

use http::HeaderMap;
use sf_auth::transport::Body;

use super::csv_reader::{Collector, CsvReader, Problem, Rows};
use super::row::{Block, BulkRow, Header};
use crate::exchange::{self, Opened};
use crate::ops::bulk::{ColumnDelimiter, CsvFormat, announced_rows};
use crate::retry::Schedule;
use crate::{Client, Error, Request, Response, decode, send};

const WHAT: &str = "CSV";

/// One answer.
pub(crate) struct Reader {
    client: Client,
    request: Request,
    delimiter: ColumnDelimiter,
    csv: CsvReader,
    pass: Pass,
    header: Option<Header>,
    open: Option<(Body, HeaderMap)>,
    ended: Option<HeaderMap>,
    /// The waits since rows were last handed over.
    schedule: Option<Schedule>,
    attempts: u32,
    started: Instant,
}

/// One way through the answer, which may repeat rows of an earlier one.
struct Pass {
    collector: Collector,
    /// Rows of this pass.
    seen: u64,
    digest: DefaultHasher,
    /// Rows that earlier passes collected, and their digest.
    repeated: u64,
    repeated_digest: u64,
    announced: Option<u64>,
}

impl Rows for Pass {
    fn row(&mut self, header: &Header, values: &str, ends: &[usize]) -> Result<(), Problem> {
        if self.announced.is_some_and(|announced| self.seen >= announced) {
            return Err("it has more rows than it announces".to_owned());
        }
        self.seen += 1;
        (values, ends).hash(&mut self.digest);
        if self.seen > self.repeated {
            return self.collector.row(header, values, ends);
        }
        if self.seen == self.repeated && self.digest.finish() != self.repeated_digest {
            return Err("it was cut, and its repetition has other rows".to_owned());
        }
        Ok(())
    }
}

impl Pass {
    fn new() -> Self {
        Self {
            collector: Collector::default(),
            seen: 0,
            digest: DefaultHasher::new(),
            repeated: 0,
            repeated_digest: 0,
            announced: None,
        }
    }

    /// Begins anew; what was collected stays.
    fn repeat(&mut self) {
        if self.seen >= self.repeated {
            (self.repeated, self.repeated_digest) = (self.seen, self.digest.finish());
        }
        self.seen = 0;
        self.digest = DefaultHasher::new();
    }

    /// Whether rows are missing at the end.
    fn is_short(&self) -> bool {
        self.seen < self.repeated || self.announced.is_some_and(|announced| self.seen < announced)
    }
}

impl Reader {
    pub(crate) fn new(client: Client, request: Request, delimiter: ColumnDelimiter) -> Self {
        Self {
            client,
            request,
            delimiter,
            csv: CsvReader::new(delimiter),
            pass: Pass::new(),
            header: None,
            open: None,
            ended: None,
            schedule: None,
            attempts: 0,
            started: Instant::now(),
        }
    }

    /// The next rows; `None` only when the answer was read to its true end.
    pub(crate) async fn next(&mut self) -> Result<Option<Block>, Error> {
        while self.ended.is_none() {
            let Some((body, _)) = &mut self.open else {
                self.begin().await?;
                continue;
            };
            let failed = match body.chunk().await {
                Ok(Some(piece)) => {
                    self.take(&piece)?;
                    if self.pass.collector.is_full() {
                        self.schedule = None;
                        return Ok(self.block());
                    }
                    continue;
                }
                Ok(None) => match self.end() {
                    Ok(()) => break,
                    Err(error) => error,
                },
                Err(source) => {
                    let operation = send::operation(&self.request);
                    let (attempts, elapsed) = (self.attempts, self.started.elapsed());
                    Error::Transport { operation, attempts, elapsed, source }
                }
            };
            self.open = None;
            let schedule = self.schedule.get_or_insert_with(|| self.client.schedule());
            let Some(delay) = schedule.next(None) else { return Err(failed) };
            tracing::debug!(rows = self.pass.seen, ?delay, "cut, will be read again");
            tokio::time::sleep(delay).await;
        }
        Ok(self.block())
    }

    /// The headers of an answer that was read to its end.
    pub(crate) fn answer_headers(&self) -> Option<&HeaderMap> {
        self.ended.as_ref()
    }

    async fn begin(&mut self) -> Result<(), Error> {
        self.attempts += 1;
        let Opened { headers, body, .. } = exchange::download(&self.client, &self.request).await?;
        self.csv = CsvReader::new(self.delimiter);
        self.pass.repeat();
        self.pass.announced = announced_rows(&headers);
        self.open = Some((body, headers));
        Ok(())
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), Error> {
        if self.csv.header().is_none() && piece.trim_ascii_start().first() == Some(&b'<') {
            return Err(not_csv(200, piece));
        }
        self.csv.push(piece, &mut self.pass).map_err(|problem| self.problem(problem))?;
        self.check_header()
    }

    fn check_header(&mut self) -> Result<(), Error> {
        match (self.csv.header(), &self.header) {
            (Some(now), Some(before)) if now != before => {
                Err(self.problem("it was cut, and its repetition has other columns".to_owned()))
            }
            (Some(now), None) => {
                self.header = Some(Header::clone(now));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self) -> Result<(), Error> {
        self.csv.finish(&mut self.pass).map_err(|problem| self.problem(problem))?;
        self.check_header()?;
        if self.pass.is_short() {
            let expected = self.pass.announced.unwrap_or(self.pass.repeated);
            let problem = "and the answer ended";
            return Err(Error::Incomplete { expected, received: self.pass.seen, problem });
        }
        self.ended = self.open.take().map(|(_, headers)| headers);
        Ok(())
    }

    fn block(&mut self) -> Option<Block> {
        let header = self.header.clone()?;
        self.pass.collector.take(&header)
    }

    fn problem(&self, problem: Problem) -> Error {
        let names = self.csv.header().map(|header| header.join(",")).unwrap_or_default();
        let excerpt = decode::excerpt(names.as_bytes());
        Error::Decode { status: 200, what: WHAT, problem, excerpt }
    }
}

fn not_csv(status: u16, body: &[u8]) -> Error {
    let form = "an HTML or XML page";
    Error::NotJson { status, what: WHAT, form, excerpt: decode::excerpt(body) }
}

/// All rows of an answer that is in memory.
pub(crate) fn parse_all(response: &Response, format: CsvFormat) -> Result<Vec<BulkRow>, Error> {
    let (status, body) = (response.status, &response.body);
    if body.trim_ascii_start().first() == Some(&b'<') {
        return Err(not_csv(status, body));
    }
    let mut csv = CsvReader::new(format.delimiter);
    let mut rows = Collector::default();
    let read = csv.push(body, &mut rows).and_then(|()| csv.finish(&mut rows));
    read.map_err(|problem| {
        let excerpt = decode::excerpt(body);
        Error::Decode { status, what: WHAT, problem, excerpt }
    })?;
    let Some(block) = csv.header().and_then(|header| rows.take(header)) else {
        return Ok(Vec::new());
    };
    let block = Arc::new(block);
    Ok((0..block.len()).map(|row| block.row(row)).collect())
}
