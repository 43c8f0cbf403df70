//! Which tokens are accepted, and as what the others are refused.

use std::time::Duration;

use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use jiff::Timestamp;
use registry_domain::caller::Role;
use registry_domain::id::TenantId;
use registry_domain::ports::{RefusalClass as Class, TokenVerifier as _, Verification};
use registry_domain::user::Identity;
use registry_entra::{MAX_LEEWAY, MAX_TOKEN_BYTES};
use serde_json::{Value, json};

use crate::support::{Answer, CLIENT, Entra, GROUP, START, TENANT, TRUSTED, TestKey, encoded};

#[tokio::test]
async fn v1_and_v2_tokens_of_the_tenant_are_accepted_for_both_audiences() {
    let entra = Entra::start().await;
    let v1 = json!({"ver": "1.0", "iss": format!("https://sts.windows.net/{TENANT}/")});
    for (mut changes, audience) in [
        (json!({}), json!(CLIENT)),
        (json!({}), json!(["other", CLIENT])),
        (v1.clone(), json!(format!("api://{CLIENT}"))),
        (v1, json!(CLIENT)),
    ] {
        changes["aud"] = audience;
        assert_eq!(entra.verify_claims(&changes).await, Answer::Good, "{changes}");
    }
}

#[tokio::test]
async fn a_verified_token_says_who_it_is() {
    let entra =
        Entra::start_with(|settings| settings.admin_group = Some(GROUP.into()), |_| ()).await;
    let token = TRUSTED.token(&entra.claims(&json!({"groups": [GROUP]})));
    let Verification::Verified(verified) = entra.verifier.verify(&token).await else {
        panic!("refused")
    };
    let expected = Identity {
        subject: "oid-1".into(),
        tenant: TenantId::parse(TENANT).ok(),
        email: Some("ada@example.com".into()),
        display_name: Some("Ada".into()),
        in_admin_group: Some(true),
    };
    assert_eq!(verified.identity, expected);
    assert_eq!(verified.roles, [Role::Admin]);
    assert_eq!(verified.expires_at, Timestamp::from_second(START + 3600).unwrap());
}

#[tokio::test]
async fn claims_that_do_not_fit_are_refused_by_their_class() {
    let entra = Entra::start().await;
    let cases: [(Value, Class); 18] = [
        (json!({"aud": "other"}), Class::WrongAudience),
        (json!({"aud": ["other", "another"]}), Class::WrongAudience),
        (json!({"aud": null}), Class::MissingClaim),
        (json!({"aud": []}), Class::MissingClaim),
        (json!({"iss": "https://evil.example/v2.0"}), Class::WrongIssuer),
        (json!({"iss": format!("https://sts.windows.net/{TENANT}/")}), Class::WrongIssuer),
        (json!({"ver": "1.0"}), Class::WrongIssuer),
        (json!({"ver": "3.0"}), Class::WrongIssuer),
        (json!({"iss": null}), Class::MissingClaim),
        (json!({"tid": null}), Class::MissingClaim),
        (json!({"ver": null}), Class::MissingClaim),
        (json!({"tid": GROUP}), Class::WrongIssuer),
        (
            json!({"tid": GROUP, "iss": format!("{}/{GROUP}/v2.0", entra.host.authority())}),
            Class::WrongIssuer,
        ),
        (json!({"exp": null}), Class::MissingClaim),
        (json!({"exp": "soon"}), Class::Malformed),
        (json!({"exp": START}), Class::Expired),
        (json!({"nbf": START + 1}), Class::NotYetValid),
        (json!({"oid": null, "sub": null}), Class::MissingClaim),
    ];
    for (changes, class) in cases {
        assert_eq!(entra.verify_claims(&changes).await, Answer::Refused(class), "{changes}");
    }
}

#[tokio::test]
async fn only_rs256_by_a_trusted_key_counts_as_signed() {
    let entra = Entra::start().await;
    let claims = entra.claims(&json!({}));
    let namesake = TestKey { kid: TRUSTED.kid, ..TestKey::new("") };
    let good = TRUSTED.token(&claims);
    let (message, _) = good.rsplit_once('.').unwrap();
    let none = |alg: &str| {
        let header = encoded(json!({"alg": alg, "kid": TRUSTED.kid}).to_string());
        format!("{header}.{}.", encoded(claims.to_string()))
    };
    let header = |header| TRUSTED.token_with(&header, &claims, &RSA_PKCS1_SHA256);
    let own_key = json!({"alg": "RS256", "kid": "mine", "jwk": namesake.jwk()});
    for (what, token, class) in [
        ("a key of another name", TestKey::new("stranger").token(&claims), Class::UnknownKey),
        ("a key of the same name", namesake.token(&claims), Class::BadSignature),
        ("a key that it brings along", header(own_key), Class::UnknownKey),
        ("no signature", format!("{message}."), Class::BadSignature),
        ("a signature that is no base64", format!("{message}.!"), Class::Malformed),
        ("HS256 with the public key", TRUSTED.hs256_token(&claims), Class::Malformed),
        ("RS512", TRUSTED.rs512_token(&claims), Class::Malformed),
        ("none", none("none"), Class::Malformed),
        ("None", none("None"), Class::Malformed),
        ("no kid", header(json!({"alg": "RS256"})), Class::Malformed),
        (
            "an extension",
            header(json!({"alg": "RS256", "kid": TRUSTED.kid, "crit": ["b64"], "b64": false})),
            Class::Malformed,
        ),
    ] {
        assert_eq!(entra.verify(&token).await, Answer::Refused(class), "{what}");
    }
    assert_eq!(entra.verify(&good).await, Answer::Good);
}

