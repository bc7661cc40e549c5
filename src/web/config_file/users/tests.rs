//! What a request may bring, and what is remembered of it.

use super::*;

/// Of "secret", at the least cost.
fn hash_of(password: &str) -> Secret {
    let hash = bcrypt::hash(password, 4).unwrap();
    Secret::from(hash)
}

fn header(text: impl AsRef<[u8]>) -> HeaderValue {
    HeaderValue::from_bytes(text.as_ref()).unwrap()
}

fn basic(text: impl AsRef<[u8]>) -> HeaderValue {
    header(format!("Basic {}", BASE64.encode(text)))
}

#[test]
fn a_header_is_read_as_go_reads_it() {
    let read = |text: &str| {
        read(&header(text)).map(|brought| {
            let both = [brought.name(), brought.password()];
            both.map(|part| String::from_utf8(part.to_vec()).unwrap())
        })
    };
    let both = |name: &str, password: &str| Some([name.to_owned(), password.to_owned()]);
    assert_eq!(read("Basic YTpi"), both("a", "b"));
    assert_eq!(read("bASIC YTpi"), both("a", "b"));
    assert_eq!(read("Basic YTpiOmM="), both("a", "b:c"));
    assert_eq!(read("Basic Og=="), both("", ""));
    assert_eq!(read("Basic Oh=="), both("", ""), "trailing bits");
    for none in [
        "",
        "Basic",
        "Basic ",
        "Basic  YTpi",
        "Basic YTpiOmM",
        "Basic YWI=",
        "Bearer YTpi",
        "Basic YT-i",
        "Basic\tYTpi",
        "BasicYTpi",
    ] {
        assert_eq!(read(none), None, "{none}");
    }
}

#[tokio::test]
async fn users_are_let_in_by_their_password_and_by_nothing_else() {
    let users = BTreeMap::from([
        ("first.last".to_owned(), hash_of("secret")),
        ("yes".to_owned(), hash_of("")),
        (String::new(), hash_of("nameless")),
        ("nobody".to_owned(), Secret::from("no hash at all")),
    ]);
    let logins = Logins::new().unwrap();
    for round in ["compared", "remembered"] {
        for (brought, good) in [
            ("first.last:secret", true),
            ("first.last:wrong", false),
            ("first.last:", false),
            ("First.Last:secret", false),
            ("yes:", true),
            (":nameless", true),
            ("nobody:no hash at all", false),
            ("unknown:fakepassword", false),
        ] {
            let admitted = logins.admit(&users, Some(&basic(brought))).await;
            assert_eq!(admitted, good, "{brought} {round}");
        }
        assert!(!logins.admit(&users, None).await);
        let no_text = logins.admit(&users, Some(&basic(b"\xff:secret"))).await;
        assert!(!no_text);
    }
}

#[tokio::test]
async fn another_hash_is_another_login() {
    let logins = Logins::new().unwrap();
    let asks = basic("a:secret");
    let users = |password| BTreeMap::from([("a".to_owned(), hash_of(password))]);
    let (before, after) = (users("secret"), users("other"));
    assert!(logins.admit(&before, Some(&asks)).await);
    assert!(!logins.admit(&after, Some(&asks)).await);
    assert!(!logins.admit(&BTreeMap::new(), Some(&asks)).await);
    assert!(logins.admit(&before, Some(&asks)).await);
}

#[tokio::test]
async fn those_who_guess_make_no_good_login_forgotten_and_a_known_one_waits_for_nobody() {
    let logins = Logins::new().unwrap();
    let users = BTreeMap::from([("a".to_owned(), hash_of("secret"))]);
    let asks = basic("a:secret");
    assert!(logins.admit(&users, Some(&asks)).await);
    for guess in 0..=REMEMBERED {
        let guess = basic(format!("a:{guess}"));
        assert!(!logins.admit(&users, Some(&guess)).await);
    }
    assert_eq!(logins.known().bad.len(), REMEMBERED);
    // Somebody is being compared, for ever.
    let _turn = Arc::clone(&logins.turn).acquire_owned().await.unwrap();
    assert!(logins.admit(&users, Some(&asks)).await);
}

#[test]
fn a_user_without_a_hash_is_told_by_name_and_without_what_stands_there() {
    let users = BTreeMap::from([("a".to_owned(), Secret::from("plainpassword"))]);
    let told = check(&users).unwrap_err().to_string();
    assert!(told.contains(r#""a" is shorter"#), "{told}");
    assert!(!told.contains("plainpassword"));
}
