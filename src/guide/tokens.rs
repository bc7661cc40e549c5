//! Access tokens: their time, their server, their key, their proof.

use super::{
    case::{Case, Chapter, Risk},
    fact::Fact,
    sign::{ResponseSign, Sign, code, status},
    symptom::FailureMode,
};

const UNAUTHORIZED: ResponseSign = status(401).and_code("invalid_token");
const PROOF: ResponseSign = code("invalid_dpop_proof");
/// How a `private_key_jwt` is refused; other reasons are a matter of the client.
const ASSERTION: ResponseSign = code("invalid_client");

pub(super) const CHAPTER: Chapter = Chapter {
    title: "Access tokens",
    cases: &[
        Case {
            slug: "not-a-token",
            title: "What stands in the token's place is no token",
            signs: &[Sign::Failed(FailureMode::NotAToken)],
            cause: "whatever writes it got none (`null`, an error, a web page), wrote more than the token (a whole response, \
                    quotes), cut it, or put a token of another kind there",
            action: "look at what writes the token, with the message beside it; the next run reads it again, no restart is \
                     needed",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: Some("OktaTokenUnreadable"),
        },
        Case {
            slug: "expired-token",
            title: "The access token has expired",
            signs: &[
                Sign::Response(UNAUTHORIZED.saying("expired")),
                Sign::Known(Fact::TokenExpired),
            ],
            cause: "whoever uses the token keeps it beyond its `exp`, or what refreshes it has stopped",
            action: "mint a new one; let its user cache it only until 60 s before `exp`",
            takes: "10–20 min",
            risk: Risk::Low,
            alert: Some("OktaTokenExpired"),
        },
        Case {
            slug: "clock-skew",
            title: "The clocks disagree",
            signs: &[
                Sign::Response(PROOF.saying("in the past")),
                Sign::Response(PROOF.saying("in the future")),
                Sign::Response(PROOF.saying("'iat' claim in the dpop proof jwt is invalid")),
                Sign::Response(ASSERTION.saying("is expired")),
                Sign::Response(ASSERTION.saying("the future")),
                Sign::Known(Fact::ClockSkew),
            ],
            cause: "this machine's clock is wrong: beyond 5 min Okta refuses proofs and assertions, and tokens seem to expire \
                    early or late",
            action: "synchronise this machine's time (NTP, chrony) and see `okta_clock_skew_seconds` go to 0",
            takes: "15 min",
            risk: Risk::Low,
            alert: Some("OktaClockSkew"),
        },
        Case {
            slug: "not-yet-valid",
            title: "The access token is not valid yet",
            signs: &[
                Sign::Response(UNAUTHORIZED.saying("not yet valid")),
                Sign::Known(Fact::TokenNotYetValid),
            ],
            cause: "`nbf` or `iat` is ahead of Okta's clock: the machine that minted it has a clock that is fast",
            action: "synchronise time (NTP) on the machine that mints tokens, or wait until `nbf`",
            takes: "15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "wrong-issuer",
            title: "The token is another server's",
            signs: &[
                Sign::FailedSaying(FailureMode::Mismatch, "token's issuer"),
                Sign::Known(Fact::WrongIssuer),
            ],
            cause: "another authorization server, or another org, minted the token; only its own server honours it",
            action: "request the token from the server that its user expects (`iss`), and ask that server about it",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: Some("OktaTokenIssuerUnexpected"),
        },
        Case {
            slug: "id-token",
            title: "This is an ID token",
            signs: &[Sign::Known(Fact::IdToken)],
            cause: "it tells a client who signed in, and carries neither scopes nor an API's audience: whoever writes it took \
                    `id_token` out of the answer in place of `access_token`",
            action: "take `access_token` out of the token response",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "token-without-end",
            title: "The access token never ends",
            signs: &[Sign::Known(Fact::TokenWithoutEnd)],
            cause: "a JWT without `exp`: no server of Okta's mints one, so another program did, or it is no access token",
            action: "look at `iss` and at what mints it; until then only its key or its revocation ends it",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "token-unjudged",
            title: "What is expected of the token cannot be judged",
            signs: &[Sign::Known(Fact::TokenUnjudged)],
            cause: "the token is opaque or encrypted: only its server knows its issuer, audience and scopes, and the probe does \
                    not ask it",
            action: "add `introspect` to the probe (a client of that server), or take `expect` out",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "wrong-audience",
            title: "The token is for somebody else",
            signs: &[Sign::Known(Fact::WrongAudience)],
            cause: "`aud` does not name the API that the token is sent to: an ID token, or another server's audience",
            action: "set the audience of the authorization server (Admin Console > Security > API), or use its own token",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: Some("OktaTokenAudienceUnexpected"),
        },
        Case {
            slug: "key-not-published",
            title: "The token's signing key is not published any more",
            signs: &[Sign::Known(Fact::KeyNotPublished)],
            cause: "the keys rotated: whoever fetches the key set anew refuses the token, whoever cached the old one may \
                    refuse new tokens",
            action: "mint a new token; let verifiers fetch the key set again on an unknown `kid`, and cache it no longer \
                     than its Cache-Control says",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: Some("OktaTokenSigningKeyUnpublished"),
        },
        Case {
            slug: "key-withdrawn-early",
            title: "A signing key left before its time",
            signs: &[Sign::Known(Fact::KeyWithdrawnEarly)],
            cause: "a key was withdrawn while caches may still hold it, by mistake or because it leaked: some verifiers \
                    trust what it signed, others refuse it",
            action: "ask who rotates this server's keys whether it was meant; then flush verifiers' caches and mint new \
                     tokens",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: Some("OktaSigningKeyRemovedEarly"),
        },
        Case {
            slug: "bad-signature",
            title: "The token's signature does not verify",
            signs: &[Sign::Known(Fact::BadSignature)],
            cause: "the published key of that `kid` did not sign this token: it was altered, cut, or signed by nobody",
            action: "mint a new token; if that one fails too, look at what stands between its server and its user",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: Some("OktaTokenSignatureInvalid"),
        },
        Case {
            slug: "no-keys",
            title: "The key set is empty or cannot be read",
            signs: &[Sign::Known(Fact::NoKeys)],
            cause: "the authorization server publishes no key, or one of a kind that verifiers do not know",
            action: "open the key set by hand; look at Admin Console > Security > API > the server > key rotation",
            takes: "15–30 min",
            risk: Risk::Medium,
            alert: Some("OktaKeySetEmpty"),
        },
        Case {
            slug: "signing-key-not-rotated",
            title: "Nobody rotates the signing key",
            signs: &[Sign::Known(Fact::SigningKeyNotRotated)],
            cause: "the authorization server's key rotation is set to manual, and for a year nobody has rotated: whoever got \
                    hold of the key may sign tokens as long as it stands",
            action: "see that no verifier has the key pinned, then rotate it, or better let Okta: Admin Console > Security > \
                     API > the server > Settings > Signing Key Rotation",
            takes: "30–60 min",
            risk: Risk::Medium,
            alert: Some("OktaSigningKeyRotationOverdue"),
        },
        Case {
            slug: "inactive-token",
            title: "Okta honours the token no more",
            signs: &[Sign::Known(Fact::TokenInactive)],
            cause: "revoked, its app or user deactivated, or minted by another server than the one that is asked; one whose end \
                    nobody told may simply be over",
            action: "compare its server with the one that is asked, look for `app.oauth2.token.revoke` in the System Log, then mint \
                     a new one",
            takes: "10–20 min",
            risk: Risk::Low,
            alert: Some("OktaTokenInactive"),
        },
        Case {
            slug: "invalid-token",
            title: "Okta does not know the access token",
            signs: &[Sign::Response(code("invalid_token"))],
            cause: "the token was revoked, cut, or minted by another server than the org's own",
            action: "compare its `iss` with the org's URL and its `exp` with the time; mint a new one",
            takes: "10–20 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "dpop-required",
            title: "The app's tokens need a DPoP proof",
            signs: &[
                Sign::Response(status(400).and_code("invalid_request").saying("dpop proof")),
                Sign::Response(PROOF.saying("header is missing")),
            ],
            cause: "the token is bound to a key (new service apps require it), and was sent as a plain Bearer token",
            action: "send it with a proof (RFC 9449; here, the credential's `dpop: auto` does); or Admin Console > Applications > the app > General > clear `Require \
                     Demonstrating Proof of Possession`",
            takes: "15–30 min",
            risk: Risk::Medium,
            alert: None,
        },
        Case {
            slug: "dpop-nonce",
            title: "Okta asks for a nonce, again",
            signs: &[Sign::Response(code("use_dpop_nonce"))],
            cause: "asking for a nonce once is normal; an answer to a proof that holds it should not ask again",
            action: "look at proxies that drop the header `DPoP-Nonce`; Okta's nonces change every 24 h",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "dpop-proof",
            title: "The DPoP proof is refused",
            signs: &[Sign::Response(PROOF)],
            cause: "the proof does not fit the request: another URL (`htu`), key or method, or it was used before",
            action: "check that the org's URL has no trailing slash and no proxy rewrites it, and this machine's clock",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "api-token-expiring",
            title: "An API token that nobody uses ends soon",
            signs: &[Sign::Known(Fact::ApiTokenExpiring)],
            cause: "a token ends thirty days after its last use, and then for good: what runs once a month finds it gone",
            action: "find what should use it (its owner is named at Admin Console > Security > API > Tokens); use it once, \
                     and it lives for thirty days more; revoke it where nobody needs it",
            takes: "15–30 min",
            risk: Risk::Medium,
            alert: Some("OktaApiTokenExpiring"),
        },
        Case {
            slug: "api-token-gone",
            title: "An API token is gone",
            signs: &[Sign::Known(Fact::ApiTokenGone)],
            cause: "it was revoked, its owner was deactivated, or nobody used it for thirty days; whatever used it is refused \
                     with E0000011",
            action: "see who did it (System Log: `system.api_token.revoke`, `user.lifecycle.deactivate`); give what used it a \
                     new token, of an owner who stays",
            takes: "15–30 min",
            risk: Risk::Medium,
            alert: Some("OktaApiTokenDisappeared"),
        },
    ],
};
