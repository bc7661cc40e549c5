//! Bind, serve, reload, drain.
