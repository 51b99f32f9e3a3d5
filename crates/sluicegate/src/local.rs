//! The local socket: how verbs talk to the running gateway.
//!
//! `sluicegate.sock` in the data directory serves the interfaces with an operator's rights. Who may open
//! the data directory may use it; it is never reachable over the network.

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::path::{Path, PathBuf};

const FILE: &str = "sluicegate.sock";
const LOCK: &str = "sluicegate.lock";

/// Returns the socket's path.
pub(crate) fn socket(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// Claims a data directory: one gateway at a time. The claim ends with the file, also after `kill -9`.
pub(crate) fn claim(data_dir: &Path) -> anyhow::Result<std::fs::File> {
    let file = data_dir.join(LOCK);
    let lock = std::fs::File::create(&file)
        .with_context(|| format!("cannot create `{}`", file.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => {
            bail!("a gateway is already running on the data directory `{}`", data_dir.display())
        }
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock `{}`", file.display()))
        }
    }
}

/// Calls the running gateway and returns its JSON answer; an error of the gateway is an error here.
pub(crate) async fn call(
    data_dir: &Path,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Value> {
    let sent = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
    let (status, bytes) = send(data_dir, method, path, sent).await?;
    if bytes.is_empty() && status.is_success() {
        return Ok(Value::Null);
    }
    if status.is_success() {
        return serde_json::from_slice(&bytes).context("the gateway's answer is not JSON");
    }
    Err(problem(&bytes))
}

/// Gets something of the running gateway as it is; none where there is no such thing.
pub(crate) async fn get(data_dir: &Path, path: &str) -> anyhow::Result<Option<Bytes>> {
    let (status, bytes) = send(data_dir, "GET", path, Vec::new()).await?;
    if status == http::StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if status.is_success() { Ok(Some(bytes)) } else { Err(problem(&bytes)) }
}

async fn send(
    data_dir: &Path,
    method: &str,
    path: &str,
    body: Vec<u8>,
) -> anyhow::Result<(http::StatusCode, Bytes)> {
    let file = socket(data_dir);
    let stream = tokio::net::UnixStream::connect(&file).await.with_context(|| {
        format!("no gateway is running on the data directory `{}`", data_dir.display())
    })?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let bytes = answer.into_body().collect().await?.to_bytes();
    driver.abort();
    Ok((status, bytes))
}

/// Reads a problem document.
fn problem(bytes: &[u8]) -> anyhow::Error {
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => return anyhow::Error::new(error).context("the gateway's answer is not JSON"),
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    match text("field").as_str() {
        "" => anyhow::anyhow!("{}: {}", text("title"), text("detail")),
        field => anyhow::anyhow!("{}: `{field}`: {}", text("title"), text("detail")),
    }
}
