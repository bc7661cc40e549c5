mod disk;

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;

use super::*;
use crate::{
    guide::Fact,
    metrics::Page,
    store::{Contents, SCHEMA},
};

fn key(id: &str) -> MemoryKey {
    MemoryKey {
        origin: "https://acme.okta.com".to_owned(),
        kind: "jwks",
        id: id.to_owned(),
    }
}

fn batch(ids: impl IntoIterator<Item = usize>, says: usize) -> Batch {
    let memory = |id: usize| (key(&id.to_string()), json!({ "says": says, "of": id }));
    ids.into_iter().map(memory).collect()
}

async fn says(store: &FileStore, id: usize) -> Result<Option<usize>, StoreError> {
    let found = store.load(&key(&id.to_string())).await?;
    Ok(found.map(|found| usize::try_from(found["says"].as_u64().unwrap()).unwrap()))
}

/// A directory, and the path of a file in it that is not there.
fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.redb");
    (directory, path)
}

async fn refused(path: &Path) -> CannotOpen {
    let opened = FileStore::open(path).await;
    opened.map(|_| ()).unwrap_err()
}

fn drawn(health: &Health) -> Vec<String> {
    let mut page = Page::new();
    health.draw(&mut page);
    page.test_series()
}

#[tokio::test]
async fn what_was_kept_is_there_when_the_file_is_opened_again_and_nobody_else_may_read_it() {
    let (directory, path) = place();
    let store = FileStore::open(&path).await.unwrap();
    assert_eq!(says(&store, 1).await, Ok(None));
    store.commit(batch(0..3, 7)).await.unwrap();
    store.commit(batch([1], 8)).await.unwrap();
    store.close().await;
    let store = FileStore::open(&path).await.unwrap();
    assert_eq!(says(&store, 0).await, Ok(Some(7)));
    assert_eq!(says(&store, 1).await, Ok(Some(8)));
    assert_eq!(says(&store, 3).await, Ok(None));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let left = fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 1, "nothing but the store");
}

#[tokio::test]
async fn what_was_kept_is_there_though_the_file_was_never_closed() {
    let (directory, path) = place();
    let store = FileStore::open(&path).await.unwrap();
    store.commit(batch(0..3, 7)).await.unwrap();
    // As it is on the disk while the process runs.
    let copy = directory.path().join("copy");
    fs::copy(&path, &copy).unwrap();
    let copied = FileStore::open(&copy).await.unwrap();
    assert_eq!(says(&copied, 2).await, Ok(Some(7)));
}

#[tokio::test]
async fn each_thing_that_cannot_be_a_store_is_refused_with_what_to_do_and_left_as_it_is() {
    let (directory, path) = place();
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let foreign = directory.path().join("foreign");
    let database = redb::Database::create(&foreign).unwrap();
    let transaction = database.begin_write().unwrap();
    let of_others: redb::TableDefinition<'_, u64, u64> = redb::TableDefinition::new("x");
    transaction.open_table(of_others).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let newer = directory.path().join("newer");
    let database = redb::Database::create(&newer).unwrap();
    open::write_schema(&database, SCHEMA + 1).unwrap();
    drop(database);
    FileStore::open(&path).await.unwrap().close().await;
    let mut bytes = fs::read(&path).unwrap();
    let half = write("half", &bytes[..bytes.len() / 2]);
    bytes[4096..].fill(0x5a);
    let torn = write("torn", &bytes);
    for (path, told) in [
        (
            directory.path().join("no/state.redb"),
            "directory does not exist: create it",
        ),
        (
            foreign.join("state.redb"),
            "directory does not exist: create it",
        ),
        (directory.path().to_owned(), "no regular file"),
        (PathBuf::from("/dev/null"), "no regular file"),
        (write("empty", b""), "the file is empty"),
        (write("text", b"orgs: {}\n"), "not a store of okta-exporter"),
        (
            write("long", &vec![b'x'; 70_000]),
            "not a store of okta-exporter",
        ),
        (foreign, "not a store of okta-exporter"),
        (newer, "schema 2, and this one knows 1"),
        (half, "damaged"),
        (torn, "damaged"),
    ] {
        let before = fs::read(&path).ok();
        let why = refused(&path).await;
        assert!(!why.may_pass(), "{why}");
        let why = why.to_string();
        assert!(
            why.contains(told) && why.contains(path.to_str().unwrap()),
            "{why}"
        );
        // redb writes down that it looked into a file of its own.
        let is_of_redb = ["foreign", "newer"].iter().any(|name| path.ends_with(name));
        assert!(is_of_redb || before == fs::read(&path).ok(), "{why}");
    }
    let database = redb::Database::open(directory.path().join("newer")).unwrap();
    let found = open::schema(&database).unwrap();
    assert_eq!(found, Some(SCHEMA + 1), "what it holds is as it was");
}

