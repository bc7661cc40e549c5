//! `okta-exporter` watches Okta and tells Prometheus before users notice.
//!
//! # The flow: one way
//!
//! ```text
//! config ─▶ Config ─▶ plans ─▶ Fleet: one keeper per probe
//!                                 keeper: when? ─▶ probe.run(…) ─▶ Outcome
//!                                                                     │
//!                            Store ◀── what the probe remembers ◀─────┤
//!                                                                   Board ─▶ Page ─▶ GET /metrics
//!                                                                     ├────▶ View ─▶ GET /
//!                                                                     └────▶ one tracing event per outcome
//! ```
//!
//! Nothing on the right calls anything on the left. An observation is a value; only
//! [`metrics::Page`] writes series, drawn fresh at each scrape from the board: a series whose
//! fact is gone is absent, never 0 and never stale. Another configuration is a difference:
//! [`fleet::Fleet::apply`] leaves alone what is written as before. `okta-exporter diagnose` runs
//! the same probes once, without keepers or board, and reports.
//!
//! # The rooms, in import order
//!
//! Each room may use only those above it, and no file one that uses it; `tests/it/house.rs` keeps
//! both. [`sim`], the simulated Okta, uses none of them but [`listener`], and is used only by
//! [`cli`] (`demo`, `simulate`), tests and benches.
//!
//! # The words
//!
//! | word | what it means here |
//! |---|---|
//! | org, authorization server, credential, token, scope, key (`kid`) | as Okta, RFC 6749 and RFC 7517 have them |
//! | api | the short name of what is asked: `users`, `token`, `introspect` |
//! | bucket | what Okta counts together; a **window** of it opens with a request and ends at its reset |
//! | probe | one thing that is watched, of a **kind**; its **plan** says when and for whom it runs |
//! | keeper | waits for a probe's next run, runs it, and has the outcome written down |
//! | session | what a probe asks through: [`okta::Session`]; one **request** and what came of it is an **exchange** |
//! | charge | what a request counts against: credential, api and bucket. A **gate** admits and settles it |
//! | sample | one answer's rate-limit numbers with the times around it |
//! | aim | the choice of the moment just before a window ends; probes of one bucket take turns in a **round robin** |
//! | budget | the share of a limit that watching may cost; who must wait for it stands in a **queue** |
//! | moment | elapsed time, which nobody sets: all that is decided is by it. The time of day is shown |
//! | breaker | spares an org that fails; a **pass** is its leave for one run, which owes it a **verdict** |
//! | observation | what one run saw; a **memory** is what its kind remembers across runs, kept in the **store** |
//! | outcome | one run: its observation or failure, its time, its exchanges |
//! | failure | why a run did not end well, with a **reason** out of a closed list |
//! | finding | what is wrong though nothing failed: a **fact** and its **subject** (an incident, a scope) |
//! | severity | how bad a failure or finding is, in the words of the alerts |
//! | end | something that ends, or changes, on a day that is known |
//! | past | the last three days, in **spans** of a quarter of an hour; **history** is the last few runs |
//! | Okta's time | a moment by Okta's clock, a type of its own: [`units::OktaTime`]; this machine's is a `Timestamp` |
//! | event | one line of Okta's System Log, whether the log told it or an event **hook** delivered it |
//! | account | what an org's events have come to, and which were told: each counts once |
//! | case | what a failure or a fact means, and what fixes it: one entry of the **guide** |
//! | board | all that is known now: a **row** for each probe, a **ledger** of each org's requests |
//! | family, series, page, scrape | as Prometheus has them |
//!
//! # Where to find it
//!
//! | what | where |
//! |---|---|
//! | the wait before a run | `fleet/keeper.rs`; how long, `fleet/schedule.rs` and `fleet/aim/` |
//! | the charge on a bucket | `okta/http/gate.rs`; whether it is admitted, `fleet/limits/spending.rs`; who comes first, `fleet/limits/queue.rs` |
//! | how much a host may send | `okta/http/allowance.rs` |
//! | whether it was Okta that answered | `okta/http/response.rs` |
//! | the reading of a 429 | `okta/headers/rate_limit.rs` |
//! | the text of a series | the family beside what draws it, such as `probe/discovery.rs`; as text, `metrics/text.rs` |
//! | what an event counts as, and that it counts once | `fleet/events/state.rs`; how that is kept, `fleet/events/account.rs` |
//! | which cells an incident is on | `units/cell_list.rs`; by several pages, `probe/status_page/reach.rs`; which of theirs are one, `fleet/view/incident.rs` |
//! | a finding's subject | `guide/fact.rs`; who finds it, `findings` of the kind and `fleet/findings.rs` |
//! | what ends next, and how long before that it matters | `ends` of the kind; `probe/end.rs` |
//! | how bad something is | `guide/severity.rs`; of a fact, `guide/fact.rs`; of an incident, `probe/status_page/words.rs` |
//! | what happened in the last three days, and how it is kept | `fleet/past/` |
//! | where in a file a setting stands | `config/places.rs`; how a problem is told, `config/problems.rs` |
//! | what survives a restart | `store/file.rs`; why a file is refused, `store/open.rs` |
//! | how a log line is written | `cli/log_line.rs`; what is told once and what again, `fleet/report.rs` |
//! | what the guide and the runbooks say, and how they are served | `guide/`, `web/handbook/`; what there is not, `web/lost.rs` |
//! | what a reload changes | `fleet/keepers.rs`, and by what it is told, `config/fingerprint.rs` |
//! | who is let in, and by what hands are shaken | `web/config_file/`; where is listened, `web/serving.rs` and `listener/socket.rs` |
//! | how to add something | `CONTRIBUTING.md`, a line for each kind of change |

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

#[cfg(feature = "simulator")]
pub mod sim;
