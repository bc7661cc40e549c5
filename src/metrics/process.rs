//! What this process is and what it uses: `process_*` and the build. Nothing about Okta.

use super::{family::Family, page::Page};
use crate::units::build;

/// Which build this is.
pub const BUILD_INFO: Family = Family::gauge(
    "okta_exporter_build_info",
    "1, labelled with the version and revision that were built, and what for.",
    &["version", "revision", "os", "arch", "target"],
);

/// Draws what is known about this process; `process_*` where the system is Linux.
pub fn draw(page: &mut Page) {
    let build = [
        build::VERSION,
        build::REVISION,
        std::env::consts::OS,
        std::env::consts::ARCH,
        build::TARGET,
    ];
    page.push(&BUILD_INFO, &build, 1.0);
    draw_usage(page);
}

#[cfg(target_os = "linux")]
fn draw_usage(page: &mut Page) {
    use prometheus::{core::Collector, process_collector::ProcessCollector};

    // A collector kept between scrapes adds up CPU time and counts it twice when two scrapes meet;
    // a fresh one reads it whole.
    let families = ProcessCollector::for_self().collect();
    page.absorb(families.into_iter().filter(is_known).collect());
}

/// What the system does not tell (under systemd's `ProcSubset=pid` the time of the boot; how many
/// files may be open, where nothing limits them) is 0 there. No process has 0 of anything but used
/// time.
#[cfg(target_os = "linux")]
fn is_known(family: &prometheus::proto::MetricFamily) -> bool {
    let series = family.get_metric();
    family.get_field_type() != prometheus::proto::MetricType::GAUGE
        || series
            .iter()
            .all(|series| series.get_gauge().get_value() > 0.0)
}

#[cfg(not(target_os = "linux"))]
fn draw_usage(_: &mut Page) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_tells_the_build_without_labels_that_are_not_known() {
        assert_eq!(BUILD_INFO.problems(), Vec::<String>::new());
        let mut page = Page::new();
        draw(&mut page);
        let text = page.text();
        let version = env!("CARGO_PKG_VERSION");
        assert!(
            text.contains(&format!("okta_exporter_build_info{{version=\"{version}\",")),
            "{text}"
        );
        assert!(!text.contains("=\"\""), "{text}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_system_does_not_tell_is_absent() {
        use prometheus::{Gauge, IntCounter, core::Collector};

        let gauge = |value| {
            let gauge = Gauge::new("process_start_time_seconds", "x").unwrap();
            gauge.set(value);
            gauge.collect().remove(0)
        };
        assert!(!is_known(&gauge(0.0)) && !is_known(&gauge(-1.0)) && is_known(&gauge(1.0)));
        let counter = IntCounter::new("process_cpu_seconds_total", "x").unwrap();
        assert!(is_known(&counter.collect()[0]), "no second was used yet");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_page_tells_what_the_process_uses() {
        let mut page = Page::new();
        draw(&mut page);
        let text = page.text();
        for name in [
            "cpu_seconds_total",
            "open_fds",
            "resident_memory_bytes",
            "start_time_seconds",
        ] {
            assert!(
                text.contains(&format!("\nprocess_{name} ")),
                "{name} is missing in\n{text}"
            );
        }
    }
}
