//! What a failure shows, and which signs fit it. What a sign means is in the table's chapters.

use std::{borrow::Cow, fmt};

use crate::okta::{ApiError, Failure, LimitKind, OAuthError, Phase};

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

/// Trouble that shows without a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the case that has it as its sign says it")]
pub enum Fact {
    TokenExpired,
    TokenNotYetValid,
    TokenInactive,
    ScopeMissing,
    WrongIssuer,
    WrongAudience,
    KeyNotPublished,
    BadSignature,
    KeyWithdrawnEarly,
    NoKeys,
    ClockSkew,
    CertificateEnding,
    LimitAgainAndAgain,
    IncidentOnCell,
    Overdue,
}

impl Fact {
    /// Every fact.
    pub const ALL: [Self; 15] = [
        Self::TokenExpired,
        Self::TokenNotYetValid,
        Self::TokenInactive,
        Self::ScopeMissing,
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::KeyNotPublished,
        Self::BadSignature,
        Self::KeyWithdrawnEarly,
        Self::NoKeys,
        Self::ClockSkew,
        Self::CertificateEnding,
        Self::LimitAgainAndAgain,
        Self::IncidentOnCell,
        Self::Overdue,
    ];

    /// How it is seen, for the documentation.
    fn seen_in(self) -> &'static str {
        match self {
            Self::TokenExpired => "a watched token's `exp` is past",
            Self::TokenNotYetValid => "a watched token's `nbf` or `iat` is ahead of Okta's clock",
            Self::TokenInactive => "introspection calls a watched token inactive",
            Self::ScopeMissing => {
                "a watched token lacks a scope of `expect.scopes`, or a service app one that it asks for"
            }
            Self::WrongIssuer => "a watched token's `iss` is not `expect.issuer`",
            Self::WrongAudience => "a watched token's `aud` lacks `expect.audience`",
            Self::KeyNotPublished => "the key set lacks a watched token's `kid`",
            Self::BadSignature => "a watched token's signature does not verify",
            Self::KeyWithdrawnEarly => "a key left its set before its `max-age` had passed",
            Self::NoKeys => "a key set is empty, or holds keys that cannot be read",
            Self::ClockSkew => "this clock and Okta's `Date` are a minute apart or more",
            Self::CertificateEnding => {
                "the certificate that the org's host serves ends within two weeks"
            }
            Self::LimitAgainAndAgain => "three 429s of one probe within an hour",
            Self::IncidentOnCell => "a status page names the org's cell",
            Self::Overdue => "a probe was silent for three of its intervals",
        }
    }
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
    pub(super) fn fits(&self, shown: &Shown<'_>) -> bool {
        match (self, &shown.how) {
            (Self::Answer(sign), How::Answered(answer)) => sign.fits(answer, shown),
            (Self::Failed(how, says), How::Failed(word)) => {
                how == word && shown.words.contains(says)
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

    fn fits(&self, answer: &Answered<'_>, shown: &Shown<'_>) -> bool {
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
            && shown.words.contains(says)
            && answer.path.ends_with(path)
            && (limit.is_none() || limit == answer.limit)
            && (!anonymous || answer.anonymous)
            && (!silent || (answer.code.is_empty() && shown.words.is_empty()))
    }
}

/// What a failure shows.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    how: How<'a>,
    /// What was said, in small letters.
    words: Cow<'a, str>,
}

#[derive(Debug)]
enum How<'a> {
    Answered(Answered<'a>),
    Failed(&'static str),
}

#[derive(Debug)]
struct Answered<'a> {
    status: u16,
    code: &'a str,
    path: &'a str,
    limit: Option<LimitKind>,
    anonymous: bool,
}

impl<'a> Shown<'a> {
    /// What this failure shows. A status page is not Okta's API, so its answers are told apart.
    pub(super) fn by(failure: &'a Failure, kind: &str) -> Self {
        if let Failure::NoToken(why) = failure {
            return Self::by(&why.cause, kind);
        }
        let of_page = kind == "status_page";
        let (how, words) = match failure {
            Failure::Refused(_) if of_page => (How::Failed("page_refused"), Cow::default()),
            Failure::Refused(refusal) => {
                let (code, words) = said(&refusal.error);
                let answered = Answered {
                    status: refusal.status,
                    code,
                    path: &refusal.path,
                    limit: refusal.limited,
                    // Only the Management API wants a credential at every path.
                    anonymous: refusal.anonymous && refusal.path.starts_with("/api/"),
                };
                (How::Answered(answered), words.to_lowercase().into())
            }
            Failure::InvalidBody(words) if of_page => (How::Failed("page_body"), words.into()),
            Failure::InvalidBody(words) => (How::Failed("body"), words.into()),
            Failure::Mismatch(words) => (How::Failed("mismatch"), words.into()),
            other => (How::Failed(word(other)), Cow::default()),
        };
        Self { how, words }
    }
}

/// The code of an answer that was refused, and its words.
fn said(error: &ApiError) -> (&str, &str) {
    match error {
        ApiError::Okta(error) => (&error.code, &error.summary),
        ApiError::OAuth(OAuthError {
            error, description, ..
        }) => (error, description.as_deref().unwrap_or_default()),
        ApiError::Edge(words) => ("edge", words.as_deref().unwrap_or_default()),
        ApiError::Unexplained(words) => ("", words.as_deref().unwrap_or_default()),
    }
}

/// The ways to fail that are told apart: finer than a metric's `reason`.
#[cfg(test)]
pub(super) const WAYS: [&str; 19] = [
    "dns",
    "connect",
    "tls",
    "timeout_dns",
    "timeout_connect",
    "timeout_first_byte",
    "timeout_body",
    "cut",
    "too_large",
    "redirect",
    "body",
    "mismatch",
    "secret",
    "scope",
    "overlap",
    "breaker_open",
    "internal",
    "page_body",
    "page_refused",
];

/// How a run failed, in one word.
fn word(failure: &Failure) -> &'static str {
    match failure {
        Failure::Dns { .. } => "dns",
        Failure::Connect { .. } => "connect",
        Failure::Tls { .. } => "tls",
        Failure::Timeout { phase, .. } => match phase {
            Phase::Dns => "timeout_dns",
            Phase::Connect => "timeout_connect",
            Phase::FirstByte => "timeout_first_byte",
            Phase::Body => "timeout_body",
        },
        Failure::Cut { .. } => "cut",
        Failure::TooLarge { .. } => "too_large",
        Failure::Redirect(_) => "redirect",
        Failure::Refused(_) => "answer",
        Failure::InvalidBody(_) => "body",
        Failure::Mismatch(_) => "mismatch",
        Failure::Secret(_) => "secret",
        Failure::MissingScope(_) => "scope",
        Failure::NoToken(why) => word(&why.cause),
        Failure::Overlap => "overlap",
        Failure::BreakerOpen => "breaker_open",
        Failure::Internal(_) => "internal",
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
