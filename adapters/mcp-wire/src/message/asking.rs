//! The result by which a modern client is asked for more (SEP-2322).

use bytes::Bytes;

use super::Implementation;
use super::answers::{close, result, typed};

/// `input_required`: questions (name, method, raw params) and what the retry brings back.
pub fn input_required_result(
    id_json: &str,
    questions: &[(&str, &str, Option<&str>)],
    request_state: &str,
    server: Implementation<'_>,
) -> Bytes {
    let mut writer = result(id_json);
    writer.raw(r#""inputRequests":{"#);
    for (index, (key, method, params)) in questions.iter().enumerate() {
        writer.raw(if index == 0 { "" } else { "," }).string(key);
        writer.raw(r#":{"method":"#).string(method);
        if let Some(params) = params {
            writer.raw(r#","params":"#).raw(params);
        }
        writer.raw("}");
    }
    writer.raw(r#"},"requestState":"#).string(request_state).raw(",");
    typed(&mut writer, "input_required", server).raw("}");
    close(writer)
}
