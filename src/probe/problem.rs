//! What is wrong with a setting, as a value: where it stands and what is told of it is the
//! [configuration](crate::config)'s.

/// Something wrong with a setting: the field, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field's path within the settings; empty for the settings as a whole.
    pub field: String,
    /// What is wrong, and the fix.
    pub message: String,
}

impl Problem {
    /// A problem with one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}
