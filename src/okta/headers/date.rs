//! HTTP's dates (`Date`, `Expires`, `Retry-After`) as moments.

use http::{HeaderMap, HeaderName};

use crate::units::Timestamp;

/// The moment that a header tells; `None` where it is missing or unreadable.
pub(in crate::okta) fn of(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    parse(headers.get(name)?.to_str().ok()?)
}

/// An HTTP date such as `Thu, 11 Sep 2025 16:21:38 GMT`.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    parser.parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_http_date_is_a_moment_and_anything_else_is_unknown() {
        assert_eq!(
            parse("Thu, 11 Sep 2025 16:21:38 GMT"),
            "2025-09-11T16:21:38Z".parse().ok()
        );
        for bad in [
            "",
            "0",
            "yesterday",
            "2025-09-11T16:21:38Z",
            "Thu, 99 Sep 2025 16:21:38 GMT",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_every_second_comes_back(text in any::<String>(), second in 0_i64..=253_402_207_199) {
            parse(&text);
            let moment = Timestamp::from_second(second).unwrap();
            let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
            prop_assert_eq!(parse(&printer.timestamp_to_rfc9110_string(&moment).unwrap()), Some(moment));
        }
    }
}
