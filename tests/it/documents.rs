use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What the pages of the project are called, from its root.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = [
        "README.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ]
    .map(PathBuf::from)
    .into();
    for folder in ["docs", "docs/runbooks"] {
        let files = fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
        let files = files.map(|file| Path::new(folder).join(file.unwrap().file_name()));
        pages.extend(files.filter(|file| file.extension().is_some_and(|e| e == "md")));
    }
    pages
}

fn text(page: &Path) -> String {
    fs::read_to_string(Path::new(ROOT).join(page))
        .unwrap_or_else(|e| panic!("{}: {e}", page.display()))
}

/// The lines outside fences, and the fenced blocks with what is written behind their fence.
fn taken_apart(text: &str) -> (Vec<&str>, Vec<(&str, String)>) {
    let (mut prose, mut blocks) = (Vec::new(), Vec::new());
    let mut open: Option<(&str, String)> = None;
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        match (&mut open, is_fence) {
            (None, true) => {
                open = Some((line.trim_start().trim_start_matches('`'), String::new()));
            }
            (None, false) => prose.push(line),
            (Some(_), true) => blocks.extend(open.take()),
            (Some((_, block)), false) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    (prose, blocks)
}

/// As hosts of Markdown name a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || "- _".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let (prose, _) = taken_apart(text);
    let headings = prose.into_iter().filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor(line.trim_start_matches('#')))
        .collect()
}

/// Where the links of a line lead.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let spans = line.split('`').step_by(2);
    spans
        .flat_map(|span| span.split("](").skip(1))
        .filter_map(|rest| Some(rest.split_once(')')?.0))
}

