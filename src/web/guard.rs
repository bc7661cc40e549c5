//! What stands before every page: who may ask under which name, and what browsers are told of it.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{handbook, page};

/// The host names that requests may be made under; none stands for all.
pub(super) type AllowedHosts = Arc<[String]>;

/// Refuses who asks under a name that is not served for. A page elsewhere whose name is made to lead
/// here (DNS rebinding) is read by a browser as its own; an address cannot be made to lead elsewhere.
pub(super) async fn hosts(
    State(allowed): State<AllowedHosts>,
    request: Request,
    next: Next,
) -> Response {
    if allowed.is_empty() || is_allowed(asked_host(&request).as_deref(), &allowed) {
        return next.run(request).await;
    }
    let told =
        "okta-exporter is not served under this name: `--web.allowed-hosts` names those it is\n";
    (StatusCode::MISDIRECTED_REQUEST, told).into_response()
}

/// The name that is asked, without its port.
fn asked_host(request: &Request) -> Option<String> {
    let written = request.headers().get(header::HOST);
    let authority: Authority = match request.uri().authority() {
        Some(authority) => authority.clone(),
        None => written?.to_str().ok()?.parse().ok()?,
    };
    Some(authority.host().trim_end_matches('.').to_ascii_lowercase())
}

fn is_allowed(host: Option<&str>, allowed: &[String]) -> bool {
    let Some(host) = host else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = bare.parse::<IpAddr>().is_ok() || host == "localhost";
    is_here || allowed.iter().any(|name| name.eq_ignore_ascii_case(host))
}

/// Tells browsers to load nothing from elsewhere, to run nothing but the page's own script, to guess
/// no type, and to show it in no frame; unless an answer says something else of that.
pub(super) async fn headers(
    State(policy): State<HeaderValue>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    let text = HeaderValue::from_static;
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, text("nosniff")),
        (header::X_FRAME_OPTIONS, text("DENY")),
        (header::REFERRER_POLICY, text("no-referrer")),
    ] {
        headers.entry(name).or_insert(value);
    }
    response
}

/// The Content-Security-Policy of every page.
pub(super) fn policy() -> HeaderValue {
    let [style, script] = page::inline().map(digest);
    let prose = digest(handbook::STYLE);
    let policy = format!(
        "default-src 'none'; style-src '{style}' '{prose}'; script-src '{script}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// How a policy names a text that stands in the page.
fn digest(text: &str) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::{Engine, engine::general_purpose::STANDARD};

    format!(
        "sha256-{}",
        STANDARD.encode(digest(&SHA256, text.as_bytes()))
    )
}

#[cfg(test)]
mod tests;
