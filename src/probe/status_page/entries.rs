//! The entries of an Atom or RSS feed, out of their XML. What they mean is not read here.

use quick_xml::{
    Error, Reader,
    events::{BytesStart, Event},
};

use super::{content::MOST_LISTED, text, unreadable::Unreadable};
use crate::units::head;

const FEED: &str = "the feed";

/// How deep elements may stand in one another; XHTML inside an entry is the deepest.
const DEEPEST: usize = 100;
/// How much of a child's text is kept: how far an incident has come stands at its beginning.
const LONGEST: usize = 16 << 10;

/// The children that somebody asks for.
const CHILDREN: [&str; 13] = [
    "content",
    "content:encoded",
    "dc:date",
    "description",
    "feedburner:origLink",
    "guid",
    "id",
    "link",
    "pubDate",
    "published",
    "summary",
    "title",
    "updated",
];

/// One entry: the text of its children, by their names.
#[derive(Debug, Default)]
pub(super) struct Entry(Vec<(&'static str, String)>);

impl Entry {
    /// What it is called.
    pub(super) fn title(&self) -> &str {
        self.first(&["title"]).unwrap_or_default()
    }

    /// Where it leads; FeedBurner puts its own address first.
    pub(super) fn link(&self) -> Option<&str> {
        self.first(&["feedburner:origLink", "link"])
    }

    /// Its own id.
    pub(super) fn id(&self) -> Option<&str> {
        self.first(&["id", "guid"])
    }

    /// When it was first published.
    pub(super) fn published(&self) -> Option<&str> {
        self.first(&["published"])
    }

    /// When it last changed.
    pub(super) fn updated(&self) -> Option<&str> {
        self.first(&["updated", "published", "pubDate", "dc:date"])
    }

    /// Its text, as HTML.
    pub(super) fn content(&self) -> &str {
        let content = ["content", "content:encoded", "description", "summary"];
        self.first(&content).unwrap_or_default()
    }

    fn first(&self, names: &[&str]) -> Option<&str> {
        let of = |name| self.0.iter().find(|(known, _)| *known == name);
        let mut texts = names.iter().filter_map(|&name| of(name));
        texts.find_map(|(_, text)| Some(text.trim()).filter(|text| !text.is_empty()))
    }

    fn push(&mut self, child: &'static str, text: &str) {
        if let Some((_, known)) = self.0.iter_mut().find(|(name, _)| *name == child) {
            known.push_str(head(text, LONGEST.saturating_sub(known.len())));
        } else {
            self.0.push((child, head(text, LONGEST).to_owned()));
        }
    }
}

/// The entry being read, if any, and where in it the reader stands.
#[derive(Default)]
struct Place {
    entry: Option<Entry>,
    /// The child that is open, where it is one that somebody asks for.
    child: Option<&'static str>,
    /// How many elements are open inside the entry: the child, then its own markup.
    depth: usize,
}

impl Place {
    fn open(&mut self, tag: &BytesStart<'_>) {
        let name = tag.name().0;
        let Some(entry) = &mut self.entry else {
            if matches!(name, "entry" | "item") {
                self.entry = Some(Entry::default());
            }
            return;
        };
        self.depth += 1;
        if self.depth > 1 {
            // XHTML inside: kept as markup, so that it reads like escaped HTML.
            self.markup("<", name);
            return;
        }
        self.child = CHILDREN.into_iter().find(|child| *child == name);
        if name == "link"
            && let Some(href) = link(tag)
        {
            entry.0.retain(|(child, _)| *child != name);
            entry.push("link", &href);
        }
    }

    fn text(&mut self, text: &str) {
        if let (Some(entry), Some(child)) = (&mut self.entry, self.child) {
            entry.push(child, text);
        }
    }

    fn markup(&mut self, begins: &str, name: &str) {
        for part in [begins, name, ">"] {
            self.text(part);
        }
    }

    /// Leaves an element; the entry, if that was its own.
    fn close(&mut self, name: &str) -> Option<Entry> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return self.entry.take();
        };
        self.depth = depth;
        if depth == 0 {
            self.child = None;
        } else {
            self.markup("</", name);
        }
        None
    }
}

