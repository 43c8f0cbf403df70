//! What is told to a client that listens for changes.
//!
//! A legacy client reads them from the stream of a GET; a modern one from that of its
//! `subscriptions/listen`, where each message says in `_meta` which subscription it is of (SEP-2575).

use bytes::Bytes;

use super::answers::listen_result;
use super::{Implementation, Writer};

/// `_meta` of what a subscription is told: the JSON-RPC id of the request that made it.
const META_SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// Which lists a client wants to hear about, or is told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListKinds {
    /// Tools.
    pub tools: bool,
    /// Prompts.
    pub prompts: bool,
    /// Resources and templates of resources.
    pub resources: bool,
}

impl ListKinds {
    /// All of them.
    pub const ALL: Self = Self { tools: true, prompts: true, resources: true };

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            tools: self.tools && other.tools,
            prompts: self.prompts && other.prompts,
            resources: self.resources && other.resources,
        }
    }

    /// Whether there is any.
    pub const fn any(self) -> bool {
        self.tools || self.prompts || self.resources
    }

    /// The notification of each.
    pub fn methods(self) -> impl Iterator<Item = &'static str> {
        [
            (self.tools, "notifications/tools/list_changed"),
            (self.prompts, "notifications/prompts/list_changed"),
            (self.resources, "notifications/resources/list_changed"),
        ]
        .into_iter()
        .filter_map(|(wanted, method)| wanted.then_some(method))
    }
}

/// A notification that a list changed. `subscription_json` is the raw JSON of the id of a modern
/// client's subscription.
pub fn list_changed(method: &str, subscription_json: Option<&str>) -> Bytes {
    let mut writer = Writer::with_capacity(160);
    writer.raw(r#"{"jsonrpc":"2.0","method":"#).string(method);
    if let Some(id) = subscription_json {
        writer.raw(r#","params":{"#);
        meta(&mut writer, id).raw("}");
    }
    writer.raw("}");
    writer.finish()
}

/// A notification that a resource changed; `subscription_json` as for [`list_changed`].
pub fn resource_updated(uri: &str, subscription_json: Option<&str>) -> Bytes {
    let mut writer = Writer::with_capacity(200);
    writer.raw(r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"#);
    writer.string(uri);
    if let Some(id) = subscription_json {
        meta(writer.raw(","), id);
    }
    writer.raw("}}");
    writer.finish()
}

/// The first message of a subscription: what of it is kept, lists and single resources.
pub fn subscription_acknowledged(
    subscription_json: &str,
    accepted: ListKinds,
    resources: &[String],
) -> Bytes {
    let mut writer = Writer::with_capacity(240);
    writer.raw(r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","#);
    writer.raw(r#""params":{"notifications":{"#);
    let members = [
        (accepted.tools, "toolsListChanged"),
        (accepted.prompts, "promptsListChanged"),
        (accepted.resources, "resourcesListChanged"),
    ];
    let mut parted = "";
    for (_, member) in members.into_iter().filter(|(accepted, _)| *accepted) {
        writer.raw(parted).string(member).raw(":true");
        parted = ",";
    }
    if !resources.is_empty() {
        writer.raw(parted).raw(r#""resourceSubscriptions":["#);
        for (index, uri) in resources.iter().enumerate() {
            writer.raw(if index == 0 { "" } else { "," }).string(uri);
        }
        writer.raw("]");
    }
    writer.raw("},");
    meta(&mut writer, subscription_json).raw("}}");
    writer.finish()
}

/// The end of a subscription that the gateway ends.
pub fn subscription_ended(subscription_json: &str, server: Implementation<'_>) -> Bytes {
    listen_result(subscription_json, META_SUBSCRIPTION_ID, server)
}

fn meta<'w>(writer: &'w mut Writer, subscription_json: &str) -> &'w mut Writer {
    writer.raw(r#""_meta":{"#).string(META_SUBSCRIPTION_ID).raw(":").raw(subscription_json).raw("}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(message: &Bytes) -> Value {
        serde_json::from_slice(message).unwrap()
    }

    #[test]
    fn each_message_names_its_subscription() {
        let id = json!({"io.modelcontextprotocol/subscriptionId": "s\"1"});
        let accepted = ListKinds { tools: true, prompts: false, resources: true };
        assert_eq!(
            read(&subscription_acknowledged(r#""s\"1""#, accepted, &[])),
            json!({
                "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
                "params": {
                    "notifications": {"toolsListChanged": true, "resourcesListChanged": true},
                    "_meta": id,
                },
            })
        );
        let one = subscription_acknowledged("1", ListKinds::default(), &["a:\"b".to_owned()]);
        let kept = json!({"resourceSubscriptions": ["a:\"b"]});
        assert_eq!(read(&one)["params"]["notifications"], kept);
        let updated = read(&resource_updated("a:b", Some("1")));
        assert_eq!(updated["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 1);
        assert_eq!(read(&resource_updated("a:b", None))["params"], json!({"uri": "a:b"}));
        let methods: Vec<&str> = accepted.methods().collect();
        assert_eq!(methods.len(), 2);
        assert_eq!(
            read(&list_changed(methods[0], Some(r#""s\"1""#))),
            json!({
                "jsonrpc": "2.0", "method": "notifications/tools/list_changed",
                "params": {"_meta": id},
            })
        );
        assert_eq!(
            read(&list_changed(methods[1], None)),
            json!({"jsonrpc": "2.0", "method": "notifications/resources/list_changed"})
        );
        let this = Implementation { name: "gateway", version: "1" };
        let ended = read(&subscription_ended("7", this));
        assert_eq!(ended["id"], 7);
        assert_eq!(ended["result"]["resultType"], "complete");
        let told = &ended["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
        assert_eq!(*told, 7);
    }
}
