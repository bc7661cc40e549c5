//! What the kernel tells of a process: memory, processor time, threads, connections.

use std::{collections::BTreeSet, fs, time::Duration};

use super::Result;

/// The kernel's ticks a second in `/proc/PID/stat`; the same on every Linux that one meets.
const TICKS: u64 = 100;
/// An established connection, as `/proc/net/tcp` writes it.
const ESTABLISHED: &str = "01";

/// What a process uses at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    /// Processor time so far, of threads that ended as well.
    pub(crate) cpu: Duration,
    /// Resident memory in bytes.
    pub(crate) resident: u64,
    pub(crate) threads: u64,
}

impl Usage {
    pub(crate) fn of(process: u32) -> Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let figure = |name: &str| -> Result<u64> {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let digits = line.and_then(|line| line.split_whitespace().next());
            Ok(digits.ok_or("a figure is missing")?.parse()?)
        };
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name in parentheses may hold anything; after it, user and system time are 12th and 13th.
        let (_, fields) = stat.rsplit_once(')').ok_or("an unknown form of stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks = ticks
            .map(str::parse::<u64>)
            .sum::<std::result::Result<u64, _>>()?;
        Ok(Self {
            cpu: Duration::from_millis(ticks * 1000 / TICKS),
            resident: figure("VmRSS")? * 1024,
            threads: figure("Threads")?,
        })
    }
}

/// How many established TCP connections a process holds.
pub(crate) fn connections(process: u32) -> Result<usize> {
    let mut sockets = BTreeSet::new();
    for entry in fs::read_dir(format!("/proc/{process}/fd"))? {
        // A file may be closed while one looks.
        let Ok(target) = fs::read_link(entry?.path()) else {
            continue;
        };
        let target = target.to_string_lossy();
        let inode = target
            .strip_prefix("socket:[")
            .and_then(|t| t.strip_suffix(']'));
        sockets.extend(inode.map(str::to_owned));
    }
    let mut open = 0;
    for table in ["tcp", "tcp6"] {
        let table = fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default();
        for line in table.lines().skip(1) {
            let mut fields = line.split_whitespace().skip(3);
            let (state, inode) = (fields.next(), fields.nth(5));
            let ours = inode.is_some_and(|inode| sockets.contains(inode));
            open += usize::from(ours && state == Some(ESTABLISHED));
        }
    }
    Ok(open)
}
