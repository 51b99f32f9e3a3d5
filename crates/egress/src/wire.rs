//! One connection to a partner, on which messages and answers take turns.
//!
//! HTTP is hyper's. Its connection gets no task of its own: whoever sends a message drives it until the answer is
//! there, so nobody else is woken, and a message that is given up takes its connection with it.

use crate::bell::Bell;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    client::conn::http1::{Builder, Connection, SendRequest},
    rt::{Read, Write},
};
use sluicegate_ledger::SendError;
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};

/// A connection between two messages, or in one.
pub(crate) struct Wire<S: Read + Write> {
    sender: SendRequest<Full<Bytes>>,
    connection: Connection<S, Full<Bytes>>,
    has_ended: bool,
    /// Rung by what the connection waits for.
    bell: Arc<Bell>,
    rope: Waker,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl<S: Read + Write + Send + Unpin + 'static> Wire<S> {
    pub(crate) async fn new(stream: S) -> Result<Self, SendError> {
        let shaken = Builder::new().max_headers(HEADERS_MAX).handshake(stream).await;
        let (sender, connection) = shaken.map_err(|_closed| SendError::Connect)?;
        let bell = Arc::<Bell>::default();
        Ok(Self { sender, connection, has_ended: false, rope: bell.rope(), bell })
    }

    /// Returns whether it can take another message: the other side has neither closed it nor said anything unasked.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.drive();
        !self.has_ended && self.sender.is_ready()
    }

    /// Sends a message, and hears an answer whose body has at most that many bytes. The first byte goes before this
    /// waits for anything.
    pub(crate) async fn ask(
        &mut self,
        uri: &Uri,
        headers: &HeaderMap,
        body: Bytes,
        bytes_max: usize,
    ) -> Result<Heard, SendError> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        request.uri_mut().clone_from(uri);
        request.headers_mut().clone_from(headers);
        let response = self.sender.send_request(request);
        let answered = self.along(response).await.and_then(Result::ok);
        let (head, body) = answered.ok_or(SendError::Protocol)?.into_parts();
        let collected = self.along(Limited::new(body, bytes_max).collect()).await;
        let body = match collected.ok_or(SendError::Protocol)? {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(SendError::TooLarge),
            Err(_broken) => return Err(SendError::Protocol),
        };
        Ok(Heard { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Drives the connection until that is there; `None` if the connection ends without it.
    async fn along<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut has_begun = false;
        poll_fn(|context| {
            // Why: woken for another connection, this one has nothing to do.
            let mut is_due = self.bell.was_rung() || !has_begun;
            has_begun = true;
            for _ in 0..TURNS_MAX {
                if !is_due {
                    self.bell.wait(context.waker());
                    if !self.bell.was_rung() {
                        return Poll::Pending;
                    }
                }
                // What is asked for lets the connection go on, and the connection brings it.
                if let Poll::Ready(output) =
                    future.as_mut().poll(&mut Context::from_waker(&self.rope))
                {
                    return Poll::Ready(Some(output));
                }
                if self.has_ended {
                    return Poll::Ready(None);
                }
                self.drive();
                is_due = self.bell.was_rung() || self.has_ended;
            }
            self.bell.wait(context.waker());
            self.rope.wake_by_ref();
            Poll::Pending
        })
        .await
    }

    fn drive(&mut self) {
        if !self.has_ended {
            let mut context = Context::from_waker(&self.rope);
            self.has_ended = Pin::new(&mut self.connection).poll(&mut context).is_ready();
        }
    }
}

/// How often a connection may go on before others have their turn.
const TURNS_MAX: usize = 16;
/// Fields of an answer's head.
const HEADERS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    async fn wire(piece: usize) -> (Wire<TokioIo<DuplexStream>>, DuplexStream) {
        let (near, far) = duplex(piece);
        (Wire::new(TokioIo::new(near)).await.unwrap(), far)
    }

    /// Asks, and hears a partner that says this in pieces of that size and then, if it ends, hangs up.
    async fn heard(said: &str, piece: usize, ends: bool) -> Result<(Heard, bool), SendError> {
        let (mut wire, mut far) = wire(piece).await;
        let said = said.as_bytes().to_vec();
        tokio::spawn(async move {
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n{}") {
                far.read_buf(&mut asked).await?;
            }
            far.write_all(&said).await?;
            if ends { far.shutdown().await } else { far.read_buf(&mut asked).await.map(drop) }
        });
        let body = Bytes::from_static(b"{}");
        let heard = wire.ask(&Uri::from_static("/bid"), &HeaderMap::new(), body, 10).await?;
        Ok((heard, wire.is_quiet()))
    }

    #[tokio::test]
    async fn an_answer_ends_as_its_head_says_however_it_is_cut() {
        let cases: [(&str, u16, &str, bool); 8] = [
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", 200, "{}", true),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
                200,
                "{}",
                false,
            ),
            ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}", 200, "{}", false),
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true),
            ("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", 200, "{\"a\":1}", false),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n",
                200,
                "{\"a\":1}",
                true,
            ),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n",
                429,
                "",
                true,
            ),
            ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789", 200, "0123456789", true),
        ];
        for (said, status, body, stays) in cases {
            for piece in [1, 7, 4_096] {
                let (heard, stayed) = heard(said, piece, !stays).await.unwrap();
                let found = (heard.status, &heard.body[..], stayed);
                assert_eq!(found, (status, body.as_bytes(), stays), "{said} in pieces of {piece}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_broken_or_too_large_is_refused() {
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(65));
        for broken in [
            "",
            "nonsense\r\n\r\n",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
            &many,
        ] {
            let error = heard(broken, 4_096, true).await.unwrap_err();
            assert_eq!(error, SendError::Protocol, "{broken}");
        }
        for large in [
            "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n01234567890",
            "HTTP/1.1 200 OK\r\n\r\n01234567890",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n",
        ] {
            let error = heard(large, 4_096, true).await.unwrap_err();
            assert_eq!(error, SendError::TooLarge, "{large}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_or_spoke_unasked_is_not_quiet() {
        let (mut near, mut far) = wire(64).await;
        assert!(near.is_quiet());
        far.write_all(b"x").await.unwrap();
        assert!(!near.is_quiet());
        let (mut near, far) = wire(64).await;
        drop(far);
        assert!(!near.is_quiet());
    }

    #[tokio::test]
    async fn what_follows_an_answer_unasked_costs_the_connection() {
        let said = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n";
        let (heard, stayed) = heard(said, 4_096, false).await.unwrap();
        assert_eq!((heard.status, &heard.body[..], stayed), (200, &b"{}"[..], false));
    }
}
