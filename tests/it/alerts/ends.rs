//! Scenes of what ends some day.

use std::time::Duration;

use jiff::SignedDuration;

use super::{org, stage::Stage, watch};

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// Certificates near their end, a domain that is not verified, and keys that nobody rotates or that Okta
/// is about to; then all of it is set right.
pub async fn ends(stage: &Stage) {
    let okta = org("ending")
        .limit("/api/v1/apps*", 1_000_000)
        .start()
        .await
        .unwrap();
    let sim = okta.controls();
    sim.add_saml_app("Payroll", days(20)).unwrap();
    sim.add_idp("Partner", days(5)).unwrap();
    let (brought, managed) = ("login.acme.example", "id.acme.example");
    sim.add_domain(brought, false, days(20));
    sim.add_domain(managed, true, days(10));
    sim.set_domain_status(managed, "IN_PROGRESS");
    sim.rotate_keys_by_hand("default", days(400));
    let probes = "authorization_servers: {}, certificates: { apps: true }";
    let _exporter = watch(stage, "ending", &okta, probes).await;
    let of = |severity, owner| [("org", "ending"), ("severity", severity), ("owner", owner)];
    let certificates = [
        ("OktaAppCertificateExpiring", of("warning", "Payroll")),
        ("OktaIdpCertificateExpiring", of("critical", "Partner")),
        ("OktaDomainCertificateExpiring", of("warning", brought)),
        (
            "OktaManagedDomainCertificateExpiring",
            of("warning", managed),
        ),
    ];
    let default = [("org", "ending"), ("authorization_server", "default")];
    let domain = [("org", "ending"), ("domain", managed)];
    for (alert, labels) in certificates {
        stage.fires(alert, &labels).await;
    }
    stage.fires("OktaDomainNotVerified", &domain).await;
    stage.fires("OktaSigningKeyRotationOverdue", &default).await;
    for name in ["Payroll", "Partner", brought, managed] {
        sim.renew_certificate(name, days(400)).unwrap();
    }
    sim.set_domain_status(managed, "COMPLETED");
    sim.rotate_keys_automatically("default");
    for (alert, labels) in certificates {
        stage.resolves(alert, &labels).await;
    }
    stage.resolves("OktaDomainNotVerified", &domain).await;
    stage
        .resolves("OktaSigningKeyRotationOverdue", &default)
        .await;
    let lead = Duration::from_hours(48);
    sim.schedule_rotation("default", lead).unwrap();
    stage.fires("OktaSigningKeyRotationAhead", &default).await;
    sim.rotate_keys("default").unwrap();
    stage
        .resolves("OktaSigningKeyRotationAhead", &default)
        .await;
}
