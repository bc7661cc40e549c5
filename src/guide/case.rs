//! One trouble as the table tells it. The cases themselves stand in the chapters: [`super::table`].

use super::sign::Sign;
use crate::units::closed_list;

/// One trouble: how it is recognised, what it means, what fixes it.
#[derive(Debug)]
pub struct Case {
    /// Its stable name, also its anchor in the documentation.
    pub slug: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What shows it: any of these.
    pub signs: &'static [Sign],
    /// The most likely cause.
    pub cause: &'static str,
    /// What to do next.
    pub action: &'static str,
    /// How long that takes, for who may do it.
    pub takes: &'static str,
    /// What the fix itself may break.
    pub risk: Risk,
    /// The alert that fires for it, and has a runbook of its own.
    pub alert: Option<&'static str>,
}

impl Case {
    /// Where the exporter serves it, as a link of its page at `/`.
    pub fn help(&self) -> String {
        format!("guide/{}", self.slug)
    }
}

closed_list! {
    /// What a fix may break.
    pub enum Risk {
        /// Nothing that works now.
        Low = "low",
        /// Something that works now, if done carelessly.
        Medium = "medium",
    }
}

/// Cases of one kind.
#[derive(Debug)]
pub struct Chapter {
    /// What they have in common.
    pub title: &'static str,
    /// The cases, the particular before the general.
    pub cases: &'static [Case],
}

/// The first letter large, a full stop at the end: the table's texts have neither.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), letters.as_str())
    })
}
