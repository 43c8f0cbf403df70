//! Codes, statuses and bounds of our errors.

use super::*;

fn rendered(error: &WireError, id_json: &str) -> Value {
    serde_json::from_slice(&error.to_json(id_json)).unwrap()
}

#[test]
fn every_rule_has_its_code_and_status() {
    let table = [
        (WireError::parse(), -32700, 400),
        (WireError::invalid("x"), -32600, 400),
        (WireError::batch(), -32600, 400),
        (WireError::header_mismatch("x"), -32020, 400),
        (WireError::unsupported_version("x"), -32022, 400),
        (WireError::unknown_version_header("x"), -32600, 400),
        (WireError::missing_meta("x"), -32602, 400),
        (WireError::invalid_params("x"), -32602, 200),
        (WireError::unknown_method("x", Era::Modern), -32601, 404),
        (WireError::unknown_method("x", Era::Legacy), -32601, 200),
        (WireError::unknown_server("x"), -32602, 404),
        (WireError::unavailable("x"), -32603, 503),
        (WireError::upstream("PROXY_ERROR", "x"), -32603, 200),
        (WireError::circuit_open("x"), -32603, 503),
        (WireError::no_compatible_server(), -32601, 200),
        (WireError::not_proxied("TIMEOUT_ERROR", "x"), -32603, 200),
        (WireError::cancelled(), -32800, 200),
    ];
    for (error, code, http_status) in table {
        assert_eq!((error.code, error.http_status), (code, http_status), "{error:?}");
    }
}

#[test]
fn an_error_renders_as_a_json_rpc_error_object_with_the_id_as_given() {
    let body = rendered(&WireError::unavailable("later"), r#""a\"b""#);
    assert_eq!(
        body,
        json!({
            "jsonrpc": "2.0",
            "id": "a\"b",
            "error": {
                "code": -32603,
                "message": "later",
                "data": {"error": "SERVER_UNAVAILABLE"},
            },
        })
    );
    assert_eq!(rendered(&WireError::parse(), "null")["id"], Value::Null);
}

#[test]
fn an_unsupported_version_names_the_supported_ones_and_the_requested_one() {
    let data = WireError::unsupported_version("2031-01-01").data.unwrap();
    assert_eq!(data["requested"], "2031-01-01");
    assert_eq!(data["supported"].as_array().unwrap().len(), Revision::ALL.len());
    assert!(WireError::unknown_version_header("1.0").message.contains("2026-07-28"));
}

#[test]
fn data_stands_beside_the_error_word() {
    let data = &rendered(&WireError::unsupported_version("2031-01-01"), "1")["error"]["data"];
    assert_eq!(data["error"], "BAD_REQUEST");
    assert_eq!(data["requested"], "2031-01-01");
}

#[test]
fn a_peers_text_is_cut_between_characters() {
    let long = "ä".repeat(100_000);
    assert_eq!(echo(&long).chars().count(), 100);
    assert_eq!(echo("short"), "short");
    let errors = [
        WireError::unknown_method(&long, Era::Modern),
        WireError::unsupported_version(&long),
        WireError::unknown_version_header(&long),
        WireError::invalid(long.as_str()),
    ];
    for error in errors {
        assert!(error.to_json("1").len() < 1_200, "{}", error.message.len());
    }
}
