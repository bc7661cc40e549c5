//! The signs that a case is recognised by, and which of them fit what is shown. What a sign means is
//! in the table's chapters.

use std::fmt;

use super::{
    Fact,
    symptom::{How, ResponseMeta, Symptom},
};
use crate::okta::LimitKind;

/// How a case is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// An answer other than 2xx.
    Answer(AnswerSign),
    /// No answer, or none that can be read: how it failed, and a part of the words it was told in.
    Failed(&'static str, &'static str),
    /// Known from what was read, without any failure.
    Known(Fact),
}

/// What an answer other than 2xx must show; what is empty is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerSign {
    statuses: Option<(u16, u16)>,
    code: &'static str,
    says: &'static str,
    path: &'static str,
    limit: Option<LimitKind>,
    anonymous: bool,
    silent: bool,
}

impl Sign {
    /// An answer with this status.
    pub(super) const fn status(status: u16) -> Self {
        Self::statuses(status, status)
    }

    /// An answer with a status from `least` to `most`.
    pub(super) const fn statuses(least: u16, most: u16) -> Self {
        Self::Answer(AnswerSign {
            statuses: Some((least, most)),
            ..AnswerSign::ANY
        })
    }

    /// An answer with this code: Okta's, OAuth's, or `edge`.
    pub(super) const fn code(code: &'static str) -> Self {
        Self::Answer(AnswerSign {
            code,
            ..AnswerSign::ANY
        })
    }

    /// A 429 of this kind.
    pub(super) const fn limited(kind: LimitKind) -> Self {
        Self::Answer(AnswerSign {
            statuses: Some((429, 429)),
            limit: Some(kind),
            ..AnswerSign::ANY
        })
    }

    /// A run that failed in this way.
    pub(super) const fn failed(how: &'static str) -> Self {
        Self::Failed(how, "")
    }

    /// And the answer has this code.
    pub(super) const fn and_code(self, code: &'static str) -> Self {
        match self {
            Self::Answer(answer) => Self::Answer(AnswerSign { code, ..answer }),
            other => other,
        }
    }

    /// And its words hold these (in small letters).
    pub(super) const fn saying(self, says: &'static str) -> Self {
        match self {
            Self::Answer(answer) => Self::Answer(AnswerSign { says, ..answer }),
            Self::Failed(how, _) => Self::Failed(how, says),
            other @ Self::Known(_) => other,
        }
    }

    /// And it came from a path that ends so.
    pub(super) const fn from(self, path: &'static str) -> Self {
        match self {
            Self::Answer(answer) => Self::Answer(AnswerSign { path, ..answer }),
            other => other,
        }
    }

    /// And the request carried no credential.
    pub(super) const fn to_nobody(self) -> Self {
        match self {
            Self::Answer(answer) => Self::Answer(AnswerSign {
                anonymous: true,
                ..answer
            }),
            other => other,
        }
    }

    /// And it gives no reason, in its body or in a challenge.
    pub(super) const fn without_a_word(self) -> Self {
        match self {
            Self::Answer(answer) => Self::Answer(AnswerSign {
                silent: true,
                ..answer
            }),
            other => other,
        }
    }

    /// True if this is a sign of what is shown.
    pub(super) fn fits(&self, symptom: &Symptom<'_>) -> bool {
        match (self, &symptom.how) {
            (Self::Answer(sign), How::ResponseMeta(answer)) => sign.fits(answer, symptom),
            (Self::Failed(how, says), How::Failed(word)) => {
                how == word && symptom.words.contains(says)
            }
            _ => false,
        }
    }
}

impl AnswerSign {
    const ANY: Self = Self {
        statuses: None,
        code: "",
        says: "",
        path: "",
        limit: None,
        anonymous: false,
        silent: false,
    };

    fn fits(&self, answer: &ResponseMeta<'_>, symptom: &Symptom<'_>) -> bool {
        let Self {
            statuses,
            code,
            says,
            path,
            limit,
            anonymous,
            silent,
        } = *self;
        statuses.is_none_or(|(least, most)| (least..=most).contains(&answer.status))
            && (code.is_empty() || code == answer.code)
            && symptom.words.contains(says)
            && answer.path.ends_with(path)
            && (limit.is_none() || limit == answer.limit)
            && (!anonymous || answer.anonymous)
            && (!silent || (answer.code.is_empty() && symptom.words.is_empty()))
    }
}

/// As the documentation writes it.
impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(sign) => sign.fmt(f),
            Self::Known(fact) => f.write_str(fact.seen_in()),
            Self::Failed(how, says) => {
                write!(f, "failure `{how}`")?;
                if says.is_empty() {
                    Ok(())
                } else {
                    write!(f, " with the words “{says}”")
                }
            }
        }
    }
}

impl fmt::Display for AnswerSign {
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
