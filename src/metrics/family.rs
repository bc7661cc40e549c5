//! What a family of series is called, means and is labelled with. No values.

use std::fmt;

/// A family of series, described in a constant.
///
/// ```
/// use okta_exporter::metrics::Family;
///
/// pub const UP: Family = Family::gauge(
///     "okta_org_up",
///     "Discovery answered 200 with the right issuer.",
///     &["org"],
/// );
/// assert_eq!(UP.problems(), Vec::<String>::new());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    labels: &'static [&'static str],
}

/// How the values of a family are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A value that only grows, and starts again at 0 when the program does.
    Counter,
    /// Observations counted in buckets.
    Histogram,
}

impl Family {
    /// A value that goes up and down.
    pub const fn gauge(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            help,
            kind: Kind::Gauge,
            labels,
        }
    }

    /// A value that only grows; its name ends in `_total`.
    pub const fn counter(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            help,
            kind: Kind::Counter,
            labels,
        }
    }

    /// Observations counted in buckets.
    pub const fn histogram(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            help,
            kind: Kind::Histogram,
            labels,
        }
    }

    /// The name of every series in the family.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What the family means, in one sentence.
    pub const fn help(&self) -> &'static str {
        self.help
    }

    /// How its values are to be read.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The names of its labels, in the order in which values are given.
    pub const fn labels(&self) -> &'static [&'static str] {
        self.labels
    }
}

impl Kind {
    /// The word Prometheus uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
