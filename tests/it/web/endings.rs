//! What ends while something is under way: the exporter, and what keeps a probe.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use okta_exporter::{
    config::Config,
    fleet::{Board, Keeper, Outcome, Plan, ProbeId, ProbeRun, RunOnce, plans},
    okta::{Exchange, Gate, Phases},
    probe::{AnyMemory, ProbeResult},
    store::{InMemory, Store},
    units::{Moment, Timestamp},
    web::{Bound, Served, Serving},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    sync::watch,
};
use tokio_util::sync::CancellationToken;

use super::{org, served};
use crate::support::{Exporter, PATIENCE, acme, get};

/// So many endpoints make a page of more than any socket holds back.
const MANY: usize = 120_000;
/// Less than half of that page, in bytes.
const HALF: usize = 7_000_000;

#[tokio::test]
async fn an_answer_under_way_is_ended_before_the_exporter_is() {
    let okta = org().await;
    let exporter = Exporter::watch(&okta, "{ discovery: {} }").await;
    exporter.first_round().await;
    let failed = |n: usize| Exchange {
        api: format!("a-name-that-makes-the-page-long-with-little-work-{n}").into(),
        path: "/".to_owned(),
        credential: None,
        bucket: None,
        at: Timestamp::now(),
        sent: Moment::now(),
        took: Duration::ZERO,
        phases: Phases::default(),
        answer: Err("connect"),
    };
    let discovery = ProbeId {
        org: Some("acme".parse().unwrap()),
        probe: "discovery".to_owned(),
    };
    let result = ProbeResult {
        observation: None,
        failure: None,
    };
    let outcome = Outcome {
        at: Timestamp::now(),
        took: None,
        result,
        memory: None,
        exchanges: (0..MANY).map(failed).collect(),
    };
    exporter.record(&discovery, outcome);

    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address = exporter.url().strip_prefix("http://").unwrap();
    let mut client = socket.connect(address.parse().unwrap()).await.unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nHost: it\r\nConnection: close\r\n\r\n";
    client.write_all(request).await.unwrap();
    // Nobody reads on until the exporter is told to end, and when half is read, the rest cannot have
    // been sent.
    let mut answer = vec![0; HALF];
    client.read_exact(&mut answer[..1]).await.unwrap();
    let mut draining = Box::pin(exporter.drain());
    tokio::select! {
        biased;
        () = &mut draining => panic!("it has ended, and its answer has not"),
        half = client.read_exact(&mut answer[1..]) => drop(half.unwrap()),
    }
    let reading = async { client.read_to_end(&mut answer).await.unwrap() };
    let ((), _) = tokio::join!(draining, reading);

    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    assert_eq!(length.unwrap(), body.len().to_string());
    assert!(body.len() > 2 * HALF, "{}", body.len());
}

/// A probe that breaks its keeper down once, before it can begin.
#[derive(Debug)]
struct Breaking {
    broke: AtomicBool,
    run: ProbeRun,
}

impl RunOnce for Breaking {
    fn aims_at_windows(&self) -> bool {
        false
    }

    fn no_memory(&self) -> AnyMemory {
        let broke = self.broke.swap(true, Ordering::Relaxed);
        assert!(broke, "it is to break down");
        self.run.no_memory()
    }

    async fn run_once(&self, known: &AnyMemory, gate: Option<&dyn Gate>) -> Outcome {
        self.run.run_once(known, gate).await
    }
}

#[tokio::test]
async fn it_is_unhealthy_while_what_keeps_a_probe_is_broken_down_and_healthy_once_it_has_run() {
    let okta = org().await;
    let board = Arc::new(Board::new());
    let serving = Serving::default();
    let (_configuration, shown) = watch::channel(Arc::default());
    let bound = Bound::new(&serving).await.unwrap();
    let server = bound.serve(Served {
        board: Arc::clone(&board),
        ..served(shown)
    });
    let url = format!("http://{}/-/healthy", server.addresses()[0]);
    assert_eq!(get(&url).await.status(), 200);

    let yaml = acme(&okta, "{ discovery: {} }");
    let plan = plans(Config::parse(&yaml, &BTreeMap::new()).unwrap()).remove(0);
    board.expect(plan.id.clone(), "discovery", plan.interval);
    let plan = Plan {
        id: plan.id,
        run: Breaking {
            broke: AtomicBool::new(false),
            run: plan.run,
        },
        interval: plan.interval,
        starts_in: Duration::ZERO,
        duty: plan.duty,
        fingerprint: plan.fingerprint,
    };
    let store: Arc<dyn Store> = Arc::new(InMemory::default());
    let stop = CancellationToken::new();
    let mut recorded = board.recorded();
    let keeping = tokio::spawn(Keeper::new(plan, &board, None, &store).keep(stop.clone()));
    let unhealthy = async {
        loop {
            let answer = get(&url).await;
            if answer.status() == 503 {
                return answer.text().await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let told = tokio::time::timeout(PATIENCE, unhealthy).await.unwrap();
    assert!(told.contains("(acme discovery first)"), "{told}");
    recorded.changed().await.unwrap();
    assert_eq!(get(&url).await.status(), 200);
    stop.cancel();
    keeping.await.unwrap();
}
