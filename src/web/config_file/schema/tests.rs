//! What the file may say and what it may not, as Go's programs have it.

use std::fmt::Write;

use secrecy::ExposeSecret;

use super::*;

fn parse(text: &str) -> Settings {
    Settings::parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"))
}

fn wrong(text: &str) -> String {
    match Settings::parse(text) {
        Ok(settings) => panic!("{text} is taken: {settings:?}"),
        Err(wrong) => wrong.to_string(),
    }
}

#[test]
fn a_file_that_says_nothing_sets_up_nothing() {
    for text in [
        "",
        "\n",
        "# nothing\n",
        "null",
        "~",
        "{}",
        "---\n...\n",
        "tls_server_config:\nbasic_auth_users: ~\nrate_limit: null\n",
        "tls_server_config: {}\nhttp_server_config: { headers: }\nbasic_auth_users: {}\n",
    ] {
        let settings = parse(text);
        assert!(settings.users.is_empty() && settings.headers.is_empty());
        assert_eq!(settings.rate, Rate::default());
        assert!(settings.tls.client_auth_type.is_empty());
    }
    assert!(parse("").http2);
    assert!(!parse("http_server_config: ~").http2, "as Go has it");
    assert!(
        !parse("http_server_config: { http2: ~ }").http2,
        "as Go has it"
    );
}

#[test]
fn names_are_as_they_are_written() {
    let settings = parse(
        "basic_auth_users:\n  first.last: a\n  'a[0]': b\n  UPPER: c\n  yes: d\n  1.0: e\n  ünï: f\n  \"\": g\n",
    );
    let names: Vec<&str> = settings.users.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["", "1.0", "UPPER", "a[0]", "first.last", "yes", "ünï"]
    );
    assert_eq!(settings.users["yes"].expose_secret(), "d");
}

#[test]
fn what_looks_like_something_else_is_text_where_text_is_meant() {
    let settings = parse("tls_server_config: { cert_file: 5, key_file: true, client_ca_file: ~ }");
    assert_eq!(settings.tls.cert_file, "5");
    assert_eq!(settings.tls.key_file, "true");
    assert_eq!(settings.tls.client_ca_file, "");
}

#[test]
fn truths_are_those_of_yaml_1_1() {
    for (text, truth) in [
        ("yes", true),
        ("On", true),
        ("y", true),
        ("TRUE", true),
        ("no", false),
        ("off", false),
        ("N", false),
        ("!!bool 'yes'", true),
    ] {
        let settings = parse(&format!("http_server_config: {{ http2: {text} }}"));
        assert_eq!(settings.http2, truth, "{text}");
    }
    for text in ["'true'", "1", "oui", "[]", "tRUE", "!!str yes"] {
        let told = wrong(&format!("http_server_config: {{ http2: {text} }}"));
        assert!(told.contains("must be `true` or `false`"), "{told}");
    }
}

#[test]
fn anchors_line_ends_and_later_documents_are_no_trouble() {
    let hash = "$2y$04$x";
    for text in [
        format!("basic_auth_users:\r\n  a: &h {hash}\r\n  b: *h\r\n"),
        format!("basic_auth_users: &users\n  a: &h {hash}\n  b: *h\n"),
        format!("---\nbasic_auth_users: {{ a: {hash}, b: {hash} }}\n---\nunknown: 1\n"),
        format!("%YAML 1.1\n---\nbasic_auth_users: {{ a: {hash}, b: {hash} }}\n..."),
        format!("basic_auth_users:\n  a: {hash}\n  <<: {{ b: {hash} }}\n"),
        format!("basic_auth_users:\n  <<: [{{ a: {hash} }}, {{ a: other, b: {hash} }}]\n"),
    ] {
        let users = parse(&text).users;
        let hashes: Vec<&str> = users.values().map(ExposeSecret::expose_secret).collect();
        assert_eq!(hashes, [hash, hash], "{text}");
    }
}

#[test]
fn an_empty_list_of_names_is_not_none() {
    let sans = |text: &str| {
        let text = format!("tls_server_config: {{ client_allowed_sans: {text} }}");
        parse(&text).tls.client_allowed_sans
    };
    assert_eq!(sans("[]"), Some(Vec::new()));
    assert_eq!(sans("~"), None);
    assert_eq!(sans("[a, 10.0.0.1, 7]").unwrap(), ["a", "10.0.0.1", "7"]);
}

