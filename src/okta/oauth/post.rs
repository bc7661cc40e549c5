//! A form that a client posts and proves itself beside: what each way of proving adds to it. How it asks
//! for tokens, with their challenges, is in [`mint`](super::mint).

use super::{
    assertion::{ClientAuth, ClientProof, JWT_BEARER, Ready},
    client::OAuthClient,
};
use crate::okta::{Failure, Form, Request, Response, Session};
use crate::units::Secret;

impl ClientAuth {
    /// The key or secret as it stands now, read apart from the threads that serve.
    pub(super) async fn read_by(&self, okta: &Session<'_>) -> Result<Ready, Failure> {
        let auth = self.clone();
        okta.secret(self.source(), move || auth.read()).await
    }
}

impl OAuthClient {
    /// Posts a form with this secret among its fields to a path of the org, as this client.
    pub async fn post(
        &self,
        okta: &Session<'_>,
        (api, path): (&'static str, String),
        secret: (&'static str, &Secret),
        fields: &[(&'static str, &str)],
    ) -> Result<Response, Failure> {
        let url = okta.url(&path)?;
        let ready = self.auth.read_by(okta).await?;
        let proof = ready.prove(&self.id, url.as_str(), okta.clock().past())?;
        let mut fields = fields.to_vec();
        let mut secrets = vec![secret];
        let mut basic = None;
        match &proof {
            ClientProof::Assertion(assertion) => {
                fields.push(("client_assertion_type", JWT_BEARER));
                secrets.push(("client_assertion", assertion));
            }
            ClientProof::Post(secret) => {
                fields.push(("client_id", &self.id));
                secrets.push(("client_secret", secret));
            }
            ClientProof::Public => fields.push(("client_id", &self.id)),
            ClientProof::Basic(secret) => basic = Some((self.id.as_str(), secret)),
        }
        let form = Form {
            secrets: &secrets,
            fields: &fields,
            client: basic,
        };
        okta.ask(Request::post(api, path, form)).await
    }
}
