//! The demo by what it is served: where it says that it can be opened, and whether its simulated Okta can
//! deliver events there.

use super::clients::Cast;
use crate::support::Program;

const TLS: &str = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n";

/// What the demo says by the end of its greeting, served by this file at these addresses.
async fn greeting(cast: &Cast, yaml: &str, addresses: &[&str]) -> (Program, String) {
    let file = cast.write("web.yml", yaml).display().to_string();
    let mut flags = vec!["demo".to_owned(), format!("--web.config.file={file}")];
    let listen = |address: &&str| format!("--web.listen-address={address}");
    flags.extend(addresses.iter().map(listen));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut demo = Program::exporter(&flags, &[]);
    demo.until("Ctrl-C ends it").await;
    let said = demo.said.join("\n");
    (demo, said)
}

#[tokio::test]
async fn a_demo_that_is_served_over_tls_says_so_and_its_hook_delivers_there() {
    let cast = Cast::new();
    let port = ["127.0.0.1:0"];
    let (demo, said) = greeting(&cast, TLS, &port).await;
    for part in ["  open       https://127.0.0.1:", "  scrape     https://"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains("  open       http:"), "{said}");
    assert!(
        said.contains("The System Log and an event hook tell"),
        "{said}"
    );
    assert!(!said.contains("no hook"), "{said}");
    let (status, _) = demo.terminate().await;
    assert!(status.success());
    let (_demo, said) = greeting(&cast, "", &port).await;
    assert!(said.contains("  open       http://127.0.0.1:"), "{said}");
}

#[tokio::test]
async fn a_demo_at_which_nobody_can_deliver_says_why_its_hook_is_not_played() {
    let cast = Cast::new();
    let asks_for_a_certificate =
        format!("{TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n");
    let users = format!(
        "basic_auth_users: {{ me: {} }}\n",
        bcrypt::hash("secret", 4).unwrap()
    );
    let socket = format!("unix:{}", cast.path().join("it.sock").display());
    for (yaml, address, why) in [
        // How the two part is theirs.
        (asks_for_a_certificate.as_str(), "127.0.0.1:0", ""),
        (&users, "127.0.0.1:0", "401"),
        ("", &socket, "Unix sockets"),
    ] {
        let (_demo, said) = greeting(&cast, yaml, &[address]).await;
        let line = said.lines().find(|line| line.contains("  no hook "));
        assert!(line.is_some_and(|line| line.contains(why)), "{said}");
        assert!(said.contains("The System Log tells"), "{said}");
        assert!(!said.contains("an event hook tell"), "{said}");
        let opened = "  open       curl --unix-socket ";
        assert_eq!(said.contains(opened), address == socket, "{said}");
    }
}
