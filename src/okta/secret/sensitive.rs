//! Secrets on their way into a request: marked so that no library prints them, in buffers that are
//! zeroed once the request is gone. What they prove is in
//! [`credential`](crate::okta::credential).
//!
//! What lies behind is not ours to zero: the connection's buffers, TLS records, the answer that brings
//! a token. In HTTP/2 a value that is marked is never kept in the compression table.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::HeaderValue;
use secrecy::{ExposeSecret, zeroize::Zeroizing};
use url::form_urlencoded::byte_serialize;

use super::error::NoSecret;
use crate::units::Secret;

/// `SCHEME SECRET`, the value of an `Authorization` header.
pub(in crate::okta) fn authorization(
    scheme: &str,
    secret: &Secret,
) -> Result<HeaderValue, NoSecret> {
    let secret = secret.expose_secret();
    let mut text = room(scheme.len() + 1 + secret.len());
    text.push_str(scheme);
    text.push(' ');
    text.push_str(secret);
    header(text)
}

/// `Basic …`, as a client authenticates.
pub(in crate::okta) fn basic(id: &str, secret: &Secret) -> Result<HeaderValue, NoSecret> {
    let secret = secret.expose_secret();
    let mut pair = room(id.len() + 1 + secret.len());
    pair.push_str(id);
    pair.push(':');
    pair.push_str(secret);
    let mut text = room("Basic ".len() + pair.len().div_ceil(3) * 4);
    text.push_str("Basic ");
    BASE64.encode_string(pair.as_bytes(), &mut text);
    header(text)
}

/// The body of a form.
pub(in crate::okta) fn form<'a>(fields: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Bytes {
    let length = |(name, value): (&str, &str)| 3 * (name.len() + value.len()) + 2;
    let mut text = room(fields.clone().map(length).sum());
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.extend(byte_serialize(name.as_bytes()));
        text.push('=');
        text.extend(byte_serialize(value.as_bytes()));
    }
    shared(text)
}

/// Room for all that comes: a buffer that grows leaves copies behind.
fn room(bytes: usize) -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(bytes))
}

fn header(text: Zeroizing<String>) -> Result<HeaderValue, NoSecret> {
    let mut value =
        HeaderValue::from_maybe_shared(shared(text)).map_err(|_| NoSecret::Unsendable)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The same buffer, zeroed when the last who shares it lets go.
fn shared(mut text: Zeroizing<String>) -> Bytes {
    Bytes::from_owner(Zeroizing::new(std::mem::take(&mut *text).into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_marked_and_say_what_they_should() {
        let secret = Secret::from("s3cr3t");
        for (value, expected) in [
            (authorization("SSWS", &secret), "SSWS s3cr3t"),
            (basic("0oa1", &secret), "Basic MG9hMTpzM2NyM3Q="),
        ] {
            let value = value.unwrap();
            assert_eq!(value, expected);
            assert_eq!(format!("{value:?}"), "Sensitive");
        }
        let refused = authorization("SSWS", &Secret::from("s3cr3t\n")).unwrap_err();
        assert_eq!(refused, NoSecret::Unsendable);
    }

    #[test]
    fn a_form_is_encoded_as_forms_are() {
        let fields = [("scope", "a b"), ("client_assertion", "x+y/z=&é")];
        let ours = form(fields.into_iter());
        let theirs = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        assert_eq!(ours, theirs);
    }
}
