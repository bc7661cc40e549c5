//! Markdown as HTML: what stands in `docs/`, and the guide's texts, which are written alike. Nothing of
//! it comes from outside; HTML in it is shown as text all the same.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// A text whose links lead to what is served here. What is served nowhere is named without a link.
pub(super) fn markdown(text: &str) -> Markup {
    let mut leads_nowhere = false;
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => {
            let served = served(&dest_url);
            leads_nowhere = served.is_none();
            Some(Event::Start(Tag::Link {
                link_type,
                dest_url: served?.into(),
                title,
                id,
            }))
        }
        Event::End(TagEnd::Link) if leads_nowhere => None,
        event => Some(event),
    });
    let mut page = String::new();
    html::push_html(&mut page, events);
    PreEscaped(page)
}

/// Where a link of a runbook leads among the pages here, which all stand at one depth.
fn served(link: &str) -> Option<String> {
    if link.starts_with("https://") {
        return Some(link.to_owned());
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    match file {
        "../troubleshooting.md" => Some(format!("../guide/{anchor}")),
        "README.md" => Some("../runbooks/".to_owned()),
        _ => {
            let alert = file.strip_suffix(".md")?;
            (!alert.contains('/')).then(|| format!("../runbooks/{alert}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_what_is_served_or_nowhere() {
        for (link, expected) in [
            ("OktaTokenExpired.md", Some("../runbooks/OktaTokenExpired")),
            ("../troubleshooting.md#dns", Some("../guide/dns")),
            ("../troubleshooting.md", Some("../guide/")),
            ("README.md", Some("../runbooks/")),
            ("https://status.okta.com/", Some("https://status.okta.com/")),
            ("../diagnose.md", None),
            ("../../dashboards/system-log.json", None),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(served(link).as_deref(), expected, "{link}");
        }
    }

    #[test]
    fn html_is_shown_and_not_meant() {
        let page = markdown("a <b>bold</b> `<i>`\n\n<script>alert(1)</script>\n").into_string();
        assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
        let page = markdown("[here](../diagnose.md) and [there](OktaClockSkew.md)").into_string();
        assert_eq!(
            page,
            "<p>here and <a href=\"../runbooks/OktaClockSkew\">there</a></p>\n"
        );
    }
}
