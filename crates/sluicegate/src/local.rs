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
    fs::Permissions,
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};
use tokio::net::UnixListener;

const FILE: &str = "sluicegate.sock";
const LOCK: &str = "sluicegate.lock";
/// Where the socket is made: a folder of nobody else's, with a name short enough that no path is longer for it.
const CLOSED: &str = "socket.new";

/// Returns the socket's path.
pub(crate) fn socket(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// Makes a folder that only its owner can open, where there is none.
pub(crate) fn folder(dir: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("cannot create the data directory `{}`", dir.display()))
}

/// Says where others than its owner can look into a data directory.
pub(crate) fn look_at(data_dir: &Path) -> anyhow::Result<()> {
    let mode = std::fs::metadata(data_dir)
        .with_context(|| format!("cannot look at `{}`", data_dir.display()))?
        .mode();
    if mode & 0o077 != 0 {
        tracing::warn!(
            data_dir.mode = %format!("{:o}", mode & 0o777),
            "others on this machine can look into the data directory; `chmod 700` ends that"
        );
    }
    Ok(())
}

/// Listens on the socket of a data directory that is claimed. Nobody but its owner can open it at any moment.
pub(crate) fn listen(data_dir: &Path) -> anyhow::Result<UnixListener> {
    let file = socket(data_dir);
    let cannot = || format!("cannot listen on the local socket `{}`", file.display());
    // Why: a socket is open to others from when it is bound until its mode is set.
    let closed = data_dir.join(CLOSED);
    match std::fs::remove_dir_all(&closed) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(cannot);
        }
        Ok(()) | Err(_) => {}
    }
    std::fs::DirBuilder::new().mode(0o700).create(&closed).with_context(cannot)?;
    let begun = closed.join("s");
    let listener = UnixListener::bind(&begun).with_context(cannot)?;
    std::fs::set_permissions(&begun, Permissions::from_mode(0o600)).with_context(cannot)?;
    // One that lies there is left over from a process that was killed.
    std::fs::rename(&begun, &file).with_context(cannot)?;
    std::fs::remove_dir(&closed).with_context(cannot)?;
    Ok(listener)
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
    let bytes = whole(send(data_dir, method, path, body).await?).await?;
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&bytes).context("the gateway's answer is not JSON")
}

/// Gets something of the running gateway as it is; none where there is no such thing.
pub(crate) async fn get(data_dir: &Path, path: &str) -> anyhow::Result<Option<Bytes>> {
    let sent = send(data_dir, "GET", path, None).await?;
    if sent.answer.status() == http::StatusCode::NOT_FOUND {
        return Ok(None);
    }
    Ok(Some(whole(sent).await?))
}

/// Asks the running gateway and returns its answer as text, whatever kind of text it is.
pub(crate) async fn text(data_dir: &Path, path: &str, body: &Value) -> anyhow::Result<String> {
    let bytes = whole(send(data_dir, "POST", path, Some(body)).await?).await?;
    String::from_utf8(bytes.to_vec()).context("the gateway's answer is not UTF-8")
}

/// Asks the running gateway and writes its answer into a file, piece by piece. Makes the folder where it is missing.
pub(crate) async fn save(
    data_dir: &Path,
    path: &str,
    body: &Value,
    file: &Path,
) -> anyhow::Result<()> {
    let sent = send(data_dir, "POST", path, Some(body)).await?;
    if !sent.answer.status().is_success() {
        return whole(sent).await.map(drop);
    }
    let cannot = || format!("cannot write `{}`", file.display());
    std::fs::create_dir_all(file.parent().with_context(cannot)?).with_context(cannot)?;
    let mut out = std::fs::File::create(file).with_context(cannot)?;
    let mut body = sent.answer.into_body();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data() {
            out.write_all(&piece).with_context(cannot)?;
        }
    }
    sent.driver.abort();
    out.sync_all().with_context(cannot)
}

/// Says who may open the socket: whoever the data directory belongs to.
fn not_for_this_user(data_dir: &Path, file: &Path) -> String {
    let owner = std::fs::metadata(file).or_else(|_hidden| std::fs::metadata(data_dir));
    let who = match owner.map(|data| data.uid()) {
        Ok(0) => String::from("root may"),
        Ok(id) => format!("the user with the id {id} and root may"),
        Err(_hidden) => String::from("the gateway's user and root may"),
    };
    format!("this user may not open `{}`; {who}", file.display())
}

/// An answer that has begun, and the task that drives its connection.
struct Sent {
    answer: http::Response<hyper::body::Incoming>,
    driver: tokio::task::AbortHandle,
}

async fn send(
    data_dir: &Path,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Sent> {
    let file = socket(data_dir);
    let stream = tokio::net::UnixStream::connect(&file).await.map_err(|error| {
        let words = match error.kind() {
            ErrorKind::PermissionDenied => not_for_this_user(data_dir, &file),
            _ => format!("no gateway is running on the data directory `{}`", data_dir.display()),
        };
        anyhow::Error::new(error).context(words)
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
    Ok(Sent { answer: sender.send_request(request).await?, driver })
}

/// Reads an answer to its end; one that refuses is an error.
async fn whole(sent: Sent) -> anyhow::Result<Bytes> {
    let status = sent.answer.status();
    let bytes = sent.answer.into_body().collect().await?.to_bytes();
    sent.driver.abort();
    if status.is_success() { Ok(bytes) } else { Err(problem(&bytes)) }
}

/// Says in one line what the gateway refused.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_socket_is_its_owners_and_takes_the_place_of_one_that_was_left_over() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(CLOSED)).unwrap();
        std::fs::write(dir.path().join(CLOSED).join("s"), "left over").unwrap();
        drop(listen(dir.path()).unwrap());
        let listener = listen(dir.path()).unwrap();
        let mode = std::fs::metadata(socket(dir.path())).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!dir.path().join(CLOSED).exists());
        let called = tokio::net::UnixStream::connect(socket(dir.path()));
        let (called, taken) = tokio::join!(called, listener.accept());
        assert!(called.is_ok() && taken.is_ok());
    }

    #[test]
    fn a_folder_that_is_made_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let made = dir.path().join("one").join("two");
        folder(&made).unwrap();
        assert_eq!(std::fs::metadata(&made).unwrap().mode() & 0o777, 0o700);
    }
}
