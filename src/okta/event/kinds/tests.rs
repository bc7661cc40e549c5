use super::*;

#[test]
fn words_are_read_whatever_their_case_and_an_unknown_one_is_other() {
    for (word, read) in [
        (Some("SUCCESS"), EventOutcome::Success),
        (Some("Rate Limit"), EventOutcome::RateLimit),
        (Some("RATE_LIMIT"), EventOutcome::RateLimit),
        (Some("none"), EventOutcome::Other),
        (Some(""), EventOutcome::Other),
        (None, EventOutcome::None),
    ] {
        assert_eq!(EventOutcome::told(word), read, "{word:?}");
    }
    assert_eq!(EventSeverity::told(Some("Warning")), EventSeverity::Warn);
    assert_eq!(EventSeverity::told(Some("FATAL")), EventSeverity::Other);
    assert_eq!(EventSeverity::told(None), EventSeverity::None);
}

#[test]
fn a_reason_is_a_known_word_or_other_and_never_what_somebody_wrote() {
    for (word, read) in [
        ("INVALID_CREDENTIALS", EventReason::InvalidCredentials),
        ("User is not assigned to this app", EventReason::NotAssigned),
        ("no_matching_scope", EventReason::InvalidScope),
        ("invalid-dpop-proof", EventReason::InvalidDpopProof),
        ("jane@example.com could not sign in", EventReason::Other),
        ("none", EventReason::Other),
        ("", EventReason::None),
    ] {
        assert_eq!(EventReason::told(Some(word)), read, "{word}");
    }
}
