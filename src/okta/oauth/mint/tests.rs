//! What a token request is answered with, and when it is sent again.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::okta::{
    ApiError, AuthMethod, Client, ClientAuth, OAuthError, OAuthSettings, Proxies, SecretSource,
    TlsSetup,
};

#[test]
fn a_token_that_is_over_when_it_comes_is_a_failure_and_none_is_believed_for_ever() {
    for over in [0.0, -1.0, -3600.0, 0.5, f64::NEG_INFINITY, f64::NAN] {
        let failure = lifetime(Some(over)).unwrap_err();
        assert!(failure.to_string().contains("over already"), "{failure}");
    }
    assert_eq!(lifetime(Some(1.0)), Ok(SHORTEST_LIFETIME));
    assert_eq!(lifetime(Some(3600.0)), Ok(Duration::from_hours(1)));
    for long in [1e9, 1e300, f64::INFINITY] {
        assert_eq!(lifetime(Some(long)), Ok(LONGEST_LIFETIME));
    }
    assert_eq!(lifetime(None), Ok(LIFETIME));
}

fn app(dpop: Dpop) -> OAuthApp {
    OAuthApp::new(OAuthSettings {
        client_id: "0oa1".to_owned(),
        auth: ClientAuth::ClientSecretPost(SecretSource::Given("s3cr3t".into())),
        scopes: vec!["okta.users.read".to_owned()],
        token_path: "/oauth2/v1/token".to_owned(),
        dpop,
    })
}

/// What is made of a token that is about to be minted for this app, at this address.
async fn minting<T>(app: OAuthApp, url: &str, see: impl AsyncFnOnce(Mint<'_>) -> T) -> T {
    let url = Url::parse(url).unwrap();
    let client = Client::new(&url, &TlsSetup::new(None).unwrap(), &Proxies::default()).unwrap();
    let okta = Session::new(&client, Duration::from_secs(30));
    let credential = Credential {
        name: "monitor".parse().unwrap(),
        method: AuthMethod::OAuth(Box::new(app)),
        principal_id: None,
    };
    let mint = Mint {
        app: credential.app().unwrap(),
        okta: &okta,
        credential: &credential,
    };
    see(mint).await
}

fn refusal(status: u16, error: &str) -> Refusal {
    Refusal {
        status,
        path: "/oauth2/v1/token".to_owned(),
        anonymous: false,
        error: ApiError::OAuth(OAuthError {
            error: error.to_owned(),
            description: None,
            scope: None,
        }),
        request_id: None,
        date: None,
        limited: None,
        back_off: None,
    }
}

#[tokio::test]
async fn a_challenge_is_answered_where_there_is_something_new_to_answer_with() {
    let (nonce, proof) = ("use_dpop_nonce", "invalid_dpop_proof");
    let client = "invalid_client";
    for (dpop, status, error, (renewed, moved), again) in [
        (Dpop::Always, 400, nonce, (true, false), Some(Again::Nonce)),
        (Dpop::Always, 401, nonce, (true, true), Some(Again::Nonce)),
        (Dpop::Always, 400, nonce, (false, false), None),
        (Dpop::Always, 400, proof, (true, false), None),
        (Dpop::Never, 400, nonce, (true, false), None),
        (Dpop::Never, 400, proof, (false, false), None),
        (Dpop::Auto, 400, nonce, (true, false), Some(Again::Proof)),
        (Dpop::Auto, 400, proof, (false, false), Some(Again::Proof)),
        (Dpop::Auto, 403, proof, (false, false), None),
        (Dpop::Auto, 401, client, (false, true), Some(Again::Clock)),
        (Dpop::Auto, 401, client, (true, false), None),
        (Dpop::Auto, 500, client, (false, true), None),
    ] {
        let refusal = refusal(status, error);
        let see = async |mint: Mint<'_>| mint.again(&refusal, renewed, moved);
        let found = minting(app(dpop), "http://127.0.0.1:1", see).await;
        assert_eq!(found, again, "{dpop:?} {status} {error} {renewed} {moved}");
    }
}

#[tokio::test]
async fn what_may_explain_a_refusal_is_said_beside_it() {
    let note = async |dpop, error: &str| {
        let cause = Failure::Refused(Box::new(refusal(400, error)));
        let see = async |mint: Mint<'_>| mint.note(&cause);
        let note = minting(app(dpop), "http://127.0.0.1:1", see).await;
        note.unwrap_or_default()
    };
    for error in ["consent_required", "invalid_scope"] {
        let said = note(Dpop::Auto, error).await;
        assert!(
            said.starts_with("asked for okta.users.read; grant it at"),
            "{said}"
        );
    }
    let proof = "invalid_dpop_proof";
    let said = note(Dpop::Never, proof).await;
    assert_eq!(said, "the app wants DPoP: write `dpop: auto`");
    assert_eq!(note(Dpop::Auto, proof).await, "");
    assert_eq!(note(Dpop::Never, "invalid_client").await, "");
}

#[tokio::test]
async fn a_server_that_wants_another_nonce_each_time_is_answered_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let server = tokio::spawn(async move {
        for nonce in 1..=4 {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            while !read.windows(4).any(|end| end == b"\r\n\r\n") {
                assert_ne!(socket.read_buf(&mut read).await.unwrap(), 0);
            }
            let body = r#"{"error":"use_dpop_nonce"}"#;
            let answer = format!(
                "HTTP/1.1 400 Bad Request\r\nX-Okta-Request-Id: r\r\nDPoP-Nonce: n{nonce}\r\n\
                 Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            counted.fetch_add(1, Ordering::Relaxed);
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let see = async |mint: Mint<'_>| mint.run().await;
    let refused = minting(app(Dpop::Always), &url, see).await.unwrap_err();
    let error = refused
        .cause
        .refusal()
        .and_then(|refusal| refusal.error.label());
    assert_eq!(error, Some("use_dpop_nonce"));
    server.abort();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}
