//! What the file may say: its sections and keys, and what stands where nothing is said.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use http::{HeaderName, HeaderValue};

use super::{
    headers,
    names::{Cipher, Curve, TlsVersion},
    rate_limit::Rate,
    yaml::{Node, Value, Wrong, first_document},
};
use crate::units::Secret;

/// How many merges (`<<`) a file may have, all that they bring along included.
const MOST_MERGES: usize = 64;

/// All that the file says.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) tls: TlsSettings,
    pub(super) http2: bool,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) rate: Rate,
    /// Hashes by user.
    pub(super) users: BTreeMap<String, Secret>,
}

/// The section of TLS. What is empty is not set.
#[derive(Debug)]
pub(super) struct TlsSettings {
    pub(super) cert: String,
    pub(super) key: Secret,
    pub(super) client_ca: String,
    pub(super) cert_file: String,
    pub(super) key_file: String,
    pub(super) client_ca_file: String,
    pub(super) client_auth_type: String,
    /// `None` allows whoever is let in otherwise, and an empty list nobody.
    pub(super) client_allowed_sans: Option<Vec<String>>,
    pub(super) cipher_suites: Vec<Cipher>,
    pub(super) prefer_server_cipher_suites: bool,
    pub(super) curve_preferences: Vec<Curve>,
    pub(super) min_version: TlsVersion,
    pub(super) max_version: TlsVersion,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self {
            cert: String::new(),
            key: Secret::from(""),
            client_ca: String::new(),
            cert_file: String::new(),
            key_file: String::new(),
            client_ca_file: String::new(),
            client_auth_type: String::new(),
            client_allowed_sans: None,
            cipher_suites: Vec::new(),
            prefer_server_cipher_suites: true,
            curve_preferences: Vec::new(),
            min_version: TlsVersion::Tls12,
            max_version: TlsVersion::Tls13,
        }
    }
}

impl Settings {
    /// Reads the whole file, and refuses what it does not know.
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let mut settings = Self {
            tls: TlsSettings::default(),
            http2: true,
            headers: Vec::new(),
            rate: Rate::default(),
            users: BTreeMap::new(),
        };
        let Some(document) = first_document(text)? else {
            return Ok(settings);
        };
        let mut merges = MOST_MERGES;
        let merges = &mut merges;
        let mut nested = MOST_MERGES;
        fields(&document, "the file", merges, &mut |name, node| {
            match name {
                "tls_server_config" => fields(node, name, &mut nested, &mut |name, node| {
                    settings.tls.set(name, node)
                }),
                "http_server_config" => {
                    // As in Go, nothing in place of the section turns HTTP/2 off.
                    settings.http2 &= !node.is_null();
                    fields(node, name, &mut nested, &mut |name, node| match name {
                        "http2" => put(&mut settings.http2, node.truth("`http2`")),
                        "headers" => {
                            settings.headers.clear();
                            let mut more = MOST_MERGES;
                            fields(node, "`headers`", &mut more, &mut |name, node| {
                                settings.headers.push(headers::read(name, node)?);
                                Ok(())
                            })
                        }
                        _ => Err(unknown(name, node)),
                    })
                }
                "rate_limit" => fields(node, name, &mut nested, &mut |name, node| match name {
                    "interval" => put(&mut settings.rate.interval, node.nanoseconds("`interval`")),
                    "burst" => put(&mut settings.rate.burst, node.number("`burst`")),
                    _ => Err(unknown(name, node)),
                }),
                "basic_auth_users" => fields(node, name, &mut nested, &mut |name, node| {
                    let hash = node.text("the hash of a user")?;
                    settings.users.insert(name.to_owned(), hash.into());
                    Ok(())
                }),
                _ => Err(unknown(name, node)),
            }
        })?;
        Ok(settings)
    }
}

