//! `UserStore`: one row per subject.

use async_trait::async_trait;
use registry_domain::id::UserId;
use registry_domain::ports::{Clock, Ensured, PortError, UserStore};
use registry_domain::user::{AdminSource, Identity, User};

use super::{Memory, SystemClock};

#[async_trait]
impl UserStore for Memory {
    async fn ensure_user(&self, identity: &Identity, new_id: UserId) -> Result<Ensured, PortError> {
        let now = SystemClock.now();
        self.write(|state| {
            let stored = state.users.values().find(|user| user.subject == identity.subject);
            let ensured = match stored {
                None => Ensured::Created(User {
                    id: new_id,
                    subject: identity.subject.clone(),
                    tenant: identity.tenant.clone(),
                    email: identity.email_or_placeholder(),
                    display_name: identity.display_name.clone(),
                    is_admin: identity.in_admin_group == Some(true),
                    admin_source: match identity.in_admin_group {
                        Some(true) => AdminSource::Group,
                        _ => AdminSource::Manual,
                    },
                    created_at: now,
                    updated_at: now,
                }),
                Some(user) => match user.synced_with(identity, now) {
                    Some(changed) => Ensured::Changed(changed),
                    None => Ensured::Same(user.clone()),
                },
            };
            let user = ensured.clone().into_user();
            state.users.insert(user.id, user);
            Ok(ensured)
        })
    }

    async fn administrators(&self, most: u32) -> Result<Vec<(String, AdminSource)>, PortError> {
        let mut flagged: Vec<_> = self.read(|state| {
            let administrators = state.users.values().filter(|user| user.is_admin);
            administrators.map(|user| (user.subject.clone(), user.admin_source)).collect()
        });
        flagged.sort_by(|one, other| one.0.cmp(&other.0));
        flagged.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(flagged)
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, PortError> {
        Ok(self.read(|state| state.users.get(&id).cloned()))
    }
}
