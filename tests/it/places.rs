use std::{collections::BTreeMap, fs, process::Stdio};

use okta_exporter::config::Config;
use tokio::io::AsyncWriteExt as _;

use crate::support::{PATIENCE, Program};

/// One mistake of each sort, in lines that the test knows.
const BROKEN: &str = "defaults: { interval: soon }
orgs:
  acme:
    url: https://acme-admin.okta.com
    credentials:
      monitor: {}
    probes:
      discovry: {}
      endpoint:
        users: { path: /api/v1/users, credential: nobody }
      token:
        ci:
          expect: { scopes: a b }
  beta:
    probes: { discovery: {} }
";

struct File(tempfile::TempDir);

impl File {
    fn of(yaml: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("c.yaml"), yaml).unwrap();
        Self(directory)
    }

    fn path(&self) -> String {
        self.0.path().join("c.yaml").display().to_string()
    }

    fn flag(&self) -> String {
        format!("--config.file={}", self.path())
    }
}

#[tokio::test]
async fn each_mistake_names_the_line_and_column_of_its_setting() {
    let file = File::of(BROKEN);
    let checked = Program::exporter(&[&file.flag(), "--config.check"], &[]);
    let (status, said) = checked.end().await;
    assert_eq!(status.code(), Some(1));
    let path = file.path();
    let expected = [
        "1:13: defaults.interval: ",
        "4:5: orgs.acme.url: ",
        "6:7: orgs.acme.credentials.monitor: ",
        "8:7: orgs.acme.probes.discovry: ",
        "10:39: orgs.acme.probes.endpoint.users.credential: ",
        // What is missing is missing in what it should be in.
        "12:9: orgs.acme.probes.token.ci.access_token: missing",
        "13:21: orgs.acme.probes.token.ci.expect.scopes: ",
        "14:3: orgs.beta.url: missing",
    ];
    assert_eq!(said[0], format!("okta-exporter: {path}: 8 problems"));
    assert_eq!(said.len(), 1 + expected.len(), "{said:#?}");
    for (line, expected) in said[1..].iter().zip(expected) {
        let expected = format!("  {path}:{expected}");
        assert!(line.starts_with(&expected), "{line}\nis not\n{expected}");
    }
}

/// Good, and with a credential that nobody asks with.
const WORTH_SAYING: &str = "status_pages: {}
orgs:
  acme:
    url: http://127.0.0.1:1
    credentials:
      spare: { api_token_env: SPARE }
    probes: { discovery: {} }
";

#[tokio::test]
async fn a_warning_names_line_and_column_as_well_by_the_check_at_the_start_and_after_a_reload() {
    let file = File::of(WORTH_SAYING);
    let warning = format!(
        "{}:6:7: orgs.acme.credentials.spare: no probe uses it",
        file.path()
    );
    let spare = [("SPARE", "00s3cr3t")];
    let checked = Program::exporter(&[&file.flag(), "--config.check"], &spare);
    let (status, said) = checked.end().await;
    assert!(status.success(), "{said:?}");
    assert!(said.contains(&format!("warning: {warning}")), "{said:?}");
    let flags = [&file.flag(), "--web.listen-address=127.0.0.1:0"];
    let mut exporter = Program::exporter(&flags, &spare);
    exporter.until(&warning).await;
    exporter.until("address=").await;
    exporter.tell("HUP").await;
    exporter.until(&warning).await;
}

#[test]
fn what_a_variable_set_names_the_variable_and_no_line() {
    let file = File::of(
        "status_pages: {}\norgs:\n  acme:\n    url: https://acme.okta.com\n    probes: { discovery: { interval: soon } }\n",
    );
    let told = |variables: &[(&str, &str)]| {
        let variables = variables.iter();
        let environment: BTreeMap<String, String> = variables
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let file = file.path();
        let problems = Config::load(Some(file.as_ref()), &environment).unwrap_err();
        problems.to_string().replace(&file, "c.yaml")
    };
    let discovery = "orgs.acme.probes.discovery.interval: ";
    let here = told(&[]);
    assert!(
        here.contains(&format!("c.yaml:5:28: {discovery}")),
        "{here}"
    );
    let variable = "OKTA_EXPORTER__ORGS__ACME__PROBES__DISCOVERY__INTERVAL";
    let there = told(&[(variable, "5 parsecs")]);
    assert!(there.contains(&format!("\n  {discovery}")), "{there}");
    assert!(there.contains(&format!("(set by {variable})")), "{there}");
}

