//! Which file of a room uses which, and the circles among them. A re-export is looked through: who
//! names `room::Item` uses the file that defines it. What a file reaches by methods alone is not
//! seen.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::code::{self, Word};

/// A module by its path from the crate's root.
type Module = Vec<String>;

/// What a file says of others.
#[derive(Default)]
struct File {
    /// What each name that a `use` brings stands for, as a path that may still begin with `super`.
    names: BTreeMap<String, Vec<String>>,
    /// What `use …::*` opens.
    globs: Vec<Vec<String>>,
    /// Paths that are needed by the file itself.
    used: Vec<Vec<String>>,
}

/// The files of one room.
#[derive(Default)]
pub struct Imports(BTreeMap<Module, File>);

impl Imports {
    /// The room's imports, read from `src`.
    pub fn of(room: &str) -> Self {
        let mut texts = BTreeMap::new();
        let source = Path::new("src");
        for file in super::sources(room) {
            let module = file.strip_prefix(source).unwrap().with_extension("");
            let mut module: Module = module
                .iter()
                .map(|part| part.to_str().unwrap().to_owned())
                .collect();
            if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            texts.insert(module, fs::read_to_string(file).unwrap());
        }
        Self::read(&texts)
    }

    fn read(texts: &BTreeMap<Module, String>) -> Self {
        let mut code = BTreeMap::new();
        let mut for_tests: Vec<Module> = Vec::new();
        for (module, text) in texts {
            let (words, names) = code::read(text);
            for_tests.extend(names.into_iter().map(|name| child(module, &name)));
            code.insert(module.clone(), words);
        }
        code.retain(|module, _| !for_tests.iter().any(|tests| module.starts_with(tests)));
        let modules: BTreeSet<Module> = code.keys().cloned().collect();
        let files = code
            .iter()
            .map(|(module, words)| (module.clone(), File::read(module, words, &modules)));
        Self(files.collect())
    }

