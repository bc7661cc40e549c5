//! Private keys as people have them: PEM (PKCS#1, PKCS#8, SEC1) or JWK, RSA or EC. What they sign
//! is in [`private_key`](super::private_key). No error shows anything of a key.

use aws_lc_rs::{rsa::KeyPair as RsaKeyPair, signature::EcdsaKeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use secrecy::{
    ExposeSecret,
    zeroize::{Zeroize, Zeroizing},
};
use serde::Deserialize;
use serde_json::Value;
use x509_cert::der::{Encode, asn1::UintRef};

use super::algorithm::{Algorithm, BadKey, CURVES, Pair};
use crate::units::Secret;

/// What a key's text says.
pub(super) struct Written {
    pub(super) pair: Pair,
    /// What a JWK says it signs with.
    pub(super) alg: Option<Algorithm>,
    /// The id that a JWK brings along.
    pub(super) kid: Option<String>,
}

/// Reads a key in any of its forms, also as variables, YAML and copying disfigure them: in quotes,
/// with `\n` for line breaks, in one line, indented.
pub(super) fn read(text: &str) -> Result<Written, BadKey> {
    let text = text.trim().trim_start_matches('\u{feff}');
    let text = ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(text)
        .trim();
    if text.starts_with('{') {
        return from_json(text);
    }
    // `{"` of JSON, and `-----BEGIN` of PEM.
    if text.starts_with("eyJ") || text.starts_with("LS0tLS1CRUdJTi") {
        return Err(BadKey::Encoded);
    }
    let unescaped = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    Ok(Written {
        pair: from_pem(&unescaped)?,
        alg: None,
        kid: None,
    })
}

/// A JWK, or a set of which one is private.
fn from_json(text: &str) -> Result<Written, BadKey> {
    if let Ok(jwk) = serde_json::from_str::<Jwk>(text) {
        return from_jwk(jwk);
    }
    // In variables a JWK's quotes are escaped at times.
    let unescaped = Zeroizing::new(text.replace("\\\"", "\""));
    if let Ok(jwk) = serde_json::from_str::<Jwk>(&unescaped) {
        return from_jwk(jwk);
    }
    let set: JwkSet = serde_json::from_str(&unescaped).map_err(|_| BadKey::DamagedJwk)?;
    let is_empty = set.keys.is_empty();
    let mut private = set.keys.into_iter().filter(|key| key.d.is_some());
    match (private.next(), private.next()) {
        (Some(jwk), None) => from_jwk(jwk),
        (Some(_), Some(_)) => Err(BadKey::Several),
        (None, _) if is_empty => Err(BadKey::EmptySet),
        (None, _) => Err(BadKey::Public),
    }
}

fn from_jwk(jwk: Jwk) -> Result<Written, BadKey> {
    let pair = match (jwk.kty.as_str(), &jwk.d) {
        ("RSA" | "EC", None) => return Err(BadKey::Public),
        ("RSA", _) => Pair::Rsa(Box::new(jwk.rsa()?)),
        ("EC", _) => Pair::Ec(jwk.ec()?),
        _ => return Err(BadKey::Unusable),
    };
    let alg = jwk
        .alg
        .map(|alg| serde_json::from_value(Value::String(alg)));
    Ok(Written {
        pair,
        alg: alg.transpose().map_err(|_| BadKey::Unusable)?,
        kid: jwk.kid,
    })
}

fn from_pem(text: &str) -> Result<Pair, BadKey> {
    let label = |word: &str| text.contains(&format!("-----BEGIN {word}-----"));
    if label("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(BadKey::Encrypted);
    }
    if label("OPENSSH PRIVATE KEY") {
        return Err(BadKey::OpenSsh);
    }
    let lines = in_lines(text);
    let Ok(mut der) = PrivateKeyDer::from_pem_slice(lines.as_bytes()) else {
        return Err(match text.contains("-----BEGIN ") {
            false if is_bare(text) => BadKey::Bare,
            false => BadKey::Neither,
            true if label("CERTIFICATE") => BadKey::Certificate,
            true if label("PUBLIC KEY") || label("RSA PUBLIC KEY") => BadKey::Public,
            true => BadKey::DamagedPem,
        });
    };
    let bytes = der.secret_der();
    let rsa = match &der {
        PrivateKeyDer::Pkcs1(_) => RsaKeyPair::from_der(bytes),
        _ => RsaKeyPair::from_pkcs8(bytes),
    };
    let pair = match rsa {
        Ok(pair) => Some(Pair::Rsa(Box::new(pair))),
        // Which curve it lies on is known by trying: there are three.
        Err(_) => CURVES.iter().find_map(|(.., curve)| {
            let pair = EcdsaKeyPair::from_private_key_der(curve, bytes);
            pair.ok().map(Pair::Ec)
        }),
    };
    der.zeroize();
    pair.ok_or(BadKey::Unusable)
}

/// True for base64 of DER, whose first byte is that of a sequence, without the marks round it.
fn is_bare(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c) || c.is_whitespace();
    text.starts_with('M') && text.len() > 100 && text.chars().all(plain)
}

