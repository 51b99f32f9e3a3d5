//! Short alternating rounds of a floor and a subject, and what they cost.

use anyhow::Context;
use std::{
    fs,
    time::{Duration, Instant},
};

/// How many rounds, and how long they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    rounds: usize,
    shorter_by: u32,
}

impl Effort {
    /// What the printed table of the documentation was taken with.
    pub(crate) const FULL: Self = Self { rounds: 11, shorter_by: 1 };
    /// To see whether anything moved a lot.
    pub(crate) const QUICK: Self = Self { rounds: 5, shorter_by: 4 };

    /// Returns how many operations a round has, of those that a full one has.
    pub(crate) fn operations(self, full: u32) -> u32 {
        full.div_ceil(self.shorter_by)
    }
}

/// What one operation took in one round, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Of the processor, in every thread of this process.
    pub(crate) processor: f64,
    /// By the clock on the wall.
    pub(crate) wall: f64,
}

/// Floor and subject side by side, as medians over the rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// The least that has to be done.
    pub(crate) floor: Sample,
    /// What is measured.
    pub(crate) subject: Sample,
    /// The subject's processor time by the floor's, round by round.
    pub(crate) ratio: Spread,
}

/// Quartiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

/// Runs floor and subject in turns. The first round of each warms up and is not counted.
pub(crate) fn alternate(
    effort: Effort,
    mut floor: impl FnMut() -> anyhow::Result<Sample>,
    mut subject: impl FnMut() -> anyhow::Result<Sample>,
) -> anyhow::Result<Pair> {
    floor()?;
    subject()?;
    let mut floors = Vec::with_capacity(effort.rounds);
    let mut subjects = Vec::with_capacity(effort.rounds);
    for _ in 0..effort.rounds {
        floors.push(floor()?);
        subjects.push(subject()?);
    }
    let ratios = floors.iter().zip(&subjects).map(|(floor, subject)| {
        // A floor that took no time at all would say nothing.
        subject.processor / floor.processor.max(f64::MIN_POSITIVE)
    });
    let ratio = spread(ratios.collect());
    Ok(Pair { floor: medians(&floors), subject: medians(&subjects), ratio })
}

/// Waits for an answer, and says how many seconds it took by the clock on the wall, and of the processor, in every
/// thread of this process.
pub(crate) async fn seconds<T>(work: impl Future<Output = T>) -> anyhow::Result<(f64, f64, T)> {
    let (wall, processor) = (now(), processor_time()?);
    let answer = work.await;
    let wall = wall.elapsed();
    let processor = processor_time()?.saturating_sub(processor);
    Ok((wall.as_secs_f64(), processor.as_secs_f64(), answer))
}

/// Runs the work once and says what one of its operations took.
pub(crate) fn measured(
    operations: u32,
    work: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Sample> {
    let processor = processor_time()?;
    let wall = now();
    work()?;
    let wall = wall.elapsed();
    let processor = processor_time()?.saturating_sub(processor);
    let each = |whole: Duration| whole.as_secs_f64() * 1e9 / f64::from(operations.max(1));
    Ok(Sample { processor: each(processor), wall: each(wall) })
}

/// Returns the time, to take differences of.
#[expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Returns the value below which that part of the values lies; the values come back sorted.
pub(crate) fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = u32::try_from(values.len().saturating_sub(1)).unwrap_or(u32::MAX);
    // The nearest index from below that is a whole number.
    let index = (0..=last).take_while(|index| f64::from(*index) <= f64::from(last) * part).last();
    let found = index.and_then(|index| values.get(usize::try_from(index).unwrap_or(usize::MAX)));
    found.copied().unwrap_or(f64::NAN)
}

fn medians(samples: &[Sample]) -> Sample {
    let median = |pick: fn(&Sample) -> f64| spread(samples.iter().map(pick).collect()).median;
    Sample { processor: median(|one| one.processor), wall: median(|one| one.wall) }
}

fn spread(mut values: Vec<f64>) -> Spread {
    Spread {
        lower: quantile(&mut values, 0.25),
        median: quantile(&mut values, 0.5),
        upper: quantile(&mut values, 0.75),
    }
}

/// Sums up how long the threads of this process have run. The scheduler accounts for it in
/// nanoseconds, unlike the ticks of `/proc/self/stat`.
fn processor_time() -> anyhow::Result<Duration> {
    // A thread's account is brought up to date when it leaves its core.
    std::thread::sleep(Duration::from_micros(200));
    processor_time_of(std::process::id())
}

/// Sums up how long the threads of a process have run.
pub(crate) fn processor_time_of(process: u32) -> anyhow::Result<Duration> {
    let mut sum = Duration::ZERO;
    let threads = fs::read_dir(format!("/proc/{process}/task"))
        .context("processor time is read from /proc, which only Linux has")?;
    for thread in threads {
        // A thread that ended meanwhile has no account any more.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let first = text.split_whitespace().next().context("an empty schedstat")?;
        sum += Duration::from_nanos(first.parse().context("schedstat is not in nanoseconds")?);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let mut values = [4.0, 1.0, 3.0, 2.0, 5.0];
        let found = [0.0, 0.5, 0.99, 1.0].map(|part| quantile(&mut values, part));
        assert_eq!(found.map(|value| value.to_string()), ["1", "3", "4", "5"]);
        assert!(quantile(&mut [], 0.5).is_nan());
    }

    #[test]
    fn the_ratio_is_taken_round_by_round() {
        let floors =
            [9.0, 1.0, 2.0, 4.0, 8.0, 16.0].map(|time| Sample { processor: time, wall: time });
        let mut floor = floors.into_iter();
        let mut subject =
            floors.into_iter().map(|one| Sample { processor: one.processor * 3.0, ..one });
        let pair = alternate(
            Effort::QUICK,
            || floor.next().context("one more"),
            || subject.next().context("one more"),
        )
        .unwrap();
        assert_eq!([pair.ratio.lower, pair.ratio.upper].map(|ratio| ratio.to_string()), ["3", "3"]);
        assert_eq!(pair.floor.processor.to_string(), "4", "the first round is not counted");
    }
}
