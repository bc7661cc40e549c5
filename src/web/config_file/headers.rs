//! The headers that the file may set, by their exact names, and the values that some of them may have.

use http::{HeaderName, HeaderValue, header};

use super::yaml::{Node, Wrong};

/// A header and its only values; none stands for any.
type Allowed = (&'static str, HeaderName, &'static [&'static str]);

const ALLOWED: [Allowed; 5] = [
    (
        "Strict-Transport-Security",
        header::STRICT_TRANSPORT_SECURITY,
        &[],
    ),
    (
        "X-Content-Type-Options",
        header::X_CONTENT_TYPE_OPTIONS,
        &["nosniff"],
    ),
    (
        "X-Frame-Options",
        header::X_FRAME_OPTIONS,
        &["deny", "sameorigin"],
    ),
    ("X-XSS-Protection", header::X_XSS_PROTECTION, &[]),
    (
        "Content-Security-Policy",
        header::CONTENT_SECURITY_POLICY,
        &[],
    ),
];

/// Reads one header.
pub(super) fn read(name: &str, node: &Node) -> Result<(HeaderName, HeaderValue), Wrong> {
    let allowed = ALLOWED.iter().find(|(allowed, ..)| *allowed == name);
    let Some((name, header, values)) = allowed else {
        let names = ALLOWED.map(|(name, ..)| name).join(", ");
        return Err(node.wrong(format!(
            "this header cannot be set here; these can: {names}"
        )));
    };
    let value = node.text(name)?;
    if !values.is_empty() && !values.contains(&value.as_str()) {
        return Err(node.wrong(format!("{name} can be {}", values.join(" or "))));
    }
    // A line that was folded in the file is one line of HTTP.
    let value = value.replace(['\r', '\n'], " ");
    let value = HeaderValue::from_bytes(value.trim().as_bytes());
    let value = value.map_err(|_| node.wrong(format!("{name} holds what no header can")))?;
    Ok((header.clone(), value))
}
