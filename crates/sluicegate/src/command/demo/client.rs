//! The demo platform's own services, calling the gateway over HTTP as any platform would.

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use std::net::SocketAddr;

/// A caller with the platform's key.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    authorization: String,
}

impl Client {
    pub(crate) fn new(address: SocketAddr, api_key: &str) -> Self {
        Self {
            pool: Pool::builder(TokioExecutor::new()).build_http(),
            address,
            authorization: format!("Bearer {api_key}"),
        }
    }

    /// Posts JSON and returns the JSON answer, or null where there is none. A refusal is an error.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = http::Request::post(format!("http://{}{path}", self.address))
            .header("authorization", &self.authorization);
        self.send(path, request, body).await
    }

    /// Posts JSON elsewhere, without the platform's key: as somebody's app does.
    pub(crate) async fn post_to(&self, address: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(address, http::Request::post(address), body).await
    }

    async fn send(
        &self,
        path: &str,
        request: http::request::Builder,
        body: &Value,
    ) -> anyhow::Result<Value> {
        let request = request
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(serde_json::to_vec(body)?)))?;
        let answer =
            self.pool.request(request).await.with_context(|| format!("{path}: no answer"))?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            bail!("{path}: {status}: {}", String::from_utf8_lossy(&bytes));
        }
        if bytes.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&bytes)?) }
    }
}
