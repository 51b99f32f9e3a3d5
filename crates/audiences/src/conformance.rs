//! The contract of an [`Inbox`], run: any list of actions is done to an inbox and to a plain list, and
//! after each the two must say the same.

use crate::{Aside, Inbox, InboxError, Item, MemoryInbox, NewBatch, Old, Said, Sender, Waiting};
use sluicegate_gate::{IdError, KeyKind, SubjectKey, time::UnixMillis};

/// One thing done to an inbox.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Puts a batch of one of three senders, under one of a few names.
    Put {
        /// Which sender.
        sender: u8,
        /// Which name.
        name: u8,
        /// What is in it.
        content: u8,
    },
    /// Applies the batches that have waited longest.
    Done {
        /// How many.
        count: usize,
    },
    /// Sets aside the batches that have waited longest, each with its first item alone or as it is.
    SetAside {
        /// How many.
        count: usize,
        /// Whether the first item alone.
        first: bool,
    },
    /// Erases an account.
    Erase {
        /// Of the batches with this content.
        content: u8,
    },
    /// Forgets names, and what was set aside, older than so many actions.
    Trim {
        /// How many.
        age: u8,
    },
}

/// An inbox that does not keep the contract.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It failed.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// A name did not parse.
    #[error(transparent)]
    Name(#[from] IdError),
    /// It says something else than the list.
    #[error("action {action}: the inbox says {inbox}, the list {list}")]
    Differs {
        /// The number of the action.
        action: usize,
        /// The inbox's answer.
        inbox: String,
        /// The right answer.
        list: String,
    },
}

/// Does every action to an empty inbox and to a list.
#[expect(clippy::cognitive_complexity, reason = "every action is one branch")]
pub async fn check(inbox: &dyn Inbox, actions: &[Action]) -> Result<(), Broken> {
    let list = MemoryInbox::default();
    let mut now = 0;
    for (action, what) in actions.iter().enumerate() {
        now += 1;
        let both: [&dyn Inbox; 2] = [inbox, &list];
        let (ours, theirs) = match *what {
            Action::Put { sender, name, content } => {
                let batch = batch(sender, name, content, UnixMillis(now))?;
                let (own, other) = (inbox.put(batch.clone()).await?, list.put(batch).await?);
                (format!("{own:?}"), format!("{other:?}"))
            }
            Action::Done { count } => {
                for inbox in both {
                    for one in inbox.waiting(count).await? {
                        inbox.done(number(&one)).await?;
                    }
                }
                (String::new(), String::new())
            }
            Action::SetAside { count, first } => {
                for inbox in both {
                    for one in inbox.waiting(count).await? {
                        inbox.set_aside(number(&one), aside(&one, first, UnixMillis(now))).await?;
                    }
                }
                (String::new(), String::new())
            }
            Action::Erase { content } => {
                inbox.erase(account(content)).await?;
                list.erase(account(content)).await?;
                (String::new(), String::new())
            }
            Action::Trim { age } => {
                let at = UnixMillis(now - i64::from(age));
                let before = Old { names: at, set_aside: at };
                inbox.trim(before).await?;
                list.trim(before).await?;
                (String::new(), String::new())
            }
        };
        same(action, ours, theirs)?;
        let (ours, theirs) = (inbox.count_set_aside().await?, list.count_set_aside().await?);
        same(action, format!("{ours} set aside"), format!("{theirs} set aside"))?;
        let (ours, theirs) = (inbox.waiting(1_000).await?, list.waiting(1_000).await?);
        if contents(&ours) != contents(&theirs) {
            same(action, format!("{} wait", ours.len()), format!("{} wait: others", theirs.len()))?;
        }
    }
    Ok(())
}

fn same(action: usize, inbox: String, list: String) -> Result<(), Broken> {
    if inbox == list { Ok(()) } else { Err(Broken::Differs { action, inbox, list }) }
}

/// Numbers may differ, their order may not. All of them read back.
fn contents(waiting: &[Waiting]) -> Vec<Option<(&Sender, UnixMillis, &[Item])>> {
    waiting.iter().map(content).collect()
}

fn content(waiting: &Waiting) -> Option<(&Sender, UnixMillis, &[Item])> {
    match waiting {
        Waiting::Batch(batch) => Some((&batch.sender, batch.at, batch.items.as_slice())),
        Waiting::Unreadable { .. } => None,
    }
}

fn number(waiting: &Waiting) -> u64 {
    match waiting {
        Waiting::Batch(batch) => batch.number,
        Waiting::Unreadable { number, .. } => *number,
    }
}

fn aside(waiting: &Waiting, first: bool, at: UnixMillis) -> Aside {
    let items = match waiting {
        Waiting::Batch(batch) if first => Some(batch.items.iter().take(1).cloned().collect()),
        Waiting::Batch(_) | Waiting::Unreadable { .. } => None,
    };
    Aside { why: String::from("why"), at, items }
}

fn account(content: u8) -> SubjectKey {
    SubjectKey { kind: KeyKind::Account, hash: u128::from(content) }
}

fn batch(sender: u8, name: u8, content: u8, at: UnixMillis) -> Result<NewBatch, IdError> {
    let sender = match sender % 3 {
        0 => Sender::Tags,
        1 => Sender::Partner("north".parse()?),
        _ => Sender::Partner("south".parse()?),
    };
    let account = account(content);
    let listed = Said::Listed { audience: "runners".parse()?, until: UnixMillis(9) };
    let items = vec![Item::of(account, listed.clone()), Item::of_nobody(listed)];
    Ok(NewBatch { sender, name: [name; 16], content: [content; 16], at, items })
}
