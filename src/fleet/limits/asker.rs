//! Who asks whether a request may be sent, and what for.

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It sees the end of a window, and goes even where little is left: it is made to see that.
    EndOfWindow,
    /// It tries an org for all that ask it: nothing is kept from it for others.
    Trial,
    /// Its interval is over.
    Interval,
    /// It was to see the end of a window, and its turn did not come for long.
    Late,
}

/// Whose run it is, and what for.
#[derive(Debug, Clone)]
pub struct GatedRun {
    /// The probe.
    pub probe: String,
    /// What this run is for.
    pub purpose: Purpose,
}

/// A place among those who wait; who came later has a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(pub(super) u64);

/// Who asks for a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker {
    pub(super) purpose: Purpose,
    /// Other probes aim in this bucket.
    pub(super) others_aim: bool,
    /// Its place among those who wait, if it does.
    pub(super) place: Option<Place>,
}

impl Purpose {
    /// True where it need not be now: others come first, where little is left.
    pub(super) fn can_wait(self) -> bool {
        matches!(self, Self::Interval | Self::Late)
    }
}
