//! Text of files, whatever stands before it.

use super::*;

fn read_back(bytes: &[u8]) -> Result<Zeroizing<String>, NoText> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    read_text(&path, 100)
}

#[test]
fn a_mark_before_the_text_is_skipped_and_what_is_no_utf_8_is_told() {
    assert_eq!(read_back(b"\xef\xbb\xbfa\n").unwrap().as_str(), "a\n");
    assert_eq!(read_back("ä".as_bytes()).unwrap().as_str(), "ä");
    assert!(matches!(read_back(b"\xff\xfea\0"), Err(NoText::Utf16)));
    assert!(matches!(read_back(b"\xfe\xff\0a"), Err(NoText::Utf16)));
    assert!(matches!(read_back(b"a\xff"), Err(NoText::NotText)));
    assert!(matches!(
        read_back(b"\x30\x82\x04\xbe\x02"),
        Err(NoText::Der)
    ));
    assert!(matches!(
        read_back(&[b'a'; 101]),
        Err(NoText::TooLarge(100))
    ));
    assert!(read_back(&[b'a'; 100]).is_ok());
}

#[test]
fn advice_about_permissions_works_where_the_file_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let denied = std::io::ErrorKind::PermissionDenied.into();
    assert!(fix(&file, &denied).contains("let the user that okta-exporter runs as"));
    std::os::unix::fs::symlink("..2026", directory.path().join("..data")).unwrap();
    assert!(fix(&file, &denied).contains("`fsGroup`"));
    let missing = std::io::ErrorKind::NotFound.into();
    assert!(!fix(&file, &missing).contains("fsGroup"));
}
