//! What the gateway counts: for `/metrics`, and for the demo's summary.

use super::rolling;
use sluicegate_canary::Watch;
use sluicegate_egress::Egress;
use sluicegate_exchange::{Exchange, ExchangeFigures};
use sluicegate_gate::{
    PartnershipId, Reason,
    time::{Clock, UnixMillis},
};
use sluicegate_ledger::{
    Ledger,
    log::book::{Book, LogStanding},
};
use sluicegate_measurement::{Counters, Deliveries};
use sluicegate_recall::Recalls;
use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    sync::Arc,
};

/// Figures of one moment.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// Real-time bidding since the start.
    pub(crate) exchange: ExchangeFigures,
    /// Disclosures about people, by partnership, over everything kept.
    pub(crate) disclosures: BTreeMap<PartnershipId, u64>,
    /// Withheld opportunities by reason, over everything kept.
    pub(crate) withheld: BTreeMap<Reason, u64>,
    /// Where each delivery stands.
    pub(crate) deliveries: Vec<Counters>,
    /// How the canaries are doing.
    pub(crate) canaries: sluicegate_canary::Standing,
    /// Recalls that partners acknowledged, and those that they did not yet.
    pub(crate) recalls: (u64, u64),
}

impl Figures {
    pub(super) async fn gather(
        exchange: &Exchange,
        ledger: &Ledger,
        deliveries: &Deliveries,
        (watch, recalls): (&Watch, &Recalls),
        clock: &dyn Clock,
    ) -> anyhow::Result<Self> {
        let owed = recalls.figures().await?;
        let end = UnixMillis(clock.now().0.saturating_add(1));
        let totals = ledger.totals(UnixMillis(0)..end).await?;
        let mut disclosures = BTreeMap::new();
        for row in totals.counts {
            *disclosures.entry(row.partnership).or_default() += row.disclosures;
        }
        let mut withheld = BTreeMap::new();
        for row in totals.withheld {
            *withheld.entry(row.reason).or_default() += row.count;
        }
        Ok(Self {
            exchange: exchange.counters().figures(),
            disclosures,
            withheld,
            deliveries: deliveries.counters().await?,
            canaries: watch.standing(),
            recalls: (
                owed.iter().map(|one| one.acknowledged).sum(),
                owed.iter().map(|one| one.open).sum(),
            ),
        })
    }
}

/// Renders `/metrics`. Names follow Prometheus: unit and `_total` last; labels name partnerships, paths
/// and reasons, never people.
#[derive(Debug)]
pub(super) struct MetricsText {
    exchange: Arc<Exchange>,
    egress: Arc<Egress>,
    ledger: Arc<Ledger>,
    book: Arc<Book>,
    rolling: Arc<rolling::Standing>,
}

impl MetricsText {
    /// The log over the record.
    fn log(&self, page: &mut Page) {
        let log = self.book.figures();
        page.gauge("log_entries", "Entries in the log over the record.", log.size);
        page.counter("log_packs", "Packs taken into the log.", [(String::new(), log.packs)]);
        page.counter("log_rows", "Rows hashed for the log.", [(String::new(), log.rows)]);
        let log = self.book.standing();
        let help = "1 while the log over the record cannot be written.";
        page.gauge("log_failing", help, u8::from(log.failing.is_some()));
        page.gauge("log_behind_packs", "Packs that the log lacks, at most.", log.behind);
        let help = "Packs that could not be read when the log took them in, since the start.";
        page.gauge("log_unreadable_packs", help, log.unreadable.len());
        let help = "1 where the log was empty at the start and packs were recorded.";
        page.gauge("log_began_anew", help, u8::from(log.began_anew));
        Self::log_compared(page, &log);
    }

    fn log_compared(page: &mut Page, log: &LogStanding) {
        let help = "How often the log was signed without the head that was signed before, ever.";
        page.gauge("log_signed_anew", help, log.signed_anew.len());
        let help = "Rows of the log beyond the head that was signed, at the start.";
        page.gauge("log_added_entries", help, log.added_entries.len());
        let help = "1 while entries of the log cannot be compared with what was signed.";
        page.gauge("log_not_comparing", help, u8::from(log.not_comparing.is_some()));
        let help = "Entries of the log that were compared with what was signed since the start.";
        page.gauge("log_compared_entries", help, log.compared);
        let help =
            "Entries of the log that are missing or were changed, and could not be made anew.";
        page.gauge("log_changed_entries", help, log.changed);
        let help =
            "Entries of the log that were missing or changed, and were made anew, since the start.";
        page.gauge("log_mended_entries", help, log.mended_entries.len());
    }

    fn rolling(&self, page: &mut Page) {
        let help = "1 while old records cannot be moved into files.";
        page.gauge("records_not_moved", help, u8::from(self.rolling.move_fails()));
        let help = "1 while records that are kept no longer cannot be deleted.";
        page.gauge("records_not_deleted", help, u8::from(self.rolling.forget_fails()));
        let help = "Editions that do not read: how long they let records be kept is not known.";
        page.gauge("unread_editions", help, self.rolling.unread_editions());
    }

    pub(super) fn new(
        exchange: &Arc<Exchange>,
        egress: &Arc<Egress>,
        ledger: &Arc<Ledger>,
        book: &Arc<Book>,
        rolling: &Arc<rolling::Standing>,
    ) -> Self {
        Self {
            exchange: Arc::clone(exchange),
            egress: Arc::clone(egress),
            ledger: Arc::clone(ledger),
            book: Arc::clone(book),
            rolling: Arc::clone(rolling),
        }
    }
}

