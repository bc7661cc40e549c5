//! Who sends a request, whether it is proved, and whose counters it is charged to.

use http::header::WWW_AUTHENTICATE;
use http::{HeaderName, StatusCode};

use super::call::Call;
use super::management;
use crate::sim::answer::Answer;
use crate::sim::counters::Verdict;
use crate::sim::credentials::{Grant, Presented, Principal};
use crate::sim::proof::{About, Refused};
use crate::sim::tokens::Refusal;
use crate::sim::world::World;

/// Why a caller of the Management API is not let in.
pub(super) enum AuthError {
    NoCredential,
    DeadToken,
    Bearer(Refusal),
}

impl World {
    /// Charges the request to its bucket, and answers if there was room. Whatever is answered then
    /// has cost one request and shows the bucket.
    pub(super) fn limited(
        &mut self,
        call: &Call,
        who: Option<&Principal>,
        answer: impl FnOnce(&mut Self) -> Answer,
    ) -> Answer {
        match self.charge(call.asked(), who, call.now) {
            Verdict::Pass(reading) => answer(self).limits(reading),
            Verdict::Refuse(reading) => Answer::too_many_requests().limits(reading),
        }
    }

    /// The caller of the Management API, and what it may read.
    pub(super) fn caller(&self, call: &Call) -> Result<(Principal, Grant), AuthError> {
        match &call.presented {
            Presented::Ssws(value) => {
                let known = self
                    .org
                    .api_tokens
                    .iter()
                    .find(|token| token.value == *value);
                let token = known
                    .filter(|token| token.lives(call.now))
                    .ok_or(AuthError::DeadToken)?;
                Ok((token.principal.clone(), token.grant.clone()))
            }
            Presented::Bearer(value) | Presented::Dpop(value) => self
                .tokens
                .bearer(value, call.now)
                .map_err(AuthError::Bearer),
            Presented::Nothing | Presented::Basic { .. } => Err(AuthError::NoCredential),
        }
    }

    /// The refusal of a bound token that comes without a proof of the key that it is bound to.
    pub(super) fn unproved(&mut self, call: &Call) -> Option<Answer> {
        let (Presented::Bearer(token) | Presented::Dpop(token)) = &call.presented else {
            return None;
        };
        let key = self.tokens.bound_to(token)?;
        if matches!(call.presented, Presented::Bearer(_)) {
            let told = (
                "invalid_request",
                "The resource request requires a DPoP proof.",
            );
            return Some(self.challenge(call, StatusCode::BAD_REQUEST, told));
        }
        let about = About {
            method: call.method.as_str(),
            url: &format!("{}{}", self.url, call.path),
            token: Some(token),
            nonce: self.proofs.at_resources,
            now: call.now,
        };
        let proof = call.proofs.first().map_or("", String::as_str);
        let told = match self.proofs.possession(proof, &about) {
            Ok(thumbprint) if thumbprint == key => return None,
            Ok(_) => {
                let words =
                    "The DPoP proof JWT is signed with another key than the token is bound to.";
                ("invalid_dpop_proof", words)
            }
            Err(Refused::Proof(words)) => ("invalid_dpop_proof", words),
            Err(Refused::Nonce) => {
                let words = "Resource server requires nonce in DPoP proof.";
                ("use_dpop_nonce", words)
            }
        };
        let answer = self.challenge(call, StatusCode::UNAUTHORIZED, told);
        Some(match told.0 {
            "use_dpop_nonce" => {
                let nonce = self.proofs.nonce(call.now);
                answer.with(HeaderName::from_static("dpop-nonce"), &nonce)
            }
            _ => answer,
        })
    }

    /// Okta's way to refuse an access token: an empty body, everything in the challenge.
    pub(super) fn challenge(&self, call: &Call, status: StatusCode, told: (&str, &str)) -> Answer {
        let (url, path, (error, description)) = (&self.url, &call.path, told);
        let rest: Vec<&str> = path.split('/').skip(3).collect();
        let scope = management::scope(&call.method, &rest).unwrap_or_default();
        let scheme = match call.presented {
            Presented::Dpop(_) => "DPoP algs=\"RS256 RS384 RS512 ES256 ES384 ES512\",",
            _ => "Bearer",
        };
        let challenge = format!(
            "{scheme} authorization_uri=\"{url}/oauth2/v1/authorize\", realm=\"{url}\", \
             scope=\"{scope}\", error=\"{error}\", error_description=\"{description}\", \
             resource=\"{path}\""
        );
        Answer::new(status, "").with(WWW_AUTHENTICATE, &challenge)
    }
}
