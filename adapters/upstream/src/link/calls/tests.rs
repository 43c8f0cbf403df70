//! Tests of `calls`.

use super::*;

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn calls(is_shared: bool) -> Arc<Calls> {
    Arc::new(Calls::new(is_shared, 1024))
}

async fn text(place: &Place) -> String {
    String::from_utf8(place.mailbox.next().await.unwrap().message.to_vec()).unwrap()
}

#[tokio::test]
async fn each_response_goes_to_the_call_with_its_id_in_whatever_order_they_come() {
    let calls = calls(true);
    let (one, _) = calls.begin("1", &bytes(r#"{"id":1}"#)).unwrap();
    let (two, _) = calls.begin("\"two\"", &bytes("{}")).unwrap();
    assert_eq!(calls.take(&bytes(r#"{"jsonrpc":"2.0","id":"two","result":2}"#)), Taken::Done);
    assert_eq!(calls.take(&bytes(r#"{"jsonrpc":"2.0","id":"1","result":1}"#)), Taken::Done);
    assert!(text(&one).await.ends_with("\"result\":1}"));
    assert!(text(&two).await.ends_with("\"result\":2}"));
    assert!(calls.is_idle());
}

#[tokio::test]
async fn progress_of_two_calls_with_one_token_comes_to_the_right_one_with_its_own_token() {
    let calls = calls(true);
    let request = bytes(r#"{"id":1,"params":{"_meta":{"progressToken":7}}}"#);
    let (one, sent_one) = calls.begin("1", &request).unwrap();
    let (two, sent_two) = calls.begin("2", &request).unwrap();
    assert_ne!(sent_one, sent_two);
    for (token, step) in [("p2", 20), ("p1", 10), ("p9", 90)] {
        let told = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":"{token}","progress":{step}}}}}"#
        );
        assert_eq!(calls.take(&bytes(&told)), Taken::Done);
    }
    assert!(text(&one).await.contains(r#""progressToken":7,"progress":10"#));
    assert!(text(&two).await.contains(r#""progressToken":7,"progress":20"#));
}

#[tokio::test]
async fn on_a_shared_connection_a_question_reaches_nobody_while_two_calls_are_under_way() {
    let question = bytes(r#"{"jsonrpc":"2.0","id":5,"method":"elicitation/create","params":{}}"#);
    let shared = calls(true);
    assert_eq!(shared.take(&question), Taken::Unasked("5".to_owned()));
    let (one, _) = shared.begin("1", &bytes("{}")).unwrap();
    assert_eq!(shared.take(&question), Taken::Done);
    assert!(text(&one).await.contains("elicitation/create"));
    let (_two, _) = shared.begin("2", &bytes("{}")).unwrap();
    assert_eq!(shared.take(&question), Taken::Unasked("5".to_owned()));

    let own = calls(false);
    let (_one, _) = own.begin("1", &bytes("{}")).unwrap();
    let (two, _) = own.begin("2", &bytes("{}")).unwrap();
    assert_eq!(own.take(&question), Taken::Done);
    assert!(text(&two).await.contains("elicitation/create"));
}

#[tokio::test]
async fn a_lost_connection_fails_what_is_under_way_and_what_comes_later() {
    let calls = calls(false);
    let (one, _) = calls.begin("1", &bytes("{}")).unwrap();
    calls.lose(failure(FaultClass::Unreachable, "gone", false));
    assert!(one.mailbox.next().await.unwrap_err().request_sent);
    assert!(!calls.begin("2", &bytes("{}")).unwrap_err().request_sent);
}

#[test]
fn a_call_that_is_given_up_makes_room_and_an_id_is_used_by_one_call_at_a_time() {
    let calls = calls(false);
    let (one, _) = calls.begin("1", &bytes("{}")).unwrap();
    assert!(calls.begin("1", &bytes("{}")).is_err());
    drop(one);
    assert!(calls.is_idle());
    assert!(calls.begin("1", &bytes("{}")).is_ok());
}

#[test]
fn what_is_no_message_is_said_to_be_none_and_a_ping_is_to_be_answered() {
    let calls = calls(false);
    for nonsense in ["hello", "[]", "{}", "7"] {
        assert_eq!(calls.take(&bytes(nonsense)), Taken::Nonsense, "{nonsense}");
    }
    let ping = bytes(r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#);
    assert_eq!(calls.take(&ping), Taken::Ping("\"a\"".to_owned()));
    for strangers in [
        r#"{"jsonrpc":"2.0","id":3,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#,
    ] {
        assert_eq!(calls.take(&bytes(strangers)), Taken::Done, "{strangers}");
    }
}
