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
    let file = socket(data_dir);
    let stream = tokio::net::UnixStream::connect(&file).await.with_context(|| {
        format!("no gateway is running on the data directory `{}`", data_dir.display())
    })?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let bytes = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(bytes)))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let bytes = answer.into_body().collect().await?.to_bytes();
    driver.abort();
    if bytes.is_empty() && status.is_success() {
        return Ok(Value::Null);
    }
    let value: Value =
        serde_json::from_slice(&bytes).context("the gateway's answer is not JSON")?;
    if status.is_success() {
        return Ok(value);
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    match text("field").as_str() {
        "" => bail!("{}: {}", text("title"), text("detail")),
        field => bail!("{}: `{field}`: {}", text("title"), text("detail")),
    }
}
