//! Looks for secrets in text, whatever they are dressed in.

use std::{collections::HashMap, fmt::Write};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

/// Every path that shows something of what the exporter was told or has met.
pub const SHOWN: [&str; 6] = [
    "/metrics",
    "/",
    "/api/v1/status",
    "/api/v1/support-bundle",
    "/config",
    "/config?format=json",
];

/// How much of a secret is one too much, in bytes. What is cut off somewhere is found by its pieces.
const PIECE: usize = 16;

/// How much of a needle is looked up before it is compared.
const START: usize = 12;

/// Secrets, each in pieces, each piece in every dress.
#[derive(Default)]
pub struct Leak {
    /// Needles by how they start: a log is long, and so is the list of them.
    needles: HashMap<[u8; START], Vec<Needle>>,
}

struct Needle {
    secret: String,
    dress: &'static str,
    text: String,
}

impl Leak {
    /// Looks for this text, too.
    #[must_use]
    pub fn text(mut self, secret: &str, text: &str) -> Self {
        for piece in pieces(text.as_bytes()) {
            let plain = String::from_utf8(piece.to_vec()).unwrap();
            self.add(secret, "as it is", plain);
        }
        self.bytes(secret, text.as_bytes())
    }

    /// Looks for these bytes, too, which are no text.
    #[must_use]
    pub fn bytes(mut self, secret: &str, bytes: &[u8]) -> Self {
        for piece in pieces(bytes) {
            for lead in 0..3 {
                self.add(secret, "in base64", inner_base64(&STANDARD, lead, piece));
                self.add(secret, "in base64url", inner_base64(&URL_SAFE, lead, piece));
            }
            let hex = |byte: &u8| format!("{byte:02x}");
            let hex: String = piece.iter().map(hex).collect();
            self.add(secret, "in hex", hex.to_uppercase());
            self.add(secret, "in hex", hex);
            // What each kind of encoder leaves as it is; the digits are written in either case.
            for plain in ["", "-._~", "-._*", "-._~!$&'()*+,;=:@"] {
                let keeps = |byte: &u8| {
                    let letter = !plain.is_empty() && byte.is_ascii_alphanumeric();
                    letter || plain.as_bytes().contains(byte)
                };
                for upper in [true, false] {
                    let text = percent(piece, keeps, upper);
                    self.add(secret, "percent-encoded", text.replace("%20", "+"));
                    self.add(secret, "percent-encoded", text);
                }
            }
            let list = format!("{piece:?}");
            let list = list.trim_matches(['[', ']']).to_owned();
            self.add(secret, "as a list of bytes", list);
        }
        self
    }

    fn add(&mut self, secret: &str, dress: &'static str, text: String) {
        let alike = self.needles.entry(start(text.as_bytes())).or_default();
        if alike.iter().all(|needle| needle.text != text) {
            alike.push(Needle {
                secret: secret.to_owned(),
                dress,
                text,
            });
        }
    }

    /// The secrets that this text shows, each with where.
    pub fn found(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for line in text.lines() {
            let line = line.as_bytes();
            for (at, window) in line.windows(START).enumerate() {
                let alike = self.needles.get(&start(window)).into_iter().flatten();
                for needle in alike.filter(|needle| line[at..].starts_with(needle.text.as_bytes()))
                {
                    let line = String::from_utf8_lossy(line);
                    found.push(format!("{} {}: {line}", needle.secret, needle.dress));
                }
            }
        }
        found
    }
}

fn start(bytes: &[u8]) -> [u8; START] {
    bytes[..START].try_into().unwrap()
}

fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    assert!(bytes.len() >= PIECE, "too short to be told from chance");
    bytes.chunks_exact(PIECE)
}

/// Of the base64 of these bytes behind `lead` others, the letters that they alone decide.
fn inner_base64(engine: &impl Engine, lead: usize, bytes: &[u8]) -> String {
    let text = engine.encode([&vec![0; lead], bytes].concat());
    let first = (lead * 8).div_ceil(6);
    let last = (lead + bytes.len()) * 8 / 6;
    text[first..last].to_owned()
}

fn percent(bytes: &[u8], plain: impl Fn(&u8) -> bool, upper: bool) -> String {
    let mut text = String::new();
    for byte in bytes {
        if plain(byte) {
            text.push(char::from(*byte));
        } else if upper {
            write!(text, "%{byte:02X}").unwrap();
        } else {
            write!(text, "%{byte:02x}").unwrap();
        }
    }
    text
}
