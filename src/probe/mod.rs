//! (room)

pub mod status_page;
