//! Finds hosts by name: one look-up of a host at a time, on a thread of its own, its answer kept for a moment.
//!
//! The system's own look-up blocks for as long as a name server likes, and cannot be given up. So a name server that
//! hangs holds one thread for each host, and up only those that ask for that host; the runtime's pool of threads, which
//! the store needs, has no part in it. A resolver of our own (hickory) would keep to the records' own times, for a score
//! of further crates and without what the machine's administrator set up for names.

use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    fmt, io,
    net::{IpAddr, ToSocketAddrs as _},
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::{
    sync::{Mutex as Turn, oneshot},
    time::Instant,
};

/// Looks names up.
pub trait Resolver: Send + Sync + fmt::Debug {
    /// Returns the addresses of a host. It may block: it is called on a thread of its own.
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Looks names up as everything else on this machine does.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = (host, 0).to_socket_addrs()?;
        Ok(found.take(ADDRESSES_MAX).map(|address| address.ip()).collect())
    }
}

/// The hosts that were looked up lately.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    resolver: Arc<dyn Resolver>,
    hosts: Arc<Mutex<BTreeMap<String, Arc<Host>>>>,
}

#[derive(Debug, Default)]
struct Host {
    /// Whoever has it looks the host up. It is given back when that ends, which may be after who asked has given up.
    turn: Arc<Turn<()>>,
    known: Mutex<Known>,
}

/// What the last look-up brought.
#[derive(Debug, Default)]
struct Known {
    /// How many look-ups there were.
    count: u64,
    found: Option<(Found, Instant)>,
}

type Found = Result<Vec<IpAddr>, io::ErrorKind>;

impl Names {
    pub(crate) fn new(resolver: Arc<dyn Resolver>) -> Self {
        Self { resolver, hosts: Arc::default() }
    }

    /// Returns the addresses of a host: as they are known, or as the look-up under way brings them, or one that begins
    /// now. Given up, that goes on, and the next one that asks has what it brings.
    pub(crate) async fn find(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let host = self.host(name);
        let before = {
            let known = host.known.lock();
            if let Some(found) = known.at(Instant::now()) {
                return found;
            }
            known.count
        };
        let turn = Arc::clone(&host.turn).lock_owned().await;
        {
            let known = host.known.lock();
            if let (true, Some((found, _))) = (known.count > before, &known.found) {
                return answer(found);
            }
        }
        let (resolver, name, began) = (Arc::clone(&self.resolver), name.to_owned(), Instant::now());
        let (tell, told) = oneshot::channel();
        thread::Builder::new().name(String::from("names")).spawn(move || {
            let found = resolver.addresses(&name).map_err(|error| error.kind());
            host.known.lock().learn(&found, began);
            drop(turn);
            // Who asked may have given up.
            drop(tell.send(found));
        })?;
        let found = told.await.map_err(|_broke_off| io::Error::from(io::ErrorKind::Other))?;
        answer(&found)
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock();
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        if hosts.len() >= HOSTS_MAX {
            // Those that somebody waits for, or a thread is busy with, stay.
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        Arc::clone(hosts.entry(name.to_owned()).or_default())
    }
}

impl Known {
    fn at(&self, now: Instant) -> Option<io::Result<Vec<IpAddr>>> {
        let (found, until) = self.found.as_ref()?;
        (now < *until).then(|| answer(found))
    }

    fn learn(&mut self, found: &Found, began: Instant) {
        let kept = if found.is_ok() { FOUND_KEPT } else { MISSED_KEPT };
        self.count += 1;
        self.found = Some((found.clone(), began + kept));
    }
}

fn answer(found: &Found) -> io::Result<Vec<IpAddr>> {
    found.clone().map_err(io::Error::from)
}

/// More addresses than this of one name are not looked at, and not connected to.
const ADDRESSES_MAX: usize = 16;
/// For how long after a look-up began its addresses are used: a partner that moves is found again as soon.
const FOUND_KEPT: Duration = Duration::from_secs(10);
/// And for how long that it brought none.
const MISSED_KEPT: Duration = Duration::from_secs(1);
/// With more hosts than this, those that nobody waits for are forgotten.
const HOSTS_MAX: usize = 1_024;
