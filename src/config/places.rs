//! Where each setting stands in a text, and what keeps the text from being settings at all: told by the
//! events of the parser that it is read with, one after the other. It is asked only once something is
//! wrong or worth saying.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    str::Chars,
};

use yaml_rust2::{
    Yaml,
    parser::{Event, Parser},
    scanner::{Marker, TScalarStyle},
};

use super::problems::{Mistake, Place, SettingPath};

/// So many settings get a place of their own, which ten thousand orgs do not have; of more, each has
/// that of what it is in.
const MOST: usize = 1_000_000;
/// So many names that are written twice are told.
const TOLD: usize = 20;

/// Where each setting stands.
pub(super) struct Places {
    settings: Vec<Setting>,
    /// By what they are in, and by name.
    below: BTreeMap<(usize, String), usize>,
    mistakes: Vec<Mistake>,
}

struct Setting {
    parent: usize,
    name: String,
    place: Place,
}

/// A map or a list whose end has not come.
struct Open {
    setting: usize,
    next: Next,
}

/// What comes next in it.
#[derive(Clone, Copy)]
enum Next {
    Name,
    Value(usize),
    Item(usize),
}

impl Places {
    /// Of a text, as far as it is YAML.
    pub(super) fn of(yaml: &str) -> Self {
        let whole = Setting {
            parent: 0,
            name: String::new(),
            place: Place { line: 1, column: 1 },
        };
        let mut places = Self {
            settings: vec![whole],
            below: BTreeMap::new(),
            mistakes: Vec::new(),
        };
        if let Err((place, what)) = places.read(&mut Parser::new_from_str(yaml)) {
            let broken = Mistake::new(Some(place), SettingPath::default(), what);
            places.mistakes = vec![broken];
        }
        places
    }

    /// Where a setting stands, or else the nearest of those that it is in.
    pub(super) fn find(&self, at: &SettingPath) -> Option<Place> {
        let mut found = None;
        for step in at.steps() {
            let parent = found.unwrap_or_default();
            let Some(setting) = self.below.get(&(parent, step.to_owned())) else {
                break;
            };
            found = Some(*setting);
        }
        Some(self.settings.get(found?)?.place)
    }

    /// What keeps it from being settings: where it is no YAML, or which names are there twice.
    pub(super) fn mistakes(self) -> Vec<Mistake> {
        self.mistakes
    }

    fn read(&mut self, parser: &mut Parser<Chars<'_>>) -> Result<(), (Place, String)> {
        let mut open: Vec<Open> = Vec::new();
        let mut documents = 0;
        loop {
            let read = parser.next_token();
            let (event, marker) = read.map_err(|broken| {
                let what = format!("this is not YAML: {}", broken.info());
                (place(broken.marker()), what)
            })?;
            let place = place(&marker);
            let opens = match event {
                Event::StreamEnd => return Ok(()),
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop();
                    continue;
                }
                Event::DocumentStart => {
                    documents += 1;
                    if documents > 1 {
                        let fix = "keep one, without `---` lines between";
                        return Err((place, format!("it holds several YAML documents: {fix}")));
                    }
                    continue;
                }
                Event::MappingStart(..) => Some(Next::Name),
                Event::SequenceStart(..) => Some(Next::Item(0)),
                _ if open.is_empty() && !matches!(event, Event::Scalar(..)) => continue,
                _ => None,
            };
            let setting = match open.last_mut() {
                None => 0,
                Some(within) => match within.next {
                    Next::Name => {
                        let named = match &event {
                            // What it stands for is not followed, so that nothing in it is found.
                            Event::Alias(_) => self.unnamed(within.setting, place),
                            event => {
                                let name =
                                    name(event).ok_or_else(|| (place, NO_NAME.to_owned()))?;
                                self.named(within.setting, name, place)
                            }
                        };
                        within.next = Next::Value(named);
                        continue;
                    }
                    Next::Value(setting) => {
                        within.next = Next::Name;
                        setting
                    }
                    Next::Item(index) => {
                        within.next = Next::Item(index + 1);
                        self.named(within.setting, index.to_string(), place)
                    }
                },
            };
            open.extend(opens.map(|next| Open { setting, next }));
        }
    }

    /// A setting of this name in another one. One that is there twice is told.
    fn named(&mut self, parent: usize, name: String, place: Place) -> usize {
        let setting = self.settings.len();
        if setting >= MOST {
            return parent;
        }
        let twice = match self.below.entry((parent, name.clone())) {
            Entry::Vacant(free) => {
                free.insert(setting);
                None
            }
            Entry::Occupied(first) => Some(*first.get()),
        };
        self.settings.push(Setting {
            parent,
            name,
            place,
        });
        if let Some(first) = twice {
            self.twice(first, place);
        }
        setting
    }

    /// One that nobody asks for.
    fn unnamed(&mut self, parent: usize, place: Place) -> usize {
        let setting = self.settings.len();
        if setting >= MOST {
            return parent;
        }
        let name = String::new();
        self.settings.push(Setting {
            parent,
            name,
            place,
        });
        setting
    }

    fn twice(&mut self, first: usize, place: Place) {
        let earlier = self.settings.get(first);
        if let Some(Setting {
            name,
            place: before,
            ..
        }) = earlier
            && self.mistakes.len() < TOLD
        {
            let line = before.line;
            let what = format!(
                "`{name}` is written twice in the same place, first at line {line}: rename one or drop it"
            );
            let mistake = Mistake::new(Some(place), self.path(first), what);
            self.mistakes.push(mistake);
        }
    }

    fn path(&self, setting: usize) -> SettingPath {
        let mut steps = Vec::new();
        let mut at = self.settings.get(setting);
        while let Some(Setting { parent, name, .. }) = at {
            steps.push(name.as_str());
            at = self.settings.get(*parent).filter(|_| *parent > 0);
        }
        SettingPath::of(steps.into_iter().rev())
    }
}

