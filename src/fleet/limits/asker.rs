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

impl Purpose {
    /// True where it need not be now: others come first, where little is left.
    pub(super) fn can_wait(self) -> bool {
        matches!(self, Self::Interval | Self::Late)
    }
}