/// PEM with a line for each of its marks, and its base64 in one between them: whatever became of its
/// line breaks.
fn in_lines(text: &str) -> Zeroizing<String> {
    const DASHES: &str = "-----";
    let mut lines = Zeroizing::new(String::with_capacity(text.len() + text.len() / 8 + 16));
    let mut parts = text.split(DASHES);
    parts.next();
    while let (Some(mark), Some(body)) = (parts.next(), parts.next()) {
        for piece in [DASHES, mark.trim(), DASHES, "\n"] {
            lines.push_str(piece);
        }
        if mark.trim_start().starts_with("BEGIN") {
            body.split_whitespace()
                .for_each(|piece| lines.push_str(piece));
            lines.push('\n');
        }
    }
    lines
}

/// A set of keys, where one alone was expected.
#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

/// A private key as JSON (RFC 7518). Its members are zeroed when it goes.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<Secret>,
    p: Option<Secret>,
    q: Option<Secret>,
    dp: Option<Secret>,
    dq: Option<Secret>,
    qi: Option<Secret>,
}

impl Jwk {
    fn ec(&self) -> Result<EcdsaKeyPair, BadKey> {
        let name = self.crv.as_deref().ok_or(BadKey::DamagedJwk)?;
        let known = CURVES.iter().find(|(known, ..)| *known == name);
        let (.., curve) = known.ok_or(BadKey::Unusable)?;
        let (x, y) = (public(self.x.as_ref())?, public(self.y.as_ref())?);
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        EcdsaKeyPair::from_private_key_and_public_key(curve, &private(self.d.as_ref())?, &point)
            .map_err(|_| BadKey::DamagedJwk)
    }

    /// By way of PKCS#1, the only form in which the library takes the parts of an RSA key.
    fn rsa(&self) -> Result<RsaKeyPair, BadKey> {
        let (n, e) = (public(self.n.as_ref())?, public(self.e.as_ref())?);
        let members = [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi];
        let members: Vec<_> = members
            .into_iter()
            .map(|member| private(member.as_ref()))
            .collect::<Result<_, _>>()?;
        let version: &[u8] = &[0];
        let integers = [version, &n, &e]
            .into_iter()
            .chain(members.iter().map(|member| member.as_slice()))
            .map(UintRef::new)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| BadKey::DamagedJwk)?;
        let der = Zeroizing::new(integers.to_der().map_err(|_| BadKey::DamagedJwk)?);
        RsaKeyPair::from_der(&der).map_err(|_| BadKey::Unusable)
    }
}

fn public(member: Option<&String>) -> Result<Vec<u8>, BadKey> {
    let text = member.ok_or(BadKey::DamagedJwk)?;
    BASE64URL.decode(text).map_err(|_| BadKey::DamagedJwk)
}

fn private(member: Option<&Secret>) -> Result<Zeroizing<Vec<u8>>, BadKey> {
    let text = member.ok_or(BadKey::DamagedJwk)?.expose_secret();
    let bytes = BASE64URL.decode(text).map_err(|_| BadKey::DamagedJwk)?;
    Ok(Zeroizing::new(bytes))
}

#[cfg(test)]
mod tests;