    /// Each set of files that use one another, by their paths.
    pub fn circles(&self) -> Vec<BTreeSet<String>> {
        let uses: BTreeMap<&Module, BTreeSet<Module>> = self
            .0
            .keys()
            .map(|module| (module, self.uses(module)))
            .collect();
        let reached = |from: &Module| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(module) = next.pop() {
                for used in uses.get(&module).into_iter().flatten() {
                    if seen.insert(used.clone()) {
                        next.push(used.clone());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<&Module, BTreeSet<Module>> = self
            .0
            .keys()
            .map(|module| (module, reached(module)))
            .collect();
        let mut circles = BTreeSet::new();
        for (module, there) in &reached {
            if there.contains(*module) {
                let back = there
                    .iter()
                    .filter(|other| reached[other].contains(*module));
                circles.insert(back.map(|other| other.join("/")).collect());
            }
        }
        circles.into_iter().collect()
    }

    /// How many pairs of files are known of which one uses the other.
    pub fn count(&self) -> usize {
        self.0.keys().map(|module| self.uses(module).len()).sum()
    }

    fn uses(&self, module: &Module) -> BTreeSet<Module> {
        let paths = self.0[module].used.iter();
        let mut uses: BTreeSet<Module> = paths
            .filter_map(|path| self.definer(module, path, 0))
            .collect();
        uses.remove(module);
        uses
    }

    /// The file in which the item at the end of a path is defined; none where the path ends with a
    /// module, or leads out of the room.
    fn definer(&self, from: &Module, path: &[String], depth: usize) -> Option<Module> {
        if depth > 8 {
            return None;
        }
        let mut at = from.clone();
        let mut rest = path;
        while let [first, others @ ..] = rest {
            match first.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                name if self.is_module(&child(&at, name)) => at.push(name.to_owned()),
                name => return self.defined_in(&at, (name, others), depth),
            }
            rest = others;
        }
        None
    }

    fn defined_in(
        &self,
        module: &Module,
        (name, others): (&str, &[String]),
        depth: usize,
    ) -> Option<Module> {
        let file = self.0.get(module)?;
        if let Some(path) = file.names.get(name) {
            let path = [path.as_slice(), others].concat();
            return self.definer(module, &path, depth + 1);
        }
        // A name that a glob may have brought is looked for in what the glob opens, if in a child.
        let mut globs = file.globs.iter().filter_map(|glob| {
            let path = [glob.as_slice(), &[name.to_owned()]].concat();
            self.definer(module, &path, depth + 1)
        });
        let inward = |found: &Module| found.starts_with(module) && self.0.contains_key(found);
        globs.find(inward).or_else(|| Some(module.clone()))
    }

    /// A module, or a directory above one.
    fn is_module(&self, path: &Module) -> bool {
        self.0.keys().any(|module| module.starts_with(path))
    }
}

fn child(module: &Module, name: &str) -> Module {
    let mut child = module.clone();
    child.push(name.to_owned());
    child
}

impl File {
    fn read(module: &Module, words: &[Word], modules: &BTreeSet<Module>) -> Self {
        let mut file = Self::default();
        let is_child = |name: &str| modules.contains(&child(module, name));
        // First what `use` brings, so that code further up may name it as well.
        let mut rest = Vec::new();
        let mut offered = Vec::new();
        let mut at = 0;
        while at < words.len() {
            if words[at] != "use" {
                rest.push(words[at].clone());
                at += 1;
                continue;
            }
            let end = words[at..].iter().position(|word| word == ";");
            let end = end.map_or(words.len(), |end| at + end);
            let is_public = matches!(rest.last().map(String::as_str), Some("pub" | ")"));
            for (path, name) in tree(&words[at + 1..end]) {
                let own_child = match path.first().map(String::as_str) {
                    Some("self") => path.get(1).is_some_and(|name| is_child(name)),
                    Some(name) => is_child(name),
                    None => false,
                };
                if is_public && own_child {
                    offered.push((name.clone(), path.clone()));
                } else {
                    file.used.push(path.clone());
                }
                match name.as_deref() {
                    Some("*") => file.globs.push(path[..path.len() - 1].to_vec()),
                    Some(name) => drop(file.names.insert(name.to_owned(), path)),
                    None => {}
                }
            }
            at = end + 1;
        }
        file.read_paths(&rest, is_child);
        // What a parent merely offers of its children it does not use, unless its code names it.
        for (name, path) in offered {
            if name.is_some_and(|name| rest.contains(&name)) {
                file.used.push(path);
            }
        }
        file
    }

    fn read_paths(&mut self, words: &[Word], is_child: impl Fn(&str) -> bool) {
        let mut at = 0;
        while at < words.len() {
            let mut path = vec![words[at].clone()];
            let joined = at > 0 && ["::", "."].contains(&words[at - 1].as_str());
            at += 1;
            while let [colons, name, ..] = &words[at..]
                && colons == "::"
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            {
                path.push(name.clone());
                at += 2;
            }
            let first = path[0].as_str();
            let known = ["crate", "self", "super"].contains(&first)
                || is_child(first)
                || self.names.contains_key(first);
            if path.len() > 1 && known && !joined {
                match self.names.get(first) {
                    Some(named) => self.used.push([named.as_slice(), &path[1..]].concat()),
                    None => self.used.push(path),
                }
            }
        }
    }
}

/// The paths of a `use`, each with the name it brings: `*` for a glob, none for `_`.
fn tree(words: &[Word]) -> Vec<(Vec<String>, Option<String>)> {
    let mut path = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match words[at].as_str() {
            "::" => {}
            "{" => {
                let inner = &words[at + 1..words.len() - 1];
                let trees = branches(inner).into_iter().flat_map(tree);
                let join = |(inner, name): (Vec<String>, Option<String>)| {
                    let whole = if inner == ["self"] { Vec::new() } else { inner };
                    let name = name.map(|name| match name.as_str() {
                        "self" => path.last().cloned().unwrap_or_default(),
                        _ => name,
                    });
                    ([path.clone(), whole].concat(), name)
                };
                return trees.map(join).collect();
            }
            "as" => {
                let name = words[at + 1].clone();
                return vec![(path, Some(name).filter(|name| name != "_"))];
            }
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
    let name = path.last().cloned();
    vec![(path, name)]
}

/// What stands between the commas of a group, those of inner groups left alone.
fn branches(words: &[Word]) -> Vec<&[Word]> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                found.push(&words[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&words[start..]);
    found.retain(|branch| !branch.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let module = |path: &str| path.split('/').map(str::to_owned).collect::<Module>();
        let texts = files
            .iter()
            .map(|(path, text)| (module(path), (*text).to_owned()));
        let found = Imports::read(&texts.collect()).circles();
        found
            .into_iter()
            .map(|circle| circle.into_iter().collect())
            .collect()
    }

    #[test]
    fn a_circle_is_seen_however_it_is_written() {
        for (there, back) in [
            ("use super::b::B;", "use super::a::A;"),
            (
                "use crate::r::{c, b::{self, B}};",
                "use super::{c::C, a};\nfn f() { a::go() }",
            ),
            (
                "fn f() -> crate::r::b::B {}",
                "fn f() { super::a::go::<u8>() }",
            ),
            ("use super::B as Other;", "use self::super::a::*;"),
            ("use crate::r;\nfn f(_: r::B) {}", "fn f(_: &super::A) {}"),
        ] {
            let parent = "mod a; mod b; mod c; pub use a::A; pub use self::b::B;";
            let files = [
                ("r", parent),
                ("r/a", there),
                ("r/b", back),
                ("r/c", "struct C;"),
            ];
            assert_eq!(circles(&files), [["r/a", "r/b"]], "{there} {back}");
        }
    }

    #[test]
    fn a_parent_may_offer_its_children_but_not_use_those_that_use_it() {
        let files = |parent| [("r", parent), ("r/a", "use super::Error;\npub struct A;")];
        let none: [[&str; 2]; 0] = [];
        assert_eq!(
            circles(&files("mod a; pub use a::A; pub enum Error {}")),
            none
        );
        for parent in [
            "mod a; pub use a::A; pub enum Error { Of(A) }",
            "mod a; use a::A; pub enum Error { Of(A) }",
            "mod a; pub enum Error { Of(a::A) }",
        ] {
            assert_eq!(circles(&files(parent)), [["r", "r/a"]], "{parent}");
        }
    }

    #[test]
    fn comments_texts_and_tests_make_no_circle() {
        let files = [
            ("r", "mod a; mod b; #[cfg(test)] mod tests;"),
            ("r/a", "use super::b::B;"),
            (
                "r/b",
                r##"//! See [`super::a`]. /* use super::a::A; /* nested */ use super::a::A; */
                const TEXT: &str = "use super::a::A; \" use super::a::A;";
                const RAW: &str = r#"" use super::a::A;"#;
                fn f<'a>(c: char) -> bool { c == '"' || c == '\'' || c == '\u{7f}' }
                #[cfg(test)]
                mod tests { use super::super::a::A; fn f() {} }
                struct B;"##,
            ),
            ("r/tests", "use super::{a::A, b::B};"),
        ];
        assert!(circles(&files).is_empty(), "{:?}", circles(&files));
    }
}
