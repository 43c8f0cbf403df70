//! A registration as a row, and back.

use diesel::prelude::*;
use registry_domain::id::{RegistrationId, Revision, UserId};
use registry_domain::registration::{
    Decision, Registration, RegistrationContent, RegistrationState, RegistrationStatus, Standing,
};
use registry_domain::search::search_key;

use crate::error::StoreError;
use crate::place::{Place, json_text, time_text};
use crate::schema::registrations;

/// A row of `registrations`.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = registrations)]
#[diesel(primary_key(registration_id), treat_none_as_null = true)]
pub(super) struct RegistrationRow {
    registration_id: String,
    endpoint_url: String,
    endpoint_name: String,
    description: Option<String>,
    owner_contact: String,
    available_tools: String,
    status: String,
    submitter_id: String,
    approver_id: Option<String>,
    submitted_at: String,
    approved_at: Option<String>,
    created_at: String,
    updated_at: String,
    revision: i64,
    tenant_id: Option<String>,
    alias: Option<String>,
    reason: Option<String>,
    url_key: Option<String>,
    search_key: String,
    standing: Option<String>,
    standing_url_key: Option<String>,
    author_id: Option<String>,
}

impl RegistrationRow {
    /// A registration as it is written.
    pub(super) fn of(registration: &Registration) -> Result<Self, StoreError> {
        let content = &registration.content;
        let decision = registration.state.decision();
        let description = content.description.as_deref();
        let standing = registration.standing.as_ref();
        Ok(Self {
            registration_id: registration.id.to_string(),
            endpoint_url: content.endpoint_url.as_str().to_owned(),
            endpoint_name: content.endpoint_name.clone(),
            description: content.description.clone(),
            owner_contact: content.owner_contact.clone(),
            available_tools: json_text(&content.available_tools)?,
            status: registration.status().as_str().to_owned(),
            submitter_id: registration.submitter.to_string(),
            approver_id: decision.map(|decision| decision.approver.to_string()),
            submitted_at: time_text(registration.submitted_at),
            approved_at: decision.map(|decision| time_text(decision.at)),
            created_at: time_text(registration.created_at),
            updated_at: time_text(registration.updated_at),
            revision: registration.revision.0,
            tenant_id: registration.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            alias: content.alias.as_ref().map(|alias| alias.as_str().to_owned()),
            reason: decision.and_then(|decision| decision.reason.clone()),
            url_key: Some(content.endpoint_url.key()),
            search_key: search_key(&content.endpoint_name, &content.owner_contact, description),
            standing: standing.map(|standing| standing.to_json().to_string()),
            standing_url_key: standing.map(|standing| standing.content.endpoint_url.key()),
            author_id: Some(registration.author.to_string()),
        })
    }

    /// The registration that was written.
    pub(super) fn read(self) -> Result<Registration, StoreError> {
        let place = Place { table: "registrations", row: &self.registration_id };
        let status = place.word("status", &self.status, RegistrationStatus::parse)?;
        let state = match status {
            RegistrationStatus::Pending => RegistrationState::Pending,
            RegistrationStatus::Approved => RegistrationState::Approved(self.decision(place)?),
            RegistrationStatus::Rejected => RegistrationState::Rejected(self.decision(place)?),
        };
        let content = RegistrationContent {
            endpoint_url: place.endpoint(&self.endpoint_url)?,
            endpoint_name: self.endpoint_name.clone(),
            description: self.description.clone(),
            owner_contact: self.owner_contact.clone(),
            available_tools: place.json("available_tools", &self.available_tools)?,
            alias: self.alias.as_deref().map(|alias| place.alias(alias)).transpose()?,
        };
        Ok(Registration {
            id: RegistrationId(place.uuid("registration_id", &self.registration_id)?),
            content,
            state,
            standing: self.standing(place)?,
            submitter: UserId(place.uuid("submitter_id", &self.submitter_id)?),
            author: UserId(
                place.uuid("author_id", self.author_id.as_deref().unwrap_or(&self.submitter_id))?,
            ),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            submitted_at: place.time("submitted_at", &self.submitted_at)?,
            created_at: place.time("created_at", &self.created_at)?,
            updated_at: place.time("updated_at", &self.updated_at)?,
            revision: Revision(self.revision),
        })
    }

    fn standing(&self, place: Place<'_>) -> Result<Option<Standing>, StoreError> {
        let Some(stored) = &self.standing else { return Ok(None) };
        let stored = place.json("standing", stored)?;
        Standing::from_json(&stored)
            .map(Some)
            .map_err(|member| place.unreadable("standing", format!("member {member}")))
    }

    fn decision(&self, place: Place<'_>) -> Result<Decision, StoreError> {
        let approver = self.approver_id.as_deref().unwrap_or_default();
        let at = self.approved_at.as_deref().unwrap_or_default();
        Ok(Decision {
            approver: UserId(place.uuid("approver_id", approver)?),
            at: place.time("approved_at", at)?,
            reason: self.reason.clone(),
        })
    }
}
