//! A request body that knows whether it was asked for: what never was asked for was never sent.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Nobody asked for it yet.
const KEPT: u8 = 0;
/// Handed over, all at once.
const TAKEN: u8 = 1;
/// Nobody gets it any more.
const WITHDRAWN: u8 = 2;

/// The body of one attempt of a request that is sent once.
///
/// It gives its bytes once, and its [`Receipt`] says afterwards whether it did. The HTTP client cannot clone it, and so does
/// not send it twice by itself.
#[derive(Debug)]
pub(super) struct NotedBody {
    bytes: Bytes,
    state: Arc<AtomicU8>,
}

/// What tells whether a body was asked for.
#[derive(Debug)]
pub(super) struct Receipt {
    state: Arc<AtomicU8>,
    empty: bool,
}

/// Why a body that was withdrawn breaks the connection on which it is asked for.
#[derive(Debug)]
pub(super) struct Withdrawn;

impl NotedBody {
    /// A body, and what tells whether it was asked for.
    pub(super) fn new(bytes: Bytes) -> (Self, Receipt) {
        let state = Arc::new(AtomicU8::new(KEPT));
        let receipt = Receipt { state: Arc::clone(&state), empty: bytes.is_empty() };
        (Self { bytes, state }, receipt)
    }

    fn take(&self) -> bool {
        self.state.compare_exchange(KEPT, TAKEN, Ordering::AcqRel, Ordering::Acquire) != Err(WITHDRAWN)
    }
}

impl Receipt {
    /// Makes sure that nothing of the body is sent from now on. Whether nothing of it was sent before.
    ///
    /// `over` says that the HTTP client gave up by itself. For an empty body that has to be so: there is nothing to hold back
    /// when a connection takes the request up after all.
    pub(super) fn withdraw(&self, over: bool) -> bool {
        let withdrawn = self.state.compare_exchange(KEPT, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire) != Err(TAKEN);
        withdrawn && (over || !self.empty)
    }
}

impl Body for NotedBody {
    type Data = Bytes;
    type Error = Withdrawn;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Withdrawn>>> {
        if !self.take() {
            return Poll::Ready(Some(Err(Withdrawn)));
        }
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    /// For an empty body this is all that is ever asked, right before the head of the request is written.
    fn is_end_stream(&self) -> bool {
        if self.bytes.is_empty() {
            self.take();
            return true;
        }
        false
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

impl std::fmt::Display for Withdrawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the request was withdrawn before it was sent")
    }
}

impl std::error::Error for Withdrawn {}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn poll(body: &mut NotedBody) -> Option<Result<Bytes, Withdrawn>> {
        match Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(frame) => frame.map(|frame| frame.map(|frame| frame.into_data().unwrap())),
            Poll::Pending => panic!("a body in memory is always ready"),
        }
    }

    #[test]
    fn what_was_asked_for_may_have_been_sent() {
        let (mut body, receipt) = NotedBody::new(Bytes::from_static(b"{}"));
        assert_eq!(body.size_hint().exact(), Some(2));
        assert!(!body.is_end_stream());
        assert_eq!(poll(&mut body).unwrap().unwrap(), "{}");
        assert!(poll(&mut body).is_none() && body.is_end_stream());
        assert!(!receipt.withdraw(true));
    }

    #[test]
    fn what_was_withdrawn_is_never_sent() {
        for over in [true, false] {
            let (mut body, receipt) = NotedBody::new(Bytes::from_static(b"{}"));
            assert!(receipt.withdraw(over) && receipt.withdraw(over));
            assert!(poll(&mut body).unwrap().is_err());
        }
    }

    #[test]
    fn an_empty_body_proves_nothing_while_somebody_may_still_send_it() {
        let (body, receipt) = NotedBody::new(Bytes::new());
        assert!(!receipt.withdraw(false) && receipt.withdraw(true));
        drop(body);
        let (body, receipt) = NotedBody::new(Bytes::new());
        assert!(body.is_end_stream() && !receipt.withdraw(true));
    }
}
