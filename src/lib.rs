//! `okta-exporter` watches Okta and tells Prometheus before users notice.
//!
//! # The flow: one way
//!
//! ```text
//! config ─▶ Config ─▶ plans ─▶ Fleet: one keeper per probe
//!                                 keeper: when? ─▶ probe.run(…) ─────▶ Outcome
//!                                                                         │
//!                                                                       Board ──▶ Page ──▶ GET /metrics
//!                                                                         ├─────▶ View ──▶ GET /
//!                                                                         └─────▶ one tracing event per outcome
//! ```
//!
//! `okta-exporter diagnose` runs the same probes once, without fleet or board, and reports.
//!
//! Nothing on the right calls anything on the left. An observation is a value; only
//! [`metrics::Page`] writes series, drawn fresh at each scrape from the board: a series whose
//! fact is gone is absent, never 0 and never stale.
//!
//! # The rooms, in import order
//!
//! Each room may use only those above it. [`sim`] uses none of them but [`listener`], and is used
//! only by [`cli`] (`demo`, `simulate`), tests and benches. `tests/it/house.rs` keeps this order.

pub mod listener;
pub mod units;
pub mod metrics;
pub mod okta;
pub mod guide;
pub mod probe;
pub mod config;
pub mod store;
pub mod fleet;
pub mod web;
pub mod diagnose;
pub mod app;
pub mod cli;

pub mod sim;
