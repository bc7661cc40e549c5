//! Cells as people and the organization document write them.

use super::*;

#[test]
fn the_page_and_the_organization_document_name_the_same_cell() {
    for (short, long) in [
        ("ok7", "okta.com:7"),
        ("ok14", "okta.com:14"),
        ("op3", "oktapreview.com:3"),
    ] {
        let cell = Cell::from_organization(short).unwrap();
        assert_eq!(cell, long.parse().unwrap());
        assert_eq!(cell.to_string(), long);
    }
}

#[test]
fn a_cell_is_not_guessed_from_a_name_nobody_has_seen() {
    for text in [
        "", "ok", "oe1", "em1", "okta7", "ok07", "ok+7", "ok7 ", "ok70000",
    ] {
        assert_eq!(Cell::from_organization(text), None, "{text:?}");
    }
}

#[test]
fn what_is_not_a_domain_and_a_number_is_refused() {
    assert_eq!(
        " Okta-EMEA.com:1 ".parse::<Cell>().unwrap().to_string(),
        "okta-emea.com:1"
    );
    for text in [
        "",
        ":",
        "okta.com",
        "okta.com:",
        ":7",
        "okta.com:x",
        "okta.com:7:8",
        "okta\n:7",
    ] {
        assert!(text.parse::<Cell>().is_err(), "{text:?}");
    }
}
