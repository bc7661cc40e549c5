//! A path as it is asked: what a URL makes of dots and doubled slashes is settled before anybody
//! looks up its bucket or its scope, so that all mean the same.

use std::borrow::Cow;

use url::Url;

/// The path, and its query where there is one, as a URL would have it: without `.` and `..`, and
/// without doubled slashes, which Okta would compare letter by letter with what a proof names. What
/// is no path of a host stays as it is.
pub(super) fn normal(path: &str) -> Cow<'_, str> {
    let asked = path.split(['?', '#']).next().unwrap_or_default();
    let dotted = asked.split(['/', '\\']).any(|part| {
        let dots = part.replace("%2e", ".").replace("%2E", ".");
        dots == "." || dots == ".."
    });
    let strange = dotted || asked.contains('\\') || asked.contains("//");
    if !strange || !asked.starts_with('/') || asked.starts_with("//") {
        return Cow::Borrowed(path);
    }
    let host = Url::parse("http://localhost").and_then(|host| host.join(path));
    let Ok(mut url) = host else {
        return Cow::Borrowed(path);
    };
    let parts = url.path().split('/').filter(|part| !part.is_empty());
    let single = parts.fold(String::new(), |whole, part| whole + "/" + part);
    url.set_path(&single);
    Cow::Owned(url[url::Position::BeforePath..].to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dots_and_doubled_slashes_are_gone_and_all_else_stays() {
        for (path, as_asked) in [
            ("/api/v1/users/../groups", "/api/v1/groups"),
            ("/api/v1/./users?a=../b", "/api/v1/users?a=../b"),
            ("/api/v1/x/%2E%2e/users", "/api/v1/users"),
            (r"/api/v1/x\..\users", "/api/v1/users"),
            ("/api//v1///users?x=a//b", "/api/v1/users?x=a//b"),
            ("/../../api/v1/users", "/api/v1/users"),
            ("/api/v1/users?filter=a b", "/api/v1/users?filter=a b"),
            (
                "/.well-known/okta-organization",
                "/.well-known/okta-organization",
            ),
            ("//evil.example/x/..", "//evil.example/x/.."),
            ("https://evil.example/..", "https://evil.example/.."),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(normal(path), as_asked, "{path}");
        }
    }

    proptest! {
        #[test]
        fn what_is_normal_stays_so(path in "/[a-z./%2e]{0,30}") {
            let once = normal(&path).into_owned();
            prop_assert_eq!(normal(&once), once.as_str());
        }

        #[test]
        fn nothing_panics(path in any::<String>()) {
            normal(&path);
        }
    }
}
