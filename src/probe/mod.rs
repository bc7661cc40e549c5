//! What is asked of Okta and what its answers mean: one file per kind of probe. A kind's file
//! holds its settings, its run (I/O), its reading (pure), what was seen, and its metric families.
//! When to ask is elsewhere; so is where the series are served.

pub mod discovery;
pub mod endpoint;
pub mod jwks;
pub mod organization;
mod plan;
pub mod rate_limit_settings;
pub mod status_page;
pub mod token;

use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::{Failure, Session},
    units::Timestamp,
};

pub use plan::{PlanContext, Problem, SecretContext, Secrets};

/// What one run came to: it may have seen something and still have failed at the rest.
#[derive(Debug)]
pub struct ProbeResult<S> {
    /// What is now known; `None` where the run saw nothing new.
    pub seen: Option<S>,
    /// Why the run did not end well.
    pub failure: Option<Failure>,
}

impl<S> From<Result<S, Failure>> for ProbeResult<S> {
    fn from(result: Result<S, Failure>) -> Self {
        match result {
            Ok(seen) => Self {
                seen: Some(seen),
                failure: None,
            },
            Err(failure) => Self {
                seen: None,
                failure: Some(failure),
            },
        }
    }
}

/// Whose series are drawn, and when.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The org; empty for a status page, which belongs to none.
    pub org: &'a str,
    /// The probe's own name; empty for kinds of which an org has one.
    pub name: &'a str,
    /// The moment of the scrape.
    pub now: Timestamp,
}

/// What every kind of probe supplies.
pub trait Kind {
    /// The word in the configuration and in the `probe` label.
    const KIND: &'static str;
    /// What a run sees.
    type Seen: Seen;

    /// True where a run is best made at the end of a rate-limit window, and at no other time.
    fn aims_at_windows(&self) -> bool {
        false
    }

    /// Asks Okta once.
    fn run(&self, okta: &Session<'_>) -> impl Future<Output = ProbeResult<Self::Seen>> + Send;
}

/// What a kind of probe knows from its runs.
pub trait Seen: Sized {
    /// The families it draws.
    const FAMILIES: &'static [&'static Family];

    /// What is known now that this was seen, given what was known before. The newest counts,
    /// unless the kind compares.
    #[must_use]
    fn after(self, _earlier: Option<Self>) -> Self {
        self
    }

    /// What is still known after a run that saw nothing.
    #[must_use]
    fn fade(self) -> Self {
        self
    }

    /// True where another look soon would settle what this one left open.
    fn is_unsettled(&self) -> bool {
        false
    }

    /// What is wrong though no request failed; `now` is by Okta's clock.
    fn findings(&self, _now: Timestamp) -> Vec<Finding> {
        Vec::new()
    }

    /// How many series a cap keeps off the page.
    fn dropped(&self) -> usize {
        0
    }

    /// Writes the series.
    fn draw(&self, scope: Scope<'_>, page: &mut Page);
}

/// Writes the kinds out once; the compiler then asks for whatever is missing.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $module:ident,)*) => {
        /// A probe of any kind, ready to run.
        #[derive(Debug, Clone)]
        pub enum Probe {
            $($(#[$doc])* $kind($module::Probe),)*
        }

        /// What a probe of any kind knows.
        #[derive(Debug, Clone)]
        pub enum Observation {
            $($(#[$doc])* $kind(Box<<$module::Probe as Kind>::Seen>),)*
        }

        impl Probe {
            /// The word in the configuration and in the `probe` label.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$kind(_) => <$module::Probe as Kind>::KIND,)* }
            }

            /// See [`Kind::aims_at_windows`].
            pub fn aims_at_windows(&self) -> bool {
                match self { $(Self::$kind(probe) => probe.aims_at_windows(),)* }
            }

            /// Asks Okta once.
            pub async fn run(&self, okta: &Session<'_>) -> ProbeResult<Observation> {
                match self {
                    $(Self::$kind(probe) => {
                        let ProbeResult { seen, failure } = probe.run(okta).await;
                        ProbeResult { seen: seen.map(|seen| Observation::$kind(Box::new(seen))), failure }
                    })*
                }
            }
        }

        impl Observation {
            /// See [`Seen::after`].
            #[must_use]
            pub fn after(self, earlier: Option<Self>) -> Self {
                match (self, earlier) {
                    $((Self::$kind(now), Some(Self::$kind(before))) => {
                        Self::$kind(Box::new(now.after(Some(*before))))
                    })*
                    $((Self::$kind(now), _) => Self::$kind(Box::new(now.after(None))),)*
                }
            }

            /// See [`Seen::fade`].
            #[must_use]
            pub fn fade(self) -> Self {
                match self { $(Self::$kind(seen) => Self::$kind(Box::new(seen.fade())),)* }
            }

            /// See [`Seen::is_unsettled`].
            pub fn is_unsettled(&self) -> bool {
                match self { $(Self::$kind(seen) => seen.is_unsettled(),)* }
            }

            /// See [`Seen::findings`].
            pub fn findings(&self, now: Timestamp) -> Vec<Finding> {
                match self { $(Self::$kind(seen) => seen.findings(now),)* }
            }

            /// See [`Seen::dropped`].
            pub fn dropped(&self) -> usize {
                match self { $(Self::$kind(seen) => seen.dropped(),)* }
            }

            /// See [`Seen::draw`].
            pub fn draw(&self, scope: Scope<'_>, page: &mut Page) {
                match self { $(Self::$kind(seen) => seen.draw(scope, page),)* }
            }
        }

        /// Every family that some kind of probe draws.
        pub fn families() -> Vec<&'static Family> {
            [$(<<$module::Probe as Kind>::Seen as Seen>::FAMILIES,)*].concat()
        }
    };
}

kinds! {
    /// Connectivity and issuer.
    Discovery: discovery,
    /// The org's cell.
    Organization: organization,
    /// A path of the Management API.
    Endpoint: endpoint,
    /// A signing key set.
    Jwks: jwks,
    /// Whose limit is seen.
    RateLimitSettings: rate_limit_settings,
    /// An access token that somebody uses.
    Token: token,
    /// A status page.
    StatusPage: status_page,
}

/// A word from outside, as a label value: short and plain, or unknown.
fn plain_word(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    (!text.is_empty() && text.len() <= 64 && text.chars().all(plain)).then_some(text)
}
