//! What stands before everything that is served where there is a web configuration: the rate limit, the
//! users, the headers. What is asked for is looked at only to see whether it is exempt.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{ConfigFile, Fixed, rate_limit::RateLimit, users::Logins};
use crate::web::stats::Stats;

/// Who stands there.
pub(in crate::web) struct Gate {
    file: Arc<ConfigFile>,
    limit: Option<RateLimit>,
    logins: Logins,
    /// Whether a path is let through without a password.
    exempt: Box<dyn Fn(&str) -> bool + Send + Sync>,
    stats: Arc<Stats>,
}

impl Gate {
    /// Lets through what is exempt without a password, and counts whom it refuses.
    pub(in crate::web) fn new(
        file: Arc<ConfigFile>,
        fixed: Fixed,
        exempt: impl Fn(&str) -> bool + Send + Sync + 'static,
        stats: Arc<Stats>,
    ) -> std::io::Result<Self> {
        Ok(Self {
            file,
            limit: RateLimit::new(fixed.rate),
            logins: Logins::new()?,
            exempt: Box::new(exempt),
            stats,
        })
    }

    fn refuse(&self, status: StatusCode) -> Response {
        self.stats.answered("none", status.as_u16());
        let told = format!("{}\n", status.canonical_reason().unwrap_or_default());
        (status, told).into_response()
    }
}

/// Lets through whom the file lets in.
pub(in crate::web) async fn guard(
    State(gate): State<Arc<Gate>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(settings) = gate.file.settings().await else {
        return gate.refuse(StatusCode::INTERNAL_SERVER_ERROR);
    };
    if gate.limit.as_ref().is_some_and(|limit| !limit.admits()) {
        return gate.refuse(StatusCode::TOO_MANY_REQUESTS);
    }
    let brought = request.headers().get(header::AUTHORIZATION).cloned();
    let passes = settings.users.is_empty()
        || (gate.exempt)(request.uri().path())
        || gate.logins.admit(&settings.users, brought.as_ref()).await;
    let mut response = if passes {
        next.run(request).await
    } else {
        let mut refused = gate.refuse(StatusCode::UNAUTHORIZED);
        let basic = HeaderValue::from_static("Basic");
        refused
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, basic);
        refused
    };
    for (name, value) in &settings.headers {
        let _: Option<HeaderValue> = response.headers_mut().insert(name.clone(), value.clone());
    }
    response
}
