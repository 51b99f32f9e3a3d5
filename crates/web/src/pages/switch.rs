//! One setting as a page shows it: its state in words, what on and off mean, why it stands as it does, and the
//! button that changes it.

use super::{
    guard::{Content, Fields},
    language::{Language, Message},
    when::Moment,
    words,
};
use sluicegate_gate::{Choice, Country, Jurisdiction, Setting};
use sluicegate_settings::{Actor, Event, ReadHistory};

/// One setting with its state, and what changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Switch {
    pub(super) setting: Setting,
    /// What was chosen here; `None` where nobody chose and the default is not known here.
    pub(super) choice: Option<Choice>,
    pub(super) name: Message,
    pub(super) on: Message,
    pub(super) off: Message,
    pub(super) basis: Vec<Message>,
    language: Language,
    /// Whether it is off whatever is chosen here: an account that is used here turned it off.
    is_closed: bool,
}

/// A button of a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Button {
    pub(super) choice: &'static str,
    pub(super) words: Message,
}

/// What the form of a switch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(super) setting: Setting,
    pub(super) choice: Choice,
    /// Whether it answers the question what a signal of the browser means for the account.
    pub(super) answers_signal: bool,
}

impl Switch {
    pub(super) fn new(
        language: Language,
        setting: Setting,
        choice: Option<Choice>,
        basis: Vec<Message>,
        platform: &str,
    ) -> Self {
        let meaning = |choice| words::meaning(language, setting, choice, platform);
        Self {
            setting,
            choice,
            name: words::setting(language, setting, platform),
            on: meaning(Choice::On),
            off: meaning(Choice::Off),
            basis,
            language,
            is_closed: false,
        }
    }

    /// Returns the same where an account that is used here turned it off.
    pub(super) fn closed(self) -> Self {
        Self { is_closed: true, ..self }
    }

    /// Returns what holds, whatever was chosen here.
    fn in_force(&self) -> Option<Choice> {
        if self.is_closed { Some(Choice::Off) } else { self.choice }
    }

    pub(super) fn id(&self) -> &'static str {
        self.setting.name()
    }

    pub(super) fn state(&self) -> Message {
        match self.in_force() {
            Some(choice) => words::state(self.language, self.setting, choice),
            None => self.language.say("state-unchosen"),
        }
    }

    pub(super) fn on_mark(&self) -> &'static str {
        self.mark(Choice::On)
    }

    pub(super) fn off_mark(&self) -> &'static str {
        self.mark(Choice::Off)
    }

    /// Returns how a choice is marked: as the one that holds, the one that does not, or neither.
    fn mark(&self, choice: Choice) -> &'static str {
        match self.in_force() {
            None => "open",
            Some(holds) if holds == choice => "holds",
            Some(_) => "rests",
        }
    }

    pub(super) fn chip(&self) -> &'static str {
        match self.in_force() {
            Some(Choice::On) => "chip-on",
            Some(Choice::Off) => "chip-off",
            None => "chip-open",
        }
    }

    /// Returns the other choice; both where nobody chose yet.
    pub(super) fn buttons(&self) -> Vec<Button> {
        let all = [Choice::Off, Choice::On].into_iter();
        all.filter(|choice| self.choice != Some(*choice))
            .map(|choice| self.button(choice))
            .collect()
    }

    fn button(&self, choice: Choice) -> Button {
        Button { choice: name(choice), words: words::turn(self.language, self.setting, choice) }
    }
}

impl Content for Turn {
    fn read(fields: &Fields) -> Option<Self> {
        let (setting, choice) = (fields.value("setting")?, fields.value("choice")?);
        Some(Self {
            setting: Setting::ALL.into_iter().find(|known| known.name() == setting)?,
            choice: [Choice::On, Choice::Off].into_iter().find(|known| name(*known) == choice)?,
            answers_signal: fields.value("asked") == Some("gpc"),
        })
    }
}

fn name(choice: Choice) -> &'static str {
    match choice {
        Choice::On => "on",
        Choice::Off => "off",
    }
}

/// Returns the words that stood beside the button when it was pressed.
pub(super) fn words_shown(language: Language, turn: Turn, platform: &str) -> String {
    if turn.answers_signal {
        return signal_words(language, turn.choice);
    }
    let Turn { setting, choice, .. } = turn;
    let parts = [
        words::setting(language, setting, platform).plain() + ".",
        language.say("on").plain() + ":",
        words::meaning(language, setting, Choice::On, platform).plain(),
        language.say("off").plain() + ":",
        words::meaning(language, setting, Choice::Off, platform).plain(),
        words::turn(language, setting, choice).plain(),
    ];
    parts.join(" ")
}

fn signal_words(language: Language, choice: Choice) -> String {
    let answer = match choice {
        Choice::On => "gpc-keep-on",
        Choice::Off => "gpc-turn-off",
    };
    format!("{} {}", language.say("gpc-question").plain(), language.say(answer).plain())
}

/// Returns whether the person was asked before what the browser's signal means for the account.
pub(super) fn has_answered_signal(history: &ReadHistory) -> bool {
    history.records.iter().any(|record| match &record.event {
        Event::Chosen { words, language, value, .. } => Language::of_tag(language)
            .is_some_and(|language| *words == signal_words(language, *value)),
        Event::MarkedOff { .. }
        | Event::MarkLifted { .. }
        | Event::Linked { .. }
        | Event::Unlinked { .. }
        | Event::Corrected(_)
        | Event::Edited(_)
        | Event::Removed { .. } => false,
    })
}

/// Returns who chose, and when.
pub(super) fn chosen(
    language: Language,
    setting: Setting,
    history: &ReadHistory,
    platform: &str,
) -> Vec<Message> {
    let Some((actor, at)) = history.last_choice(setting) else {
        return vec![language.say("chosen-undated")];
    };
    let said = match actor {
        Actor::Person => language.say("chosen-person"),
        Actor::Gpc => language.say("chosen-gpc"),
        Actor::Operator => language.say("chosen-operator").with("platform", platform),
        Actor::Law => language.say("chosen-law"),
    };
    vec![said.with("when", Moment::of(at).full())]
}

/// Returns the default of a country, and what it rests on.
pub(super) fn by_default(
    language: Language,
    country: Option<Country>,
    platform: &str,
) -> (Choice, Vec<Message>) {
    let row = Jurisdiction::of(country);
    let said = match country {
        Some(country) => vec![
            language.say("default-country").with("country", words::country(language, country)),
            language.say("default-law").with("law", words::law(language, row.law)),
        ],
        None => vec![language.say("default-unknown").with("platform", platform)],
    };
    (row.default, said)
}
