//! A partner on loopback that keeps every byte it receives.

use crate::sample::now_ms;
use parking_lot::Mutex;
use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

/// Largest request that is read, in bytes.
const REQUEST_MAX: u64 = 16 * 1024 * 1024;
/// What an answer that drips says it will be. It never comes to that.
const DRIPPING_BYTES: u32 = 512 * 1024;
/// The pause between two bytes of it.
const DRIP_EVERY: Duration = Duration::from_millis(10);

/// One request as it came, to the byte.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Method and path, like `POST /bid`.
    pub line: String,
    /// Everything before the body.
    pub head: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
    /// When all of it was there, in milliseconds since 1970.
    pub at_ms: u64,
}

/// What the partner answers.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The JSON body.
    pub body: Vec<u8>,
    /// How it is sent.
    pub manner: Manner,
}

/// How a partner sends its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// As it should be.
    #[default]
    Proper,
    /// Not at all: the connection stays open until the caller gives up.
    Silent,
    /// Not at all: the connection is closed.
    Closes,
    /// Half of the body that was announced, then the connection is closed.
    Halves,
    /// The body again and again, until the caller gives up.
    Endless,
    /// One byte after the other of a body that never ends, each after a pause, until the caller gives up.
    Drips,
}

impl Reply {
    /// An answer with a body.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), manner: Manner::Proper }
    }

    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self { status, body: Vec::new(), manner: Manner::Proper }
    }

    /// The same answer, sent otherwise.
    #[must_use]
    pub fn sent(self, manner: Manner) -> Self {
        Self { manner, ..self }
    }
}

impl Heard {
    /// Returns the path with its query.
    pub fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// Returns the body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.head);
        let fields = head.lines().filter_map(|line| line.split_once(':'));
        let mut found = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_owned())
    }
}

type Answerer = dyn Fn(&Heard) -> Reply + Send + Sync;

/// A running partner. It goes on until the process ends. It takes messages of every platform that asks.
#[derive(Clone)]
pub struct RecordingPartner {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    arrivals: Arc<Mutex<mpsc::Receiver<()>>>,
}

impl std::fmt::Debug for RecordingPartner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RecordingPartner({})", self.address)
    }
}

impl RecordingPartner {
    /// Starts one that answers as told.
    pub fn start(
        answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (arrived, arrivals) = mpsc::channel();
        let (keep, answer): (_, Arc<Answerer>) = (Arc::clone(&heard), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (keep, answer, arrived) =
                    (Arc::clone(&keep), Arc::clone(&answer), arrived.clone());
                // A connection that breaks is the caller's business.
                thread::spawn(move || serve(stream, &keep, answer.as_ref(), &arrived));
            }
        });
        Ok(Self { address, heard, arrivals: Arc::new(Mutex::new(arrivals)) })
    }

    /// Returns `http://address`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns everything heard so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().clone()
    }

    /// Forgets what was heard.
    pub fn forget(&self) {
        self.heard.lock().clear();
    }

    /// Waits until as many requests as that have been heard. Returns whether they were, within a minute.
    pub fn wait_for(&self, count: usize) -> bool {
        self.wait_until(|heard| heard.len() >= count)
    }

    /// Waits until what has been heard is enough. Returns whether it was; a minute without a request ends
    /// the wait.
    pub fn wait_until(&self, enough: impl Fn(&[Heard]) -> bool) -> bool {
        let arrivals = self.arrivals.lock();
        while !enough(&self.heard.lock()) {
            if arrivals.recv_timeout(Duration::from_mins(1)).is_err() {
                return false;
            }
        }
        true
    }
}

fn serve(
    stream: TcpStream,
    keep: &Mutex<Vec<Heard>>,
    answer: &Answerer,
    arrived: &mpsc::Sender<()>,
) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream.take(REQUEST_MAX));
    while let Some(heard) = read(&mut reader)? {
        reader.get_mut().set_limit(REQUEST_MAX);
        if heard.line.starts_with("OPTIONS ") {
            // Whether it takes messages of the platform: it does, and that is nothing that it was told.
            writer.write_all(
                b"HTTP/1.1 200 X\r\nwebhook-allowed-origin: *\r\ncontent-length: 0\r\n\r\n",
            )?;
            continue;
        }
        let reply = answer(&heard);
        keep.lock().push(heard);
        if arrived.send(()).is_err() {
            return Ok(());
        }
        if !send(&mut writer, &reply)? {
            // Nothing more comes of it but the end of the connection.
            std::io::copy(&mut reader, &mut std::io::sink())?;
            return Ok(());
        }
    }
    Ok(())
}

/// Sends an answer. Returns whether the connection goes on.
fn send(writer: &mut TcpStream, reply: &Reply) -> std::io::Result<bool> {
    let Reply { status, body, manner } = reply;
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n");
    match manner {
        Manner::Silent => return Ok(false),
        Manner::Closes => writer.shutdown(Shutdown::Both)?,
        Manner::Proper => {
            write!(writer, "{head}content-length: {}\r\n\r\n", body.len())?;
            writer.write_all(body)?;
        }
        Manner::Halves => {
            write!(writer, "{head}content-length: {}\r\n\r\n", body.len())?;
            writer.write_all(body.get(..body.len() / 2).unwrap_or_default())?;
            writer.shutdown(Shutdown::Both)?;
        }
        Manner::Endless => {
            write!(writer, "{head}transfer-encoding: chunked\r\n\r\n")?;
            loop {
                write!(writer, "{:x}\r\n", body.len())?;
                writer.write_all(body)?;
                writer.write_all(b"\r\n")?;
            }
        }
        Manner::Drips => {
            write!(writer, "{head}content-length: {DRIPPING_BYTES}\r\n\r\n")?;
            drip(writer)?;
        }
    }
    writer.flush()?;
    Ok(*manner == Manner::Proper)
}

/// Sends bytes until the caller is gone. Waiting for it to go is the pause between them.
fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(DRIP_EVERY))?;
    loop {
        stream.write_all(b" ")?;
        match stream.read(&mut [0]) {
            Ok(0) => return Ok(()),
            Ok(_more) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(gone) => return Err(gone),
        }
    }
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Heard>> {
    let mut head = Vec::new();
    loop {
        let before = head.len();
        reader.read_until(b'\n', &mut head)?;
        let line = head.get(before..).unwrap_or_default();
        match line {
            [] => return Ok(None),
            b"\r\n" => break,
            _ => {}
        }
    }
    let text = String::from_utf8_lossy(&head);
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    let mut words = text.split_whitespace();
    let line = [words.next(), words.next()].map(Option::unwrap_or_default).join(" ");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Heard { line, head, body, at_ms: now_ms() }))
}
