//! The signs that a case is recognised by, and which of them fit a symptom. What a sign means is in
//! the chapters of the [`table`](super::table).

use std::fmt;

use super::{
    fact::Fact,
    symptom::{FailureMode, ResponseSymptom, Symptom},
};
use crate::okta::LimitKind;

/// How a case is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A response other than 2xx.
    Response(ResponseSign),
    /// No response, or none that can be read.
    Failed(FailureMode),
    /// The same, told in words that hold these.
    FailedSaying(FailureMode, &'static str),
    /// Known from what was read, without any failure.
    Known(Fact),
}

/// What a response other than 2xx must show; what is empty is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseSign {
    statuses: Option<(u16, u16)>,
    code: &'static str,
    says: &'static str,
    path: &'static str,
    limit: Option<LimitKind>,
    anonymous: bool,
    public: bool,
    silent: bool,
}

/// A response with this status.
pub(super) const fn status(status: u16) -> ResponseSign {
    statuses(status, status)
}

/// A response with a status from `least` to `most`.
pub(super) const fn statuses(least: u16, most: u16) -> ResponseSign {
    ResponseSign {
        statuses: Some((least, most)),
        ..ResponseSign::ANY
    }
}

/// A response with this code: Okta's, OAuth's, or `edge`.
pub(super) const fn code(code: &'static str) -> ResponseSign {
    ResponseSign::ANY.and_code(code)
}

/// A 429 of this kind.
pub(super) const fn limited(kind: LimitKind) -> ResponseSign {
    ResponseSign {
        limit: Some(kind),
        ..status(429)
    }
}

impl Sign {
    /// True if this is a sign of the symptom.
    pub(super) fn fits(&self, symptom: &Symptom<'_>) -> bool {
        match (self, symptom) {
            (Self::Response(sign), Symptom::Response(response)) => sign.fits(response),
            (Self::Failed(sign), Symptom::Failed(mode, _)) => sign == mode,
            (Self::FailedSaying(sign, says), Symptom::Failed(mode, words)) => {
                sign == mode && words.contains(says)
            }
            _ => false,
        }
    }
}

impl ResponseSign {
    const ANY: Self = Self {
        statuses: None,
        code: "",
        says: "",
        path: "",
        limit: None,
        anonymous: false,
        public: false,
        silent: false,
    };

    /// And it has this code.
    pub(super) const fn and_code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// And its words hold these (in small letters).
    pub(super) const fn saying(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// And it came from a path that ends so.
    pub(super) const fn from(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    /// And the request carried no credential.
    pub(super) const fn to_nobody(self) -> Self {
        Self {
            anonymous: true,
            ..self
        }
    }

    /// And what was asked for is anybody's to read.
    pub(super) const fn for_a_public_document(self) -> Self {
        Self {
            public: true,
            ..self
        }
    }

    /// And it gives no reason, in its body or in a challenge.
    pub(super) const fn without_a_word(self) -> Self {
        Self {
            silent: true,
            ..self
        }
    }

    fn fits(&self, response: &ResponseSymptom<'_>) -> bool {
        let Self {
            statuses,
            code,
            says,
            path,
            limit,
            anonymous,
            public,
            silent,
        } = *self;
        statuses.is_none_or(|(least, most)| (least..=most).contains(&response.status))
            && (code.is_empty() || code == response.code)
            && response.words.contains(says)
            && response.path.ends_with(path)
            && (limit.is_none() || limit == response.limit)
            && (!anonymous || response.anonymous)
            && (!public || response.public)
            && (!silent || (response.code.is_empty() && response.words.is_empty()))
    }
}

/// As the documentation writes it.
impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(sign) => sign.fmt(f),
            Self::Failed(mode) => write!(f, "failure `{}`", mode.as_str()),
            Self::FailedSaying(mode, says) => {
                write!(f, "failure `{}` with the words “{says}”", mode.as_str())
            }
            Self::Known(fact) => f.write_str(fact.seen_in()),
        }
    }
}

impl fmt::Display for ResponseSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.statuses {
            None => {}
            Some((least, most)) if least == most => write!(f, "{least}")?,
            Some((least, most)) => write!(f, "{least}–{most}")?,
        }
        if !self.code.is_empty() {
            let after_status = if self.statuses.is_some() { " " } else { "" };
            write!(f, "{after_status}`{}`", self.code)?;
        }
        if !self.says.is_empty() {
            write!(f, " with the words “{}”", self.says)?;
        }
        if !self.path.is_empty() {
            write!(f, " from `…{}`", self.path)?;
        }
        if self.anonymous {
            f.write_str(" to a request without a credential")?;
        }
        if self.public {
            f.write_str(" for a public document")?;
        }
        if self.silent {
            f.write_str(" without a reason, in body or challenge")?;
        }
        match self.limit {
            None => Ok(()),
            Some(LimitKind::Limit) => f.write_str(" with `X-Rate-Limit-Limit` above 0"),
            Some(LimitKind::Concurrency) => f.write_str(" with `X-Rate-Limit-Limit: 0`"),
            Some(LimitKind::Unknown) => f.write_str(" without `X-Rate-Limit-Limit`"),
        }
    }
}
