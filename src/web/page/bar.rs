//! How much of a limit is used: full where nothing is left, red from its warning threshold on.

use maud::{Markup, html};

use super::words::percent;

pub(super) fn bar(used: f64, threshold: f64) -> Markup {
    let share = |ratio: f64| format!("{:.0}", ratio.clamp(0.0, 1.0) * 100.0);
    html! {
        svg.bar.over[used >= threshold] viewBox="0 0 100 10" preserveAspectRatio="none" role="img" {
            title { (percent(used)) " used; the warning threshold is " (percent(threshold)) }
            rect.track width="100" height="10" {}
            rect.used width=(share(used)) height="10" {}
            path.threshold d={ "M" (share(threshold)) " 0v10" } {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_left_is_a_full_red_bar_and_little_used_a_short_one() {
        let drawn = |used| bar(used, 0.9).into_string();
        let full = drawn(1.0);
        assert!(full.contains(r#"<rect class="used" width="100""#), "{full}");
        assert!(full.contains(r#"class="bar over""#), "{full}");
        assert!(full.contains("100 % used; the warning threshold is 90 %"));
        let short = drawn(0.12);
        assert!(
            short.contains(r#"<rect class="used" width="12""#),
            "{short}"
        );
        assert!(short.contains(r#"class="bar""#), "{short}");
        let beyond = drawn(7.0);
        assert!(
            beyond.contains(r#"<rect class="used" width="100""#),
            "{beyond}"
        );
    }
}
