//! The file as a tree: its first document, each node with its line, anchors put in their places. A
//! node that is named a thousand times is there once, so that names of names cost nothing.

use std::{collections::HashMap, rc::Rc};

use yaml_rust2::{
    parser::{Event, Parser, Tag},
    scanner::TScalarStyle,
};

/// What is deeper is no web configuration.
const DEEPEST: usize = 32;

/// A node and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    /// What is plain may be a number, a truth or nothing; what is quoted is text.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Rc<Node>>),
    Map(Vec<(Rc<Node>, Rc<Node>)>),
}

/// What is wrong with the file, and where. It never holds what stands there, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Wrong {
    line: usize,
    what: String,
}

impl Wrong {
    pub(super) fn at(line: usize, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { line, what }
    }
}

/// A list or a map whose end is still to come.
struct Open {
    line: usize,
    anchor: usize,
    is_map: bool,
    items: Vec<Rc<Node>>,
}

impl Open {
    fn close(self) -> Node {
        let Self { line, items, .. } = self;
        let value = if self.is_map {
            let mut pairs = Vec::with_capacity(items.len() / 2);
            let mut items = items.into_iter();
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                pairs.push((key, value));
            }
            Value::Map(pairs)
        } else {
            Value::List(items)
        };
        Node { line, value }
    }
}

/// The first document; `None` where there is none.
pub(super) fn first_document(text: &str) -> Result<Option<Rc<Node>>, Wrong> {
    check_letters_and_directives(text)?;
    let mut parser = Parser::new_from_str(text);
    let mut anchors: HashMap<usize, Rc<Node>> = HashMap::new();
    let mut open: Vec<Open> = Vec::new();
    loop {
        let (event, at) = next(&mut parser)?;
        let line = at;
        let (anchor, node) = match event {
            Event::Nothing | Event::StreamStart | Event::DocumentStart => continue,
            Event::DocumentEnd | Event::StreamEnd => return Ok(None),
            Event::Alias(anchor) => {
                let named = anchors.get(&anchor).cloned();
                let unfinished = || Wrong::at(line, "an alias stands inside what it names");
                (0, named.ok_or_else(unfinished)?)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = is_plain(style, tag.as_ref());
                let value = Value::Scalar { text, plain };
                (anchor, Rc::new(Node { line, value }))
            }
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                if open.len() >= DEEPEST {
                    return Err(Wrong::at(line, "this is nested too deeply"));
                }
                open.push(Open {
                    line,
                    anchor,
                    is_map: matches!(event, Event::MappingStart(..)),
                    items: Vec::new(),
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(closed) => (closed.anchor, Rc::new(closed.close())),
                None => return Ok(None),
            },
        };
        if anchor > 0 {
            anchors.insert(anchor, Rc::clone(&node));
        }
        let Some(within) = open.last_mut() else {
            // What stands behind it may still break it.
            next(&mut parser)?;
            return Ok(Some(node));
        };
        within.items.push(node);
    }
}

/// What the parser lets pass, and YAML 1.1 does not: letters that no text has, and directives other
/// than its own.
fn check_letters_and_directives(text: &str) -> Result<(), Wrong> {
    let mut before = true;
    for (line, number) in text.lines().zip(1..) {
        let is_no_text = |c: char| c.is_control() && !['\t', '\r', '\u{85}'].contains(&c);
        if line.contains(is_no_text) {
            return Err(Wrong::at(number, "this holds a control character"));
        }
        before &= line.is_empty() || line.starts_with(['#', '%', ' ']);
        let mut words = line.split_ascii_whitespace();
        let known = match (words.next(), words.next()) {
            (Some("%YAML"), version) => version == Some("1.1"),
            (directive, _) => directive == Some("%TAG"),
        };
        if before && line.starts_with('%') && !known {
            let what = "of directives there are `%YAML 1.1` and `%TAG`";
            return Err(Wrong::at(number, what));
        }
    }
    Ok(())
}

fn next<T: Iterator<Item = char>>(parser: &mut Parser<T>) -> Result<(Event, usize), Wrong> {
    match parser.next_token() {
        Ok((event, at)) => Ok((event, at.line())),
        // Its words are the parser's own, without any of the file's but for the names of anchors and tags.
        Err(broken) => {
            let what = format!("this is no YAML: {}", broken.info());
            Err(Wrong::at(broken.marker().line(), what))
        }
    }
}

fn is_plain(style: TScalarStyle, tag: Option<&Tag>) -> bool {
    match tag {
        None => style == TScalarStyle::Plain,
        Some(tag) => ["bool", "int", "float", "null"].contains(&tag.suffix.as_str()),
    }
}
