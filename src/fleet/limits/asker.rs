//! Who asks whether a request may be sent, and what for.

use std::time::Duration;

use super::bucket_mismatch::BucketApi;

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
    /// How often it is to run.
    pub interval: Duration,
    /// What this run is for.
    pub purpose: Purpose,
}

/// Who asks for a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) probe: &'a str,
    pub(super) purpose: Purpose,
    /// Other probes aim in this bucket.
    pub(super) others_aim: bool,
    pub(super) api: &'a BucketApi,
}
