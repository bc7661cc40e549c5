//! What Okta's support asks for: which request, when, and by what ids it is found.

use serde::Serialize;

use super::round::Run;
use crate::{
    okta::{ApiError, Failure},
    units::Timestamp,
};

/// One request that did not end well.
#[derive(Debug, Clone, Serialize)]
pub struct Ticket {
    /// When, by Okta's clock where it was told.
    pub at: Timestamp,
    pub(super) probe: String,
    /// The path that was asked, without its query.
    pub path: Option<String>,
    /// The HTTP status; `None` where there was no answer.
    pub(super) status: Option<u16>,
    /// Okta's code, an OAuth error, or `edge`.
    pub(super) error_code: Option<&'static str>,
    /// Okta's id of the error.
    pub error_id: Option<String>,
    /// `X-Okta-Request-Id`.
    pub request_id: Option<String>,
    /// How a request failed that got no answer.
    pub(super) failure: Option<String>,
}

impl Ticket {
    /// What to tell of this run; nothing, if it went well or Okta never heard of it.
    pub(super) fn of(run: &Run) -> Option<Self> {
        let failure = run.failure()?;
        let refusal = failure.refusal();
        let hung = matches!(failure, Failure::Timeout { .. } | Failure::Cut { .. });
        if refusal.is_none() && !hung {
            return None;
        }
        let last = run.last();
        let at = refusal.and_then(|refusal| refusal.date);
        let error_id = match refusal.map(|refusal| &refusal.error) {
            Some(ApiError::Okta(error)) => error.id.clone(),
            _ => None,
        };
        Some(Self {
            at: at.or(last.map(|exchange| exchange.at))?,
            probe: run.id.clone(),
            path: refusal
                .map(|refusal| &refusal.path)
                .or(last.map(|exchange| &exchange.path))
                .cloned(),
            status: refusal.map(|refusal| refusal.status),
            error_code: refusal.and_then(|refusal| refusal.error.label()),
            error_id,
            request_id: refusal.and_then(|refusal| refusal.request_id.clone()),
            failure: refusal.is_none().then(|| failure.to_string()),
        })
    }
}