#[test]
fn every_link_leads_to_a_page_and_a_heading_that_are_there() {
    let (mut problems, mut count) = (Vec::new(), 0);
    for page in pages() {
        let written = text(&page);
        for link in taken_apart(&written).0.into_iter().flat_map(links) {
            if link.starts_with("https://") || link.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(path)
            };
            let file = Path::new(ROOT).join(&target);
            let is_there = file.exists()
                && (heading.is_empty()
                    || anchors(&fs::read_to_string(&file).unwrap()).contains(heading));
            if !is_there {
                problems.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(count > 100, "the test has lost its eyes");
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_page_is_in_the_index() {
    let index = text(Path::new("docs/README.md"));
    let listed: BTreeSet<&str> = index.lines().flat_map(links).collect();
    for page in pages()
        .iter()
        .filter(|page| page.parent() == Some(Path::new("docs")))
    {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!(
            name == "README.md" || listed.contains(name),
            "docs/README.md lacks {name}"
        );
    }
}

fn exporter(arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
    let output = command.args(arguments).env_clear().output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// What begins with `--` in a text, up to where a flag's name ends.
fn flags(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || "`\"'()[],;".contains(c));
    let flags = words.filter(|word| word.len() > 2 && word.starts_with("--"));
    flags.map(|word| {
        let end = word[2..].find(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c)));
        word[..end.map_or(word.len(), |end| end + 2)].trim_end_matches('.')
    })
}

/// The commands, and all flags of all of them.
fn known() -> (BTreeSet<String>, BTreeSet<String>) {
    let (_, help) = exporter(&["--help"]);
    let listed = help.split_once("Commands:\n").unwrap().1;
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: BTreeSet<String> = names
        .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
        .collect();
    let mut known: BTreeSet<String> = flags(&help).map(str::to_owned).collect();
    for name in names.iter().filter(|name| *name != "help") {
        known.extend(flags(&exporter(&[name, "--help"]).1).map(str::to_owned));
    }
    (names, known)
}

/// What a line gives this program, if it calls it: itself, by `cargo run`, or in its image.
fn call(line: &str) -> Option<&str> {
    let mut line = line.trim_start_matches("$ ").trim();
    while let Some((_, rest)) = line.split_once(' ').filter(|(word, _)| word.contains('=')) {
        line = rest;
    }
    let (program, rest) = line.split_once(' ')?;
    let given = match program {
        "okta-exporter" => Some(rest),
        "cargo" => rest
            .split_once(" -- ")
            .map(|(_, given)| given)
            .filter(|_| rest.starts_with("run ")),
        "docker" => rest.split_once(" okta-exporter ").map(|(_, given)| given),
        _ => None,
    };
    given.map(|given| {
        given
            .split([';', '|', '>', '#', '&'])
            .next()
            .unwrap_or_default()
    })
}

#[test]
fn every_command_and_flag_that_is_written_exists() {
    let (commands, flagged) = known();
    assert!(commands.contains("diagnose") && flagged.contains("--web.listen-address"));
    let (mut problems, mut count) = (Vec::new(), 0);
    for page in pages()
        .iter()
        .filter(|page| !page.ends_with("CHANGELOG.md"))
    {
        let written = text(page);
        let (prose, blocks) = taken_apart(&written);
        let spans = prose
            .into_iter()
            .flat_map(|line| line.split('`').skip(1).step_by(2));
        let shell = blocks
            .iter()
            .filter(|(kind, _)| ["sh", "console"].contains(kind));
        let lines = shell.flat_map(|(_, block)| block.lines());
        for line in spans.chain(lines) {
            // A flag alone is meant as this program's, where it is written as Prometheus' are.
            let alone = line.starts_with("--") && flags(line).any(|flag| flag.contains('.'));
            let Some(given) = call(line).or_else(|| alone.then_some(line)) else {
                continue;
            };
            count += 1;
            let first = given.split_whitespace().next().unwrap_or_default();
            let is_command = first.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            let place = page.display();
            if !alone && is_command && !first.starts_with('-') && !commands.contains(first) {
                problems.push(format!("{place}: no command `{first}`: {line}"));
            }
            for flag in flags(given).filter(|flag| !flagged.contains(*flag)) {
                problems.push(format!("{place}: no flag `{flag}`: {line}"));
            }
        }
    }
    assert!(count > 50, "the test has lost its eyes: {count}");
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_configuration_that_is_shown_is_one() {
    let mut count = 0;
    for page in pages() {
        let written = text(&page);
        for (_, block) in taken_apart(&written)
            .1
            .iter()
            .filter(|(kind, _)| *kind == "yaml")
        {
            let block = block.replace('…', "x");
            if !block.lines().any(|line| line == "orgs:") {
                continue;
            }
            count += 1;
            let files = tempfile::tempdir().unwrap();
            let file = files.path().join("okta-exporter.yaml");
            fs::write(&file, &block).unwrap();
            // It reads no secret, and they are not there.
            let given = format!("--config.file={}", file.display());
            let (is_good, said) = exporter(&["plan", &given]);
            assert!(is_good, "{}: {said}\n{block}", page.display());
        }
    }
    assert!(count >= 4, "the test has lost its eyes: {count}");
}

#[test]
fn what_one_org_costs_is_what_the_plan_says() {
    let (_, plan) = exporter(&["plan", "--config.file=config/kubernetes/okta-exporter.yaml"]);
    let page = text(Path::new("docs/cost.md"));
    let (_, blocks) = taken_apart(&page);
    let shown = blocks.iter().find(|(kind, _)| *kind == "text").unwrap();
    assert_eq!(
        shown.1.trim(),
        plan.trim(),
        "docs/cost.md is to show what is planned"
    );
    let hours = plan.split_once("By credential and bucket").unwrap().1;
    let rows = hours
        .lines()
        .filter(|line| line.trim_start().starts_with("monitor  "));
    let hours: Vec<f64> = rows
        .map(|row| row.split_whitespace().nth(1).unwrap().parse().unwrap())
        .collect();
    let (all, most) = (
        hours.iter().sum::<f64>(),
        hours.iter().copied().fold(0.0, f64::max),
    );
    let told = format!("some {:.0} requests an hour", (all / 10.0).round() * 10.0);
    assert!(
        page.contains(&told) && page.contains(&format!("at most {most} of them")),
        "{all} {most}"
    );
}
