//! Servers that misbehave below HTTP, or in it: each does one thing wrong to everybody, until all are
//! told to behave.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

use super::table::{At, Certificate, Does, Row};

const PAGE: &str = include_str!("../../fixtures/status/okta.html");

/// Whom the servers of one test trust each other by, and whether they behave.
pub struct Servers {
    authority: Issuer<'static, KeyPair>,
    pub ca_pem: String,
    behave: watch::Sender<bool>,
    heard: Heard,
}

/// The signatures of proofs and assertions that were sent to servers: the first of them.
type Heard = Arc<Mutex<Vec<String>>>;

/// How many of those are kept.
const MOST_HEARD: usize = 40;

impl Servers {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca_pem = params.self_signed(&key).unwrap().pem();
        Self {
            authority: Issuer::new(params, key),
            ca_pem,
            behave: watch::channel(false).0,
            heard: Heard::default(),
        }
    }

    /// The signatures of proofs and assertions that were sent.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// From now on all of them answer rightly; what hangs is let go.
    pub fn behave(&self) {
        self.behave.send_replace(true);
    }

    /// A server that does this wrong; its URL.
    pub async fn start(&self, row: &Row) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if row.at == At::Tcp { "http" } else { "https" };
        let url = format!("{scheme}://127.0.0.1:{port}");
        let right = self.acceptor(Certificate::Right, &[]);
        let wrong = match row.at {
            At::Tcp | At::Handshake => None,
            At::Tls(certificate) => Some(self.acceptor(certificate, &[])),
            At::Http2 => Some(self.acceptor(Certificate::Right, &[b"h2"])),
        };
        let server = Server {
            url: url.clone(),
            is_tls: row.at != At::Tcp,
            right,
            wrong,
            does: row.does.clone(),
            heard: Arc::clone(&self.heard),
        };
        let (server, behave) = (Arc::new(server), self.behave.subscribe());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, mut behave) = (Arc::clone(&server), behave.clone());
                tokio::spawn(async move {
                    if *behave.borrow() {
                        return server.answer(stream).await;
                    }
                    tokio::select! {
                        () = server.misbehave(stream) => {}
                        _ = behave.changed() => {}
                    }
                });
            }
        });
        url
    }

    fn acceptor(&self, certificate: Certificate, alpn: &[&[u8]]) -> TlsAcceptor {
        let name = if certificate == Certificate::OfAnotherHost {
            "elsewhere.example"
        } else {
            "127.0.0.1"
        };
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        match certificate {
            Certificate::Expired => {
                params.not_before = rcgen::date_time_ymd(2020, 1, 1);
                params.not_after = rcgen::date_time_ymd(2021, 1, 1);
            }
            Certificate::Early => params.not_before = rcgen::date_time_ymd(2999, 1, 1),
            Certificate::Right | Certificate::OfAnotherHost | Certificate::OfNobody => {}
        }
        let signed = match certificate {
            Certificate::OfNobody => params.self_signed(&key),
            _ => params.signed_by(&key, &self.authority),
        };
        let chain = vec![CertificateDer::from(signed.unwrap().der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

struct Server {
    url: String,
    is_tls: bool,
    right: TlsAcceptor,
    wrong: Option<TlsAcceptor>,
    does: Does,
    heard: Heard,
}

impl Server {
    /// Notes what a client proves itself by.
    fn hear(&self, said: &[u8]) {
        let said = String::from_utf8_lossy(said);
        let words = said.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        let jwts = words.filter(|word| word.starts_with("eyJ") && word.matches('.').count() == 2);
        let signatures = jwts.filter_map(|jwt| jwt.rsplit('.').next());
        let mut heard = self.heard.lock().unwrap();
        for signature in signatures.filter(|signature| signature.len() > 60) {
            if heard.len() < MOST_HEARD {
                heard.push(signature.to_owned());
            }
        }
    }

    async fn misbehave(&self, stream: TcpStream) {
        match (&self.does, &self.wrong) {
            (Does::Reset, _) => drop(stream.set_zero_linger()),
            (_, None) => self.do_wrong(stream).await,
            (_, Some(acceptor)) => {
                if let Ok(stream) = acceptor.accept(stream).await {
                    self.do_wrong(stream).await;
                }
            }
        }
    }

    async fn do_wrong(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        if matches!(self.does, Does::Close) {
            return;
        }
        // What the client says comes first: some of it, whatever it is.
        let mut heard = [0; 4096];
        match stream.read(&mut heard).await {
            Ok(read) => self.hear(&heard[..read]),
            Err(_) => return,
        }
        match &self.does {
            Does::Close | Does::Reset => {}
            Does::Say(bytes) => {
                let said = stream.write_all(bytes).await;
                if said.and(stream.flush().await).is_ok() {
                    // Closing at once may throw away what was said.
                    drop(stream.shutdown().await);
                    while stream.read(&mut heard).await.is_ok_and(|read| read > 0) {}
                }
            }
            Does::SayAndHang(bytes) => {
                if stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok() {
                    std::future::pending::<()>().await;
                }
            }
            Does::Drip(bytes) => {
                for byte in bytes {
                    sleep(Duration::from_millis(200)).await;
                    if stream.write_all(&[*byte]).await.is_err() || stream.flush().await.is_err() {
                        return;
                    }
                }
            }
            Does::Repeat(unit) => {
                while stream.write_all(unit).await.is_ok() && stream.flush().await.is_ok() {
                    sleep(Duration::from_millis(20)).await;
                }
            }
            Does::SayForEver(begin, unit) => {
                let unit = unit.repeat(1 + 16_384 / unit.len().max(1));
                if stream.write_all(begin).await.is_err() {
                    return;
                }
                while stream.write_all(&unit).await.is_ok() {}
            }
        }
    }

    /// As Okta would.
    async fn answer(&self, stream: TcpStream) {
        if self.is_tls {
            if let Ok(stream) = self.right.accept(stream).await {
                self.answer_over(stream).await;
            }
        } else {
            self.answer_over(stream).await;
        }
    }

    async fn answer_over(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let (mut heard, mut chunk) = (Vec::new(), [0; 4096]);
        while !heard.windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read(&mut chunk).await {
                Ok(read) if read > 0 => heard.extend_from_slice(&chunk[..read]),
                _ => return,
            }
        }
        let heard = String::from_utf8_lossy(&heard);
        let path = heard.split(' ').nth(1).unwrap_or_default();
        let body = match path {
            "/.well-known/openid-configuration" => format!(r#"{{"issuer":"{}"}}"#, self.url),
            "/oauth2/v1/keys" => {
                r#"{"keys":[{"kid":"k","kty":"RSA","n":"sXchRw","e":"AQAB"}]}"#.to_owned()
            }
            "/" => PAGE.to_owned(),
            _ => "[]".to_owned(),
        };
        let answer = format!(
            "HTTP/1.1 200 OK\r\nx-okta-request-id: Zrow\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        drop(stream.write_all(answer.as_bytes()).await);
        drop(stream.shutdown().await);
    }
}
