//! Looks for secrets in text, whatever they are dressed in.

use std::fmt::Write;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

/// How much of a secret is one too much, in bytes. What is cut off somewhere is found by its pieces.
const PIECE: usize = 16;

/// Secrets, each in pieces, each piece in every dress.
#[derive(Default)]
pub struct Leak {
    needles: Vec<Needle>,
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
            self.add(secret, "percent-encoded", percent(piece, |_| false));
            self.add(
                secret,
                "percent-encoded",
                percent(piece, u8::is_ascii_alphanumeric),
            );
            let unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
            self.add(secret, "percent-encoded", percent(piece, unreserved));
            let form = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._*".contains(byte);
            self.add(secret, "in a form", percent(piece, form));
            let list = format!("{piece:?}");
            let list = list.trim_matches(['[', ']']).to_owned();
            self.add(secret, "as a list of bytes", list);
        }
        self
    }

    fn add(&mut self, secret: &str, dress: &'static str, text: String) {
        let known = self.needles.iter().any(|needle| needle.text == text);
        if !known {
            self.needles.push(Needle {
                secret: secret.to_owned(),
                dress,
                text,
            });
        }
    }

    /// The secrets that this text shows, each with where.
    pub fn found(&self, text: &str) -> Vec<String> {
        // Percent and hex are written in either case.
        let lower = text.to_ascii_lowercase();
        let shows = |needle: &&Needle| {
            let folded = needle.dress.starts_with("percent") || needle.dress == "in a form";
            if folded {
                lower.contains(&needle.text.to_ascii_lowercase())
            } else {
                text.contains(&needle.text)
            }
        };
        let told = |needle: &Needle| {
            let line = text.lines().find(|line| line.contains(&needle.text));
            format!(
                "{} {}: {}",
                needle.secret,
                needle.dress,
                line.unwrap_or_default()
            )
        };
        self.needles.iter().filter(shows).map(told).collect()
    }
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

fn percent(bytes: &[u8], plain: impl Fn(&u8) -> bool) -> String {
    let mut text = String::new();
    for byte in bytes {
        if plain(byte) {
            text.push(char::from(*byte));
        } else {
            write!(text, "%{byte:02X}").unwrap();
        }
    }
    text
}