impl TlsSettings {
    fn set(&mut self, name: &str, node: &Node) -> Result<(), Wrong> {
        let of = format!("`{name}`");
        match name {
            "cert" => put(&mut self.cert, node.text(&of)),
            "key" => put(&mut self.key, node.text(&of).map(Secret::from)),
            "client_ca" => put(&mut self.client_ca, node.text(&of)),
            "cert_file" => put(&mut self.cert_file, node.text(&of)),
            "key_file" => put(&mut self.key_file, node.text(&of)),
            "client_ca_file" => put(&mut self.client_ca_file, node.text(&of)),
            "client_auth_type" => put(&mut self.client_auth_type, node.text(&of)),
            "client_allowed_sans" => put(&mut self.client_allowed_sans, node.texts(&of)),
            "prefer_server_cipher_suites" => {
                put(&mut self.prefer_server_cipher_suites, node.truth(&of))
            }
            "cipher_suites" => put(&mut self.cipher_suites, named(node, &of, Cipher::named)),
            "curve_preferences" => put(&mut self.curve_preferences, named(node, &of, Curve::named)),
            "min_version" => put(&mut self.min_version, version(node, &of, TlsVersion::Tls12)),
            "max_version" => put(&mut self.max_version, version(node, &of, TlsVersion::Tls13)),
            _ => Err(unknown(name, node)),
        }
    }
}

/// Goes through a map by its keys, each of which may be there once. What is merged (`<<`) counts where
/// it stands.
fn fields(
    node: &Node,
    of: &str,
    merges: &mut usize,
    take: &mut dyn FnMut(&str, &Node) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    if node.is_null() {
        return Ok(());
    }
    let Value::Map(pairs) = &node.value else {
        return Err(node.wrong(format!("{of} must be a map: `key: value`, a line each")));
    };
    let mut seen = BTreeSet::new();
    for (key, value) in pairs {
        let name = key.text("a key")?;
        if name == "<<" && matches!(&key.value, Value::Scalar { plain: true, .. }) {
            for merged in merged(value)? {
                *merges = merges
                    .checked_sub(1)
                    .ok_or_else(|| value.wrong("this merges too much"))?;
                fields(merged, of, merges, take)?;
            }
            continue;
        }
        if !seen.insert(name.clone()) {
            return Err(key.wrong("this key is there twice"));
        }
        take(&name, value)?;
    }
    Ok(())
}

/// What `<<` names, the last first: the first counts most.
fn merged(value: &Rc<Node>) -> Result<Vec<&Rc<Node>>, Wrong> {
    let maps: Vec<&Rc<Node>> = match &value.value {
        Value::List(items) => items.iter().rev().collect(),
        _ => vec![value],
    };
    if maps.iter().all(|map| matches!(map.value, Value::Map(_))) {
        Ok(maps)
    } else {
        Err(value.wrong("`<<` merges maps, and this is none"))
    }
}

fn put<T>(place: &mut T, read: Result<T, Wrong>) -> Result<(), Wrong> {
    *place = read?;
    Ok(())
}

fn named<T>(node: &Node, of: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Wrong> {
    let names = node.texts(of)?.unwrap_or_default();
    let of_one = |name: &String| read(name);
    let all: Option<Vec<T>> = names.iter().map(of_one).collect();
    all.ok_or_else(|| node.wrong(format!("{of} holds a name that is not known")))
}

fn version(node: &Node, of: &str, unless: TlsVersion) -> Result<TlsVersion, Wrong> {
    if node.is_null() {
        return Ok(unless);
    }
    let version = TlsVersion::named(&node.text(of)?);
    version.ok_or_else(|| node.wrong(format!("{of} is none of TLS10, TLS11, TLS12 and TLS13")))
}

/// A key may be a secret that stands in the wrong place: what is no plain word is not repeated.
fn unknown(name: &str, node: &Node) -> Wrong {
    let is_word = name.len() <= 40
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || "_-".contains(c));
    let which = if is_word { name } else { "…" };
    node.wrong(format!("`{which}` is no key that stands here"))
}

#[cfg(test)]
mod tests;
