//! Events that tell of limits, in the shapes in which Okta was recorded to write them.

use super::event::LogEvent;

/// How far it has come with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// The share of it from which on Okta warns was used.
    Warned,
    /// A request was refused.
    Violated,
}

impl LogEvent {
    /// An org's bucket, by its pattern, that grants so many requests a minute.
    pub fn org_limit(how: Limited, pattern: &str, limit: u32) -> Self {
        let (event_type, message) = match how {
            Limited::Warned => ("system.org.rate_limit.warning", "Rate limit warning"),
            Limited::Violated => ("system.org.rate_limit.violation", "Rate limit violation"),
        };
        Self::new(event_type)
            .message(message)
            .severity("WARN")
            .in_bucket(pattern)
            .debug("rateLimitBucketUuid", bucket_uuid(pattern))
            .debug("rateLimitScopeType", "ORG")
            .debug("threshold", limit.to_string())
            .debug("timeSpan", "1")
            .debug("timeUnit", "MINUTES")
    }

    /// An org's bucket that goes over its base limit, for as long as its burst limit lasts.
    pub fn burst(pattern: &str, base: u32, burst: u32) -> Self {
        Self::new("system.org.rate_limit.burst")
            .message("Rate limit burst")
            .severity("WARN")
            .in_bucket(pattern)
            .debug("burstRateLimitBucketUuid", bucket_uuid(pattern))
            .debug("burstRateLimitUrlPattern", pattern)
            .debug("baseThreshold", base.to_string())
            .debug("burstThreshold", burst.to_string())
    }

    /// The share of one API token (`ssws_token`) or app (`oauth_client`) of a bucket.
    pub fn operation_limit(how: Limited, pattern: &str, subtype: &str, limit: u32) -> Self {
        let event_type = match how {
            Limited::Warned => "system.operation.rate_limit.warning",
            Limited::Violated => "system.operation.rate_limit.violation",
        };
        Self::new(event_type)
            .message("Operation rate limit")
            .severity("WARN")
            .in_bucket(pattern)
            .debug("operationRateLimitType", "Web request")
            .debug("operationRateLimitSubtype", subtype)
            .debug("operationRateLimitScopeType", "User")
            .debug("operationRateLimitThreshold", limit.to_string())
            .debug("operationRateLimitTimeSpan", "1")
            .debug("operationRateLimitTimeUnit", "MINUTES")
    }

    /// What one client of the sign-in pages may do; it names no bucket.
    pub fn client_limit(how: Limited, client: &str) -> Self {
        let event_type = match how {
            Limited::Warned => "system.client.rate_limit.notification",
            Limited::Violated => "system.client.rate_limit.violation",
        };
        Self::new(event_type)
            .message("Client rate limit")
            .severity("WARN")
            .debug("clientId", client)
            .debug("clientType", "OAUTH2")
            .debug("ip", "192.0.2.10")
            .debug("deviceTokenHash", "a9f0")
            .debug("orgId", "00oSimulatedOrg00000")
    }

    /// Too many requests at a time.
    pub fn concurrency_limit() -> Self {
        Self::new("core.concurrency.org.limit.violation")
            .message("Concurrency limit violation")
            .severity("WARN")
    }

    fn in_bucket(self, pattern: &str) -> Self {
        self.target("URL Pattern", pattern)
            .target("Bucket Uuid", &bucket_uuid(pattern))
            .debug("urlPattern", pattern)
    }
}

/// A bucket's uuid: the same whenever it is asked for.
fn bucket_uuid(pattern: &str) -> String {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = pattern.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
    let (head, tail) = (hash >> 32, hash & 0xffff_ffff);
    format!("{head:08x}-0000-4000-8000-0000{tail:08x}")
}
