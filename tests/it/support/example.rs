//! The documented configuration with secrets that are there.

use std::{fs, path::Path};

use super::{API_TOKEN, new_key};

/// The example, which shows every setting.
pub const EXAMPLE: &str = include_str!("../../../config/okta-exporter.yaml");

/// The example with its secrets in files of this directory.
pub fn example(secrets: &Path) -> String {
    for name in EXAMPLE.split("/run/secrets/").skip(1) {
        let name: String = name.chars().take_while(|c| !c.is_whitespace()).collect();
        let secret = if name.contains("private-key") {
            new_key().0
        } else {
            API_TOKEN.to_owned()
        };
        fs::write(secrets.join(name), secret).unwrap();
    }
    EXAMPLE.replace("/run/secrets", &secrets.display().to_string())
}
