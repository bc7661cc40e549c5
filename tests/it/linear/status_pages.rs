//! Status pages at their worst.

use std::hint::black_box;

use okta_exporter::probe::status_page::{Format, read};

use super::{JSON, is_linear};

/// A status page in this format.
fn page(format: Format, worst: &[(&str, &str, &str)]) {
    for &worst in worst {
        let read = |body: &[u8]| drop(black_box(read(format, Some("text/html"), body)));
        is_linear(&format!("{format:?}"), read, worst);
    }
}

#[test]
fn status_pages_of_okta() {
    let title = (
        r#"<html><p data-id="incidents">[{"Name":"I-1","Status__c":"x","Incident_Title__c":""#,
        "&",
        r#""}]</p><p data-id="planned-outages">[]</p></html>"#,
    );
    let list = r#"<html><p data-id="incidents">["#;
    let end = r#"{"Name":"I","Status__c":"x"}]</p><p data-id="planned-outages">[]</p></html>"#;
    page(
        Format::Okta,
        &[
            title,
            (title.0, "a ", title.2),
            (list, r#"{"Name":"I-%","Status__c":"x"},"#, end),
            (list, r#"{"":[{}]},"#, end),
            (list, "&quot;", end),
            ("", "<", ""),
            ("", "<a data-id=\"", ""),
            ("", "<a data-id=incidents>[", ""),
            ("", "<a data-id=incidents>[&", ""),
            ("", "<a data-id=incidents>[\"", ""),
            ("", "<script", ""),
            ("", "</", ""),
            ("<script>", "</script", ""),
            ("", "<!--", ""),
            ("", "<!-->", ""),
            (
                "",
                r#"[{"attributes":{"type":"Incident__c"},"x":"#,
                "</html>",
            ),
            ("", r#"[{"attributes":{"type":"Incident__c"}}]<"#, "</html>"),
        ],
    );
}

#[test]
fn status_pages_of_others() {
    let head = r#"{"page":{},"status":{"indicator":"none"},"#;
    let incidents = [head, r#""incidents":["#].concat();
    let components = [head, r#""components":["#].concat();
    page(
        Format::Statuspage,
        &[
            (&incidents, r#"{"id":"%"},"#, r#"{"id":"a"}]}"#),
            (&incidents, "{},", "{}]}"),
            (
                &components,
                r#"{"id":"%","name":"%","group_id":"%"},"#,
                r#"{"name":"a"}]}"#,
            ),
            (head, r#""a":[],"#, r#""b":0}"#),
            ("<", "input type=", ">"),
        ],
    );
    page(Format::Statuspage, &JSON);
    let entry =
        "<entry><id>%</id><title>Resolved x</title><updated>2026-07-01T00:00:00Z</updated></entry>";
    page(
        Format::Atom,
        &[
            ("<feed>", entry, "</feed>"),
            ("<feed>", "<entry/>", "</feed>"),
            ("<feed>", "<a>", ""),
            ("<feed><entry>", "<a>", ""),
            ("<feed><entry>", "<a/>", "</entry></feed>"),
            (
                "<feed><entry><content>",
                "<p/>",
                "</content></entry></feed>",
            ),
            (
                "<feed><entry><content>",
                "&amp;",
                "</content></entry></feed>",
            ),
            ("<feed><entry><content>", "&", "</content></entry></feed>"),
            (
                "<feed><entry><content>",
                "&lt;strong>",
                "</content></entry></feed>",
            ),
            ("<feed><entry><link ", "a%='' ", "/></entry></feed>"),
            ("<feed><entry><link href='", "&", "'/></entry></feed>"),
            ("<", "a", ">"),
            ("<!DOCTYPE ", "<!ENTITY a 'b'>", "><feed/>"),
            ("<feed>", "<!-- -->", "</feed>"),
            ("<feed>", "<![CDATA[", "]]></feed>"),
            ("<feed><entry><updated>", "(", "</updated></entry></feed>"),
        ],
    );
    page(
        Format::Auto,
        &[
            ("", " ", ""),
            ("", "<!--", ""),
            ("", "<?", ""),
            ("", "<!-- -->", "<feed/>"),
            ("", "\u{feff}", ""),
        ],
    );
}
