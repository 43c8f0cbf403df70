//! Rate limits by class of caller, and how much is worked on at a time.

use super::Reader;

/// Settings of rate limits, in requests per minute; 0 switches one off.
#[derive(Debug, Clone, Copy)]
pub struct LimitSettings {
    /// Whether signed-in callers are limited at all.
    pub enabled: bool,
    /// Administrators.
    pub admin_rpm: u32,
    /// Server owners.
    pub server_owner_rpm: u32,
    /// Everybody else who is signed in.
    pub user_rpm: u32,
    /// A tenant may do so many times what one of its users may.
    pub tenant_multiplier: u32,
    /// Callers without a token, by address.
    pub anonymous_rpm: u32,
    /// How many requests each server works on at a time; 0: as many as come.
    pub max_in_flight: usize,
}

impl LimitSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        const MOST: u32 = 60_000_000;
        Self {
            enabled: reader.flag(&["MREG_FASTMCP_ENABLE_RATE_LIMITING"], true),
            admin_rpm: reader.number(&["MREG_FASTMCP_RATE_LIMIT_ADMIN_RPM"], 12_000, 0, MOST),
            server_owner_rpm: reader.number(
                &["MREG_FASTMCP_RATE_LIMIT_SERVER_OWNER_RPM"],
                6_000,
                0,
                MOST,
            ),
            user_rpm: reader.number(&["MREG_FASTMCP_RATE_LIMIT_USER_RPM"], 6_000, 0, MOST),
            tenant_multiplier: reader.number(
                &["MREG_FASTMCP_RATE_LIMIT_TENANT_MULTIPLIER"],
                10,
                0,
                10_000,
            ),
            anonymous_rpm: reader.number(
                &["MREG_PUBLIC_RATE_LIMIT_RPM", "MREG_FASTMCP_RATE_LIMIT_ANONYMOUS_RPM"],
                120_000,
                0,
                MOST,
            ),
            max_in_flight: reader.number(&["MREG_MAX_REQUESTS_IN_FLIGHT"], 1000, 0, 1_000_000),
        }
    }
}