impl sluicegate_web::api::Figures for MetricsText {
    fn render(&self) -> String {
        let mut page = Page(String::new());
        let exchange = self.exchange.counters().figures();
        let plain = [
            ("requests", "Bid requests that could be read.", exchange.requests),
            ("requests_refused", "Bid requests refused as wrong.", exchange.refused),
            ("partners_asked", "Partners asked for bids.", exchange.asked),
            (
                "partners_asked_contextually",
                "Partners asked without the person.",
                exchange.contextual,
            ),
            ("bids_looked_at", "Bids that were looked at in full.", exchange.looked_at),
            ("bids", "Bids that passed every check.", exchange.bids),
            ("turns", "Turns in which impressions were awarded.", exchange.turns),
            ("wins", "Impressions won.", exchange.won),
            (
                "auctions_not_durable",
                "Auctions answered without bids for the ledger's sake.",
                exchange.not_durable,
            ),
            ("notices", "Notices that partners accepted.", exchange.notices_sent),
            ("notices_failed", "Notices given up or dropped.", exchange.notices_failed),
            ("renders", "Render reports accepted.", exchange.rendered),
        ];
        for (name, help, value) in plain {
            page.counter(&format!("exchange_{name}"), help, [(String::new(), value)]);
        }
        let shed =
            exchange.shed.iter().map(|(why, count)| (format!("{{reason=\"{why}\"}}"), *count));
        page.counter("exchange_auctions_shed", "Auctions not taken on under overload.", shed);
        page.gauge("exchange_auctions_under_way", "Auctions under way.", self.exchange.under_way());
        if let Some(day) = self.exchange.rates().as_of() {
            let seconds = day.start().0 / 1_000;
            let help = "The day that the exchange rates are of, its beginning in Unix time.";
            page.gauge("exchange_rates_as_of_seconds", help, seconds);
        }
        let withheld = exchange.withheld.iter().map(|((id, reason), count)| {
            (format!("{{partnership=\"{id}\",reason=\"{}\"}}", reason.code()), *count)
        });
        page.counter("exchange_withheld", "Decisions to withhold, by reason.", withheld);
        let unheard = exchange.statuses.iter().map(|((id, status), count)| {
            (format!("{{partnership=\"{id}\",status=\"{}\"}}", status.name()), *count)
        });
        page.counter("exchange_unheard", "Partners and bids that were not heard, by why.", unheard);
        self.door(&mut page);
        let figures = self.ledger.figures();
        page.counter(
            "ledger_failed_batches",
            "Batches that could not be kept.",
            [(String::new(), figures.failed_batches)],
        );
        page.counter(
            "ledger_lost_notes",
            "Counts lost under overload.",
            [(String::new(), figures.lost_notes)],
        );
        self.rolling(&mut page);
        self.log(&mut page);
        page.0
    }
}

impl MetricsText {
    fn door(&self, page: &mut Page) {
        let health = self.egress.health();
        let by = |value: fn(&sluicegate_egress::Health) -> u64| {
            let rows: Vec<(String, u64)> = health
                .iter()
                .map(|one| (format!("{{partnership=\"{}\"}}", one.partnership), value(one)))
                .collect();
            rows
        };
        page.counter("door_sent", "Messages that got an answer.", by(|one| one.sent));
        page.counter("door_failed", "Messages that got none.", by(|one| one.failed));
        page.counter("door_timeouts", "Messages that ran out of time.", by(|one| one.timeouts));
        page.counter("door_limited", "Messages that met a limit.", by(|one| one.limited));
        page.counter("door_no_room", "Answers for which there was no room.", by(|one| one.no_room));
        page.counter(
            "door_unreadable",
            "Answers that could not be read.",
            by(|one| one.unreadable),
        );
        page.gauges(
            "door_held_bytes",
            "Bytes of bid responses that auctions hold.",
            by(|one| u64::try_from(one.held_bytes).unwrap_or(u64::MAX)),
        );
        page.counter(
            "door_not_in_force",
            "Messages stopped at the door because a choice had changed.",
            by(|one| one.not_in_force),
        );
        page.gauges(
            "door_rate_halvings",
            "How often the rate has been halved because the partner is overloaded.",
            by(|one| u64::from(one.halvings)),
        );
        page.counter("door_sent_bytes", "Body bytes sent.", by(|one| one.bytes_out));
    }
}

struct Page(String);

impl Page {
    fn gauge(&mut self, name: &str, help: &str, value: impl fmt::Display) {
        // Writing to a string cannot fail.
        let _written = writeln!(
            self.0,
            "# HELP sluicegate_{name} {help}\n# TYPE sluicegate_{name} gauge\nsluicegate_{name} {value}"
        );
    }

    fn counter(&mut self, name: &str, help: &str, rows: impl IntoIterator<Item = (String, u64)>) {
        self.metric((&format!("{name}_total"), "counter"), help, rows);
    }

    fn gauges(&mut self, name: &str, help: &str, rows: impl IntoIterator<Item = (String, u64)>) {
        self.metric((name, "gauge"), help, rows);
    }

    fn metric(
        &mut self,
        (name, kind): (&str, &str),
        help: &str,
        rows: impl IntoIterator<Item = (String, u64)>,
    ) {
        let rows = rows.into_iter().try_fold(String::new(), |mut rows, (labels, value)| {
            writeln!(rows, "sluicegate_{name}{labels} {value}")?;
            Ok::<_, fmt::Error>(rows)
        });
        // Writing to a string cannot fail.
        let _written = writeln!(
            self.0,
            "# HELP sluicegate_{name} {help}\n# TYPE sluicegate_{name} {kind}\n{}",
            rows.unwrap_or_default().trim_end()
        );
    }
}
