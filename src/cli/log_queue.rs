//! Log lines on their way to standard error. Whoever reads there may stall, and nothing else must:
//! lines wait in a bounded buffer that a thread of its own writes, and what finds no room is dropped
//! and counted.
//!
//! `tracing-appender` does nearly the same. But once its queue is full it says so on standard output
//! when the program ends, which may be the same pipe, and then nothing ends.

use std::{
    io::{self, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// The most that waits, in bytes: some ten thousand lines. As much again may be being written.
const MOST: usize = 2 << 20;

/// Lines that wait to be written. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct LogQueue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    dropped: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    is_writing: bool,
}

impl LogQueue {
    /// A queue whose lines are written here.
    pub(super) fn to(output: impl Write + Send + 'static) -> io::Result<Self> {
        let queue = Self::default();
        let shared = Arc::clone(&queue.0);
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || shared.write_to(output))?;
        Ok(queue)
    }

    /// How many lines were dropped, counted on.
    pub(super) fn dropped(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.0.dropped)
    }

    /// Waits until all is written, or for so long.
    pub(super) fn flush(&self, within: Duration) {
        let waits = |waiting: &mut Waiting| waiting.is_writing || !waiting.lines.is_empty();
        let changed = &self.0.changed;
        drop(changed.wait_timeout_while(self.0.waiting(), within, waits));
    }
}

impl Shared {
    fn write_to(&self, mut output: impl Write) {
        let mut lines = Vec::new();
        loop {
            lines.clear();
            let mut waiting = self.waiting();
            waiting.is_writing = false;
            self.changed.notify_all();
            let woken = self.changed.wait_while(waiting, |it| it.lines.is_empty());
            let mut waiting = woken.unwrap_or_else(PoisonError::into_inner);
            waiting.is_writing = true;
            std::mem::swap(&mut lines, &mut waiting.lines);
            drop(waiting);
            // Nobody is there to hear that nobody hears.
            drop(output.write_all(&lines));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes whole lines.
impl Write for LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.waiting();
        if waiting.lines.len() + line.len() > MOST {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        } else {
            waiting.lines.extend_from_slice(line);
            self.0.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for LogQueue {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{SyncSender, sync_channel};

    use super::*;

    /// Takes nothing before the other side asks for it.
    struct Stalled(SyncSender<Vec<u8>>);

    impl Write for Stalled {
        fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
            self.0.send(lines.to_vec()).map_err(io::Error::other)?;
            Ok(lines.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_finds_no_room_is_dropped_and_the_rest_is_written_in_order() {
        let (output, written) = sync_channel(0);
        let mut queue = LogQueue::to(Stalled(output)).unwrap();
        queue.write_all(b"first\n").unwrap();
        let line = [&[b'x'; 99][..], b"\n"].concat();
        for _ in 0..3 * MOST / line.len() {
            queue.write_all(&line).unwrap();
        }
        let dropped = queue.dropped().load(Ordering::Relaxed);
        assert!(dropped >= (MOST / line.len()) as u64, "{dropped}");
        queue.flush(Duration::from_millis(1));

        let kept = 3 * MOST / line.len() - usize::try_from(dropped).unwrap();
        let mut all = Vec::new();
        while all.len() < "first\n".len() + kept * line.len() {
            all.extend(written.recv().unwrap());
        }
        assert!(all.starts_with(b"first\nxxx"));
        queue.flush(Duration::from_mins(1));
        assert!(!queue.0.waiting().is_writing);
    }
}
