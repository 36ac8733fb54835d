//! Memory for answers that come one after the other, such as the pages of a query.
//!
//! The kernel clears each page of fresh memory before it gives it out, which for large answers costs
//! as much as reading them does.

use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use sf_auth::transport::{Body, TransportError};

/// Memory that is used again as soon as the answer that was in it has been dropped.
pub(crate) struct Buffers {
    state: Mutex<State>,
    /// More of them are not kept.
    most: usize,
}

#[derive(Default)]
struct State {
    /// Each shares its memory with the answer that was read into it last.
    buffers: Vec<BytesMut>,
    /// The longest answer so far.
    longest: usize,
}

impl Buffers {
    /// Memory for so many answers at a time.
    pub(crate) fn new(most: usize) -> Self {
        Self { state: Mutex::default(), most }
    }

    /// Reads a body to its end.
    pub(crate) async fn read(&self, body: Body, cap: usize) -> Result<Bytes, TransportError> {
        let mut buffer = self.take();
        let bytes = body.bytes_in(&mut buffer, cap).await?;
        self.put(buffer, bytes.len());
        Ok(bytes)
    }

    fn take(&self) -> BytesMut {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = state.longest;
        let free = state.buffers.iter_mut().position(|buffer| buffer.try_reclaim(longest));
        match free {
            Some(place) => state.buffers.swap_remove(place),
            None => BytesMut::with_capacity(longest),
        }
    }

    fn put(&self, buffer: BytesMut, length: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.longest = state.longest.max(length);
        if state.buffers.len() == self.most {
            state.buffers.remove(0);
        }
        state.buffers.push(buffer);
    }
}
