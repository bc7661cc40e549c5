//! Which cells an incident names, in a text that people wrote. What cannot be read may name any
//! cell: unknown is not elsewhere.

use std::collections::BTreeSet;

use super::{cell::Cell, text::split_within};

/// The cells that a text names, and whether that is all it says. The empty text says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CellList {
    /// In order, with blanks between them: thousands of sets would cost ten times what was read.
    cells: Box<str>,
    is_whole: bool,
}

/// Whether an incident is on a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It names other cells, and nothing else.
    Elsewhere,
    /// It may be: it names no cell, or all, or what cannot be read.
    Unknown,
    /// It names the cell.
    On,
}

/// Longer than a text that names every cell that Okta has.
const LONGEST: usize = 4096;
/// The longest other name of a cell that is looked for, in brackets behind it.
const LONGEST_NAME: usize = 64;

/// Words that may stand around cells and change nothing.
const FILLERS: [&str; 3] = ["and", "cell", "cells"];
/// Words that make cells named those that are spared.
const NEGATIONS: [&str; 9] = [
    "besides",
    "but",
    "except",
    "excluding",
    "no",
    "non",
    "not",
    "other",
    "without",
];

impl CellList {
    /// Reads `okta.com:7;oktapreview.com:3`, however it is spaced and separated; `okta.com:07`, and
    /// `okta.com:7 (US Cell 7)`. A text that spares cells (`all but okta.com:7`) names none.
    pub fn read(text: &str) -> Self {
        if text.len() > LONGEST {
            return Self::default();
        }
        let text = text.to_lowercase();
        let (mut cells, mut others) = (BTreeSet::new(), String::new());
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(':') {
            if let Some((before, cell, after)) = around(before, after) {
                others.push_str(before);
                others.push(' ');
                rest = after_other_name(after, &cell);
                cells.insert(cell);
            } else {
                others.push_str(before);
                others.push(':');
                rest = after;
            }
        }
        others.push_str(rest);
        if words(&text).any(|word| NEGATIONS.contains(&word)) {
            return Self::default();
        }
        let separates = |c: char| c.is_whitespace() || ";,/|&+.".contains(c);
        let mut others = others.split(separates).filter(|word| !word.is_empty());
        Self {
            is_whole: !cells.is_empty() && others.all(|word| FILLERS.contains(&word)),
            cells: cells
                .iter()
                .map(Cell::to_string)
                .collect::<Vec<_>>()
                .join(" ")
                .into(),
        }
    }

    /// True if it names some cell.
    pub fn names_any(&self) -> bool {
        !self.cells.is_empty()
    }

    /// Whether what names these cells is on this one.
    pub fn reach(&self, cell: &Cell) -> Reach {
        match self {
            Self { cells, .. } if cells.split(' ').any(|text| cell.is(text)) => Reach::On,
            Self { is_whole: true, .. } => Reach::Elsewhere,
            Self { .. } => Reach::Unknown,
        }
    }
}

/// The cell whose domain ends `before` a colon and whose number begins `after` it, with what stands
/// around both.
fn around<'a>(before: &'a str, after: &'a str) -> Option<(&'a str, Cell, &'a str)> {
    let before = before.trim_end();
    let of_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let others = before.trim_end_matches(of_domain);
    let domain = before.strip_prefix(others)?;
    let after = after.trim_start();
    let others_after = after.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = after.strip_suffix(others_after)?;
    // A host's name has a dot: `cells: 7` is no cell.
    let is_one = domain.contains('.') && !others_after.starts_with(char::is_alphanumeric);
    let number = digits.trim_start_matches('0');
    let cell = format!("{domain}:{number}").parse().ok();
    Some((others, cell.filter(|_| is_one)?, others_after))
}

