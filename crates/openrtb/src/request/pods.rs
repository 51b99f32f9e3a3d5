//! The pods of one request: impressions with the same `podid` are parts of one (`OpenRTB` 2.6, implementation 7.6). They
//! may be slots of a fixed length, dynamic parts, or both.

use super::{
    imp::Imp,
    lengths::Play,
    pod::{Differ, PodRule},
};
use crate::fields::{Fault, Fields};
use std::collections::BTreeMap;

/// The pods of videos, or of sound: each gets a number in the place of the name that the platform chose.
#[derive(Debug, Default)]
pub(super) struct Pods {
    numbers: BTreeMap<String, usize>,
    videos: BTreeMap<usize, Parts>,
    sounds: BTreeMap<usize, Parts>,
}

/// What the parts of a pod say of it.
#[derive(Debug)]
struct Parts {
    /// The index of the first impression that has one.
    first: usize,
    /// `podseq`.
    sequence: Option<i64>,
    /// How many are guaranteed to be first, last, and either of both.
    ends: [u32; 3],
}

/// A part of a pod.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// What partners are told in the place of the pod's name, where it has one.
    pub(super) number: Option<usize>,
    /// The index of the first impression of the pod.
    pub(super) first: usize,
}

impl Pods {
    /// Takes the video of an impression, by the impression's index.
    pub(super) fn video(
        &mut self,
        index: usize,
        video: &Fields<'_>,
        play: &Play,
    ) -> Result<Part, Fault> {
        let number = self.number(video)?;
        Part::of(index, number, (video, play), &mut self.videos)
    }

    /// Takes the sound of an impression.
    pub(super) fn audio(
        &mut self,
        index: usize,
        audio: &Fields<'_>,
        play: &Play,
    ) -> Result<Part, Fault> {
        let number = self.number(audio)?;
        Part::of(index, number, (audio, play), &mut self.sounds)
    }

    fn number(&mut self, media: &Fields<'_>) -> Result<Option<usize>, Fault> {
        let Some(name) = media.text("podid")?.filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let next = self.numbers.len() + 1;
        Ok(Some(*self.numbers.entry(name.to_owned()).or_insert(next)))
    }
}

impl Part {
    fn of(
        index: usize,
        number: Option<usize>,
        (media, play): (&Fields<'_>, &Play),
        pods: &mut BTreeMap<usize, Parts>,
    ) -> Result<Self, Fault> {
        let Some(found) = number else { return Ok(Self { number, first: index }) };
        let new = || Parts { first: index, sequence: None, ends: [0; 3] };
        let parts = pods.entry(found).or_insert_with(new);
        parts.add(media, play)?;
        Ok(Self { number, first: parts.first })
    }
}

impl Parts {
    /// What is said of a pod is the same in all of its parts, and of its ends each is guaranteed to one of them only.
    fn add(&mut self, media: &Fields<'_>, play: &Play) -> Result<(), Fault> {
        let sequence = media.integer("podseq")?.filter(|code| (-1..=1).contains(code));
        if let (Some(said), Some(other)) = (sequence, self.sequence)
            && said != other
        {
            return Err(media.fault("podseq", "must be the same in all of a pod"));
        }
        self.sequence = self.sequence.or(sequence);
        for (sum, more) in self.ends.iter_mut().zip(play.ends()) {
            *sum += more;
        }
        let [first, last, ends] = self.ends;
        if first > 1 || last > 1 || ends > 2 {
            let problem = "must not guarantee what another part of the pod does";
            return Err(media.fault("slotinpod", problem));
        }
        Ok(())
    }
}

/// What one part of a pod asks its ads to differ in holds for all of the pod.
pub(super) fn share_what_differs(imps: &mut [Imp]) {
    let mut pods: BTreeMap<usize, Differ> = BTreeMap::new();
    for PodRule { pod, differ } in imps.iter().filter_map(|imp| imp.pod_rule) {
        let all = pods.entry(pod).or_default();
        *all = all.or(differ);
    }
    for imp in imps {
        imp.pod_rule =
            imp.pod_rule.and_then(|PodRule { pod, .. }| PodRule::of(pod, *pods.get(&pod)?));
    }
}
