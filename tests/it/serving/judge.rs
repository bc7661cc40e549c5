//! Debian's node_exporter with a web configuration, and ours with the same.

use std::{path::Path, sync::Arc};

use okta_exporter::{
    fleet::{Board, Hooks},
    okta::SecretReloads,
    web::{Bound, CannotServe, Reloads, Served, Server, Serving},
};
use tokio::{process::Command, sync::watch};

use crate::support::{Program, http};

/// A judge that serves, and where.
pub struct NodeExporter {
    pub program: Program,
    pub address: String,
}

impl NodeExporter {
    /// Starts one; or what it said as it refused to start.
    pub async fn start(file: &Path) -> Result<Self, String> {
        let mut command = Command::new("prometheus-node-exporter");
        command
            .arg(format!("--web.config.file={}", file.display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .arg("--collector.disable-defaults")
            .arg("--collector.time");
        let mut program = Program::start(command);
        let mut address = None;
        while let Some(line) = program.line().await {
            if let Some((_, rest)) = line.split_once("Listening on\" address=") {
                address = rest.split_whitespace().next().map(str::to_owned);
            }
            // It is said once the file was found to be good, but for what HTTP/2 needs.
            if line.contains("TLS is ") {
                let address = address.take().expect("it does not say where it listens");
                let asked = http().get(format!("http://{address}/")).send();
                if asked.await.is_ok() {
                    return Ok(Self { program, address });
                }
            }
        }
        Err(program.said.join("\n"))
    }
}

/// How ours is served, which asks nobody anything.
pub fn by(file: &Path) -> Serving {
    Serving {
        config_file: Some(file.to_owned()),
        ..Serving::default()
    }
}

/// Starts ours; or why it refuses.
pub async fn ours(serving: &Serving) -> Result<(Server, String), CannotServe> {
    let bound = Bound::new(serving).await?;
    let (_, shown) = watch::channel(Arc::default());
    let server = bound.serve(Served {
        board: Arc::new(Board::new()),
        shown,
        secret_reloads: SecretReloads::default(),
        hooks: Hooks::default(),
        reloads: Reloads::new("").0,
    });
    let address = server.addresses()[0].to_string();
    Ok((server, address))
}
