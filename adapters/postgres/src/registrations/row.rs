//! A registration as a row, and back.

use diesel::prelude::*;
use registry_domain::id::{RegistrationId, Revision, UserId};
use registry_domain::registration::{
    Decision, Registration, RegistrationContent, RegistrationState, RegistrationStatus, Standing,
};
use registry_domain::search::search_key;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::place::{Place, Time, json_value, time};
use crate::schema::registrations;

/// A row of `registrations`.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = registrations)]
#[diesel(primary_key(registration_id), treat_none_as_null = true)]
pub(super) struct RegistrationRow {
    registration_id: Uuid,
    endpoint_url: String,
    endpoint_name: String,
    description: Option<String>,
    owner_contact: String,
    available_tools: Value,
    status: String,
    submitter_id: Uuid,
    approver_id: Option<Uuid>,
    submitted_at: Time,
    approved_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
    revision: i64,
    tenant_id: Option<String>,
    alias: Option<String>,
    reason: Option<String>,
    url_key: Option<String>,
    search_key: String,
    standing: Option<Value>,
    standing_url_key: Option<String>,
    author_id: Option<Uuid>,
}

impl RegistrationRow {
    /// A registration as it is written.
    pub(super) fn of(registration: &Registration) -> Result<Self, StoreError> {
        let content = &registration.content;
        let decision = registration.state.decision();
        let description = content.description.as_deref();
        let standing = registration.standing.as_ref();
        Ok(Self {
            registration_id: registration.id.0,
            endpoint_url: content.endpoint_url.as_str().to_owned(),
            endpoint_name: content.endpoint_name.clone(),
            description: content.description.clone(),
            owner_contact: content.owner_contact.clone(),
            available_tools: json_value(&content.available_tools)?,
            status: registration.status().as_str().to_owned(),
            submitter_id: registration.submitter.0,
            approver_id: decision.map(|decision| decision.approver.0),
            submitted_at: time(registration.submitted_at),
            approved_at: decision.map(|decision| time(decision.at)),
            created_at: time(registration.created_at),
            updated_at: time(registration.updated_at),
            revision: registration.revision.0,
            tenant_id: registration.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            alias: content.alias.as_ref().map(|alias| alias.as_str().to_owned()),
            reason: decision.and_then(|decision| decision.reason.clone()),
            url_key: Some(content.endpoint_url.key()),
            search_key: search_key(&content.endpoint_name, &content.owner_contact, description),
            standing: standing.map(|standing| json_value(&standing.to_json())).transpose()?,
            standing_url_key: standing.map(|standing| standing.content.endpoint_url.key()),
            author_id: Some(registration.author.0),
        })
    }

    /// The registration that was written.
    pub(super) fn read(self) -> Result<Registration, StoreError> {
        let place = Place { table: "registrations", row: self.registration_id };
        let status = place.word("status", &self.status, RegistrationStatus::parse)?;
        let state = match status {
            RegistrationStatus::Pending => RegistrationState::Pending,
            RegistrationStatus::Approved => RegistrationState::Approved(self.decision(place)?),
            RegistrationStatus::Rejected => RegistrationState::Rejected(self.decision(place)?),
        };
        let standing = self.standing.as_ref().map(Standing::from_json).transpose();
        let content = RegistrationContent {
            endpoint_url: place.endpoint(&self.endpoint_url)?,
            endpoint_name: self.endpoint_name,
            description: self.description,
            owner_contact: self.owner_contact,
            available_tools: place.json("available_tools", self.available_tools)?,
            alias: self.alias.as_deref().map(|alias| place.alias(alias)).transpose()?,
        };
        Ok(Registration {
            id: RegistrationId(self.registration_id),
            content,
            state,
            standing: standing
                .map_err(|member| place.unreadable("standing", format!("member {member}")))?,
            submitter: UserId(self.submitter_id),
            author: UserId(self.author_id.unwrap_or(self.submitter_id)),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            submitted_at: self.submitted_at.to_jiff(),
            created_at: self.created_at.to_jiff(),
            updated_at: self.updated_at.to_jiff(),
            revision: Revision(self.revision),
        })
    }

    fn decision(&self, place: Place) -> Result<Decision, StoreError> {
        Ok(Decision {
            approver: UserId(place.required("approver_id", self.approver_id)?),
            at: place.required("approved_at", self.approved_at)?.to_jiff(),
            reason: self.reason.clone(),
        })
    }
}
