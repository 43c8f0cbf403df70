//! Where in a result the addresses of resources stand.

/// Which part of a result names resources: it hangs on what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `content` of a tool's result: links, and what is embedded.
    Content,
    /// `messages` of a prompt.
    Messages,
    /// `contents` of a resource that was read.
    Contents,
}

impl Place {
    /// Where the result of a method names resources, if it does.
    pub fn of(method: &str) -> Option<Self> {
        match method {
            "tools/call" => Some(Self::Content),
            "prompts/get" => Some(Self::Messages),
            "resources/read" => Some(Self::Contents),
            _ => None,
        }
    }
}

/// What a value is; a list of such values is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Message,
    Result,
    /// A block of content: `uri` of a link, `resource` of what is embedded.
    Block,
    /// A message of a prompt.
    PromptMessage,
    /// What a resource contains.
    Resource,
    /// The URI of a resource.
    Address,
    /// Nothing in it is an address.
    Other,
}

impl Node {
    /// Whether an address may lie in it.
    pub(super) const fn is_container(self) -> bool {
        !matches!(self, Self::Address | Self::Other)
    }

    /// What the member of such an object is.
    pub(super) fn member(self, key: &str, place: Place) -> Self {
        match (self, key, place) {
            (Self::Message, "result", _) => Self::Result,
            (Self::Result, "content", Place::Content)
            | (Self::PromptMessage, "content", Place::Messages) => Self::Block,
            (Self::Result, "messages", Place::Messages) => Self::PromptMessage,
            (Self::Result, "contents", Place::Contents) | (Self::Block, "resource", _) => {
                Self::Resource
            }
            (Self::Block | Self::Resource, "uri", _) => Self::Address,
            _ => Self::Other,
        }
    }
}
