//! How long a token is shown, and what is printed of a grant: nothing.

use std::time::Duration;

use super::*;

fn grant() -> UserGrant {
    UserGrant {
        for_credential: (Timestamp::UNIX_EPOCH, Revision(1)),
        resource: "https://mcp.example.com/mcp".into(),
        token_endpoint: "https://as.example.com/token".into(),
        revocation_endpoint: None,
        client: GrantClient { id: "us".into(), secret: None, posts_secret: false },
        access_token: None,
        refresh_token: Some(Secret::new("first".into())),
        life: None,
    }
}

fn tokens(refresh: Option<&str>, lasts: Option<u64>) -> GrantedTokens {
    GrantedTokens {
        access_token: Secret::new("token".into()),
        refresh_token: refresh.map(|text| Secret::new(text.to_owned())),
        lasts: lasts.map(Duration::from_secs),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn a_token_is_refreshed_a_minute_or_a_fifth_ahead_of_its_end() {
    for (lasts, ends_at, refresh_at) in [(3600, 3600, 3540), (60, 60, 48), (10, 10, 8)] {
        let grant = grant().with(tokens(None, Some(lasts)), at(0));
        assert_eq!(grant.standing(at(refresh_at - 1)), Standing::Good, "{lasts}");
        assert_eq!(grant.standing(at(refresh_at)), Standing::Ending, "{lasts}");
        assert_eq!(grant.standing(at(ends_at)), Standing::Ended, "{lasts}");
    }
}

#[test]
fn a_token_whose_end_nobody_tells_is_good_until_the_server_does_not_take_it() {
    let good = grant().with(tokens(None, None), at(0));
    assert_eq!(good.standing(Timestamp::MAX), Standing::Good);
    let refused = UserGrant { access_token: None, ..good };
    assert_eq!(refused.standing(at(1)), Standing::Ended);
}

#[test]
fn the_newest_refresh_token_counts_and_one_that_is_not_replaced_lives_on() {
    let rotated = grant().with(tokens(Some("second"), None), at(0));
    assert_eq!(rotated.refresh_token.as_ref().unwrap().expose(), "second");
    let same = rotated.with(tokens(None, None), at(0));
    assert_eq!(same.refresh_token.as_ref().unwrap().expose(), "second");
}

#[test]
fn nothing_of_a_grant_is_printed() {
    let stored = StoredGrant {
        server: ServerId(uuid::Uuid::nil()),
        subject: "somebody".into(),
        tenant: None,
        sealed: b"sealed".to_vec(),
        granted_at: at(0),
        revision: Revision(1),
    };
    let printed = format!("{stored:?} {:?} {:?}", grant(), tokens(Some("second"), None));
    for secret in ["somebody", "first", "second", "\"token\""] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
