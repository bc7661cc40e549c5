//! The hand that gives an org what has certificates, and renews them.

use jiff::{SignedDuration, Timestamp};

use super::{Certified, Domain, Idp, SamlApp, renew};
use crate::sim::controls::Controls;
use crate::sim::error::Error;

/// How long what this org signs with towards an identity provider lasts.
const SIGNING: SignedDuration = SignedDuration::from_hours(2 * 365 * 24);

impl Controls {
    /// Adds an active SAML identity provider whose certificate lasts so long.
    ///
    /// # Errors
    /// If no certificate can be made.
    pub fn add_idp(&self, name: &str, lasting: SignedDuration) -> Result<(), Error> {
        let now = self.now();
        let idp = Idp {
            name: name.to_owned(),
            status: "ACTIVE".to_owned(),
            trusted: vec![Certified::new(name, now, lasting)?],
            signing: Certified::new(name, now, SIGNING)?,
        };
        self.world().certificates.idps.push(idp);
        Ok(())
    }

    /// Adds a SAML application for which the org signs with a certificate that lasts so long.
    ///
    /// # Errors
    /// If no certificate can be made.
    pub fn add_saml_app(&self, label: &str, lasting: SignedDuration) -> Result<(), Error> {
        let app = SamlApp {
            label: label.to_owned(),
            keys: vec![Certified::new(label, self.now(), lasting)?],
        };
        self.world().certificates.apps.push(app);
        Ok(())
    }

    /// Takes the SAML application of this name away.
    pub fn remove_saml_app(&self, label: &str) {
        let mut world = self.world();
        world.certificates.apps.retain(|app| app.label != label);
    }

    /// Adds a custom domain whose certificate lasts so long, and which Okta renews where it `is_managed`.
    pub fn add_domain(&self, name: &str, is_managed: bool, lasting: SignedDuration) {
        let ends = self.now().saturating_add(lasting).unwrap_or(Timestamp::MAX);
        let domain = Domain {
            name: name.to_owned(),
            is_managed,
            status: "COMPLETED".to_owned(),
            ends,
        };
        self.world().certificates.domains.push(domain);
    }

    /// Gives whatever has this name a new certificate that lasts so long.
    ///
    /// # Errors
    /// If none can be made.
    pub fn renew_certificate(&self, name: &str, lasting: SignedDuration) -> Result<(), Error> {
        let now = self.now();
        let new = || Certified::new(name, now, lasting);
        let mut world = self.world();
        let all = &mut world.certificates;
        for idp in all.idps.iter_mut().filter(|idp| idp.name == name) {
            renew(&mut idp.trusted, new()?);
        }
        for app in all.apps.iter_mut().filter(|app| app.label == name) {
            renew(&mut app.keys, new()?);
        }
        for domain in all.domains.iter_mut().filter(|domain| domain.name == name) {
            domain.ends = now.saturating_add(lasting).unwrap_or(Timestamp::MAX);
        }
        Ok(())
    }

    /// Lets the list of keys say that an identity provider's certificate ends a day earlier than it does.
    pub fn misdate_certificate(&self, idp: &str) {
        let mut world = self.world();
        let idps = world
            .certificates
            .idps
            .iter_mut()
            .filter(|it| it.name == idp);
        for key in idps.filter_map(|idp| idp.trusted.last_mut()) {
            let earlier = key.ends.saturating_sub(SignedDuration::from_hours(24));
            key.told = earlier.unwrap_or(Timestamp::MIN);
        }
    }

    /// Gives the identity provider of this name a status, such as `INACTIVE`.
    pub fn set_idp_status(&self, name: &str, status: &str) {
        let mut world = self.world();
        let idps = world.certificates.idps.iter_mut();
        for idp in idps.filter(|idp| idp.name == name) {
            status.clone_into(&mut idp.status);
        }
    }

    /// Gives the custom domain of this name a status, such as `IN_PROGRESS`.
    pub fn set_domain_status(&self, name: &str, status: &str) {
        let mut world = self.world();
        let domains = world.certificates.domains.iter_mut();
        for domain in domains.filter(|domain| domain.name == name) {
            status.clone_into(&mut domain.status);
        }
    }
}
