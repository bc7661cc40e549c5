mod code;
mod imports;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use okta_exporter::{fleet, web};

/// The rooms in import order: each may use those before it.
const ROOMS: [&str; 13] = [
    "listener", "units", "metrics", "okta", "guide", "probe", "config", "store", "fleet", "web",
    "diagnose", "app", "cli",
];

fn sources(room: &str) -> Vec<PathBuf> {
    let source = Path::new("src");
    let mut files = vec![source.join(format!("{room}.rs"))];
    let mut directories = vec![source.join(room)];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.retain(|file| file.exists());
    assert!(!files.is_empty(), "no room `{room}`");
    files
}

/// The rooms that a file names after `crate::`, its comments and tests left out.
fn used(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |code, line| code + line + "\n");
    let word = |text: &str| {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            rooms.insert(word(rest));
            continue;
        };
        // Of `{a::{b, c}, d}` only what stands at the first level is a room.
        let mut depth = 0;
        let mut item = String::new();
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    rooms.insert(word(item.trim()));
                    item.clear();
                    continue;
                }
                _ => {}
            }
            item.push(c);
        }
        rooms.insert(word(item.trim()));
    }
    rooms.remove("");
    rooms
}

#[test]
fn each_room_uses_only_those_above_it() {
    let mut uses = 0;
    for (place, room) in ROOMS.iter().enumerate() {
        for file in sources(room) {
            for name in used(&file) {
                uses += 1;
                let allowed =
                    ROOMS[..=place].contains(&name.as_str()) || (name == "sim" && *room == "cli");
                assert!(allowed, "{} uses `{name}`", file.display());
            }
        }
    }
    assert!(uses > 100, "the test has lost its eyes: {uses}");
    for file in sources("sim") {
        let names = used(&file);
        assert!(
            names
                .iter()
                .all(|name| ["sim", "listener"].contains(&name.as_str())),
            "{}: {names:?}",
            file.display()
        );
    }
    let declared = fs::read_to_string("src/lib.rs").unwrap();
    let declared: Vec<&str> = declared
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(declared[..ROOMS.len()], ROOMS);
    assert_eq!(declared[ROOMS.len()..], ["sim"]);
}

#[test]
fn no_file_uses_one_that_uses_it() {
    let mut uses = 0;
    for room in ROOMS.iter().copied().chain(["sim"]) {
        let imports = imports::Imports::of(room);
        let circles = imports.circles();
        assert!(
            circles.is_empty(),
            "files of `{room}` use one another: {circles:#?}"
        );
        uses += imports.count();
    }
    assert!(uses > 50, "the test has lost its eyes: {uses}");
}

#[test]
fn every_family_keeps_the_rules_and_has_its_own_name() {
    let families = [fleet::families(), web::families()].concat();
    let mut names = BTreeSet::new();
    for family in &families {
        assert_eq!(family.problems(), Vec::<String>::new());
        assert!(
            names.insert(family.name()),
            "{} is there twice",
            family.name()
        );
    }
    assert!(names.len() > 40, "{}", names.len());
}

#[test]
fn the_reference_is_what_the_program_prints() {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_okta-exporter"))
        .arg("metrics")
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    for family in [fleet::families(), web::families()].concat() {
        let row = format!("| `{}` | {} |", family.name(), family.kind());
        assert!(printed.contains(&row), "no {row}");
    }
    let kept = fs::read_to_string("docs/metrics.md").unwrap();
    assert!(
        kept == printed,
        "run `okta-exporter metrics > docs/metrics.md`: the reference has changed"
    );
}

#[test]
fn the_table_of_permissions_is_what_the_program_prints() {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_okta-exporter"))
        .arg("permissions")
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    for info in okta_exporter::probe::KINDS {
        let row = format!("| {} | `/", info.kind);
        assert!(
            !info.place.is_of_org() || printed.contains(&row),
            "no {row}"
        );
    }
    let kept = fs::read_to_string("docs/permissions.md").unwrap();
    assert!(
        kept == printed,
        "run `okta-exporter permissions > docs/permissions.md`: the table has changed"
    );
}

#[test]
fn the_files_stay_small_enough_to_read() {
    let mut all = Vec::new();
    for room in ROOMS.iter().copied().chain(["sim"]) {
        for file in sources(room) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines < 400, "{}: {lines} lines", file.display());
            all.push(lines);
        }
    }
    all.sort_unstable();
    let median = all[all.len() / 2];
    assert!(
        median < 120,
        "half of the files have {median} lines or more"
    );
}

#[test]
fn no_list_of_an_enums_members_is_kept_by_hand() {
    for room in ROOMS.iter().copied().chain(["sim"]) {
        for file in sources(room) {
            if file.ends_with("units/closed_list.rs") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in text.lines().enumerate() {
                let by_hand = line.contains("const ")
                    && [": [Self;", ": &[Self]", "&'static [Self]"]
                        .iter()
                        .any(|list| line.contains(list))
                    && !line.contains("OF_CELLS");
                assert!(
                    !by_hand,
                    "{}:{}: write it with `closed_list!`",
                    file.display(),
                    number + 1
                );
            }
        }
    }
}
