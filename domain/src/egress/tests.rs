//! Address by address: who may be called under which policy.

use super::*;

fn judged(policy: EgressPolicy, text: &str) -> bool {
    policy.permits(text.parse().unwrap_or_else(|_| panic!("{text} is no address")))
}

/// All the ways in which an IPv6 address says an IPv4 address.
fn disguises(four: &str) -> Vec<String> {
    let [a, b, c, d] = four.parse::<Ipv4Addr>().unwrap().octets();
    let hex = format!("{a:02x}{b:02x}:{c:02x}{d:02x}");
    vec![
        four.to_owned(),
        format!("::ffff:{four}"),
        format!("::ffff:0:{four}"),
        format!("64:ff9b::{four}"),
        format!("2002:{hex}::1"),
        format!("2606:2800:220:1::5efe:{four}"),
        format!("2606:2800:220:1:200:5efe:{four}"),
        format!("2002:5db8:d822::200:5efe:{four}"),
        format!("fd12:3456::5efe:{four}"),
    ]
}

#[test]
fn metadata_and_link_local_are_refused_in_every_disguise_under_every_policy() {
    for four in [
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        let compatible = (four != "0.0.0.0").then(|| format!("::{four}"));
        for text in disguises(four).into_iter().chain(compatible) {
            for policy in [EgressPolicy::Development, EgressPolicy::Public] {
                assert!(!judged(policy, &text), "{text} by {policy:?}");
            }
        }
    }
    for text in [
        "::",
        "fe80::1",
        "febf::1",
        "ff02::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:a9fe:a9:fe00::",
        "2001:0:a9fe:a9fe::1",
        "2001::5601:5601",
    ] {
        for policy in [EgressPolicy::Development, EgressPolicy::Public] {
            assert!(!judged(policy, text), "{text} by {policy:?}");
        }
    }
}

#[test]
fn internal_addresses_are_for_development_only() {
    for four in ["127.0.0.1", "127.255.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255"]
        .into_iter()
        .chain(["192.168.0.1", "100.64.0.1", "100.127.255.255"])
    {
        for text in disguises(four).into_iter().chain([format!("::{four}")]) {
            assert!(judged(EgressPolicy::Development, &text), "{text}");
            assert!(!judged(EgressPolicy::Public, &text), "{text}");
        }
    }
    for text in ["::1", "fc00::1", "fdff::1", "fec0::1", "feff::1"] {
        assert!(judged(EgressPolicy::Development, text), "{text}");
        assert!(!judged(EgressPolicy::Public, text), "{text}");
    }
}

#[test]
fn what_is_not_routed_on_the_internet_is_not_public() {
    for text in [
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "240.0.0.1",
        "254.1.2.3",
        "::93.184.216.34",
        "::ffff:0:93.184.216.34",
        "100::1",
        "100:0:0:1::1",
        "1fff::1",
        "2001:1::1",
        "2001:2::1",
        "2001:1ff::1",
        "2001:db8::1",
        "3fff::1",
        "3fff:fff::1",
        "4000::1",
        "5f00::1",
        "64:ff9b:1::5db8:d822",
        "64:ff9b:0:0:0:1:5db8:d822",
        "e000::1",
    ] {
        assert!(!judged(EgressPolicy::Public, text), "{text}");
    }
}

#[test]
fn the_neighbours_of_special_ranges_are_public() {
    for text in [
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "192.0.3.1",
        "192.88.98.1",
        "198.17.255.255",
        "198.20.0.1",
        "198.51.101.1",
        "203.0.112.1",
        "223.255.255.1",
        "::ffff:93.184.216.34",
        "64:ff9b::93.184.216.34",
        "2002:5db8:d822::1",
        "2001:200::1",
        "2001:db7::1",
        "2001:db9::1",
        "2606:2800:220:1::1",
        "2606:2800:220:1:200:5efe:5db8:d822",
        "3ffe::1",
        "3fff:1000::1",
    ] {
        assert!(judged(EgressPolicy::Public, text), "{text}");
        assert!(judged(EgressPolicy::Development, text), "{text}");
    }
}

#[test]
fn a_url_is_judged_by_the_address_that_its_host_spells() {
    for host in [
        "localhost",
        "LOCALHOST.",
        "x.localhost.",
        "127.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.01",
        "①②⑦.0.0.1",
        "%31%32%37.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
    ] {
        let endpoint = EndpointUrl::parse(&format!("http://{host}/mcp")).unwrap();
        let refused = EgressPolicy::Public.check(&endpoint).unwrap_err();
        assert_eq!(refused.rule, "url_address_forbidden", "{host}");
        assert!(EgressPolicy::Development.check(&endpoint).is_ok(), "{host}");
    }
    for host in ["2852039166", "0xa9fea9fe", "025177524776", "0251.254.169.254", "169.254.43518"]
        .into_iter()
        .chain(["[::ffff:a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fd00::5efe:a9fe:a9fe]", "0"])
    {
        let endpoint = EndpointUrl::parse(&format!("http://{host}/")).unwrap();
        assert!(EgressPolicy::Development.check(&endpoint).is_err(), "{host}");
        assert!(EgressPolicy::Public.check(&endpoint).is_err(), "{host}");
    }
    let public = EndpointUrl::parse("https://mcp.example.com/mcp").unwrap();
    assert!(EgressPolicy::Public.check(&public).is_ok());
}
