//! Which limits a request counts against.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage, HttpRequest};
use registry_domain::caller::{Caller, Role};
use registry_domain::ports::{Admission, LimitKey};
use registry_domain::rate::Limit;

use crate::edge::Edge;
use crate::problem::{self, Problem};
use crate::settings::LimitSettings;

impl LimitSettings {
    /// The limits that a signed-in caller's requests count against.
    pub fn of_caller(&self, caller: &Caller) -> Vec<LimitKey> {
        let own = if caller.is_admin {
            self.admin
        } else if caller.roles.contains(&Role::ServerOwner) {
            self.server_owner
        } else {
            self.user
        };
        let tenant = caller.tenant.as_ref().and_then(|tenant| {
            self.tenant.map(|limit| key(format!("tenant:{tenant}"), "tenant", limit))
        });
        own.map(|limit| key(format!("user:{}", caller.subject), "user", limit))
            .into_iter()
            .chain(tenant)
            .chain(self.everybody())
            .collect()
    }

    /// The limits that a stranger's requests count against.
    pub fn of_address(&self, address: Option<IpAddr>) -> Vec<LimitKey> {
        let own = self.address.map(|limit| key(name_of(address), "ip", limit));
        own.into_iter().chain(self.everybody()).collect()
    }

    fn everybody(&self) -> Option<LimitKey> {
        self.global.map(|limit| key("global".to_owned(), "global", limit))
    }
}

fn key(key: String, kind: &'static str, limit: Limit) -> LimitKey {
    LimitKey { key, kind, limit }
}

/// What a stranger at an address is counted as.
pub fn name_of(address: Option<IpAddr>) -> String {
    let name = address.map_or_else(|| "unknown".to_owned(), |ip| household(ip).to_string());
    format!("ip:{name}")
}

/// An IPv6 host has a whole /64 to choose its address from: that is one client.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
    }
}

/// Counts a request against its limits; the answer is going to say how much is left.
///
/// # Errors
/// 429 with the limit that said no.
pub async fn admit(edge: &Edge, request: &HttpRequest, keys: &[LimitKey]) -> Result<(), Problem> {
    if keys.is_empty() {
        return Ok(());
    }
    match edge.limiter.admit(keys).await {
        Admission::Admitted { remaining, limit } => {
            if let Some(limit) = limit {
                request.extensions_mut().insert(Left { remaining, limit });
            }
            Ok(())
        }
        Admission::Limited { kind, limit, retry_after } => {
            metrics::counter!("mcp_registry_limit_refusals_total", "class" => kind).increment(1);
            Err(Problem::rate_limited(kind, limit, retry_after))
        }
    }
}

/// What a request that was admitted has left, by its tightest limit.
#[derive(Debug, Clone, Copy)]
struct Left {
    remaining: u32,
    limit: Limit,
}

/// Says on an answer how much its request has left. On a refusal that is said already.
pub(crate) fn tell(request: &HttpRequest, headers: &mut HeaderMap) {
    let Some(Left { remaining, limit }) = request.extensions().get::<Left>().copied() else {
        return;
    };
    // When there is one more: limits are no windows that end at once, they fill again one by one.
    let next = Duration::from_micros(limit.emission_interval_us().unsigned_abs());
    for (name, value) in problem::limit_headers(limit, remaining, next) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use registry_domain::caller::Groups;
    use registry_domain::id::TenantId;

    use super::*;

    fn settings() -> LimitSettings {
        let limit = |per_minute| Some(Limit::per_minute(per_minute));
        LimitSettings {
            address: limit(1),
            user: limit(2),
            server_owner: limit(3),
            admin: limit(4),
            tenant: limit(5),
            global: None,
        }
    }

    fn caller(is_admin: bool, roles: Vec<Role>) -> Caller {
        Caller {
            subject: "ada".into(),
            user: None,
            tenant: TenantId::parse("contoso").ok(),
            email: None,
            display_name: None,
            roles,
            groups: Groups::default(),
            is_admin,
            expires_at: Timestamp::MAX,
            assertion: None,
        }
    }

    #[test]
    fn a_caller_counts_by_role_and_with_the_tenant() {
        for (is_admin, roles, own) in
            [(false, vec![], 2), (false, vec![Role::ServerOwner], 3), (true, vec![], 4)]
        {
            let keys = settings().of_caller(&caller(is_admin, roles));
            let rates: Vec<u32> = keys.iter().map(|key| key.limit.per_minute).collect();
            assert_eq!(rates, [own, 5]);
            assert_eq!(keys[0].key, "user:ada");
        }
    }

    #[test]
    fn one_ipv6_household_is_one_stranger() {
        let of = |ip: &str| settings().of_address(ip.parse().ok())[0].key.clone();
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
