//! One connection to a partner, on which messages and answers take turns (HTTP/1.1, RFC 9112).
//!
//! The caller's own task writes and reads: nothing is handed to another task, and a message that is given up takes its
//! connection with it. What a partner sends is hostile: heads and bodies are bounded, and what can be understood in
//! two ways is refused.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use sluicegate_ledger::SendError;
use std::{future::poll_fn, pin::Pin, task::Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// A connection between two messages, or in one.
pub(crate) struct Wire<S> {
    stream: S,
    /// What came and is not read yet.
    read: BytesMut,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    /// Those of [`HEADERS`] that were there.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the connection can take another message.
    pub(crate) stays: bool,
}

/// How an answer's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// There is none.
    Before,
    /// After so many bytes.
    After(usize),
    /// With a chunk of length zero.
    Chunked,
    /// With the connection.
    Connection,
}

struct Head {
    status: u16,
    headers: HeaderMap,
    ends: Ends,
    stays: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, read: BytesMut::new() }
    }

    /// Returns whether the other side has neither closed the connection nor said anything unasked.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        let mut byte = ReadBuf::new(&mut byte);
        let stream = &mut self.stream;
        let read =
            poll_fn(|context| Poll::Ready(Pin::new(&mut *stream).poll_read(context, &mut byte)));
        read.await.is_pending() && self.read.is_empty()
    }

    /// Writes a message whole.
    pub(crate) async fn write(&mut self, message: &[u8]) -> Result<(), SendError> {
        self.stream.write_all(message).await.map_err(|_broken| SendError::Protocol)?;
        self.stream.flush().await.map_err(|_broken| SendError::Protocol)
    }

    /// Reads an answer whose body has at most that many bytes.
    pub(crate) async fn hear(&mut self, bytes_max: usize) -> Result<Heard, SendError> {
        let head = self.head().await?;
        let body = match head.ends {
            Ends::Before => Bytes::new(),
            Ends::After(bytes) if bytes > bytes_max => return Err(SendError::TooLarge),
            Ends::After(bytes) => self.take(bytes).await?,
            Ends::Chunked => self.chunks(bytes_max).await?,
            Ends::Connection => self.rest(bytes_max).await?,
        };
        let stays = head.stays && self.read.is_empty();
        Ok(Heard { status: head.status, headers: head.headers, body, stays })
    }

    /// Reads the head of the answer, past those that only say that one will come.
    async fn head(&mut self) -> Result<Head, SendError> {
        for _ in 0..HEADS_MAX {
            let mut looked_at: usize = 0;
            let head = loop {
                // Why: one byte at a time must not have the whole read again for each.
                let unseen = self.read.get(looked_at.saturating_sub(3)..).unwrap_or_default();
                if holds_empty_line(unseen)
                    && let Some((bytes, head)) = parse(&self.read)?
                {
                    self.read.advance(bytes);
                    break head;
                }
                looked_at = self.read.len();
                if looked_at > HEAD_BYTES_MAX {
                    return Err(SendError::Protocol);
                }
                self.fill().await?;
            };
            match head.status {
                101 => return Err(SendError::Protocol),
                100..=199 => {}
                _ => return Ok(head),
            }
        }
        Err(SendError::Protocol)
    }

    async fn take(&mut self, bytes: usize) -> Result<Bytes, SendError> {
        while self.read.len() < bytes {
            self.fill().await?;
        }
        Ok(self.read.split_to(bytes).freeze())
    }

    async fn rest(&mut self, bytes_max: usize) -> Result<Bytes, SendError> {
        while self.more().await? {
            if self.read.len() > bytes_max {
                return Err(SendError::TooLarge);
            }
        }
        if self.read.len() > bytes_max {
            Err(SendError::TooLarge)
        } else {
            Ok(self.read.split().freeze())
        }
    }

    async fn chunks(&mut self, bytes_max: usize) -> Result<Bytes, SendError> {
        let mut body = BytesMut::new();
        loop {
            let bytes = chunk_size(&self.line().await?)?;
            if bytes == 0 {
                break;
            }
            if bytes > bytes_max - body.len() {
                return Err(SendError::TooLarge);
            }
            body.extend_from_slice(&self.take(bytes).await?);
            if !self.line().await?.is_empty() {
                return Err(SendError::Protocol);
            }
        }
        for _ in 0..HEADERS_MAX {
            if self.line().await?.is_empty() {
                return Ok(body.freeze());
            }
        }
        Err(SendError::Protocol)
    }

    /// Reads a line of a chunked body, without its end.
    async fn line(&mut self) -> Result<Bytes, SendError> {
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == b"\r\n") {
                let line = self.read.split_to(end).freeze();
                self.read.advance(2);
                return Ok(line);
            }
            if self.read.len() > LINE_BYTES_MAX {
                return Err(SendError::Protocol);
            }
            self.fill().await?;
        }
    }

    /// Reads on, where there must be more.
    async fn fill(&mut self) -> Result<(), SendError> {
        if self.more().await? { Ok(()) } else { Err(SendError::Protocol) }
    }

    async fn more(&mut self) -> Result<bool, SendError> {
        self.read.reserve(READ_BYTES);
        let read = self.stream.read_buf(&mut self.read).await;
        read.map(|bytes| bytes > 0).map_err(|_broken| SendError::Protocol)
    }
}

/// Returns whether a head could end here. Either form of a line's end will do, as it does for the parser.
fn holds_empty_line(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|two| two == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}

