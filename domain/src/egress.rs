//! Which addresses we are willing to call on somebody else's word (server-side request forgery).
//!
//! The ranges are IANA's special-purpose registries (RFC 6890). Public IPv6 is a list of what is
//! allowed, because only `2000::/3` has been given out (RFC 4291 §2.4): whatever is made of the rest
//! later is refused until somebody looks at it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

use crate::endpoint::EndpointUrl;
use crate::field::Violation;

#[cfg(test)]
mod tests;

/// Which addresses we are willing to call on somebody else's word (server-side request forgery).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EgressPolicy {
    /// Loopback and private networks are allowed; link-local and metadata addresses never.
    Development,
    /// Only addresses that are routed on the public Internet.
    Public,
}

impl EgressPolicy {
    /// Whether an address may be called. An IPv6 address that carries an IPv4 address (mapped,
    /// NAT64, 6to4, ISATAP and older forms) is judged by that one too.
    pub fn permits(self, address: IpAddr) -> bool {
        // A mapped address (::ffff:a.b.c.d, RFC 4291 §2.5.5.2) is called over IPv4.
        match address.to_canonical() {
            IpAddr::V4(four) => self.permits_v4(four),
            IpAddr::V6(six) => self.permits_v6(six),
        }
    }

    /// Judges the part of a URL that can be judged without resolving a name. What a name resolves
    /// to is judged again for every connection.
    ///
    /// # Errors
    /// A [`Violation`] on `endpoint_url` when the host is an address that may not be called.
    pub fn check(self, endpoint: &EndpointUrl) -> Result<(), Violation> {
        let permitted = match endpoint.url().host() {
            Some(Host::Ipv4(address)) => self.permits(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => self.permits(IpAddr::V6(address)),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                let local = name.eq_ignore_ascii_case("localhost")
                    || name.to_ascii_lowercase().ends_with(".localhost");
                !local || self == Self::Development
            }
            None => false,
        };
        if permitted {
            Ok(())
        } else {
            Err(Violation::at(
                "endpoint_url",
                "url_address_forbidden",
                "must not point to a loopback, private, link-local, metadata or reserved address",
            ))
        }
    }

    fn permits_v4(self, four: Ipv4Addr) -> bool {
        !is_never_called_v4(four) && (self == Self::Development || is_public_v4(four))
    }

    fn permits_v6(self, six: Ipv6Addr) -> bool {
        !is_never_called_v6(six)
            && (self == Self::Development || is_public_v6(six))
            && embedded_v4(six).into_iter().flatten().all(|four| self.permits_v4(four))
    }
}

/// Link-local (RFC 3927), multicast, broadcast, "this network" (RFC 1122 §3.2.1.3), and where
/// clouds keep their metadata services: link-local for most, the rest by name.
fn is_never_called_v4(four: Ipv4Addr) -> bool {
    const METADATA: [Ipv4Addr; 3] = [
        Ipv4Addr::new(168, 63, 129, 16),   // Azure
        Ipv4Addr::new(100, 100, 100, 200), // Alibaba Cloud
        Ipv4Addr::new(192, 0, 0, 192),     // Oracle Cloud
    ];
    let [a, ..] = four.octets();
    four.is_link_local()
        || four.is_multicast()
        || four.is_broadcast()
        || a == 0
        || METADATA.contains(&four)
}

fn is_public_v4(four: Ipv4Addr) -> bool {
    let [a, b, c, _] = four.octets();
    let special = four.is_loopback()
        || four.is_private()
        || four.is_documentation() // RFC 5737
        || matches!(
            (a, b, c),
            (0 | 240.., _, _) // this network, RFC 1122; reserved, RFC 1112 §4
                | (100, 64..=127, _) // carrier-grade NAT, RFC 6598
                | (192, 0, 0) // protocol assignments, RFC 6890
                | (192, 88, 99) // 6to4 relays, RFC 7526
                | (198, 18..=19, _) // benchmarks, RFC 2544
        );
    !special
}

/// Multicast, unspecified, link-local, metadata services, and forms that carry an IPv4 address
/// which we cannot tell for sure.
fn is_never_called_v6(six: Ipv6Addr) -> bool {
    const METADATA: [Ipv6Addr; 2] = [
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), // Amazon
        Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),  // Google
    ];
    let segments = six.segments();
    // Local NAT64 (RFC 8215): where the IPv4 address is depends on a prefix length that only its
    // operator knows (RFC 6052 §2.2).
    let local_nat64 = matches!(segments, [0x64, 0xff9b, 1, ..]);
    // Teredo (RFC 4380) leads through two IPv4 hosts that the caller chooses.
    let teredo = matches!(segments, [0x2001, 0, ..]);
    six.is_multicast()
        || six.is_unspecified()
        || six.is_unicast_link_local()
        || METADATA.contains(&six)
        || local_nat64
        || teredo
}

fn is_public_v6(six: Ipv6Addr) -> bool {
    let segments = six.segments();
    // NAT64 by the well-known prefix (RFC 6052): what counts is the IPv4 address.
    let nat64 = matches!(segments, [0x64, 0xff9b, 0, 0, 0, 0, _, _]);
    let unicast = matches!(segments, [0x2000..=0x3fff, ..]);
    let special = matches!(
        segments,
        [0x2001, 0..=0x1ff | 0xdb8, ..] // protocol assignments, RFC 2928; documentation, RFC 3849
            | [0x3fff, 0..=0xfff, ..] // documentation, RFC 9637
    );
    nat64 || (unicast && !special)
}

/// The IPv4 addresses that an IPv6 address carries: in its prefix, and in its interface identifier.
fn embedded_v4(six: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let segments = six.segments();
    let prefix = match segments {
        // The loopback address only looks like an IPv4-compatible one.
        _ if six.is_loopback() => None,
        // In this order: NAT64 (RFC 6052); IPv4-compatible, deprecated (RFC 4291 §2.5.5.1), or
        // translated (RFC 2765 §2.1); 6to4 (RFC 3056 §2).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0 | 0xffff, 0, high, low]
        | [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    let identifier = match segments {
        // ISATAP, under any prefix (RFC 5214 §6.1).
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => Some((high, low)),
        _ => None,
    };
    [prefix, identifier].map(|found| {
        found.map(|(high, low)| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
    })
}
