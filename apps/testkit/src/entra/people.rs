//! Who can sign in.

/// Somebody whom the stand-in knows.
#[derive(Clone, Debug)]
pub struct Person {
    /// The object id, the same in every application.
    pub oid: String,
    /// The display name.
    pub name: String,
    /// The email address; tokens of people without one have no such claim, and no user name.
    pub email: Option<String>,
    /// The tenant.
    pub tenant: String,
    /// Roles in the application.
    pub roles: Vec<String>,
    /// Object ids of groups; more than 200 do not fit in a token.
    pub groups: Vec<String>,
}

impl Person {
    /// Somebody in the tenant that is there from the start, without roles and groups.
    pub fn new(oid: &str, name: &str, email: &str) -> Self {
        Self {
            oid: oid.to_owned(),
            name: name.to_owned(),
            email: Some(email.to_owned()),
            tenant: super::TENANT.to_owned(),
            roles: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Ada, who signs in unless somebody else is chosen.
    pub fn ada() -> Self {
        Self::new("aaaaaaaa-0000-4000-8000-000000000001", "Ada Lovelace", "ada@example.com")
    }

    /// Grace, an administrator by role.
    pub fn grace() -> Self {
        let grace =
            Self::new("aaaaaaaa-0000-4000-8000-000000000002", "Grace Hopper", "grace@example.com");
        Self { roles: vec!["admin".to_owned()], ..grace }
    }

    /// The same person in these groups.
    #[must_use]
    pub fn in_groups(mut self, groups: impl IntoIterator<Item = String>) -> Self {
        self.groups = groups.into_iter().collect();
        self
    }

    /// Whether a name means this person: `oid`, email, name, or the name's first word.
    pub(super) fn is(&self, who: &str) -> bool {
        let first = self.name.split(' ').next().unwrap_or_default();
        [self.oid.as_str(), self.name.as_str(), first].iter().any(|it| it.eq_ignore_ascii_case(who))
            || self.email.as_deref() == Some(who)
    }
}