#[tokio::test]
async fn one_changed_byte_anywhere_is_refused() {
    let entra = Entra::start().await;
    let good = entra.token(1);
    let (start_of_payload, start_of_signature) =
        (good.find('.').unwrap() + 1, good.rfind('.').unwrap() + 1);
    for position in [start_of_payload + 30, start_of_signature, start_of_signature + 100] {
        let mut bytes = good.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(bytes).unwrap();
        assert_eq!(entra.verify(&tampered).await, Answer::Refused(Class::BadSignature));
    }
}

#[tokio::test]
async fn what_is_no_jwt_is_malformed() {
    let entra = Entra::start().await;
    let huge = TRUSTED.token(&entra.claims(&json!({"name": "n".repeat(MAX_TOKEN_BYTES)})));
    let five_parts = format!("{}.x.y", entra.token(1));
    for token in ["", ".", "..", "a.b", "a.b.c", "e30.e30.e30", huge.as_str(), &five_parts] {
        let answer = entra.verify(token).await;
        assert_eq!(answer, Answer::Refused(Class::Malformed), "{token:.40}");
    }
    assert_eq!(entra.host.fetches(), 0, "malformed tokens make no work for the issuer");
}

#[tokio::test]
async fn a_token_ends_exactly_at_exp_even_where_it_is_cached() {
    let entra = Entra::start().await;
    let token = TRUSTED.token(&entra.claims(&json!({"exp": START + 10})));
    assert_eq!(entra.verify(&token).await, Answer::Good);
    entra.clock.pass(Duration::from_micros(9_999_999));
    assert_eq!(entra.verify(&token).await, Answer::Good);
    entra.clock.pass(Duration::from_micros(1));
    assert_eq!(entra.verify(&token).await, Answer::Refused(Class::Expired));
}

#[tokio::test]
async fn the_leeway_is_bounded_and_works_at_both_ends() {
    let entra =
        Entra::start_with(|settings| settings.leeway = Duration::from_hours(1), |_| ()).await;
    let leeway = i64::try_from(MAX_LEEWAY.as_secs()).unwrap();
    for (changes, answer) in [
        (json!({"exp": START - leeway + 1}), Answer::Good),
        (json!({"exp": START - leeway}), Answer::Refused(Class::Expired)),
        (json!({"nbf": START + leeway}), Answer::Good),
        (json!({"nbf": START + leeway + 1}), Answer::Refused(Class::NotYetValid)),
    ] {
        assert_eq!(entra.verify_claims(&changes).await, answer, "{changes}");
    }
}

#[tokio::test]
async fn a_cached_token_is_the_same_value_for_a_minute() {
    let entra = Entra::start().await;
    let token = entra.token(1);
    let seen = async || match entra.verifier.verify(&token).await {
        Verification::Verified(verified) => verified,
        other => panic!("{other:?}"),
    };
    // The first token brings the keys, and is not cached under those that were there before.
    assert_eq!(entra.verify(&entra.token(2)).await, Answer::Good);
    let first = seen().await;
    entra.clock.pass(Duration::from_secs(59));
    assert!(std::sync::Arc::ptr_eq(&first, &seen().await));
    entra.clock.pass(Duration::from_secs(1));
    assert!(!std::sync::Arc::ptr_eq(&first, &seen().await));
}

#[tokio::test]
async fn a_hostile_key_id_is_a_name_like_any_other() {
    let entra = Entra::start().await;
    let long = "k".repeat(4000);
    for kid in [
        "../../etc/passwd",
        "http://127.0.0.1:1/keys",
        "' OR 1=1; --",
        "trusted\0",
        "",
        "\u{202e}detsurt",
        &long,
    ] {
        let header = json!({"alg": "RS256", "kid": kid});
        let token = TRUSTED.token_with(
            &header,
            &entra.claims(&json!({})),
            &aws_lc_rs::signature::RSA_PKCS1_SHA256,
        );
        assert_eq!(entra.verify(&token).await, Answer::Refused(Class::UnknownKey), "{kid}");
    }
    // The keys' host was asked for its keys, and for nothing that a token named.
    assert_eq!(entra.host.fetches(), 2);
}