/// Reads a head, and says how long it is; `None` while it is not whole.
fn parse(bytes: &[u8]) -> Result<Option<(usize, Head)>, SendError> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let parsed = response.parse(bytes).map_err(|_malformed| SendError::Protocol)?;
    let httparse::Status::Complete(length) = parsed else { return Ok(None) };
    let (status, version) = response.code.zip(response.version).ok_or(SendError::Protocol)?;
    let mut head =
        Head { status, headers: HeaderMap::new(), ends: Ends::Connection, stays: version == 1 };
    let (mut told, mut is_chunked) = (None, false);
    for field in response.headers.iter() {
        let is = |name: HeaderName| field.name.eq_ignore_ascii_case(name.as_str());
        if is(header::CONTENT_LENGTH) {
            let bytes = content_length(field.value).ok_or(SendError::Protocol)?;
            if told.is_some_and(|told| told != bytes) {
                return Err(SendError::Protocol);
            }
            told = Some(bytes);
        } else if is(header::TRANSFER_ENCODING) {
            if is_chunked || !field.value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                return Err(SendError::Protocol);
            }
            is_chunked = true;
        } else if is(header::CONNECTION) {
            let mut words = field.value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            head.stays &= !words.any(|word| word.eq_ignore_ascii_case(b"close"));
        } else if let Some(name) = HEADERS.into_iter().find(|name| is(name.clone())) {
            let value = HeaderValue::from_bytes(field.value).map_err(|_odd| SendError::Protocol)?;
            head.headers.append(name, value);
        }
    }
    head.ends = match (status, told, is_chunked) {
        (100..=199 | 204 | 304, _, _) => Ends::Before,
        // RFC 9112, section 6.3: both is an attempt to be read in two ways.
        (_, Some(_), true) => return Err(SendError::Protocol),
        (_, None, true) => Ends::Chunked,
        (_, Some(bytes), false) => Ends::After(bytes),
        (_, None, false) => Ends::Connection,
    };
    head.stays &= head.ends != Ends::Connection;
    Ok(Some((length, head)))
}

fn content_length(value: &[u8]) -> Option<usize> {
    let digits = value.trim_ascii();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

/// Reads the size of a chunk; what may follow it says nothing to us.
fn chunk_size(line: &[u8]) -> Result<usize, SendError> {
    let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
    let is_number = !size.is_empty() && size.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(size).ok().filter(|_| is_number).ok_or(SendError::Protocol)?;
    usize::from_str_radix(text, 16).map_err(|_too_large| SendError::TooLarge)
}

/// What of a head is handed on.
const HEADERS: [HeaderName; 2] = [header::CONTENT_ENCODING, header::RETRY_AFTER];
/// Fields of a head, and of what follows a chunked body.
const HEADERS_MAX: usize = 64;
/// Bytes of a head; one read more may be taken.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Heads before the answer's own.
const HEADS_MAX: usize = 8;
/// Bytes of a line between chunks.
const LINE_BYTES_MAX: usize = 4 * 1024;
/// Room made for each read: most answers fit.
const READ_BYTES: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    /// Hears what a partner says in pieces of that size before it ends the connection.
    async fn heard(said: &[u8], piece: usize) -> Result<Heard, SendError> {
        let (near, mut far) = duplex(piece);
        let said = said.to_vec();
        tokio::spawn(async move {
            // Whoever has heard enough hangs up.
            drop(far.write_all(&said).await);
        });
        Wire::new(near).hear(10).await
    }

    #[tokio::test]
    async fn an_answer_ends_as_its_head_says_however_it_is_cut() {
        let cases: [(&str, u16, &str, bool); 10] = [
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", 200, "{}", true),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, Close\r\n\r\n{}",
                200,
                "{}",
                false,
            ),
            ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}", 200, "{}", false),
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true),
            ("\r\n\r\nHTTP/1.1 204 No Content\nx: y\n\n", 204, "", true),
            ("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", 200, "{\"a\":1}", false),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;x=1\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\nx: y\r\n\r\n",
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
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}x", 200, "{}", false),
            ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789", 200, "0123456789", true),
        ];
        for (said, status, body, stays) in cases {
            for piece in [1, 7, 4_096] {
                let heard = heard(said.as_bytes(), piece).await.unwrap();
                assert_eq!((heard.status, &heard.body[..]), (status, body.as_bytes()), "{said}");
                // Cut small, what follows an answer may not have come yet.
                assert!(heard.stays == stays || (said.ends_with('x') && piece < 4_096), "{said}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_broken_ambiguous_or_too_large_is_refused() {
        let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(40_000));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(65));
        let waiting = "HTTP/1.1 100 Continue\r\n\r\n".repeat(9);
        let trailers = format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n{}",
            "x: y\r\n".repeat(65)
        );
        for broken in [
            "",
            "nonsense\r\n\r\n",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            &long,
            &many,
            &waiting,
            &trailers,
        ] {
            let error = heard(broken.as_bytes(), 4_096).await.unwrap_err();
            assert_eq!(error, SendError::Protocol, "{broken}");
        }
        for large in [
            "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n01234567890",
            "HTTP/1.1 200 OK\r\n\r\n01234567890",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
        ] {
            let error = heard(large.as_bytes(), 4_096).await.unwrap_err();
            assert_eq!(error, SendError::TooLarge, "{large}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_or_spoke_unasked_is_not_quiet() {
        let (near, mut far) = duplex(64);
        let mut wire = Wire::new(near);
        assert!(wire.is_quiet().await);
        far.write_all(b"x").await.unwrap();
        assert!(!wire.is_quiet().await);
        let (near, far) = duplex(64);
        let mut wire = Wire::new(near);
        drop(far);
        assert!(!wire.is_quiet().await);
    }
}
