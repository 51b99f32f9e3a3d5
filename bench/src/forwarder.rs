//! The least that stands between an ad server and three partners: a process that hands on what it is asked, as it
//! came, to all three at once, reads their answers whole and answers with one of them.

use crate::{house::runtime, responder::input_ends};
use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt,
};
use clap::Args;
use futures_util::future::try_join_all;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::{
    io::{BufRead, BufReader, Write},
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::net::TcpListener;

/// Whom a forwarder hands on to.
#[derive(Args, Clone, Debug)]
pub(crate) struct Onward {
    /// Hands on what it is asked to these addresses, in a process of its own.
    #[arg(long = "forward", hide = true, value_name = "URL", num_args = 3)]
    pub(crate) urls: Vec<Uri>,
}

/// The process, while it runs.
#[derive(Debug)]
pub(crate) struct Forwarder {
    child: Child,
    pub(crate) url: Uri,
}

impl Forwarder {
    /// Starts this program again as one that hands on to these partners.
    pub(crate) fn start(partners: &[String; 3]) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("where this program is")?;
        let mut child = Command::new(program)
            .arg("--forward")
            .args(partners)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the forwarder could not be started")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
        Ok(Self { child, url: line.trim().parse()? })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        // It ends by itself when its input does; killing it only makes that sooner.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Serves until the input ends.
pub(crate) fn run(onward: Onward) -> anyhow::Result<()> {
    runtime()?.block_on(serve(onward))
}

async fn serve(onward: Onward) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(std::io::stdout(), "http://{}/openrtb2/auction", listener.local_addr()?)?;
    let listener = listener.tap_io(|stream| {
        // Without it answers wait for acknowledgements; with an error there they only do that.
        let _at_once = stream.set_nodelay(true);
    });
    let forward = Arc::new(Forward { client: client(), partners: onward.urls });
    let router = Router::new().route("/openrtb2/auction", post(hand_on)).with_state(forward);
    tokio::spawn(async move { axum::serve(listener, router).await });
    input_ends().await;
    Ok(())
}

/// A general client, which gives each connection a task.
pub(crate) type Plain = Client<HttpConnector, Full<Bytes>>;

pub(crate) fn client() -> Plain {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(20))
        .pool_max_idle_per_host(256)
        .retry_canceled_requests(false)
        .build(connector)
}

/// Calls one partner, and reads its answer whole.
pub(crate) async fn call(client: &Plain, uri: &Uri, body: Bytes) -> anyhow::Result<Bytes> {
    let request = Request::post(uri.clone())
        .header(CONTENT_TYPE, "application/json")
        .header("x-openrtb-version", "2.6")
        .body(Full::new(body))?;
    let response = client.request(request).await?;
    anyhow::ensure!(response.status() == StatusCode::OK, "a partner did not bid");
    Ok(response.into_body().collect().await?.to_bytes())
}

struct Forward {
    client: Plain,
    partners: Vec<Uri>,
}

async fn hand_on(State(forward): State<Arc<Forward>>, body: Bytes) -> Response {
    let calls = forward.partners.iter().map(|uri| call(&forward.client, uri, body.clone()));
    match try_join_all(calls).await.map(|answers| answers.into_iter().next_back()) {
        Ok(Some(answer)) => ([(CONTENT_TYPE, "application/json")], answer).into_response(),
        Ok(None) | Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
