//! A program that a test started: its lines, its end.

use std::{
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};

use super::PATIENCE;

/// A running program. Dropping it ends it.
pub struct Program {
    child: Child,
    lines: UnboundedReceiver<String>,
    /// Everything it has said so far on standard error.
    pub said: Vec<String>,
}

impl Program {
    /// Starts this crate's own binary, in an environment with these variables and no others.
    pub fn exporter(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
        command
            .args(args)
            .env_clear()
            .envs(variables.iter().copied());
        Self::start(command)
    }

    /// Starts any program; what it writes to standard error is read.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|e| {
                panic!("{command:?}: {e}; `tests/run` installs what the tests need")
            });
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let (hear, lines) = unbounded_channel();
        // Read at once, whoever listens: a program must not wait because its pipe is full.
        tokio::spawn(async move {
            while let Ok(Some(line)) = stderr.next_line().await {
                if hear.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            lines,
            said: Vec::new(),
        }
    }

    /// Reads on until a line has `part`, and returns what follows it there.
    pub async fn until(&mut self, part: &str) -> String {
        let reading = async {
            while let Some(line) = self.lines.recv().await {
                self.said.push(line.clone());
                if let Some((_, rest)) = line.split_once(part) {
                    return Some(rest.to_owned());
                }
            }
            None
        };
        match timeout(PATIENCE, reading).await {
            Ok(Some(rest)) => rest,
            _ => panic!("`{part}` was not said:\n{}", self.said.join("\n")),
        }
    }

    /// The next line; `None` once it has ended.
    pub async fn line(&mut self) -> Option<String> {
        let line = timeout(PATIENCE, self.lines.recv()).await;
        let line = line.expect("it says nothing, and does not end")?;
        self.said.push(line.clone());
        Some(line)
    }

    /// Starts a program of Prometheus' family, which can be asked from now on, and returns where.
    pub async fn of_prometheus(command: Command) -> (Self, String) {
        let mut program = Self::start(command);
        let line = program.until("Listening on").await;
        let address = line.split("address=").nth(1).unwrap();
        let url = format!("http://{}", address.split_whitespace().next().unwrap());
        program.until_ready(&format!("{url}/-/ready")).await;
        (program, url)
    }

    /// Waits until the program can be asked, as it says itself by a success at this URL: one that
    /// listens may still answer 503, or not at all.
    pub async fn until_ready(&mut self, url: &str) {
        let client = super::http();
        let asking = async {
            let mut tick = tokio::time::interval(Duration::from_millis(100));
            loop {
                tick.tick().await;
                let answer = client.get(url).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
            }
        };
        if timeout(PATIENCE, asking).await.is_err() {
            while let Ok(line) = self.lines.try_recv() {
                self.said.push(line);
            }
            panic!("{url} is not ready:\n{}", self.said.join("\n"));
        }
    }

    /// Sends SIGTERM and returns how it ended, all its lines read.
    pub async fn terminate(self) -> (ExitStatus, Vec<String>) {
        self.signal("TERM").await
    }

    /// Sends this signal and returns how it ended, all its lines read.
    pub async fn signal(self, name: &str) -> (ExitStatus, Vec<String>) {
        self.tell(name).await;
        self.end().await
    }

    /// Sends this signal.
    pub async fn tell(&self, name: &str) {
        let id = self.id().to_string();
        let told = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(told.unwrap().success());
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// The most memory that it has had, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id().unwrap());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kibibytes = line.unwrap().split_ascii_whitespace().nth(1).unwrap();
        kibibytes.parse::<u64>().unwrap() * 1024
    }

    /// Ends it with no chance to say or finish anything.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits for its end; returns how it ended and all its lines.
    pub async fn end(mut self) -> (ExitStatus, Vec<String>) {
        let ending = async {
            while let Some(line) = self.lines.recv().await {
                self.said.push(line);
            }
            self.child.wait().await.unwrap()
        };
        let status = timeout(PATIENCE, ending).await.expect("it does not end");
        (status, self.said)
    }
}
