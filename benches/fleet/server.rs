//! The Okta under it all: a process that answers for every org, cheaply, with headers and bodies as
//! large as Okta's, and notes when it is asked. It ends with whoever started it.

use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use okta_exporter::listener::Listener;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{
    Result, orgs,
    record::{Headers, Record},
};

/// The argument by which the benchmark starts itself as this server.
pub(crate) const ARGUMENT: &str = "--serve";
/// How long a thousand certificates may take.
const PATIENCE: Duration = Duration::from_mins(2);
const CA_FILE: &str = "ca.pem";
/// The system's roots, where Debian and its like keep them.
const ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The server as seen by who started it. Dropping it ends it.
pub(crate) struct Server {
    pub(crate) urls: Vec<String>,
    ca_file: PathBuf,
    /// Its end is the server's.
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

/// What it was asked, and how far apart.
#[derive(serde::Deserialize)]
pub(crate) struct Arrivals {
    pub(crate) requests: u64,
    /// Milliseconds by which two requests for the same lay apart from the interval.
    pub(crate) median: f64,
    pub p99: f64,
    pub(crate) most: f64,
}

impl Server {
    pub(crate) async fn start(orgs: usize, files: &Path) -> Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args([ARGUMENT, &orgs.to_string()])
            .current_dir(files)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdin = child.stdin.take().ok_or("nothing to write to")?;
        let stdout = child.stdout.take().ok_or("nothing to read")?;
        let mut server = Self {
            urls: Vec::new(),
            ca_file: files.join(CA_FILE),
            stdin,
            lines: BufReader::new(stdout).lines(),
            _child: child,
        };
        let urls = timeout(PATIENCE, server.lines.next_line()).await??;
        server.urls = serde_json::from_str(&urls.ok_or("the server has ended")?)?;
        Ok(server)
    }

    /// A file of the system's roots and this authority, so that trust costs what it costs elsewhere.
    pub(crate) fn roots(&self) -> Result<PathBuf> {
        let system = std::fs::read_to_string(ROOTS).unwrap_or_default();
        let own = std::fs::read_to_string(&self.ca_file)?;
        let file = self.ca_file.with_file_name("roots.pem");
        std::fs::write(&file, format!("{system}\n{own}"))?;
        Ok(file)
    }

    /// Counts anew.
    pub(crate) async fn forget(&mut self) -> Result<()> {
        self.tell().await.map(drop)
    }

    /// What arrived since it counts; it then counts anew.
    pub(crate) async fn arrivals(&mut self) -> Result<Arrivals> {
        Ok(serde_json::from_str(&self.tell().await?)?)
    }

    async fn tell(&mut self) -> Result<String> {
        self.stdin.write_all(b"tell\n").await?;
        let told = timeout(PATIENCE, self.lines.next_line()).await??;
        Ok(told.ok_or("the server has ended")?)
    }
}

/// One org, and what all share.
#[derive(Clone)]
struct Org {
    number: usize,
    url: Arc<str>,
    shared: Arc<Shared>,
}

struct Shared {
    record: Record,
    /// Headers of every answer, as many and as long as Okta's.
    common: HeaderMap,
}

/// Serves until standard input ends.
pub(crate) async fn run(count: usize) -> Result<()> {
    let authority = Authority::new()?;
    std::fs::write(CA_FILE, &authority.pem)?;
    let shared = Arc::new(Shared {
        record: Record::new(count),
        common: common(),
    });
    let (mut urls, mut servers) = (Vec::new(), Vec::new());
    for number in 0..count {
        let ip = orgs::address(number);
        let listener = Listener::bind(&SocketAddr::from((ip, 0)).to_string()).await?;
        let url = format!("https://{}", listener.address());
        let org = Org {
            number,
            url: url.as_str().into(),
            shared: Arc::clone(&shared),
        };
        let router = Router::new().fallback(answer).with_state(org);
        let config = authority.config(&ip.to_string())?;
        servers.push(listener.tls(config).serve(router));
        urls.push(url);
    }
    println!("{}", json!(urls));
    let told = tokio::task::spawn_blocking(move || {
        // Each line asks once more; the end of input is ours.
        for _ in std::io::stdin().lines().map_while(std::result::Result::ok) {
            println!("{}", shared.record.tell(orgs::INTERVAL));
        }
    });
    Ok(told.await?)
}

