//! The exporter under measurement, a process of its own, and what its page says.

use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use super::{
    Result,
    process::{self, Usage},
};

/// How long it may take to read its configuration, and to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running exporter. Dropping it ends it.
pub(crate) struct Exporter {
    child: Child,
    id: u32,
    url: String,
    client: reqwest::Client,
}

/// What one scrape says.
pub(crate) struct Page {
    pub(crate) series: usize,
    pub(crate) bytes: usize,
    /// Runs that were due, summed over all probes.
    pub(crate) runs: f64,
    /// Probes whose last run failed.
    pub(crate) failing: usize,
    /// Failed runs, by reason.
    pub(crate) failures: BTreeMap<String, f64>,
}

impl Exporter {
    /// Starts it; what `roots` holds is what its system trusts.
    pub(crate) async fn start(config: &Path, roots: &Path) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_okta-exporter"))
            .arg(format!("--config.file={}", config.display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .env("SSL_CERT_FILE", roots)
            .env_remove("SSL_CERT_DIR")
            .env("NO_PROXY", "*")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().ok_or("the exporter has ended")?;
        let stderr = child.stderr.take().ok_or("nothing to read")?;
        let mut lines = BufReader::new(stderr).lines();
        let mut said = Vec::new();
        let serving = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some((_, rest)) = line.split_once(" address=") {
                    return rest.split(' ').next().map(str::to_owned);
                }
                said.push(line);
            }
            None
        };
        let Ok(Some(address)) = timeout(PATIENCE, serving).await else {
            return Err(format!("it does not serve:\n{}", said.join("\n")).into());
        };
        // Read on, so that it never waits for a full pipe; it is not silenced, as logging is part
        // of its cost.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let client = reqwest::Client::builder()
            .no_proxy()
            // No connection of ours stays open to be counted.
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE);
        Ok(Self {
            child,
            id,
            url: format!("http://{address}"),
            client: client.build()?,
        })
    }

    pub(crate) fn usage(&self) -> Result<Usage> {
        Usage::of(self.id)
    }

    pub(crate) fn connections(&self) -> Result<usize> {
        process::connections(self.id)
    }

    pub(crate) async fn is_ready(&self) -> Result<bool> {
        let answer = self.client.get(format!("{}/-/ready", self.url));
        Ok(answer.send().await?.status().is_success())
    }

    pub(crate) async fn scrape(&self) -> Result<Page> {
        let answer = self.client.get(format!("{}/metrics", self.url));
        let text = answer.send().await?.error_for_status()?.text().await?;
        Ok(Page::read(&text))
    }

    /// Lets it end well.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let id = self.id.to_string();
        Command::new("kill")
            .args(["-s", "TERM", &id])
            .status()
            .await?;
        timeout(PATIENCE, self.child.wait()).await??;
        Ok(())
    }
}

impl Page {
    fn read(text: &str) -> Self {
        let mut page = Self {
            series: 0,
            bytes: text.len(),
            runs: 0.0,
            failing: 0,
            failures: BTreeMap::new(),
        };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            page.series += 1;
            let Some((series, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let value: f64 = value.parse().unwrap_or_default();
            match name {
                "okta_probe_runs_total" => page.runs += value,
                "okta_probe_success" if value < 0.5 => page.failing += 1,
                "okta_probe_failures_total" if value > 0.5 => {
                    let reason = labels.split("reason=\"").nth(1);
                    let reason = reason.and_then(|rest| rest.split('"').next());
                    let reason = reason.unwrap_or_default().to_owned();
                    *page.failures.entry(reason).or_default() += value;
                }
                _ => {}
            }
        }
        page
    }
}
