//! The local socket: how verbs talk to the running gateway.
//!
//! `sluicegate.sock` in the data directory serves the interfaces with an operator's rights. Who may open
//! the data directory may use it; it is never reachable over the network.

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

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
    let (answer, driver) = send(data_dir, method, path, body).await?;
    let status = answer.status();
    let bytes = answer.into_body().collect().await?.to_bytes();
    driver.abort();
    if bytes.is_empty() && status.is_success() {
        return Ok(Value::Null);
    }
    let value: Value =
        serde_json::from_slice(&bytes).context("the gateway's answer is not JSON")?;
    if status.is_success() { Ok(value) } else { refused(&value) }
}

/// Asks the running gateway and returns its answer as text, whatever kind of text it is.
pub(crate) async fn text(data_dir: &Path, path: &str, body: &Value) -> anyhow::Result<String> {
    let (answer, driver) = send(data_dir, "POST", path, Some(body)).await?;
    let status = answer.status();
    let bytes = answer.into_body().collect().await?.to_bytes();
    driver.abort();
    if !status.is_success() {
        return refused(&serde_json::from_slice(&bytes).unwrap_or_default());
    }
    String::from_utf8(bytes.to_vec()).context("the gateway's answer is not UTF-8")
}

/// Asks the running gateway and writes its answer into a file, piece by piece.
pub(crate) async fn save(
    data_dir: &Path,
    path: &str,
    body: &Value,
    file: &Path,
) -> anyhow::Result<()> {
    let (answer, driver) = send(data_dir, "POST", path, Some(body)).await?;
    let status = answer.status();
    let mut body = answer.into_body();
    if !status.is_success() {
        let bytes = body.collect().await?.to_bytes();
        return refused(&serde_json::from_slice(&bytes).unwrap_or_default());
    }
    let cannot = || format!("cannot write `{}`", file.display());
    let mut out = std::fs::File::create(file).with_context(cannot)?;
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data() {
            out.write_all(&piece).with_context(cannot)?;
        }
    }
    driver.abort();
    out.sync_all().with_context(cannot)
}

async fn send(
    data_dir: &Path,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<(http::Response<hyper::body::Incoming>, tokio::task::AbortHandle)> {
    let file = socket(data_dir);
    let stream = tokio::net::UnixStream::connect(&file).await.with_context(|| {
        format!("no gateway is running on the data directory `{}`", data_dir.display())
    })?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection).abort_handle();
    let bytes = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(bytes)))?;
    Ok((sender.send_request(request).await?, driver))
}

/// Says in one line what the gateway refused.
fn refused<T>(value: &Value) -> anyhow::Result<T> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    match text("field").as_str() {
        "" => bail!("{}: {}", text("title"), text("detail")),
        field => bail!("{}: `{field}`: {}", text("title"), text("detail")),
    }
}
