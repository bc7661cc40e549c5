//! The exporter proved through its public face: against the simulated Okta, and real programs.
//!
//! One binary, so that it is linked once and its tests run in parallel.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by ending"
)]
#![allow(clippy::float_cmp, reason = "whole numbers pass through text unharmed")]
#![allow(
    unreachable_pub,
    missing_docs,
    reason = "nothing of a test binary is reachable, and its names are sentences"
)]

/// How the tests run an exporter and read what it serves.
mod support;

/// What each kind of probe tells of an org that works.
mod probes;

/// The table of kinds: each can be configured, is served by the simulator, and is documented.
mod kinds;

/// Broken answers, names, certificates, clocks: each a typed failure, and nothing else stops.
mod bad_input;

/// Servers that do wrong in a hundred ways, watched at once.
mod faults;

/// What the fuzzer calls, and its seeds broken at random.
mod mutations;
#[path = "../../fuzz/readers.rs"]
mod fuzz_readers;

/// Text from outside at its worst: the work grows as the text does.
mod linear;

/// Whose limit it is, and which paths share one.
mod limits;

/// What an org has that ends, rotates or stops: read in pages, withheld, gone, and meant to harm.
mod inventory;

/// What Okta answered when it was recorded: each answer read, each window found.
mod recorded;

/// How much of each window is seen, and at what cost.
mod sampling;

/// Signing keys that come, go, and go too early.
mod jwks;

/// The System Log, followed: pages, cursors, gaps.
mod system_log;

/// Access tokens: what they say, whether they hold, and who signed them.
mod token;

/// Service apps: tokens minted, kept, proved, refused; scopes granted and not.
mod credentials;

/// What breaks under a running service app: keys, clocks, the org itself; and how it comes back.
mod recovery;

/// Status pages: three formats, and four ways to be unknown.
mod status_page;

/// What a series is worth, where it is easily taken for granted that it is there.
mod values;

/// One word for each org.
mod verdict;

/// Version, completions, manual, and the shape of the configuration.
mod everyday;

/// When things are asked: intervals, overlaps, the breaker, connections.
mod schedule;

/// One configuration after the other: what stays is not disturbed, what goes leaves nothing.
mod reload;

/// Settings that are read again: by a signal, by a request, by what the file holds.
mod reread;

/// How many connections are made, and how long they are kept.
mod connections;

/// The guide: every case provoked and recognised, told in log, page and documentation.
mod guide;

/// The guide and the runbooks as they are served, and what is said where there is nothing.
mod handbook;

/// Log lines: their keys in both forms, what is told once, and what has become of it.
mod log;

/// The one-shot report: what it finds, its two forms, its exit status.
mod diagnose;

/// The one-shot report as it is wanted: in part, as wide as the terminal, with links.
mod doctor;

/// What a support engineer is given: all of it, bounded, and no secret.
mod bundle;

/// What watching costs: one look in each window, and never more than the budget.
mod budget;

/// Whatever happens to clocks, budgets and answers: nobody falls silent without saying why.
mod silence;

/// What its own side does to it: clients that say nothing, a log that nobody reads, lookups that hang.
#[cfg(target_os = "linux")]
mod pressure;

/// What is served, and that serving asks Okta nothing.
mod web;

/// The values behind the page, as `/api/v1/status` has them: severities, ends, incidents, the past.
mod status;

/// By what is served: TLS, users, sockets, prefixes, as node_exporter has them.
#[cfg(target_os = "linux")]
mod serving;

/// The page in a real browser: how it looks, and how it is used.
mod browser;

/// What the System Log tells, and hooks as well: counted once, by what it is.
mod events;

/// Whatever ends the process, and whenever: no event is lost, and none counts twice.
mod exactly_once;

/// What Okta's event hooks deliver: let in, counted once, kept before it is answered.
mod hooks;

/// Files, variables, and what is said of wrong ones.
mod config;

/// Where a mistake stands in a file; and a check without the secrets that the file names.
mod places;

/// The settings as they are shown, read again.
mod paste;

/// What people already have, in place of a file.
mod sources;

/// Secrets that change under way, and the configuration shown without them.
mod secrets;

/// What survives the process: a file that is kept, full, gone, or another's.
mod store;

/// Marked secrets, looked for in everything that is shown, whatever fails.
mod canary;

/// The program as it is started: flags, logs, signals.
mod cli;

/// A certified OpenID provider in Okta's place.
mod provider;
/// How it is set up: the composition, the service. `tests/container` builds and runs the image.
mod deploy;

/// The Helm chart and the plain manifests, as Helm, Kubernetes and Prometheus judge them.
mod chart;

/// What the pages say: links, commands, flags and configurations that are there.
mod documents;

/// Dashboards: what each panel must have, wherever it is imported.
mod dashboards;

/// Names of metrics, wherever they are written: each exists, and each metric is shown or excused.
mod names;

/// The demo, scraped by a real Prometheus. Its story takes minutes: the sooner it begins, the better.
mod demo;

/// Rules and alerts as promtool judges them; their runbooks; the same for Kubernetes.
mod rules;

/// From the simulated Okta through Prometheus and Alertmanager to whoever is on call.
mod alerts;

/// An org that is well, for an hour of its time: no alert, and no red tile.
mod healthy;

/// The rules of the house: import order of the rooms, families.
mod house;
