//! The tab's icon: a shape and a colour for the worst that is known, drawn in its own address.

/// The icon of a tone, as a `data:` address.
pub(super) fn of(tone: &str) -> String {
    let (fill, sign) = match tone {
        "critical" => ("b3261e", "M5 5l6 6m0-6l-6 6"),
        "warning" => ("8a5a00", "M8 4v5m0 2.2v.8"),
        "info" => ("0969da", "M8 7v5m0-7.2v.8"),
        "well" => ("1a7f37", "M4.5 8.5l2.5 2.5 4.5-5.5"),
        _ => ("57606a", "M5 8h6"),
    };
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
         %3Crect width='16' height='16' rx='4' fill='%23{fill}'/%3E\
         %3Cpath d='{sign}' stroke='%23fff' stroke-width='2' fill='none'/%3E%3C/svg%3E"
    )
}
