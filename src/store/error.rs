//! Why a memory could not be read or kept.

/// What is remembered could not be read or kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It could not be read.
    #[error("what was remembered cannot be read: {0}; watching goes on without it")]
    Load(String),
    /// It could not be kept.
    #[error("what is remembered cannot be kept: {0}; watching goes on in memory")]
    Commit(String),
    /// It was read, and nobody understands it. It stays as it is.
    #[error("{0}; it stays as it is, and watching goes on without it")]
    Unreadable(String),
}
