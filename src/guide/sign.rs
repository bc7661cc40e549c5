//! The signs that a case is recognised by, and which of them fit a symptom. What a sign means is in
//! the chapters of the [`table`](super::table).

use std::fmt;

use super::{
    fact::Fact,
    symptom::{FailureMode, ResponseSymptom, Symptom},
};
use crate::okta::{LimitKind, Reason};

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

    /// The reasons under which such a response may be counted. The status of some codes is always the
    /// same, and a token that could not be minted for want of a scope is a permission that lacks.
    pub(super) fn reasons(&self) -> &'static [Reason] {
        match (self.statuses, self.limit, self.code) {
            (_, Some(LimitKind::Concurrency), _) => &[Reason::ConcurrencyLimited],
            (_, Some(_), _) => &[Reason::RateLimited],
            (Some((401, 401)), ..) | (None, _, "E0000011" | "invalid_token") => {
                &[Reason::Unauthorized]
            }
            (Some((403, 403)), ..)
            | (None, _, "E0000005" | "E0000006" | "E0000015" | "insufficient_scope") => {
                &[Reason::Forbidden]
            }
            (None, _, "consent_required" | "invalid_scope" | "access_denied") => {
                &[Reason::Forbidden, Reason::HttpStatus]
            }
            (Some(_), ..) | (None, _, "E0000010" | "E0000022") => &[Reason::HttpStatus],
            (None, ..) => &[Reason::Unauthorized, Reason::Forbidden, Reason::HttpStatus],
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

#[cfg(test)]
mod tests {
    use super::*;

    const FORBIDDEN: ResponseSymptom<'static> = ResponseSymptom {
        status: 403,
        code: "E0000006",
        words: String::new(),
        path: "/api/v1/users",
        limit: None,
        anonymous: false,
        public: false,
    };

    fn saying(words: &str) -> ResponseSymptom<'static> {
        ResponseSymptom {
            words: words.to_owned(),
            ..FORBIDDEN
        }
    }

    fn limited_by(limit: LimitKind) -> ResponseSymptom<'static> {
        ResponseSymptom {
            status: 429,
            limit: Some(limit),
            ..FORBIDDEN
        }
    }

    fn with_status(status: u16) -> ResponseSymptom<'static> {
        ResponseSymptom {
            status,
            ..FORBIDDEN
        }
    }

    /// How it is documented, a response that it fits, and others that it does not.
    fn is_a_sign(
        sign: ResponseSign,
        documented: &str,
        fitting: ResponseSymptom<'_>,
        others: Vec<ResponseSymptom<'_>>,
    ) {
        let sign = Sign::Response(sign);
        assert_eq!(sign.to_string(), documented);
        assert!(sign.fits(&Symptom::Response(fitting)), "{documented}");
        for other in others {
            let other = Symptom::Response(other);
            assert!(!sign.fits(&other), "{documented} is no sign of {other:?}");
        }
    }

    #[test]
    fn a_response_is_told_by_its_status_code_words_and_path() {
        let no_code = || ResponseSymptom {
            code: "",
            ..FORBIDDEN
        };
        let elsewhere = ResponseSymptom {
            path: "/v1/users/me",
            ..FORBIDDEN
        };
        let all = || status(403);
        let other = vec![with_status(402), with_status(404)];
        is_a_sign(all(), "403", FORBIDDEN, other);
        let other = vec![with_status(401), with_status(404)];
        is_a_sign(statuses(402, 403), "402–403", with_status(402), other);
        is_a_sign(code("E0000006"), "`E0000006`", FORBIDDEN, vec![no_code()]);
        let (both, other) = (all().and_code("E0000006"), vec![no_code(), with_status(1)]);
        is_a_sign(both, "403 `E0000006`", FORBIDDEN, other);
        let documented = "403 with the words “zone”";
        let other = vec![FORBIDDEN, saying("a blocked host")];
        is_a_sign(all().saying("zone"), documented, saying("a zone"), other);
        let documented = "403 from `…/v1/users`";
        let from = all().from("/v1/users");
        is_a_sign(from, documented, FORBIDDEN, vec![elsewhere]);
    }

    #[test]
    fn a_response_is_told_by_who_asked_for_what_and_by_what_it_does_not_say() {
        let anonymous = || ResponseSymptom {
            anonymous: true,
            ..FORBIDDEN
        };
        let public = || ResponseSymptom {
            public: true,
            ..FORBIDDEN
        };
        let no_code = |words| ResponseSymptom {
            code: "",
            ..saying(words)
        };
        let documented = "403 to a request without a credential";
        let to_nobody = status(403).to_nobody();
        let other = vec![FORBIDDEN, public()];
        is_a_sign(to_nobody, documented, anonymous(), other);
        let documented = "403 for a public document";
        let sign = status(403).for_a_public_document();
        is_a_sign(sign, documented, public(), vec![FORBIDDEN, anonymous()]);
        let documented = "403 without a reason, in body or challenge";
        let other = vec![FORBIDDEN, no_code("a word")];
        is_a_sign(status(403).without_a_word(), documented, no_code(""), other);
    }

    #[test]
    fn a_429_is_told_by_the_kind_of_limit_that_it_stands_for() {
        for (kind, documented) in [
            (LimitKind::Limit, "429 with `X-Rate-Limit-Limit` above 0"),
            (LimitKind::Concurrency, "429 with `X-Rate-Limit-Limit: 0`"),
            (LimitKind::Unknown, "429 without `X-Rate-Limit-Limit`"),
        ] {
            let mut others = vec![with_status(429)];
            let kinds = [LimitKind::Limit, LimitKind::Concurrency, LimitKind::Unknown];
            others.extend(kinds.into_iter().filter(|k| *k != kind).map(limited_by));
            is_a_sign(limited(kind), documented, limited_by(kind), others);
        }
    }

    #[test]
    fn a_failure_without_a_response_is_told_by_its_mode_and_words() {
        let dns = Symptom::Failed(FailureMode::Dns, "");
        let looping = Symptom::Failed(FailureMode::Redirect, "redirected five times: a loop");
        let away = Symptom::Failed(FailureMode::Redirect, "redirected to another host");
        let any = Sign::Failed(FailureMode::Redirect);
        let a_loop = Sign::FailedSaying(FailureMode::Redirect, "a loop");
        let fit = |sign: Sign| [&dns, &looping, &away].map(|symptom| sign.fits(symptom));
        assert_eq!(fit(any), [false, true, true]);
        assert_eq!(fit(a_loop), [false, true, false]);
        let of_another_mode = Sign::FailedSaying(FailureMode::Dns, "a loop");
        assert_eq!(fit(of_another_mode), [false; 3]);
        assert_eq!(any.to_string(), "failure `redirect`");
        let documented = "failure `redirect` with the words “a loop”";
        assert_eq!(a_loop.to_string(), documented);
        assert_eq!(fit(Sign::Known(Fact::NoKeys)), [false; 3]);
        assert!(!any.fits(&Symptom::Response(FORBIDDEN)));
        assert!(!Sign::Response(status(403)).fits(&dns));
    }
}