/// Atom's `<link href="…">`, unless it leads elsewhere than to the entry's own page.
fn link(tag: &BytesStart<'_>) -> Option<String> {
    let attribute = |name| {
        let found = tag.try_get_attribute(name).ok().flatten()?;
        Some(text::unescape(head(&found.value, LONGEST)))
    };
    let own = attribute("rel").is_none_or(|rel| rel == "alternate");
    attribute("href").filter(|_| own)
}

/// All entries of a feed that is whole: a root element that does not end was half read.
pub(super) fn entries(feed: &str) -> Result<Vec<Entry>, Unreadable> {
    let mut reader = Reader::from_str(feed);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.allow_dangling_amp = true;
    let (mut entries, mut place, mut depth) = (Vec::new(), Place::default(), 0_usize);
    loop {
        match reader.read_event().map_err(|error| unreadable(&error))? {
            Event::Start(tag) => {
                depth += 1;
                if depth > DEEPEST {
                    let error = format!("elements stand in one another {DEEPEST} deep");
                    return Err(Unreadable::BadXml(error));
                }
                place.open(&tag);
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                entries.extend(place.close(tag.name().0));
                if entries.len() > MOST_LISTED {
                    let error = format!("it has more than {MOST_LISTED} entries");
                    return Err(Unreadable::BadShape { part: FEED, error });
                }
                if depth == 0 {
                    return Ok(entries);
                }
            }
            Event::Text(text) => place.text(&text.xml10_content()),
            Event::CData(text) => place.text(&text.xml10_content()),
            Event::GeneralRef(name) => {
                let character = text::entity(&name.into_inner()).unwrap_or(' ');
                place.text(character.encode_utf8(&mut [0; 4]));
            }
            Event::Eof => return Err(Unreadable::Cut(FEED)),
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

/// What the XML parser calls a syntax error is markup that does not end.
fn unreadable(error: &Error) -> Unreadable {
    match error {
        Error::Syntax(_) => Unreadable::Cut(FEED),
        // Its message may quote the feed.
        _ => Unreadable::BadXml(text::line(&error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(feed: &str) -> Entry {
        let mut entries = entries(feed).unwrap();
        assert_eq!(entries.len(), 1);
        entries.remove(0)
    }

    #[test]
    fn text_cdata_escapes_and_xhtml_all_read_as_the_same_html() {
        for content in [
            "&lt;p&gt;a &amp;#38; b&lt;/p&gt;",
            "<![CDATA[<p>a &#38; b</p>]]>",
            "<p>a &amp;#38; b</p>",
        ] {
            let feed = format!("<feed><entry><content>{content}</content></entry></feed>");
            assert_eq!(only(&feed).content(), "<p>a &#38; b</p>", "{content}");
        }
    }

    #[test]
    fn an_entry_is_led_to_by_its_own_link() {
        for link in [
            "<link href='https://a/1?x=1&amp;y=2'/>",
            "<link rel='self' href='https://b/'/><link rel='alternate' href='https://a/1?x=1&amp;y=2'/>",
            "<link>https://a/1?x=1&amp;y=2</link><atom:link rel='self' href='https://b'/>",
            "<link>https://proxy/</link><feedburner:origLink>https://a/1?x=1&amp;y=2</feedburner:origLink>",
        ] {
            let entry = only(&format!(
                "<rss><channel><item>{link}</item></channel></rss>"
            ));
            assert_eq!(entry.link(), Some("https://a/1?x=1&y=2"), "{link}");
        }
    }

    #[test]
    fn when_an_entry_was_published_is_told_apart_from_when_it_changed() {
        let dated = "<published> 2026-01-02 </published><updated>2026-01-03</updated>";
        let entry = only(&format!("<feed><entry>{dated}</entry></feed>"));
        assert_eq!(
            (entry.published(), entry.updated()),
            (Some("2026-01-02"), Some("2026-01-03"))
        );
        let entry = only("<feed><entry><title>Slow</title></entry></feed>");
        assert_eq!(
            (entry.published(), entry.updated(), entry.link()),
            (None, None, None)
        );
    }
}
