//! Web configurations, valid and broken, and what comes of each: as node_exporter has it.

use super::clients::{
    Answer::{self, NoHandshake, Status},
    Shown::{self, *},
};

/// Whether Debian's node_exporter is a judge of it, whose toolkit (0.8) is older than some keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// It agrees.
    Agrees,
    /// It does not know what is written, for this reason; the expectation is that of the toolkit's
    /// documentation and of later versions.
    TooOld(&'static str),
    /// It does otherwise, and so does every later one: a deviation of ours, which `docs/serving.md`
    /// tells.
    Deviates(&'static str),
}

/// One configuration.
pub struct Row {
    pub yaml: String,
    pub starts: bool,
    pub judge: Judge,
    pub asks: Vec<(Shown, Option<&'static str>, Answer)>,
}

impl Row {
    fn judged(mut self, judge: Judge) -> Self {
        self.judge = judge;
        self
    }

    /// Known to later toolkits only.
    fn newer(self) -> Self {
        self.judged(Judge::TooOld("the key is newer"))
    }

    fn asked(mut self, shown: Shown, login: Option<&'static str>, answer: Answer) -> Self {
        self.asks.push((shown, login, answer));
        self
    }

    /// Answers each of these clients so, without a password.
    fn lets(mut self, clients: &[Shown], answer: Answer) -> Self {
        let asks = clients.iter().map(|shown| (*shown, None, answer));
        self.asks.extend(asks);
        self
    }
}

fn taken(yaml: impl Into<String>) -> Row {
    Row {
        yaml: yaml.into(),
        starts: true,
        judge: Judge::Agrees,
        asks: Vec::new(),
    }
}

/// Taken, and answered in plain HTTP or by TLS, whoever asks.
fn open(yaml: impl Into<String>) -> Row {
    taken(yaml).asked(Nothing, None, Status(200))
}

fn refused(yaml: impl Into<String>) -> Row {
    Row {
        starts: false,
        ..taken(yaml)
    }
}

/// TLS with a good certificate, and these lines.
fn tls(lines: &str) -> String {
    format!("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n{lines}")
}

/// TLS that asks clients for a certificate in this way.
fn auth(kind: &str) -> String {
    tls(&format!(
        "  client_auth_type: {kind}\n  client_ca_file: ca.pem\n"
    ))
}

/// Hashes of `secret`, of the empty password, and of 100 times x, at the least cost.
fn users() -> [String; 3] {
    ["secret".to_owned(), String::new(), "x".repeat(100)]
        .map(|password| bcrypt::hash(password, 4).unwrap())
}

/// The text of a file, as a block of YAML.
fn block(text: &str) -> String {
    let indented: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
    indented.join("\n") + "\n"
}

const ALL: [Shown; 10] = [
    Nothing,
    OfCa,
    OfIntermediate,
    OfOther,
    Expired,
    ForServersOnly,
    ForAnything,
    Between,
    Own,
    OwnAuthority,
];

/// Those with a certificate that the authority does not vouch for.
const BAD: [Shown; 5] = [OfOther, Expired, ForServersOnly, Own, OwnAuthority];

pub fn rows(read: impl Fn(&str) -> String) -> Vec<Row> {
    let mut rows = nothing();
    rows.extend(broken());
    rows.extend(tls_settings());
    rows.extend(inline(read));
    rows.extend(client_certificates());
    rows.extend(passwords());
    rows.extend(headers_and_rates());
    rows
}

/// What sets up nothing.
fn nothing() -> Vec<Row> {
    [
        "",
        "# nothing\n",
        "null\n",
        "{}\n",
        "tls_server_config:\n",
        "tls_server_config: {}\nbasic_auth_users: ~\nhttp_server_config:\n",
        "basic_auth_users: {}\r\nhttp_server_config: { http2: off }\r\n",
        "\u{feff}http_server_config: { http2: yes }\n",
        "tls_server_config: { cert_file: '', key_file: ~ }\n",
        "{}\n---\nunknown: 1\n",
        "{}\nunknown: 1\n",
        "tls_server_config: &tls {}\nhttp_server_config: { <<: *tls, headers: {} }\n",
    ]
    .map(open)
    .into()
}

/// What is no such file.
fn broken() -> Vec<Row> {
    [
        "[]\n",
        "text\n",
        "a: b: c\n",
        "unknown: 1\n",
        "tls_server_config: []\n",
        "tls_server_config: { unknown: 1 }\n",
        "tls_server_config: { Cert_file: server.pem }\n",
        "tls_server_config: {}\ntls_server_config: {}\n",
        "tls_server_config: { cert_file: [server.pem] }\n",
        "http_server_config: { http2: 'true' }\n",
        "http_server_config: { http2: 1 }\n",
        "basic_auth_users: [a]\n",
        "basic_auth_users: *nobody\n",
        "basic_auth_users: { [a]: b }\n",
        "tls_server_config: { min_version: TLS14 }\n",
        "tls_server_config: { max_version: tls13 }\n",
        "tls_server_config: { cipher_suites: [NONE] }\n",
        "tls_server_config: { cipher_suites: TLS_AES_128_GCM_SHA256 }\n",
        "tls_server_config: { curve_preferences: [P256] }\n",
    ]
    .map(refused)
    .into()
}

/// Certificates, keys, versions, suites and curves.
fn tls_settings() -> Vec<Row> {
    vec![
        open(tls("")),
        open(tls("http_server_config: { http2: false }\n")),
        open(tls("  min_version: TLS13\n")),
        open(tls("  max_version: TLS12\n")),
        open(tls("  min_version: TLS10\n  max_version: TLS13\n")),
        open(tls("  prefer_server_cipher_suites: no\n")),
        open(tls("  curve_preferences: [CurveP256, CurveP384, X25519]\n")),
        open(tls("  client_auth_type: NoClientCert\n")),
        open(tls("  cipher_suites: []\n")),
        open(tls(
            "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n  max_version: TLS12\n",
        )),
        open(tls(
            "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n  min_version: TLS13\n",
        )),
        open(tls(
            "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n  max_version: TLS12\nhttp_server_config: { http2: no }\n",
        )),
        open(tls("  curve_preferences: [CurveP521, X25519]\n")),
        taken(tls("  min_version: TLS13\n  max_version: TLS12\n")).asked(
            Nothing,
            None,
            NoHandshake,
        ),
        taken(tls("  max_version: TLS10\n")).asked(Nothing, None, NoHandshake),
        taken(tls(
            "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA]\n  max_version: TLS12\nhttp_server_config: { http2: no }\n",
        ))
        .asked(Nothing, None, NoHandshake),
        taken(tls("  curve_preferences: [CurveP521]\n")).asked(Nothing, None, NoHandshake),
        refused(tls(
            "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n",
        )),
        refused(tls("  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]\n"))
            .judged(Judge::TooOld("Go counted those suites among the secure ones")),
        refused("tls_server_config: { cert_file: server.pem }\n"),
        refused("tls_server_config: { key_file: server.key }\n"),
        refused("tls_server_config: { client_ca_file: ca.pem }\n"),
        refused("tls_server_config: { client_auth_type: NoClientCert }\n"),
        refused("tls_server_config: { cert_file: none.pem, key_file: server.key }\n"),
        refused("tls_server_config: { cert_file: server.pem, key_file: none.key }\n"),
        refused("tls_server_config: { cert_file: server.pem, key_file: other.key }\n"),
        refused("tls_server_config: { cert_file: garbage.pem, key_file: server.key }\n"),
        refused("tls_server_config: { cert_file: server.pem, key_file: garbage.pem }\n"),
        refused("tls_server_config: { cert_file: server.pem, key_file: empty.pem }\n"),
        refused(tls("  client_auth_type: Any\n")),
        refused(tls("  client_auth_type: requireAndVerifyClientCert\n")),
        refused(tls("  client_ca_file: ca.pem\n")),
        refused(tls(
            "  client_auth_type: NoClientCert\n  client_ca_file: ca.pem\n",
        )),
        refused(tls(
            "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: none.pem\n",
        )),
    ]
}

/// What stands in the file itself.
fn inline(read: impl Fn(&str) -> String) -> Vec<Row> {
    let [server, key, ca] = ["server.pem", "server.key", "ca.pem"].map(|file| block(&read(file)));
    let other = block(&read("other.key"));
    vec![
        open(format!(
            "tls_server_config:\n  cert: |\n{server}  key: |\n{key}"
        ))
        .newer(),
        open(format!(
            "tls_server_config:\n  cert: |\n{server}  key_file: server.key\n"
        ))
        .newer(),
        open(format!(
            "tls_server_config:\n  cert: |\n{server}  key: |\n{other}  key_file: server.key\n"
        ))
        .newer(),
        refused(format!(
            "tls_server_config:\n  cert: |\n{server}  key: |\n{other}"
        ))
        .newer(),
        taken(tls(&format!(
            "  client_auth_type: RequireAndVerifyClientCert\n  client_ca: |\n{ca}"
        )))
        .newer()
        .lets(&[Nothing, OfOther], NoHandshake)
        .lets(&[OfCa], Status(200)),
        refused(tls(&format!("  client_ca: |\n{ca}"))).newer(),
    ]
}

/// Who is let in by which certificate.
fn client_certificates() -> Vec<Row> {
    let pool = |file: &str| {
        tls(&format!(
            "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: {file}\n"
        ))
    };
    let sans = |names: &str| {
        auth("RequireAndVerifyClientCert") + &format!("  client_allowed_sans: {names}\n")
    };
    let mut rows = vec![
        taken(tls("")).lets(&ALL, Status(200)),
        taken(auth("RequestClientCert")).lets(&ALL, Status(200)),
        taken(auth("RequireAnyClientCert"))
            .lets(&[Nothing], NoHandshake)
            .lets(&ALL[1..], Status(200)),
        taken(auth("RequireClientCert"))
            .lets(&[Nothing], NoHandshake)
            .lets(&[OfOther], Status(200)),
        taken(tls("  client_auth_type: RequireAnyClientCert\n"))
            .lets(&[Nothing], NoHandshake)
            .lets(&[Expired], Status(200)),
        taken(auth("VerifyClientCertIfGiven"))
            .lets(&[Nothing, OfCa], Status(200))
            .lets(&BAD, NoHandshake),
        taken(auth("RequireAndVerifyClientCert"))
            .lets(&[OfCa], Status(200))
            .lets(&[Nothing, OfIntermediate], NoHandshake)
            .lets(&BAD, NoHandshake),
        taken(auth("RequireAndVerifyClientCert") + "  max_version: TLS12\n")
            .lets(&[OfCa], Status(200))
            .lets(&[Nothing, OfOther, Expired], NoHandshake),
        taken(pool("intermediate.pem"))
            .lets(&[OfIntermediate], Status(200))
            .lets(&[Nothing, OfCa, OfOther], NoHandshake),
        taken(pool("own.pem"))
            .lets(&[Own], Status(200))
            .lets(&[Nothing, OfCa, OfOwn, OwnAuthority], NoHandshake),
        taken(pool("own-authority.pem"))
            .lets(&[OwnAuthority], Status(200))
            .lets(&[Nothing, OfCa, Own], NoHandshake),
        taken(pool("garbage.pem")).lets(&[Nothing, OfCa], NoHandshake),
        taken(tls("  client_auth_type: RequireAndVerifyClientCert\n"))
            .lets(&[Nothing, OfCa], NoHandshake),
        taken(auth("RequireAndVerifyClientCert"))
            .lets(&[Between], NoHandshake)
            .judged(Judge::Deviates("`CA:TRUE`")),
        taken(auth("VerifyClientCertIfGiven"))
            .lets(&[ForAnything], NoHandshake)
            .judged(Judge::Deviates("`anyExtendedKeyUsage`")),
    ];
    for name in [
        "scraper.example",
        "'*.wild.example'",
        "ops@example.org",
        "10.1.2.3",
        "'2001:db8::1'",
        "'spiffe://example.org/prometheus'",
    ] {
        rows.push(
            taken(sans(&format!("[other.example, {name}]")))
                .newer()
                .lets(&[OfCa], Status(200))
                .lets(&[Nothing, OfOther], NoHandshake),
        );
    }
    for name in ["client.example", "a.wild.example", "Scraper.example", ""] {
        rows.push(
            taken(sans(&format!("[{name}]")))
                .newer()
                .lets(&[OfCa, Nothing], NoHandshake),
        );
    }
    rows.push(taken(sans("~")).newer().lets(&[OfCa], Status(200)));
    rows
}

/// Users and passwords.
fn passwords() -> Vec<Row> {
    let [secret, empty, long] = users();
    let wrong = Status(401);
    let mut rows = vec![
        taken(format!("basic_auth_users: {{ a: {secret} }}\n"))
            .asked(Nothing, None, wrong)
            .asked(Nothing, Some("a:secret"), Status(200))
            .asked(Nothing, Some("a:wrong"), wrong)
            .asked(Nothing, Some("a:"), wrong)
            .asked(Nothing, Some("a"), wrong)
            .asked(Nothing, Some("b:secret"), wrong)
            .asked(Nothing, Some("unknown:fakepassword"), wrong)
            .asked(Nothing, Some("A:secret"), wrong),
        taken(format!(
            "basic_auth_users:\n  first.last: {secret}\n  'a[0]': {secret}\n  yes: {secret}\n  '': {secret}\n"
        ))
        .asked(Nothing, Some("first.last:secret"), Status(200))
        .asked(Nothing, Some("a[0]:secret"), Status(200))
        .asked(Nothing, Some("yes:secret"), Status(200))
        .asked(Nothing, Some(":secret"), Status(200))
        .asked(Nothing, Some("true:secret"), wrong),
        taken(format!("basic_auth_users: {{ a: {empty}, b: &b {secret}, c: *b }}\n"))
            .asked(Nothing, Some("a:"), Status(200))
            .asked(Nothing, Some("a:secret"), wrong)
            .asked(Nothing, Some("c:secret"), Status(200)),
        taken(format!("basic_auth_users: {{ a: {long} }}\n"))
            .asked(
                Nothing,
                Some("a:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
                Status(200),
            )
            .asked(
                Nothing,
                Some("a:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxyyyy"),
                Status(200),
            )
            .asked(
                Nothing,
                Some("a:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
                wrong,
            ),
        taken(auth("RequireAndVerifyClientCert") + &format!("basic_auth_users: {{ a: {secret} }}\n"))
            .asked(OfCa, Some("a:secret"), Status(200))
            .asked(OfCa, Some("a:wrong"), wrong)
            .asked(OfCa, None, wrong)
            .asked(Nothing, Some("a:secret"), NoHandshake),
    ];
    for letter in ["2a", "2b", "2x", "2y", "2z", "2"] {
        let hash = secret.replacen("2b", letter, 1);
        rows.push(
            taken(format!("basic_auth_users: {{ a: {hash} }}\n"))
                .asked(Nothing, Some("a:secret"), Status(200))
                .asked(Nothing, Some("a:wrong"), wrong),
        );
    }
    for hash in [
        "secret".to_owned(),
        "~".to_owned(),
        secret[..58].to_owned(),
        secret.replacen("$2b", "2b$", 1),
        secret.replacen("2b", "3b", 1),
        secret.replacen("$04$", "$03$", 1),
        secret.replacen("$04$", "$32$", 1),
        secret.replacen("$04$", "$x4$", 1),
        format!("'{}'", "$6$rounds=5000$salt$".to_owned() + &"x".repeat(60)),
    ] {
        rows.push(refused(format!("basic_auth_users: {{ a: {hash} }}\n")));
    }
    rows
}

/// Headers, and a rate limit.
fn headers_and_rates() -> Vec<Row> {
    let header = |line: &str| format!("http_server_config:\n  headers:\n    {line}\n");
    let mut rows: Vec<Row> = [
        "Strict-Transport-Security: max-age=31536000",
        "X-Content-Type-Options: nosniff",
        "X-Frame-Options: sameorigin",
        "X-XSS-Protection: 1",
        "Content-Security-Policy: default-src 'self'",
    ]
    .map(|line| open(header(line)))
    .into();
    rows.extend(
        [
            "X-Other: a",
            "x-frame-options: deny",
            "X-Frame-Options: DENY",
            "X-Content-Type-Options: sniff",
            "X-Frame-Options: ''",
        ]
        .map(|line| refused(header(line))),
    );
    rows.extend([
        open("rate_limit: { interval: 1h, burst: 5 }\n").newer(),
        open("rate_limit: { interval: 0, burst: 0 }\n").newer(),
        open("rate_limit: { burst: 1 }\n").newer(),
        open("rate_limit: { interval: -1s }\n").newer(),
        taken("rate_limit: { interval: 1h, burst: 0 }\n")
            .newer()
            .asked(Nothing, None, Status(429)),
        taken("rate_limit: { interval: 1h }\n")
            .newer()
            .asked(Nothing, Some("a:b"), Status(429)),
        taken("rate_limit: { interval: 1h, burst: 1 }\n")
            .newer()
            .asked(Nothing, None, Status(200))
            .asked(Nothing, None, Status(429)),
        refused("rate_limit: { interval: 1d }\n").newer(),
        refused("rate_limit: { burst: one }\n").newer(),
        refused("rate_limit: []\n").newer(),
    ]);
    rows
}
