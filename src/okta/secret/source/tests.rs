//! Where a secret comes from.

use std::path::PathBuf;

use super::*;
use crate::okta::SecretReloads;

fn file(path: PathBuf) -> SecretSource {
    SecretSource::File(SecretFile::new(path, &SecretReloads::default()))
}

#[test]
fn what_cannot_be_a_secret_is_refused_by_name_and_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    let refused = |content: &str| {
        std::fs::write(&path, content).unwrap();
        file(path.clone()).read().unwrap_err().to_string()
    };
    assert!(refused("\n").contains("is empty"));
    assert!(refused("s3cr3t\nsecond line").contains("line break"));
    assert!(!refused("s3cr3t\nsecond line").contains("s3cr3t"));
    for misplaced in [
        "00S3cr3ts3cr3t".repeat(3),
        "eyJs3cr3t.a.b".into(),
        "-----BEGIN s3cr3t".into(),
    ] {
        let misplaced = file(path.with_file_name(misplaced));
        let told = misplaced.read().unwrap_err().to_string();
        assert!(told.contains("looks like a secret"), "{told}");
        assert!(!told.contains("s3cr3t"), "{told}");
    }
    assert!(refused("ssws 00s3cr3t").contains("begins with `SSWS `"));
    assert!(
        file("/nowhere/token".into())
            .read()
            .unwrap_err()
            .to_string()
            .contains("/nowhere/token")
    );
    assert_eq!(
        format!("{:?}", SecretSource::Given("s3cr3t".into())),
        "Given(SecretBox<str>([REDACTED]))"
    );
}
