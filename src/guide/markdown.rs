//! The table as Markdown: `docs/troubleshooting.md` is what this writes.

use super::{
    case::{Case, Chapter, sentence},
    table::CHAPTERS,
};

const INTRODUCTION: &str = "# Troubleshooting

<!-- Written by `okta-exporter guide > docs/troubleshooting.md`; a test compares. -->

What can go wrong between an application and Okta, how it is told from its like, and what fixes it. The name above each \
case is the `case` of log lines, of the status page, of `/api/v1/status` and of `okta-exporter diagnose`; \
`okta-exporter guide NAME` prints one of them, and the exporter serves it at `/guide/NAME`. The first case of which a sign fits is the one that is told.

Where a case says *failure*, no answer came or none that could be read; where it says a status, Okta or something in \
its place answered. A code is Okta's (`E0000011`), OAuth's (`invalid_token`, also from `WWW-Authenticate`), or `edge` \
for an answer without `X-Okta-Request-Id`, which Okta's application servers never saw. *Risk* is that of the fix.
";

/// The whole guide.
pub fn markdown() -> String {
    let chapters: String = CHAPTERS.iter().map(chapter).collect();
    format!("{INTRODUCTION}{chapters}")
}

fn chapter(chapter: &Chapter) -> String {
    let cases: Vec<String> = chapter.cases.iter().map(entry).collect();
    format!("\n## {}\n\n{}", chapter.title, cases.join("\n"))
}

/// One case.
fn entry(case: &Case) -> String {
    let Case {
        slug,
        title,
        signs,
        cause,
        action,
        takes,
        risk,
        alert,
    } = case;
    let more = alert.map_or_else(String::new, |alert| {
        format!("\n- More: [{alert}](runbooks/{alert}.md).")
    });
    let signs: Vec<String> = signs.iter().map(ToString::to_string).collect();
    format!(
        "### {slug}

**{title}.**

- Signs: {}.
- Cause: {}
- What to do: {}
- Takes {takes}; risk: {}.{more}
",
        signs.join("; "),
        sentence(cause),
        sentence(action),
        risk.as_str(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_troubleshooting_guide_is_what_the_program_prints() {
        let kept = std::fs::read_to_string("docs/troubleshooting.md").unwrap();
        assert!(
            kept == markdown(),
            "run `okta-exporter guide > docs/troubleshooting.md`: the guide has changed"
        );
    }
}
