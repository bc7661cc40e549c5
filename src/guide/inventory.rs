//! What an org has that ends, rotates or stops: agents, hooks, tokens, certificates.

use super::{
    case::{Case, Chapter, Risk},
    fact::Fact,
    sign::Sign,
};

pub(super) const CHAPTER: Chapter = Chapter {
    title: "What ends or stops",
    cases: &[
        Case {
            slug: "agent-pool",
            title: "Agents on the premises do not work",
            signs: &[Sign::Known(Fact::AgentPoolNotOperational)],
            cause: "an agent's host is down, it cannot reach Okta (port 443 outbound), or its service or token is gone; while \
                     others of the pool work they carry its load, and with the last one people can no longer sign in through it",
            action: "look at the agent's service and log on its host and at the way from there to the org's host; Admin Console > \
                     Dashboard > Agents tells which",
            takes: "15–60 min",
            risk: Risk::Medium,
            alert: Some("OktaAgentPoolDegraded"),
        },
        Case {
            slug: "log-stream-off",
            title: "A log stream is switched off",
            signs: &[Sign::Known(Fact::LogStreamOff)],
            cause: "Okta switches a stream off by itself after two deliveries that failed, or somebody did; what happens meanwhile \
                     is never sent",
            action: "mend its target, switch it on at Admin Console > Reports > Log Streaming, and fetch what is missing from the \
                     System Log, which keeps it for 90 days; one that nobody wants, delete",
            takes: "15–60 min",
            risk: Risk::Medium,
            alert: Some("OktaLogStreamDeactivated"),
        },
        Case {
            slug: "event-hook-unverified",
            title: "An event hook is not verified",
            signs: &[Sign::Known(Fact::EventHookUnverified)],
            cause: "its address was changed, or never answered Okta's one-time challenge: nothing is delivered to it",
            action: "let the receiver answer the challenge, then verify it at Admin Console > Workflow > Event Hooks > Actions > \
                     Verify; what it missed stands in the System Log",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: Some("OktaEventHookUnverified"),
        },
        Case {
            slug: "app-certificate-expiring",
            title: "A SAML application's certificate ends",
            signs: &[Sign::Known(Fact::AppCertificateExpiring)],
            cause: "Okta never renews the certificate that it signs for an application with; many applications refuse what is \
                    signed with one that is over, and then nobody signs in there",
            action: "make a new one (Admin Console > Applications > the app > Sign On > SAML Signing Certificates), give its \
                     metadata to the application's side, and activate it at an hour agreed with them",
            takes: "30–60 min",
            risk: Risk::Medium,
            alert: Some("OktaAppCertificateExpiring"),
        },
        Case {
            slug: "idp-certificate-expiring",
            title: "An identity provider's certificate ends",
            signs: &[Sign::Known(Fact::IdpCertificateExpiring)],
            cause: "whoever runs the identity provider renews its certificate, and Okta must be given the new one; what this \
                    org signs with towards it, Okta must make anew and they must be given",
            action: "ask whoever runs it for the new certificate and add it before they sign with it (Admin Console > Security > \
                     Identity Providers > the provider); for the org's own, generate one there and hand it over",
            takes: "30–60 min",
            risk: Risk::Medium,
            alert: Some("OktaIdpCertificateExpiring"),
        },
        Case {
            slug: "domain-certificate-expiring",
            title: "The certificate that was brought for a domain ends",
            signs: &[Sign::Known(Fact::DomainCertificateExpiring)],
            cause: "whoever brought the certificate renews it, and Okta must be given the new one; once it is over, browsers \
                    refuse the sign-in page",
            action: "upload the new certificate with its chain (Admin Console > Customizations > Brands > the brand > Domains), or \
                     let Okta manage it from now on",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: Some("OktaDomainCertificateExpiring"),
        },
        Case {
            slug: "managed-domain-certificate-expiring",
            title: "Okta has not renewed a domain's certificate",
            signs: &[Sign::Known(Fact::ManagedDomainCertificateExpiring)],
            cause: "Okta renews it some 30 days before its end and could not: the DNS records have changed, a CAA record forbids \
                    it, or a network zone blocks who verifies; once it is over it cannot be renewed by hand",
            action: "set the domain's DNS records as Admin Console > Customizations > Brands > the brand > Domains has them, look \
                     at CAA records and blocking network zones; within a week of the end open a ticket, or bring a certificate",
            takes: "30–60 min",
            risk: Risk::Medium,
            alert: Some("OktaManagedDomainCertificateExpiring"),
        },
        Case {
            slug: "domain-not-verified",
            title: "A custom domain is not verified",
            signs: &[Sign::Known(Fact::DomainNotVerified)],
            cause: "its setting up was begun and not ended, or its TXT or CNAME record is not what Okta looks for",
            action: "set the records that Admin Console > Customizations > Brands > the brand > Domains shows and let it verify \
                     again; delete the domain if nobody wants it",
            takes: "15–60 min",
            risk: Risk::Low,
            alert: Some("OktaDomainNotVerified"),
        },
        Case {
            slug: "certificate-misdated",
            title: "Okta tells another end than the certificate has",
            signs: &[Sign::Known(Fact::CertificateMisdated)],
            cause: "what Okta says of a key (`expiresAt`) and the certificate in its `x5c` differ: one of them is out of date; what \
                    is counted here is the certificate, which is what others verify",
            action: "look at the certificate in the Admin Console, and upload it anew if that shows the wrong end",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "failed-over",
            title: "The org has failed over",
            signs: &[Sign::Known(Fact::FailedOver)],
            cause: "an administrator or Okta moved the domain to the other region: people can sign in there, and most changes wait",
            action: "hold back what writes to the org; when Okta's status for its cell is well again, fail back (`POST \
                     /api/v1/dr/failback`)",
            takes: "5 min",
            risk: Risk::Medium,
            alert: Some("OktaFailedOver"),
        },
        Case {
            slug: "org-expiring",
            title: "The org is about to end",
            signs: &[Sign::Known(Fact::OrgExpiring)],
            cause: "it is a trial, or its contract was not renewed: when it expires, nobody signs in",
            action: "ask whoever holds the contract with Okta; an org that is paid for has no end",
            takes: "days",
            risk: Risk::Low,
            alert: Some("OktaOrgExpiring"),
        },
        Case {
            slug: "support-access-open",
            title: "Okta Support may sign in",
            signs: &[Sign::Known(Fact::SupportAccessOpen)],
            cause: "an administrator gave Okta Support access, which lasts eight hours and can be extended by days; while it \
                     is open, somebody outside acts as an administrator",
            action: "see that a support case is behind it; else close it: Admin Console > Settings > Account > Give Access to \
                     Okta Support",
            takes: "5 min",
            risk: Risk::Low,
            alert: Some("OktaSupportAccessOpen"),
        },
        Case {
            slug: "nobody-subscribed",
            title: "Nobody gets Okta's mails about rate limits",
            signs: &[Sign::Known(Fact::NobodySubscribed)],
            cause: "each role was unsubscribed: Okta warns of its limits by mail, and nobody reads that",
            action: "subscribe a role whose mails are read: Admin Console > Settings > Account > Admin email notifications",
            takes: "5 min",
            risk: Risk::Low,
            alert: Some("OktaNobodySubscribed"),
        },
        Case {
            slug: "withheld",
            title: "Something of the org is not shown to this credential",
            signs: &[Sign::Known(Fact::Withheld)],
            cause: "the org's plan lacks the feature, or the credential lacks the scope or its owner the role; nobody wrote the \
                     probe, so that is no failure, and what it would tell is absent",
            action: "grant the scope or the role where it is wanted; else write the org's `probes` without it",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
    ],
};
