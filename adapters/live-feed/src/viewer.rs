//! Who looks, and what they may see.

use std::sync::Arc;

use jiff::Timestamp;
use registry_domain::caller::Caller;
use registry_domain::id::TenantId;
use registry_domain::party::Principal;

use crate::frame::{Audience, Frame};

/// What those without a token see on port 8000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// What belongs to any tenant: the registry is open.
    SeeAll,
    /// What belongs to no tenant.
    SeeShared,
}

/// How much somebody sees of what belongs to tenants: the same sight, the same servers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Sight {
    /// All of it.
    All,
    /// One tenant's, and what belongs to everybody.
    Tenant(TenantId),
    /// What belongs to everybody.
    Shared,
}

/// Who looks.
#[derive(Debug, Clone)]
pub struct Viewer {
    caller: Option<Caller>,
    strangers: Strangers,
}

impl Viewer {
    /// Somebody with a token, or without one.
    pub const fn new(caller: Option<Caller>, strangers: Strangers) -> Self {
        Self { caller, strangers }
    }

    /// Who it is, where they said it.
    pub const fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// When the token ends.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.caller.as_ref().map(|caller| caller.expires_at)
    }

    /// Whether they may see what belongs to `tenant` (`None`: to everybody).
    pub fn sees(&self, tenant: Option<&TenantId>) -> bool {
        match &self.caller {
            Some(caller) => caller.sees(tenant),
            None => tenant.is_none() || self.strangers == Strangers::SeeAll,
        }
    }

    /// How much they see.
    pub(crate) fn sight(&self) -> Sight {
        match &self.caller {
            Some(caller) if caller.is_admin => Sight::All,
            Some(caller) => caller.tenant.clone().map_or(Sight::Shared, Sight::Tenant),
            None if self.strangers == Strangers::SeeAll => Sight::All,
            None => Sight::Shared,
        }
    }

    /// Whether they may know that this party calls: it is their own tenant's, or they are an
    /// administrator. Calls of strangers are known to all where the registry is open.
    fn may_know_of_calls_of(&self, whose: &Principal) -> bool {
        let caller = self.caller.as_ref();
        if caller.is_some_and(|caller| caller.is_admin) {
            return true;
        }
        match whose {
            Principal::Anonymous(_) => self.strangers == Strangers::SeeAll,
            Principal::Caller { tenant, subject } => {
                caller.is_some_and(|caller| match &caller.tenant {
                    Some(own) => own.as_str() == tenant,
                    None => tenant.is_empty() && caller.subject == *subject,
                })
            }
        }
    }

    /// A frame as they may see it, if they may.
    pub(crate) fn view<'a>(&self, frame: &'a Frame) -> Option<&'a Arc<str>> {
        if frame.topic.needs_token() && self.caller.is_none() {
            return None;
        }
        let is_meant = match &frame.audience {
            Audience::Everybody => true,
            Audience::Of(tenant) => self.sees(tenant.as_ref()),
            Audience::Calls(whose) => self.may_know_of_calls_of(whose),
            Audience::Seeing(sight) => self.sight() == *sight,
        };
        if !is_meant {
            return None;
        }
        let personal = frame.personal().filter(|(subject, _)| {
            let caller = self.caller.as_ref();
            caller.is_some_and(|caller| caller.is_admin || *subject == Some(&*caller.subject))
        });
        Some(personal.map_or(frame.text(), |(_, text)| text))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use registry_domain::caller::Groups;
    use serde_json::json;

    use super::*;
    use crate::topic::Topic;

    pub(crate) fn caller(subject: &str, tenant: &str, is_admin: bool) -> Caller {
        Caller {
            subject: subject.to_owned(),
            user: None,
            tenant: TenantId::parse(tenant).ok(),
            email: None,
            display_name: None,
            roles: Vec::new(),
            groups: Groups::default(),
            is_admin,
            expires_at: Timestamp::MAX,
            assertion: None,
        }
    }

    fn viewer(caller: Option<Caller>) -> Viewer {
        Viewer::new(caller, Strangers::SeeShared)
    }

    fn frame(topic: Topic) -> Frame {
        Frame::new(topic, "server_updated", Timestamp::UNIX_EPOCH, json!({}))
            .of_tenant(TenantId::parse("contoso").ok())
    }

    #[test]
    fn a_tenants_frames_are_for_the_tenant_and_for_administrators() {
        let frame = frame(Topic::Servers);
        assert!(viewer(Some(caller("ada", "contoso", false))).view(&frame).is_some());
        assert!(viewer(Some(caller("eve", "fabrikam", false))).view(&frame).is_none());
        assert!(viewer(Some(caller("root", "fabrikam", true))).view(&frame).is_some());
        assert!(viewer(None).view(&frame).is_none());
        assert!(Viewer::new(None, Strangers::SeeAll).view(&frame).is_some());
        let shared = frame.of_tenant(None);
        assert!(viewer(None).view(&shared).is_some());
    }

    #[test]
    fn registrations_are_told_to_nobody_without_a_token() {
        let frame = frame(Topic::Registrations).of_tenant(None);
        assert!(Viewer::new(None, Strangers::SeeAll).view(&frame).is_none());
        assert!(viewer(Some(caller("ada", "fabrikam", false))).view(&frame).is_some());
    }

    #[test]
    fn who_called_is_told_to_them_and_to_administrators() {
        let frame =
            frame(Topic::Requests).telling_more(Some("ada".to_owned()), &json!({"user_id": "ada"}));
        let sees = |who| {
            let viewer = viewer(Some(who));
            viewer.view(&frame).is_some_and(|text| text.contains("user_id"))
        };
        assert!(sees(caller("ada", "contoso", false)));
        assert!(sees(caller("root", "contoso", true)));
        assert!(!sees(caller("bob", "contoso", false)));
        let stranger = Viewer::new(None, Strangers::SeeAll);
        assert!(!stranger.view(&frame).unwrap().contains("user_id"));
    }
}
