//! Which address a request comes from, behind proxies too.

use std::net::IpAddr;

use actix_web::HttpRequest;

/// A proxy, or a network of them, whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy {
    network: IpAddr,
    prefix: u32,
}

impl TrustedProxy {
    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let network: IpAddr = address.parse().ok()?;
        let widest = if network.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) => digits.parse().ok().filter(|bits| *bits <= widest)?,
            None => widest,
        };
        Some(Self { network, prefix })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.network, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let mask = u32::MAX.checked_shl(32_u32.saturating_sub(self.prefix)).unwrap_or(0);
                ours.to_bits() & mask == theirs.to_bits() & mask
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let mask = u128::MAX.checked_shl(128_u32.saturating_sub(self.prefix)).unwrap_or(0);
                ours.to_bits() & mask == theirs.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// The client's address: the peer's, or where that is a trusted proxy the last address of
/// `X-Forwarded-For` that is not one. What stands further left is the client's own word.
pub fn client_address(request: &HttpRequest, trusted: &[TrustedProxy]) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|proxy| proxy.contains(address));
    let mut client = request.peer_addr()?.ip().to_canonical();
    if !is_trusted(client) {
        return Some(client);
    }
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in forwarded.into_iter().rev() {
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
        if !is_trusted(client) {
            break;
        }
    }
    Some(client)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, forwarded: &str, trusted: &[&str]) -> String {
        let trusted: Vec<TrustedProxy> =
            trusted.iter().map(|text| TrustedProxy::parse(text).unwrap()).collect();
        let request = TestRequest::default()
            .peer_addr(format!("{peer}:1234").parse().unwrap())
            .insert_header(("x-forwarded-for", forwarded))
            .to_http_request();
        client_address(&request, &trusted).unwrap().to_string()
    }

    #[test]
    fn a_strangers_word_about_its_address_is_not_believed() {
        assert_eq!(seen("203.0.113.9", "10.1.1.1", &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", "10.1.1.1", &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn behind_trusted_proxies_the_last_stranger_is_the_client() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(seen("10.0.0.2", "1.2.3.4, 198.51.100.7, 10.0.0.9", &trusted), "198.51.100.7");
        assert_eq!(seen("[fd00::1]", "2001:db8::5", &trusted), "2001:db8::5");
        assert_eq!(seen("10.0.0.2", "nonsense", &trusted), "10.0.0.2");
    }

    #[test]
    fn a_network_has_a_prefix_of_its_family() {
        assert!(TrustedProxy::parse("10.0.0.0/33").is_none());
        assert!(TrustedProxy::parse("::/0").is_some());
        assert!(TrustedProxy::parse("proxy.example").is_none());
        assert!(TrustedProxy::parse("0.0.0.0/0").unwrap().contains("9.9.9.9".parse().unwrap()));
    }
}