#[tokio::test]
async fn a_file_has_one_user_at_a_time() {
    let (_directory, path) = place();
    let store = FileStore::open(&path).await.unwrap();
    let why = refused(&path).await.to_string();
    assert!(why.contains("another okta-exporter has this file"), "{why}");
    let why = Contents::of(&path).unwrap_err().to_string();
    assert!(why.contains("another okta-exporter has this file"), "{why}");
    store.close().await;
    assert_eq!(Contents::of(&path).unwrap().documents.len(), 0);
}

#[tokio::test]
async fn many_that_keep_at_once_take_turns_and_none_is_lost() {
    let (_directory, path) = place();
    let store = FileStore::open(&path).await.unwrap();
    let commits = (0..50).map(|id| store.commit(batch([id], id)));
    for kept in futures_util::future::join_all(commits).await {
        kept.unwrap();
    }
    store.close().await;
    let kept = Contents::of(&path).unwrap();
    assert_eq!((kept.schema, kept.documents.len()), (SCHEMA, 50));
    assert!(
        kept.documents
            .iter()
            .all(|document| document.says.is_some())
    );
    let size = kept.size.unwrap();
    let expected = format!("okta_exporter_store_size_bytes {size}");
    assert!(
        drawn(store.health()).contains(&expected),
        "{:?}",
        drawn(store.health())
    );
}

/// Bits flip, ends are cut off: what is opened all the same says what it said.
#[tokio::test]
async fn a_file_that_changed_on_the_disk_is_refused_or_read_right() {
    let (directory, path) = place();
    let store = FileStore::open(&path).await.unwrap();
    for round in 0..20 {
        store.commit(batch(0..20, round)).await.unwrap();
    }
    store.close().await;
    let right = fs::read(&path).unwrap();
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut refused, mut read) = (0, 0);
    // Ten times as many, and more, were tried when this was written.
    let changed = directory.path().join("changed");
    for n in 0..300 {
        let mut bytes = right.clone();
        if n % 5 == 0 {
            bytes.truncate(random.usize(..bytes.len()));
        } else {
            bytes[random.usize(..right.len())] ^= 1 << random.u8(..8);
        }
        fs::write(&changed, &bytes).unwrap();
        let store = match FileStore::open(&changed).await {
            Ok(store) => store,
            Err(why) => {
                assert!(!why.may_pass(), "seed {seed}, {n}: {why}");
                refused += 1;
                continue;
            }
        };
        for id in 0..20 {
            assert_eq!(says(&store, id).await, Ok(Some(19)), "seed {seed}, {n}");
        }
        store.close().await;
        read += 1;
    }
    assert!(refused > 30 && read > 30, "{refused} refused, {read} read");
}

#[tokio::test]
async fn what_is_removed_while_it_is_in_use_is_told_and_kept_again_once_it_is_back() {
    let (directory, path) = place();
    let store = FileStore::open(&path).await.unwrap();
    store.commit(batch([1], 1)).await.unwrap();
    let elsewhere = directory.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    let why = store.commit(batch([1], 2)).await.unwrap_err().to_string();
    assert!(why.contains("there is no such file"), "{why}");
    assert!(!path.exists(), "no other is made in its place");
    let found = store.health().findings();
    assert_eq!((found.len(), found[0].fact), (1, Fact::StoreFailing));
    // It is not looked for at once, since looking reads all of it.
    fs::rename(&elsewhere, &path).unwrap();
    store.commit(batch([1], 2)).await.unwrap_err();
    tokio::time::pause();
    tokio::time::advance(RESPITE).await;
    store.commit(batch([1], 2)).await.unwrap();
    assert_eq!(store.health().findings(), []);
    assert_eq!(says(&store, 1).await, Ok(Some(2)));
    let drawn = drawn(store.health());
    for line in [
        "okta_exporter_store_commits_total 2",
        r#"okta_exporter_store_errors_total{operation="commit"} 2"#,
        r#"okta_exporter_store_errors_total{operation="load"} 0"#,
    ] {
        assert!(drawn.iter().any(|found| found == line), "{drawn:?}");
    }
}
