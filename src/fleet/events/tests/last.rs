//! When something last happened.

use std::sync::Arc;

use super::{
    account::{Disk, life, log},
    *,
};
use crate::metrics::Page;

#[tokio::test(start_paused = true)]
async fn when_a_type_or_an_offender_was_last_told_is_okta_s_moment_and_never_goes_back() {
    let account = life(&Arc::new(Disk::default()));
    account.recall().await.unwrap();
    let told = |number: u64, event_type: &str, outcome: &str, second: u64| {
        event(
            number,
            &format!(
                r#","eventType":"{event_type}","published":"1970-01-01T00:00:{second:02}.000Z","outcome":{{"result":"{outcome}"}},"transaction":{{"detail":{{"requestApiTokenId":"00Tbusy"}}}}"#
            ),
        )
    };
    let refused = "system.operation.rate_limit.violation";
    let events = [
        told(1, "user.session.start", "FAILURE", 40),
        told(2, "user.session.start", "SUCCESS", 30),
        told(3, "not.listed", "SUCCESS", 50),
        told(4, refused, "FAILURE", 20),
        told(5, refused, "FAILURE", 10),
    ];
    log(&account, &events, 5).await.unwrap();
    let mut page = Page::new();
    crate::fleet::events::draw("acme", &account, &mut page);
    let last: Vec<String> = page
        .test_series()
        .into_iter()
        .filter(|line| line.contains("_last_event_timestamp_seconds{"))
        .collect();
    assert_eq!(
        last,
        [
            r#"okta_log_last_event_timestamp_seconds{org="acme",event_type="user.session.start"} 40"#,
            r#"okta_rate_limit_last_event_timestamp_seconds{org="acme",event="operation_violation",bucket="unknown"} 20"#,
            r#"okta_rate_limit_offender_last_event_timestamp_seconds{org="acme",kind="api_token",principal="00Tbusy"} 20"#,
        ]
    );
}
