//! The phases of a request, by which it is told where one hung.

/// What a request was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The name's address.
    Dns,
    /// TCP and TLS.
    Connect,
    /// The first byte of the answer.
    FirstByte,
    /// The rest of the answer.
    Body,
}

impl Phase {
    /// Where it hung, for people.
    pub(super) fn hung(self) -> &'static str {
        match self {
            Self::Dns => "while the name was looked up",
            Self::Connect => "while connecting (TCP and TLS)",
            Self::FirstByte => "waiting for the first byte",
            Self::Body => "in the middle of the body",
        }
    }
}
