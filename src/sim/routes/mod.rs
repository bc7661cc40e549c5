//! From a request to its answer: record, fault, edge, caller, limit, resource, in this order.

mod authorization_servers;
mod call;
mod caller;
mod certificates;
mod logs;
mod management;
mod metadata;
mod oauth;
mod rate_limits;
mod token;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::{Method, StatusCode};

use super::answer::Answer;
use super::controls::Controls;
use super::credentials::Presented;
use super::record::Received;
use super::world::World;
use crate::listener::ConnectionNumber;
use call::Call;
use caller::AuthError;

pub(super) fn router(controls: Controls) -> Router {
    Router::new().fallback(receive).with_state(controls)
}

async fn receive(
    State(controls): State<Controls>,
    ConnectInfo(connection): ConnectInfo<ConnectionNumber>,
    request: Request,
) -> Response {
    let version = request.version();
    let call = Call::read(request, connection, controls.now()).await;
    let (who, fault, held) = {
        let mut world = controls.world();
        let who = world.caller(&call).ok().map(|(who, _)| who);
        world.log_due(call.now);
        let fault = world.faults.apply(&call.path);
        if let Some(fault) = &fault {
            world.log_fault(fault, (call.asked(), who.as_ref()), call.now);
        }
        let held = world.counters.reading(call.asked(), who.as_ref(), call.now);
        (who, fault, held)
    };
    let number = controls.record().arrived(Received {
        at: call.now,
        version,
        method: call.method.to_string(),
        path: call.path.clone(),
        query: call.query.clone(),
        principal: who.map(|who| who.name),
        status: None,
    });
    if let Some(delay) = fault.as_ref().and_then(super::Fault::delay) {
        tokio::time::sleep(delay).await;
    }
    let instead = fault
        .as_ref()
        .and_then(|fault| fault.answer(held, &call.path));
    let answer = instead.unwrap_or_else(|| controls.world().answer(&call));
    let answer = if call.path.starts_with("/api/") {
        answer.cookies()
    } else {
        answer
    };
    let mut answer = answer.stamped(controls.now());
    if let Some(fault) = &fault {
        fault.alter(answer.response_mut().headers_mut());
    }
    let status = answer.status();
    controls
        .record()
        .amend(number, |request| request.status = Some(status));
    answer.into_response()
}

impl World {
    fn answer(&mut self, call: &Call) -> Answer {
        let segments: Vec<&str> = call.path.split('/').skip(1).collect();
        let method = if let ["oauth2", .., "introspect" | "token"] = segments.as_slice() {
            Method::POST
        } else if *segments == ["api", "v1", "domains"] && call.method == Method::POST {
            Method::POST
        } else {
            Method::GET
        };
        match segments.as_slice() {
            [".well-known" | "oauth2", ..] | ["api", "v1", ..] if call.method != method => {
                Answer::edge_wrong_method()
            }
            [".well-known", "okta-organization"] => {
                self.limited(call, None, |world| metadata::organization(world))
            }
            [".well-known", document] => metadata::discovery(self, super::ORG, document),
            ["oauth2", "v1", "keys"] => metadata::keys(self, super::ORG, call),
            ["oauth2", "v1", "token"] => token::token(self, super::ORG, call),
            ["oauth2", "v1", "introspect"] => oauth::introspect(self, super::ORG, call),
            ["oauth2", server, ..] if !self.has_server(server) || *server == super::ORG => {
                Answer::not_found(&format!("{server} (AuthorizationServer)"))
            }
            ["oauth2", server, ".well-known", document] => {
                metadata::discovery(self, server, document)
            }
            ["oauth2", server, "v1", "keys"] => metadata::keys(self, server, call),
            ["oauth2", server, "v1", "token"] => token::token(self, server, call),
            ["oauth2", server, "v1", "introspect"] => oauth::introspect(self, server, call),
            ["oauth2", ..] => Answer::not_found(&call.path),
            ["api", "v1", rest @ ..] => self.management(call, rest),
            _ => Answer::edge_not_found(),
        }
    }

    fn management(&mut self, call: &Call, rest: &[&str]) -> Answer {
        let (who, grant) = match self.caller(call) {
            Ok(caller) => caller,
            Err(AuthError::Bearer(refusal)) => {
                let told = ("invalid_token", refusal.description());
                return self.challenge(call, StatusCode::UNAUTHORIZED, told);
            }
            Err(AuthError::NoCredential) => return Answer::no_session(),
            Err(AuthError::DeadToken) => return Answer::invalid_token(),
        };
        if let Some(refused) = self.unproved(call) {
            return refused;
        }
        if self
            .org
            .unlicensed
            .iter()
            .any(|path| call.path.starts_with(path))
        {
            return Answer::not_licensed();
        }
        self.limited(call, Some(&who), |world| {
            if management::scope(&call.method, rest).is_none_or(|scope| grant.allows(&scope)) {
                return management::resource(world, call, rest);
            }
            if let Presented::Bearer(_) | Presented::Dpop(_) = call.presented {
                let description = "The access token provided does not contain the required scopes.";
                return world.challenge(
                    call,
                    StatusCode::FORBIDDEN,
                    ("insufficient_scope", description),
                );
            }
            Answer::role_lacks_permission()
        })
    }
}
