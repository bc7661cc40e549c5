//! `X-Okta-Request-Id`: what a support ticket needs, and what an answer of Okta's application servers
//! is known by. The edge, and whatever stands between, has none to give.

use http::HeaderMap;

/// The id, where it looks like one: it goes into logs.
pub(in crate::okta) fn of(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-okta-request-id")?.to_str().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_@.=+/".contains(c);
    (!id.is_empty() && id.len() <= 128 && id.chars().all(plain)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_and_what_is_none_is_none() {
        let read = |id: &str| {
            let line = ("x-okta-request-id".parse().unwrap(), id.parse().unwrap());
            of(&HeaderMap::from_iter([line]))
        };
        let id = "Z4nq1pUq1kT7bJd0cH2bXgAABdc";
        assert_eq!(read(id).as_deref(), Some(id));
        for none in ["", "a b", "<script>", &"x".repeat(129)] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(of(&HeaderMap::new()), None);
    }
}
