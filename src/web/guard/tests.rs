//! Which hosts are served.

use super::*;

#[test]
fn an_address_is_served_and_a_name_only_where_it_is_allowed() {
    let allowed = ["okta.example.com".to_owned()];
    let asked = |host: &str| {
        let request = Request::builder().header("host", host);
        let request = request.body(axum::body::Body::empty()).unwrap();
        is_allowed(asked_host(&request).as_deref(), &allowed)
    };
    for here in [
        "okta.example.com",
        "OKTA.example.com:6582",
        "okta.example.com.",
        "10.0.0.7:6582",
        "[::1]:6582",
        "localhost:6582",
    ] {
        assert!(asked(here), "{here}");
    }
    for elsewhere in [
        "evil.example",
        "okta.example.com.evil.example",
        "",
        "127.0.0.1.nip.io",
    ] {
        assert!(!asked(elsewhere), "{elsewhere}");
    }
}
