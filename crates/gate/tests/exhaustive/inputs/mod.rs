//! The inputs of the decision, each with values that the rules can tell apart.

mod choices;
mod device;
mod person;
mod register;
mod strings;

use crate::{reasons::Reasons, world::World};
use sluicegate_gate::Reason;

pub(crate) use choices::opened;
pub(crate) use register::listed_in_every_way;

/// One value of an input.
pub(crate) struct Value {
    pub(crate) name: String,
    /// Sets what the input owns, all of it.
    pub(crate) set: Box<dyn Fn(&mut World) + Send + Sync>,
    /// Which values close at least as much, by index; those that follow from others need not be named.
    pub(crate) tighter: Vec<usize>,
}

/// One input.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) values: Vec<Value>,
    /// Which reasons can come or go when nothing but this input changes.
    reaches: Reasons,
}

impl Input {
    fn new(name: &'static str, reaches: &[Reason]) -> Self {
        Self { name, values: Vec::new(), reaches: Reasons::of(reaches) }
    }

    fn value(
        mut self,
        name: impl Into<String>,
        set: impl Fn(&mut World) + Send + Sync + 'static,
    ) -> Self {
        let value = Value { name: name.into(), set: Box::new(set), tighter: Vec::new() };
        self.values.push(value);
        self
    }

    /// States that each of `tighter` closes at least as much as `value`.
    fn closing(mut self, value: &str, tighter: &[&str]) -> Self {
        let found: Vec<usize> = tighter.iter().map(|name| self.index(name)).collect();
        let index = self.index(value);
        self.values[index].tighter.extend(found);
        self
    }

    fn index(&self, name: &str) -> usize {
        let found = self.values.iter().position(|value| value.name == name);
        assert!(found.is_some(), "`{}` has no value `{name}`", self.name);
        found.unwrap_or(0)
    }

    /// Returns the input with some of its values, in the order given.
    pub(crate) fn only(mut self, names: &[&str]) -> Self {
        let kept: Vec<usize> = names.iter().map(|name| self.index(name)).collect();
        let mut all: Vec<Option<Value>> = self.values.into_iter().map(Some).collect();
        let values = kept.iter().filter_map(|index| all[*index].take());
        self.values = values
            .map(|mut value| {
                let places = value.tighter.iter();
                value.tighter =
                    places.filter_map(|one| kept.iter().position(|old| old == one)).collect();
                value
            })
            .collect();
        self
    }

    /// What was left decides about these two, so that everything reaches them.
    pub(crate) fn reaches(&self) -> Reasons {
        self.reaches.or(Reasons::of(&[Reason::CategoryNotListed, Reason::NoKey]))
    }
}

/// Every input with all of its values.
pub(crate) fn all() -> Vec<Input> {
    let parts = [
        register::inputs(),
        choices::inputs(),
        person::inputs(),
        device::inputs(),
        strings::inputs(),
    ];
    parts.into_iter().flatten().collect()
}

/// Returns one input by its name.
pub(crate) fn input(name: &str) -> Input {
    let found = all().into_iter().find(|input| input.name == name);
    assert!(found.is_some(), "there is no input `{name}`");
    found.unwrap()
}
