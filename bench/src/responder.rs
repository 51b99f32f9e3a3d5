//! Three partners in a process of their own, so that their processor time is not the subject's.

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::DefaultBodyLimit,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt,
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot};

/// The process, while it runs.
#[derive(Debug)]
pub(crate) struct Responder {
    child: Child,
    /// Where the three partners listen.
    pub(crate) urls: [String; 3],
}

impl Responder {
    /// Starts this program again as the partners.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("where this program is")?;
        let mut child = Command::new(program)
            .arg("--respond")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the partners could not be started")?;
        let out = child.stdout.take().context("the partners' output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let urls: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let urls = <[String; 3]>::try_from(urls)
            .map_err(|urls| anyhow::anyhow!("{} partners listen, not three", urls.len()))?;
        Ok(Self { child, urls })
    }

    /// Where the same partners think before they answer.
    pub(crate) fn thinking(&self) -> [String; 3] {
        self.urls.each_ref().map(|url| url.replace("/bid", "/thinking"))
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        // It ends by itself when its input does; killing it only makes that sooner.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Serves until the input ends.
pub(crate) fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> anyhow::Result<()> {
    let mut urls = Vec::new();
    for price in ["1.25", "1.50", "1.75"] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        urls.push(format!("http://{}/bid", listener.local_addr()?));
        let listener = listener.tap_io(|stream| {
            // Without it answers wait for acknowledgements; with an error there they only do that.
            let _at_once = stream.set_nodelay(true);
        });
        let router = Router::new()
            .route("/bid", post(move |body| async move { bid(&body, price) }))
            .route("/thinking", post(move |body| async move { thinking(&body, price).await }))
            .route("/events", post(|_: Bytes| async { StatusCode::NO_CONTENT }))
            .route("/slow", post(|_: Bytes| async { slow().await }))
            .route("/lying", post(|_: Bytes| async { StatusCode::TOO_MANY_REQUESTS }))
            .layer(DefaultBodyLimit::max(MESSAGE_MAX));
        tokio::spawn(async move { axum::serve(listener, router).await });
    }
    writeln!(std::io::stdout(), "{}", urls.join(" "))?;
    input_ends().await;
    Ok(())
}

/// Returns once the standard input ends: whoever started this process is gone.
pub(crate) async fn input_ends() {
    let (ended, end) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _read = std::io::stdin().read_to_end(&mut Vec::new());
        drop(ended);
    });
    // It is never sent: the sender goes away.
    let _gone = end.await;
}

/// Answers later than anybody waits.
async fn slow() -> StatusCode {
    tokio::time::sleep(Duration::from_mins(1)).await;
    StatusCode::NO_CONTENT
}

/// How long the partners at `/thinking` think; they usually have a tenth of a second.
pub(crate) const THINKING: Duration = Duration::from_millis(20);

/// Bids after a while.
async fn thinking(body: &Bytes, price: &str) -> Response {
    tokio::time::sleep(THINKING).await;
    bid(body, price)
}

/// Bytes of a message.
const MESSAGE_MAX: usize = 4 << 20;

/// Bids for the first impression, under the id of the request.
fn bid(body: &Bytes, price: &str) -> Response {
    let Some(id) = request_id(body) else { return StatusCode::BAD_REQUEST.into_response() };
    let answer = format!(
        r#"{{"id":"{id}","bidid":"answer-1","cur":"USD","seatbid":[{{"seat":"seat-1","bid":[{{"id":"bid-1","impid":"1","price":{price},"adid":"ad-77","adomain":["shoes.example"],"cid":"campaign-9","crid":"creative-12","cat":["IAB18"],"w":320,"h":50,"mtype":1,"exp":300,"adm":"{MARKUP}"}}]}}]}}"#
    );
    ([(CONTENT_TYPE, "application/json")], answer).into_response()
}

const MARKUP: &str = r"<a href='https://shoes.example/click?c=campaign-9&cr=creative-12' target='_blank'><img src='https://cdn.shoes.example/banners/320x50/autumn.png' width='320' height='50' alt='Running shoes'></a><img src='https://cdn.shoes.example/seen?price=${AUCTION_PRICE}' width='1' height='1' alt=''>";

/// Returns the request's id, which stands first in what the gateway writes.
fn request_id(body: &[u8]) -> Option<&str> {
    let rest = body.strip_prefix(br#"{"id":""#)?;
    let id = rest.split(|byte| *byte == b'"').next()?;
    std::str::from_utf8(id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_first_field_or_there_is_none() {
        assert_eq!(request_id(br#"{"id":"ab12","imp":[{"id":"1"}]}"#), Some("ab12"));
        assert_eq!(request_id(br#"{"imp":[],"id":"ab12"}"#), None);
    }
}
