//! What watching costs at size: memory, processor, connections and punctuality of an exporter with
//! many orgs, fifteen probes each.
//!
//! ```text
//! cargo bench --bench fleet -- --orgs 1000 --seconds 120
//! cargo bench --bench fleet -- --orgs 1000 --seconds 120 --ca-file
//! ```
//!
//! The exporter is the released binary, a process of its own. What it watches is a server that
//! answers as Okta does and no more, by HTTPS with HTTP/2 on the loopback interface, in another
//! process: its cost is not the exporter's. All orgs are trusted by the system's roots, as Okta is;
//! with `--ca-file` each names the authority itself.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod exporter;
mod orgs;
mod process;
mod record;
mod server;

use std::{env, error::Error, time::Duration};

use tokio::time::{Instant, sleep};

use exporter::{Exporter, Page};
use server::{Arrivals, Server};

/// How long the first round may take, by far.
const PATIENCE: Duration = Duration::from_mins(10);

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

struct Options {
    orgs: usize,
    seconds: u64,
    ca_file: bool,
}

impl Options {
    fn read() -> Result<Self> {
        let mut options = Self {
            orgs: 200,
            seconds: 120,
            ca_file: false,
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut number = || arguments.next().unwrap_or_default().parse::<u64>();
            match argument.as_str() {
                "--orgs" => options.orgs = usize::try_from(number()?)?,
                "--seconds" => options.seconds = number()?,
                "--ca-file" => options.ca_file = true,
                // What cargo tells every benchmark.
                "--bench" => {}
                other => return Err(format!("`{other}` is no argument of this benchmark").into()),
            }
        }
        if (1..=orgs::MOST).contains(&options.orgs) {
            Ok(options)
        } else {
            Err(format!("--orgs from 1 to {}", orgs::MOST).into())
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    if let Some(orgs) = env::args().skip_while(|a| a != server::ARGUMENT).nth(1) {
        return server::run(orgs.parse()?).await;
    }
    measure(&Options::read()?).await
}

async fn measure(options: &Options) -> Result<()> {
    let files = tempfile::tempdir()?;
    let mut server = Server::start(options.orgs, files.path()).await?;
    let config = orgs::config(&server.urls, files.path(), options.ca_file)?;
    let roots = server.roots()?;
    let started = Instant::now();
    let exporter = Exporter::start(&config, &roots).await?;
    let up = started.elapsed();
    let at_start = exporter.usage()?;
    while !exporter.is_ready().await? {
        if started.elapsed() > PATIENCE {
            return Err("the first round never ended".into());
        }
        sleep(Duration::from_millis(200)).await;
    }
    let first_round = started.elapsed();
    let after_round = exporter.usage()?;
    let before = exporter.scrape().await?;
    let after_scrape = exporter.usage()?;
    server.forget().await?;
    let steady = Instant::now();
    sleep(Duration::from_secs(options.seconds)).await;
    let (end, lasted) = (exporter.usage()?, steady.elapsed());
    let arrivals = server.arrivals().await?;
    let connections = exporter.connections()?;
    let after = exporter.scrape().await?;
    let at_end = exporter.usage()?;
    exporter.stop().await?;

    let probes = options.orgs * orgs::PROBES;
    let runs = after.runs - before.runs;
    let due = probes as f64 * lasted.as_secs_f64() / orgs::INTERVAL.as_secs_f64();
    let steady_cpu = end.cpu.as_secs_f64() - after_scrape.cpu.as_secs_f64();
    println!(
        "\n{} orgs, {probes} probes, one run of each in {:?}",
        options.orgs,
        orgs::INTERVAL
    );
    for (what, figure) in [
        ("until it serves", format!("{:.2} s", up.as_secs_f64())),
        ("CPU until then", seconds(at_start.cpu)),
        ("resident then", megabytes(at_start.resident)),
        ("first round", format!("{:.1} s", first_round.as_secs_f64())),
        ("CPU from the start to its end", seconds(after_round.cpu)),
        ("resident after it", megabytes(after_round.resident)),
        ("resident after a scrape", megabytes(after_scrape.resident)),
        (
            "  at the end, before and after one",
            format!(
                "{}, {}",
                megabytes(end.resident),
                megabytes(at_end.resident)
            ),
        ),
        ("series", after.series.to_string()),
        ("page", format!("{:.1} MB", after.bytes as f64 / 1e6)),
        ("steady state", format!("{:.0} s", lasted.as_secs_f64())),
        (
            "  CPU",
            format!(
                "{:.1} % of a core",
                100.0 * steady_cpu / lasted.as_secs_f64()
            ),
        ),
        (
            "  CPU for each run",
            format!("{:.2} ms", 1e3 * steady_cpu / runs),
        ),
        ("  runs, of those due", format!("{runs:.0} of {due:.0}")),
        ("  requests arrived", arrivals.requests.to_string()),
        ("  late, at an interval", late(&arrivals)),
        ("probes failing", after.failing.to_string()),
        ("connections open", connections.to_string()),
        ("threads", end.threads.to_string()),
    ] {
        println!("{what:<36} {figure:>24}");
    }
    println!("failures: {}", failures(&after));
    Ok(())
}

fn seconds(cpu: Duration) -> String {
    format!("{:.2} s", cpu.as_secs_f64())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// How far runs that are not aimed at a window came apart from their interval.
fn late(arrivals: &Arrivals) -> String {
    let Arrivals {
        median, p99, most, ..
    } = arrivals;
    format!("p50 {median:.0}, p99 {p99:.0}, most {most:.0} ms")
}

fn failures(page: &Page) -> String {
    let told: Vec<String> = page
        .failures
        .iter()
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    if told.is_empty() {
        "none".to_owned()
    } else {
        told.join(", ")
    }
}
