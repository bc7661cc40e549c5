//! The secret that an org's event hook sends along, compared without telling anything of it.

use std::fmt;

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{Digest, SHA256, digest},
};
use secrecy::ExposeSecret;
use tokio::{sync::Mutex, task::spawn_blocking};

use crate::{
    okta::{NoSecret, SecretSource},
    units::Moment,
};

/// A file is read again no sooner than this, however many deliveries come.
const FRESH: std::time::Duration = std::time::Duration::from_secs(1);

/// The secret of a hook, by its digest: of two digests it takes as long to tell that they differ,
/// wherever they do, and they tell no length.
pub(super) struct HookSecret {
    source: SecretSource,
    read: Mutex<Option<(Moment, Result<Digest, NoSecret>)>>,
}

impl HookSecret {
    pub(super) fn new(source: SecretSource) -> Self {
        Self {
            source,
            read: Mutex::default(),
        }
    }

    /// Whether this is the secret.
    pub(super) async fn is(&self, told: &[u8]) -> Result<bool, NoSecret> {
        let expected = self.digest().await?;
        let told = digest(&SHA256, told);
        Ok(verify_slices_are_equal(expected.as_ref(), told.as_ref()).is_ok())
    }

    /// The digest of the secret as it stands now, or stood a moment ago.
    async fn digest(&self) -> Result<Digest, NoSecret> {
        let mut read = self.read.lock().await;
        if let Some((at, known)) = &*read
            && Moment::now().since(*at) < FRESH
        {
            return known.clone();
        }
        let source = self.source.clone();
        let reading = spawn_blocking(move || {
            let secret = source.read_text()?;
            Ok(digest(&SHA256, secret.expose_secret().as_bytes()))
        });
        let found = reading.await;
        let found = found.unwrap_or_else(|_| Err(NoSecret::Hangs(self.source.to_string())));
        *read = Some((Moment::now(), found.clone()));
        found
    }
}

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HookSecret")
            .field(&self.source.to_string())
            .finish()
    }
}