/// What follows another name of the same cell, in brackets behind it: `(US Cell 7)`.
fn after_other_name<'a>(text: &'a str, cell: &Cell) -> &'a str {
    let name = text.trim_start().strip_prefix('(');
    let Some((name, after)) = name.and_then(|name| split_within(name, LONGEST_NAME, ')')) else {
        return text;
    };
    let number = cell.number().to_string();
    let mut reversed = name.split(|c: char| !c.is_alphanumeric()).rev();
    let is_name = reversed.next() == Some(number.as_str())
        && reversed.next() == Some("cell")
        && reversed.all(|word| word.len() < 8 && !["all", "and", "or", "to"].contains(&word));
    if is_name { after } else { text }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell(text: &str) -> Cell {
        text.parse().unwrap()
    }

    fn reach(text: &str) -> Reach {
        CellList::read(text).reach(&cell("okta.com:7"))
    }

    #[test]
    fn what_names_a_cell_is_on_it_however_it_is_written() {
        for text in [
            "okta.com:7",
            " Okta.com: 7 ",
            "okta.com :07",
            "okta.com:7 (US Cell 7)",
            "okta.com:7 (US-Cell-7), okta-emea.com:1",
            "okta.com:8;okta.com:7",
            "okta.com:8\nokta.com:7",
            "Cells okta.com:8 and okta.com:7.",
            "okta.com:7; All cells",
            "okta.com:7 and later others",
        ] {
            assert_eq!(reach(text), Reach::On, "{text:?}");
        }
    }

    #[test]
    fn what_names_other_cells_only_is_elsewhere() {
        for text in [
            "okta.com:8",
            "okta.com:70",
            "oktapreview.com:7",
            "okta.com:8 (US Cell 8);okta-emea.com:1",
            "okta.com:08 & okta.com: 9",
        ] {
            assert_eq!(reach(text), Reach::Elsewhere, "{text:?}");
        }
    }

    #[test]
    fn what_names_all_or_cannot_be_read_may_be_on_any_cell() {
        for text in [
            "",
            " ; ",
            "All cells",
            "okta.com:all",
            "okta.com",
            "US-Cell-7",
            "cells: 7",
            "okta.com:0",
            "okta.com:7x",
            "okta.com:70000",
            "okta.com:8; All cells",
            "okta.com:1 - okta.com:9",
            "okta.com:1-9",
            "okta.com:8 (and all others)",
            "okta.com:8 (all to cell 8)",
            "all but okta.com:7",
            "All cells except okta.com:8",
            "nicht lesbar",
        ] {
            assert_eq!(reach(text), Reach::Unknown, "{text:?}");
        }
    }

    fn listed() -> impl Strategy<Value = Vec<Cell>> {
        let domain = prop::sample::select(vec!["okta.com", "oktapreview.com", "okta-emea.com"]);
        let cell = (domain, 1..100_u16).prop_map(|(domain, n)| cell(&format!("{domain}:{n}")));
        prop::collection::vec(cell, 1..6)
    }

    /// One cell as people write it.
    fn written(cell: &Cell, how: usize) -> String {
        let number = cell.number();
        let domain = cell.to_string().replace(&format!(":{number}"), "");
        match how % 5 {
            0 => format!("{domain}:{number}"),
            1 => format!("{domain}: {number}"),
            2 => format!("{}:{number:03}", domain.to_uppercase()),
            3 => format!("{domain} :{number} (US Cell {number})"),
            _ => format!(" {domain}:{number}\u{a0}"),
        }
    }

    proptest! {
        #[test]
        fn every_list_reads_back_however_it_is_written(
            cells in listed(),
            how in any::<[usize; 6]>(),
            separator in prop::sample::select(vec![";", ",", ", ", " ; ", "\n", " and ", " & ", "/"]),
        ) {
            let parts: Vec<String> = cells.iter().zip(how).map(|(cell, how)| written(cell, how)).collect();
            let read = CellList::read(&parts.join(separator));
            prop_assert!(read.is_whole);
            let cells: BTreeSet<_> = cells.into_iter().collect();
            let named: Vec<Cell> = read.cells.split(' ').map(cell).collect();
            prop_assert_eq!(named, cells.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn a_word_that_cannot_be_read_hides_no_cell_and_makes_none_spared(
            cells in listed(), place in 0..6_usize, word in "[a-z]{4,9}",
        ) {
            prop_assume!(!FILLERS.contains(&word.as_str()) && !NEGATIONS.contains(&word.as_str()));
            let mut parts: Vec<String> = cells.iter().map(Cell::to_string).collect();
            parts.insert(place.min(parts.len()), word);
            let read = CellList::read(&parts.join("; "));
            for cell in &cells {
                prop_assert_eq!(read.reach(cell), Reach::On);
            }
            prop_assert_eq!(read.reach(&cell("okta.mil:999")), Reach::Unknown);
        }

        #[test]
        fn whatever_is_written_only_what_names_cells_can_spare_one(text in any::<String>()) {
            let read = CellList::read(&text);
            prop_assert!(read.reach(&cell("okta.com:7")) != Reach::Elsewhere || read.names_any());
        }
    }
}
