//! The rows of a bulk query as a stream.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tracing::Instrument;

use super::row::{Block, BulkRow, FromBulkRow};
use crate::Error;

/// Blocks that wait between the task that reads and the consumer.
const AHEAD: usize = 2;

/// What the reading task says.
pub(super) enum Message {
    Block(Arc<Block>),
    Error(Error),
    End,
}

/// The rows of a bulk query, in the order of the result. It ends without an error only after all of
/// them.
///
/// A task reads them, a few blocks ahead of the consumer. Dropping the stream ends the task.
pub struct BulkRows<R = BulkRow> {
    state: State,
    rows: PhantomData<fn() -> R>,
}

type Start = Box<dyn FnOnce(mpsc::Sender<Message>) -> Task + Send>;
type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

enum State {
    /// Nothing is sent before the first row is asked for.
    Ready(Option<Start>),
    Running(Running),
    Ended,
}

struct Running {
    messages: mpsc::Receiver<Message>,
    reader: AbortHandle,
    block: Option<Arc<Block>>,
    row: usize,
    delivered: u64,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl<R: FromBulkRow> BulkRows<R> {
    pub(super) fn new<F>(task: impl FnOnce(mpsc::Sender<Message>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let start: Start = Box::new(move |sender| Box::pin(task(sender)));
        Self { state: State::Ready(Some(start)), rows: PhantomData }
    }
}

impl Running {
    fn start(start: Start) -> Self {
        let (sender, messages) = mpsc::channel(AHEAD);
        let reader = tokio::spawn(start(sender).in_current_span()).abort_handle();
        Self { messages, reader, block: None, row: 0, delivered: 0 }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<BulkRow, Error>>> {
        loop {
            if let Some(block) = self.block.as_ref().filter(|block| self.row < block.len()) {
                let row = block.row(self.row);
                self.row += 1;
                self.delivered += 1;
                return Poll::Ready(Some(Ok(row)));
            }
            self.block = None;
            match ready!(self.messages.poll_recv(cx)) {
                Some(Message::Block(block)) => (self.block, self.row) = (Some(block), 0),
                Some(Message::Error(error)) => return Poll::Ready(Some(Err(error))),
                Some(Message::End) => return Poll::Ready(None),
                None => {
                    let problem = "and the task that reads them is gone";
                    let received = self.delivered;
                    let error = Error::Incomplete { expected: received, received, problem };
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl<R: FromBulkRow> Stream for BulkRows<R> {
    type Item = Result<R, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let State::Ready(start) = &mut this.state
            && let Some(start) = start.take()
        {
            this.state = State::Running(Running::start(start));
        }
        let item = match &mut this.state {
            State::Ready(_) | State::Ended => None,
            State::Running(running) => ready!(running.poll(cx)),
        };
        let item = item.map(|row| row.and_then(R::from_bulk_row));
        if !matches!(item, Some(Ok(_))) {
            this.state = State::Ended;
        }
        Poll::Ready(item)
    }
}

impl<R> Unpin for BulkRows<R> {}

impl<R> fmt::Debug for BulkRows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkRows").finish_non_exhaustive()
    }
}
