//! Series and the page they are drawn on. What a series means is said
//! beside what draws it: its probe ([`crate::probe`]), or [`crate::fleet`].
//!
//! - [`Family`] describes a series in a constant beside the code that knows its value.
//! - [`Page`] is drawn fresh at each scrape and turned into text.
//! - [`Histogram`] is a plain value that can live on the board.
//! - [`process`] says what this process is and what it uses.

mod family;
mod histogram;
mod page;
pub mod process;
mod rules;
mod text;

#[cfg(test)]
mod tests;

pub use family::{Family, Kind};
pub use histogram::Histogram;
pub use page::Page;