#[test]
fn versions_curves_and_suites_go_by_their_names() {
    let tls = parse(
        "tls_server_config:\n  min_version: TLS10\n  max_version: TLS13\n  curve_preferences: [CurveP521, X25519]\n  \
         cipher_suites: [TLS_AES_128_GCM_SHA256]\n  prefer_server_cipher_suites: false\n",
    )
    .tls;
    assert_eq!(tls.min_version, TlsVersion::Tls10);
    assert_eq!(tls.curve_preferences, [Curve::P521, Curve::X25519]);
    assert_eq!(tls.cipher_suites, [Cipher::Aes128Gcm13]);
    assert!(!tls.prefer_server_cipher_suites);
    let tls = parse("tls_server_config: { min_version: ~, max_version: ~, cipher_suites: ~ }").tls;
    assert_eq!(tls.min_version, TlsVersion::Tls12);
    assert_eq!(tls.max_version, TlsVersion::Tls13);
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_without_what_stands_there() {
    for (text, told) in [
        ("[]", "line 1: the file must be a map"),
        ("text", "line 1: the file must be a map"),
        ("a: b: c", "line 1: this is no YAML"),
        ("\ntls: {}", "line 2: `tls` is no key"),
        ("tls_server_config: []", "tls_server_config must be a map"),
        ("tls_server_config: text", "tls_server_config must be a map"),
        ("tls_server_config: { Cert_file: a }", "`…` is no key"),
        (
            "tls_server_config: { cert_file: [a] }",
            "`cert_file` must be a text",
        ),
        (
            "tls_server_config: { cert_file: { a: b } }",
            "`cert_file` must be a text",
        ),
        (
            "tls_server_config: { cipher_suites: TLS_AES_128_GCM_SHA256 }",
            "must be a list",
        ),
        (
            "tls_server_config: { cipher_suites: [tls_aes_128_gcm_sha256] }",
            "not known",
        ),
        (
            "tls_server_config: { cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA] }",
            "not known",
        ),
        (
            "tls_server_config: { curve_preferences: [P256] }",
            "not known",
        ),
        ("tls_server_config: { min_version: 1.2 }", "none of TLS10"),
        ("tls_server_config: { max_version: tls13 }", "none of TLS10"),
        (
            "tls_server_config: { client_allowed_sans: a }",
            "must be a list",
        ),
        (
            "tls_server_config: { client_allowed_sans: [[a]] }",
            "must be a text",
        ),
        (
            "tls_server_config: {}\ntls_server_config: {}",
            "line 2: this key is there twice",
        ),
        (
            "basic_auth_users:\n  a: x\n  a: x",
            "line 3: this key is there twice",
        ),
        ("basic_auth_users: [a]", "basic_auth_users must be a map"),
        ("basic_auth_users: { a: [x] }", "must be a text"),
        ("basic_auth_users: { [a]: x }", "a key must be a text"),
        (
            "http_server_config: { headers: { X-Other: a } }",
            "cannot be set here",
        ),
        (
            "http_server_config: { headers: { x-frame-options: deny } }",
            "cannot be set here",
        ),
        (
            "http_server_config: { headers: { X-Frame-Options: DENY } }",
            "deny or sameorigin",
        ),
        (
            "http_server_config: { headers: { X-Content-Type-Options: ~ } }",
            "nosniff",
        ),
        ("http_server_config: { headers: [] }", "must be a map"),
        ("rate_limit: { interval: 1d }", "must be a time"),
        ("rate_limit: { interval: '5' }", "must be a time"),
        ("rate_limit: { burst: 1s }", "must be a whole number"),
        ("rate_limit: { burst: '1' }", "must be a whole number"),
        ("rate_limit: 5", "rate_limit must be a map"),
        ("%YAML 1.2\n---\n{}", "line 1: of directives"),
        ("# first\n%OTHER\n---\n{}", "line 2: of directives"),
        ("{}\n#\0", "line 2: this holds a control character"),
        ("basic_auth_users: { a: '\u{7f}' }", "a control character"),
        ("basic_auth_users: *nobody", "no YAML"),
        ("basic_auth_users: { <<: 5 }", "merges maps"),
    ] {
        let is = wrong(text);
        assert!(is.contains(told), "{text}: {is}");
    }
    let secret = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ";
    for text in [
        format!("{secret}: a"),
        format!("tls_server_config: {{ min_version: {secret} }}"),
        format!("tls_server_config: {{ {secret}: x }}"),
        format!("http_server_config: {{ headers: {{ {secret}: {secret} }} }}"),
        secret.to_owned(),
    ] {
        assert!(!wrong(&text).contains("QOauh"), "{}", wrong(&text));
    }
}

proptest::proptest! {
    #[test]
    fn nothing_that_a_file_can_hold_makes_it_panic(
        lines in proptest::collection::vec(
            "(  ){0,2}(basic_auth_users|tls_server_config|rate_limit|<<|a|interval|burst|cipher_suites|[!&*]?a|-|\\?)?[ :]{0,2}[-\\[\\]{}&*!|>'\"%@`~,?#:0-9.a-z\t ]{0,12}",
            0..8,
        ),
        end in proptest::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        drop(Settings::parse(&lines.join(end)));
    }

    #[test]
    fn no_text_at_all_makes_it_panic(text in ".*") {
        drop(Settings::parse(&text));
        drop(crate::web::config_file::bcrypt_hash::BcryptHash::read(text.as_bytes()));
    }
}

#[test]
fn names_of_names_cost_nothing() {
    let mut bomb = "basic_auth_users: &a0 { a: x }\n".to_owned();
    for n in 1..60 {
        let lists = format!("*a{}, ", n - 1).repeat(9);
        writeln!(bomb, "k{n}: &a{n} [{lists}]").unwrap();
    }
    assert!(wrong(&bomb).contains("`…` is no key"));
    let mut merges = "basic_auth_users:\n  a: &a0 { a: x }\n".to_owned();
    for n in 1..30 {
        let of = format!("*a{}, ", n - 1).repeat(9);
        writeln!(merges, "  a{n}: &a{n} {{ <<: [{of}] }}").unwrap();
    }
    merges += "  <<: *a29\n";
    wrong(&merges);
    let mut merges =
        "basic_auth_users: &a0 { a: x }\nrate_limit: &b0 {}\nhttp_server_config:\n".to_owned();
    for n in 1..40 {
        let of = format!("*b{}, ", n - 1).repeat(9);
        writeln!(merges, "  <<: &b{n} {{ <<: [{of}] }}").unwrap();
    }
    assert!(wrong(&merges).contains("merges too much"));
    let nested = |times: usize| {
        let (open, close) = ("[".repeat(times), "]".repeat(times));
        format!("tls_server_config: {open}{close}")
    };
    assert!(wrong(&nested(100)).contains("too deeply"));
    wrong(&nested(100_000));
    wrong(&"{".repeat(100_000));
}