#[test]
fn a_text_that_is_no_yaml_and_a_name_that_is_there_twice_are_told_in_the_same_form() {
    let told = |yaml: &str| {
        let problems = Config::load(Some(File::of(yaml).path().as_ref()), &BTreeMap::new());
        problems.unwrap_err().to_string()
    };
    let broken = told("orgs:\n\tacme: {}\n");
    assert!(broken.contains("c.yaml:2:"), "{broken}");
    let twice = told(
        "orgs:\n  acme: { url: https://a.okta.com }\n  beta: { url: https://b.okta.com }\n  acme: { url: https://a.okta.com }\norgs: {}\n",
    );
    for line in [
        "c.yaml:4:3: orgs.acme: `acme` is written twice in the same place, first at line 2: ",
        "c.yaml:5:1: orgs: `orgs` is written twice in the same place, first at line 1: ",
    ] {
        assert!(twice.contains(line), "{twice}");
    }
}

/// Everything in it is good but for secrets that are not there.
const WITHOUT_SECRETS: &str = "status_pages: {}
orgs:
  acme:
    url: https://acme.okta.com
    credentials:
      monitor: { api_token_file: no-such-file }
      edge: { bearer_token_env: NO_SUCH_VARIABLE }
      app: { oauth: { client_id: 0oa1, private_key_file: no-such-key, scopes: [okta.users.read] } }
    event_hook: { authorization_env: NO_SUCH_VARIABLE }
    probes:
      discovery: {}
      endpoint:
        users: { path: /api/v1/users, credential: monitor }
        groups: { path: /api/v1/groups, credential: edge }
        others: { path: /api/v1/users/me, credential: app }
      token:
        ci: { access_token_file: no-such-file, introspect: { client_id: 0oa2, private_key_env: NO_SUCH_VARIABLE } }
";

#[tokio::test]
async fn a_file_is_checked_where_its_secrets_are_not_mounted_and_the_check_says_so() {
    let file = File::of(WITHOUT_SECRETS);
    let check = async |flag: &str, variables: &[(&str, &str)]| {
        let checked = Program::exporter(&[&file.flag(), flag], variables);
        let (status, said) = checked.end().await;
        (status.code(), said.join("\n"))
    };
    for flag in ["--config.check", "--config.check=all"] {
        let (status, said) = check(flag, &[]).await;
        assert_eq!(status, Some(1), "{said}");
        for part in ["no-such-file", "no-such-key", "NO_SUCH_VARIABLE"] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!said.contains("no secret was looked at"), "{said}");
    }
    // What is there is not looked at either.
    for variables in [&[][..], &[("NO_SUCH_VARIABLE", "no token at all")]] {
        let (status, said) = check("--config.check=syntax", variables).await;
        assert_eq!(status, Some(0), "{said}");
        assert!(said.contains("1 orgs with 5 probes"), "{said}");
        assert!(said.contains("no secret was looked at"), "{said}");
    }
    let (status, said) = check("--config.check=none", &[]).await;
    assert_eq!(status, Some(64), "{said}");
    assert!(said.contains("syntax"), "{said}");
}

#[test]
fn all_else_is_checked_without_secrets_as_well_and_so_is_a_secret_that_is_written_there() {
    let told = |from: &str, to: &str| {
        assert!(WITHOUT_SECRETS.contains(from), "{from}");
        let file = File::of(&WITHOUT_SECRETS.replace(from, to)).0;
        let path = file.path().join("c.yaml");
        let outline = Config::outline(Some(&path), &BTreeMap::new());
        outline.map_or_else(|problems| problems.to_string(), |_| String::new())
    };
    assert_eq!(told("acme:", "acme:"), "");
    for (from, to, words) in [
        ("https://acme", "http://acme", "orgs.acme.url: "),
        ("credential: edge", "credential: nobody", "nobody"),
        ("okta.users.read", "okta.groups.read", "okta.users.read"),
        (
            "api_token_file: no-such-file",
            "api_token: s3cr3t",
            "begins with `00`",
        ),
        (
            "bearer_token_env: NO_SUCH_VARIABLE",
            "bearer_token: 's3cr3t s3cr3t'",
            "blank",
        ),
        (
            "private_key_file: no-such-key",
            "private_key: s3cr3t",
            "no private key",
        ),
        (
            "private_key_env: NO_SUCH_VARIABLE",
            "private_key: s3cr3t",
            "no private key",
        ),
        (
            "authorization_env: NO_SUCH_VARIABLE",
            "authorization: s3cr3t",
            "fewer than 16",
        ),
        (
            "authorization_env: NO_SUCH_VARIABLE",
            "authorization_env: A, authorization_file: b",
            "more than once",
        ),
    ] {
        let said = told(from, to);
        assert!(said.contains(words), "{words} is not in\n{said}");
        assert!(!said.contains("s3cr3t"), "{said}");
    }
}

#[tokio::test]
async fn a_file_may_come_from_the_standard_input() {
    let check = async |yaml: &str| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
        command
            .args(["--config.file=-", "--config.check=syntax"])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(yaml.as_bytes()).await.unwrap();
        drop(stdin);
        let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let output = ended.expect("it does not end").unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (status, said) = check(WITHOUT_SECRETS).await;
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = check(BROKEN).await;
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains("the standard input:4:5: orgs.acme.url: "),
        "{said}"
    );
}
