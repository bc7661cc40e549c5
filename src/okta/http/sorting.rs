//! Errors of the HTTP client sorted into failures, by their innermost known cause and in words of
//! people. What came and cannot be read is told from what did not come.

use std::{error::Error, io};

use hyper_util::client::legacy;

use super::{allowance::is_used_up, client::Client, exchange::Phases, resolver::DnsError};
use crate::okta::{Failure, descriptors};

/// Sorts the error of a request that this client sent, whose answer may have so many bytes.
pub(super) fn sort(
    error: &(dyn Error + 'static),
    client: &Client,
    most: usize,
    phases: Phases,
) -> Failure {
    let is_tls = client.origin().scheme() == "https";
    let is_connect = error.downcast_ref().is_some_and(legacy::Error::is_connect);
    if causes(error).any(came_too_much) {
        return Failure::TooLarge { limit: most };
    }
    for cause in causes(error) {
        if let Some(DnsError { name, detail }) = cause.downcast_ref() {
            if descriptors::none_is_left() {
                return Failure::NoDescriptor;
            }
            return Failure::Dns {
                host: name.clone(),
                detail: detail.clone(),
            };
        }
        if cause.downcast_ref().is_some_and(descriptors::are_lacking) {
            return Failure::NoDescriptor;
        }
        let handshake = match cause.downcast_ref::<rustls::Error>() {
            Some(tls) => Some(of_tls(tls)),
            None if is_connect && is_tls => closed(cause),
            None => None,
        };
        if let Some(detail) = handshake {
            return Failure::Tls {
                host: client.way(),
                detail,
            };
        }
    }
    // TLS wraps what it finds in the same kinds of error, so it comes first.
    if let Some(why) = causes(error).find_map(unreadable) {
        return Failure::InvalidBody(why.to_owned());
    }
    let detail = causes(error).last().map_or_else(String::new, told);
    if phases.first_byte.is_some() {
        Failure::Cut { detail }
    } else {
        // Refused, unreachable, or closed before a single byte: no conversation took place.
        Failure::Connect {
            host: client.way(),
            detail,
        }
    }
}

/// That the host sent more than it may.
fn came_too_much(cause: &(dyn Error + 'static)) -> bool {
    let of_http2 = cause
        .downcast_ref::<h2::Error>()
        .and_then(h2::Error::get_io);
    let error = cause.downcast_ref::<io::Error>().or(of_http2);
    error.is_some_and(is_used_up)
}

/// What is wrong with TLS.
fn of_tls(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(_)
        | rustls::Error::InappropriateMessage { .. }
        | rustls::Error::InappropriateHandshakeMessage { .. } => {
            "the handshake broke off: what answers there does not speak TLS".to_owned()
        }
        rustls::Error::AlertReceived(alert) => {
            format!("the handshake broke off: the host refused it, by the alert `{alert:?}`")
        }
        rustls::Error::PeerIncompatible(_) => {
            "the handshake broke off: the host offers no safe version of TLS".to_owned()
        }
        rustls::Error::PeerMisbehaved(_) | rustls::Error::DecryptError => {
            "the handshake broke off: the host breaks the rules of TLS".to_owned()
        }
        _ => error.to_string(),
    }
}

/// That a host closed the connection while TLS was set up: TCP's own refusal is another.
fn closed(cause: &(dyn Error + 'static)) -> Option<String> {
    let kind = cause.downcast_ref::<io::Error>()?.kind();
    let is_closed = matches!(
        kind,
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    );
    is_closed.then(|| "the handshake broke off: the host closed the connection".to_owned())
}

/// Why what came is no answer; `None` where it is not that.
fn unreadable(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        let too_large = "it has more headers, or larger ones, than any that Okta sends";
        let kinds = [
            (error.is_parse_too_large(), too_large),
            (error.is_parse(), "what came is not HTTP"),
        ];
        return kinds.into_iter().find_map(|(is, why)| is.then_some(why));
    }
    if let Some(error) = cause.downcast_ref::<h2::Error>() {
        let kinds = [
            (error.is_io(), None),
            (
                error.is_go_away() && error.is_remote(),
                Some("the host ended the HTTP/2 connection in place of answering"),
            ),
            (
                error.is_reset() && error.is_remote(),
                Some("the host took the request back in HTTP/2, in place of answering"),
            ),
            (
                error.is_go_away() || error.is_reset() || error.is_library(),
                Some("what came breaks the rules of HTTP/2"),
            ),
        ];
        return kinds
            .into_iter()
            .find_map(|(is, why)| is.then_some(why))
            .flatten();
    }
    let kind = cause.downcast_ref::<io::Error>()?.kind();
    let is_garbled = matches!(
        kind,
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
    );
    is_garbled.then_some("its body is not packed or measured as its headers say")
}

/// The last cause, in words of people where the library has none.
fn told(cause: &(dyn Error + 'static)) -> String {
    match cause.downcast_ref::<hyper::Error>() {
        Some(error)
            if error.is_incomplete_message() || error.is_closed() || error.is_canceled() =>
        {
            "the connection was closed before an answer was complete".to_owned()
        }
        Some(error) if error.is_timeout() => "the connection no longer answers".to_owned(),
        _ => cause.to_string(),
    }
}

/// The chain of causes.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), cause)
}

/// What lies behind an error. `io::Error` hides the error it wraps from `source()`, so it is opened.
fn cause<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let error: &'a (dyn Error + 'static) = *error;
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