async fn answer(State(org): State<Org>, request: Request) -> Response {
    let (path, url) = (request.uri().path(), &*org.url);
    let record = &org.shared.record;
    let mut headers = org.shared.common.clone();
    let place = |paths: &[&str]| paths.iter().position(|known| *known == path);
    if let Some(place) = place(&orgs::PUBLIC) {
        record.asked(org.number, place);
        let body = match place {
            0 => json!({
                "issuer": url,
                "authorization_endpoint": format!("{url}/oauth2/v1/authorize"),
                "token_endpoint": format!("{url}/oauth2/v1/token"),
                "jwks_uri": format!("{url}/oauth2/v1/keys"),
                "response_types_supported": ["code", "id_token", "code id_token"],
                "scopes_supported": ["openid", "email", "profile", "address", "phone", "offline_access"],
            }),
            1 => json!({ "id": "00o1", "cell": "ok7", "pipeline": "idx", "_links": {} }),
            _ => json!({ "keys": [key(&org, 0), key(&org, 1)] }),
        };
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("max-age=86400"),
        );
        return (headers, body.to_string()).into_response();
    }
    let Some(place) = place(&orgs::ENDPOINTS.map(|(_, path)| path)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Headers {
        limit,
        remaining,
        reset,
    } = record.charged(org.number, place);
    for (name, value) in [
        ("x-rate-limit-limit", limit),
        ("x-rate-limit-remaining", remaining),
        ("x-rate-limit-reset", reset),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    let login = format!("somebody@org{}.example.com", org.number);
    let body = json!([{
        "id": "00u1", "status": "ACTIVE", "created": "2024-05-14T09:00:00.000Z",
        "lastLogin": "2026-01-01T09:00:00.000Z", "type": { "id": "oty1" },
        "profile": { "firstName": "Some", "lastName": "Body", "login": login, "email": login },
        "credentials": { "provider": { "type": "OKTA", "name": "OKTA" } },
        "_links": { "self": { "href": format!("{url}{path}/00u1") } },
    }]);
    (headers, body.to_string()).into_response()
}

/// An RSA key by its form; nothing is signed with it.
fn key(org: &Org, number: usize) -> serde_json::Value {
    let kid = format!("key-{}-{number}", org.number);
    let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx".repeat(7);
    json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "e": "AQAB", "n": modulus })
}

fn common() -> HeaderMap {
    let policy = "default-src 'self' acme.okta.com *.oktacdn.com; connect-src 'self' acme.okta.com \
        acme-admin.okta.com *.oktacdn.com *.mixpanel.com *.mapbox.com acme.kerberos.okta.com; \
        script-src 'unsafe-inline' 'unsafe-eval' 'self' acme.okta.com *.oktacdn.com; style-src \
        'unsafe-inline' 'self' acme.okta.com *.oktacdn.com; frame-ancestors 'self'";
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-cache, no-store"),
        ("pragma", "no-cache"),
        ("expires", "0"),
        ("server", "nginx"),
        ("x-okta-request-id", "Z4nq1pUq1kT7bJd0cH2bXgAABdc"),
        ("x-content-type-options", "nosniff"),
        ("x-xss-protection", "0"),
        ("p3p", "CP=\"HONK\""),
        ("referrer-policy", "no-referrer"),
        ("accept-ch", "Sec-CH-UA-Platform-Version"),
        (
            "strict-transport-security",
            "max-age=315360000; includeSubDomains",
        ),
        ("content-security-policy", policy),
        ("set-cookie", "sid=\"\";Version=1;Path=/;Max-Age=0"),
        (
            "set-cookie",
            "JSESSIONID=0123456789ABCDEF0123456789ABCDEF; Path=/; Secure; HttpOnly",
        ),
    ] {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers
}

/// Who signs the certificates of all orgs.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "Benchmark authority");
        Ok(Self {
            pem: params.self_signed(&key)?.pem(),
            issuer: Issuer::new(params, key),
        })
    }

    fn config(&self, name: &str) -> Result<Arc<ServerConfig>> {
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(vec![name.to_owned()])?;
        leaf.not_before = rcgen::date_time_ymd(2024, 1, 1);
        leaf.not_after = rcgen::date_time_ymd(2034, 1, 1);
        let leaf = leaf.signed_by(&key, &self.issuer)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from(leaf.der().to_vec())],
                PrivateKeyDer::try_from(key.serialize_der())?,
            )?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
