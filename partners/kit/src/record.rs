//! Keeping what arrived: every request with all its bytes in a file, the latest bodies in memory.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http_body_util::BodyExt;
use parking_lot::Mutex;
use serde::Serialize;
use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::Arc,
};

/// Appends every received request to a file, or to none.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    file: Option<Arc<Mutex<File>>>,
}

impl Recorder {
    /// Appends to this file, which is made when it is not there.
    pub fn to(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Some(Arc::new(Mutex::new(file))) })
    }

    fn write(&self, parts: &Parts, arrived: &Arrived) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let text = std::str::from_utf8(&arrived.bytes).ok();
        let line = Line {
            method: parts.method.as_str(),
            path: parts.uri.path_and_query().map_or("/", |path| path.as_str()),
            headers: pairs(&parts.headers),
            body: text,
            body_base64: text.is_none().then(|| BASE64_STANDARD.encode(&arrived.bytes)),
            complete: arrived.complete,
        };
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        let mut file = file.lock();
        file.write_all(&bytes)?;
        file.flush()
    }
}

/// Records the request before anybody answers it; an answer means that the record is written. What
/// came of a body that broke off, or was over 4 MiB, is recorded too.
pub async fn record(State(recorder): State<Recorder>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // Why: the server drops this future when the client goes away; what came is recorded all the same.
    let reading = tokio::spawn(Arrived::read_and_record(recorder, parts, body));
    let Ok(Ok((parts, arrived))) = reading.await else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the record cannot be written").into_response();
    };
    if !arrived.complete {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the body did not arrive whole").into_response();
    }
    next.run(Request::from_parts(parts, Body::from(arrived.bytes))).await
}

/// One body as it arrived, for `GET /received`. At most 64 KiB of it are kept.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The path it came to.
    pub path: &'static str,
    /// The body as text.
    pub body: String,
    /// Whether the end is missing here.
    pub cut: bool,
}

impl Kept {
    /// Keeps the body.
    pub fn new(at_ms: i64, path: &'static str, body: &Bytes) -> Self {
        let head = body.get(..KEPT_BYTES_MAX).unwrap_or(body);
        let cut = head.len() < body.len();
        Self { at_ms, path, body: String::from_utf8_lossy(head).into_owned(), cut }
    }

    /// Returns whether one of these ids stands in it.
    pub fn names(&self, ids: &BTreeSet<String>) -> bool {
        ids.iter().any(|id| self.body.contains(&format!("\"{id}\"")))
    }
}

/// Largest body that is read.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

const KEPT_BYTES_MAX: usize = 64 * 1024;

struct Arrived {
    bytes: Bytes,
    complete: bool,
}

impl Arrived {
    async fn read_and_record(
        recorder: Recorder,
        parts: Parts,
        body: Body,
    ) -> io::Result<(Parts, Self)> {
        let arrived = Self::read(body).await;
        recorder.write(&parts, &arrived)?;
        Ok((parts, arrived))
    }

    async fn read(mut body: Body) -> Self {
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return Self { bytes: bytes.into(), complete: false } };
            if let Some(data) = frame.data_ref() {
                bytes.extend_from_slice(data);
            }
            if bytes.len() > BODY_BYTES_MAX {
                return Self { bytes: bytes.into(), complete: false };
            }
        }
        Self { bytes: bytes.into(), complete: true }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    method: &'a str,
    path: &'a str,
    headers: Vec<(&'a str, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    complete: bool,
}

fn pairs(headers: &HeaderMap) -> Vec<(&str, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers.iter().map(|(name, value)| (name.as_str(), text(value.as_bytes()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loopback::{ask, start};
    use axum::{Router, middleware::from_fn_with_state};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn every_request_is_in_the_file_before_its_answer_comes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("received.jsonl");
        let recorder = Recorder::to(&path).unwrap();
        let router = Router::new().fallback(|| async { "heard" });
        let at = start(router.layer(from_fn_with_state(recorder, record))).await.unwrap();
        ask(at, "POST", "/a?b=c", &[("x-y", "z")], b"{\"n\":1}").await.unwrap();
        ask(at, "PUT", "/d", &[], &[0xff, 0x00]).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["method"], "POST");
        assert_eq!(lines[0]["path"], "/a?b=c");
        assert_eq!(lines[0]["body"], "{\"n\":1}");
        assert!(lines[0]["headers"].to_string().contains("[\"x-y\",\"z\"]"));
        assert_eq!(lines[1]["body_base64"], "/wA=");
    }

    #[tokio::test]
    async fn what_came_of_a_body_that_broke_off_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("received.jsonl");
        let router = Router::new().fallback(|| async { "heard" });
        let recorder = Recorder::to(&path).unwrap();
        let at = start(router.layer(from_fn_with_state(recorder, record))).await.unwrap();
        let mut connection = tokio::net::TcpStream::connect(at).await.unwrap();
        let begun = b"POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nbegun";
        connection.write_all(begun).await.unwrap();
        connection.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // Why: the server closes only after it has given up on the body.
        connection.read_to_end(&mut answer).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"body\":\"begun\",\"complete\":false"), "{text}");
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_and_recorded_as_far_as_it_came() {
        let body = Body::from(vec![b'a'; BODY_BYTES_MAX + 1]);
        let arrived = Arrived::read(body).await;
        assert!(!arrived.complete && arrived.bytes.len() > BODY_BYTES_MAX);
    }
}
