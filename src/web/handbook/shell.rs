//! What stands around each page of the handbook, and around what is said where there is none.

use axum::response::Html;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::web::page;

/// How long texts look, besides what the page at `/` has.
pub(in crate::web) const STYLE: &str = include_str!("handbook.css");

/// A page; `up` leads from where it is to the page at `/`.
pub(in crate::web) fn shell(title: &str, up: &str, content: &Markup) -> Html<String> {
    let [style, _] = page::inline();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · okta-exporter" }
                style { (PreEscaped(style)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    a.home href=(up) { "okta-exporter" }
                    nav {
                        a href={ (up) "guide/" } { "guide" } " · "
                        a href={ (up) "runbooks/" } { "runbooks" }
                    }
                }
                main.prose { (content) }
            }
        }
    };
    Html(page.into_string())
}