const NO_NAME: &str = "`null`, `{…}` or `[…]` stands where a name should: is a template not filled in? A name like `null` goes in quotes";

/// The name that a node is, as the reader of settings has it; `None` for what is none.
fn name(node: &Event) -> Option<String> {
    let Event::Scalar(text, style, ..) = node else {
        return None;
    };
    if *style != TScalarStyle::Plain {
        return Some(text.clone());
    }
    match Yaml::from_str(text) {
        Yaml::Null => None,
        Yaml::Integer(number) => Some(number.to_string()),
        Yaml::Boolean(truth) => Some(truth.to_string()),
        _ => Some(text.clone()),
    }
}

/// The parser counts columns from 0.
fn place(marker: &Marker) -> Place {
    Place {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(yaml: &str, path: &str) -> Option<(usize, usize)> {
        let at = SettingPath::default().setting(path);
        let place = Places::of(yaml).find(&at)?;
        Some((place.line, place.column))
    }

    fn told(yaml: &str) -> Vec<String> {
        let mistakes = Places::of(yaml).mistakes();
        super::super::problems::Problems::of("f", mistakes).lines()
    }

    #[test]
    fn a_setting_is_found_where_its_name_stands_and_what_is_not_written_where_it_would_be() {
        let yaml = "# x\norgs:\n  acme:\n    url: u\n    1: {a: [b, c], \"d e\": null}\n  ü: &x {y: 1}\n  z: *x\n";
        for (path, place) in [
            ("orgs", Some((2, 1))),
            ("orgs.acme.url", Some((4, 5))),
            ("orgs.acme.cell", Some((3, 3))),
            ("orgs.acme.1.a", Some((5, 9))),
            ("orgs.acme.1.a.1", Some((5, 16))),
            ("orgs.acme.1.d e", Some((5, 20))),
            ("orgs.ü.y", Some((6, 10))),
            // What is written elsewhere has no place of its own.
            ("orgs.z.y", Some((7, 3))),
            ("defaults", None),
            ("", None),
        ] {
            assert_eq!(found(yaml, path), place, "{path}");
        }
    }

    #[test]
    fn a_name_that_is_written_twice_is_told_with_both_lines_and_what_is_in_it_is_not() {
        let yaml = "orgs:\n  a: {url: u}\n  b:\n  a: {url: u, cell: c}\ndefaults: {x: 1, x: 2}\n";
        let lines = told(yaml);
        assert_eq!(lines.len(), 3, "{lines:?}");
        let first = "f:4:3: orgs.a: `a` is written twice in the same place, first at line 2: ";
        assert!(
            lines.iter().any(|line| line.starts_with(first)),
            "{lines:?}"
        );
        let second =
            "f:5:18: defaults.x: `x` is written twice in the same place, first at line 5: ";
        assert!(
            lines.iter().any(|line| line.starts_with(second)),
            "{lines:?}"
        );
        assert_eq!(told("a: &x b\n*x : {a: 1, c: 2}\nc: 3\n").len(), 1);
        let many: String = (0..100).map(|_| "a: 1\n").collect();
        assert_eq!(told(&many).len(), 1 + TOLD);
    }

    #[test]
    fn a_text_of_any_depth_takes_no_stack() {
        let deep = "- ".repeat(100_000);
        assert_eq!(told(&deep).len(), 1);
        let names = format!("a: {}", "{a: ".repeat(100_000));
        assert_eq!(told(&names).len(), 2);
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_an_end(text in any::<String>(), yaml in "[a:{}\\[\\],\"' \n\t&*!|>#~?-]{0,60}") {
            for text in [text, yaml] {
                told(&text);
                found(&text, "a.a.a");
            }
        }
    }
}
