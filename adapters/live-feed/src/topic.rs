//! What clients ask for.

use registry_domain::field::Violation;

/// A topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// How servers, and the product itself, are doing.
    Health,
    /// How much is called, and how fast.
    Metrics,
    /// Servers that come, change and go.
    Servers,
    /// Registrations and what is decided about them.
    Registrations,
    /// Calls that begin and end.
    Requests,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 5] =
        [Self::Health, Self::Metrics, Self::Servers, Self::Registrations, Self::Requests];

    /// The topic as addresses and messages spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Metrics => "metrics",
            Self::Servers => "servers",
            Self::Registrations => "registrations",
            Self::Requests => "requests",
        }
    }

    /// The inverse of [`Topic::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text)
    }

    /// Whether the topic is for signed-in people only, whatever the door.
    pub const fn needs_token(self) -> bool {
        matches!(self, Self::Registrations)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Health => 1,
            Self::Metrics => 2,
            Self::Servers => 4,
            Self::Registrations => 8,
            Self::Requests => 16,
        }
    }
}

/// Some topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Topics(u8);

impl Topics {
    /// All that those without a token may ask for.
    pub fn open() -> Self {
        Topic::ALL.into_iter().filter(|topic| !topic.needs_token()).collect()
    }

    /// Whether a topic is among them.
    pub const fn contains(self, topic: Topic) -> bool {
        self.0 & topic.bit() != 0
    }

    /// As a number, to be kept where others read it without a lock.
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// The inverse of [`Topics::bits`].
    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// These without those.
    #[must_use]
    pub const fn without(self, those: Self) -> Self {
        Self(self.0 & !those.0)
    }

    /// Their names, in the order of [`Topic::ALL`].
    pub fn names(self) -> Vec<&'static str> {
        Topic::ALL.into_iter().filter(|topic| self.contains(*topic)).map(Topic::as_str).collect()
    }

    /// Whether one of them needs a token.
    pub fn need_token(self) -> bool {
        Topic::ALL.into_iter().any(|topic| topic.needs_token() && self.contains(topic))
    }

    /// Reads names, separated by commas.
    ///
    /// # Errors
    /// The violation that names `field` and the topics that there are.
    pub fn read(field: &'static str, text: &str) -> Result<Self, Violation> {
        Self::of_names(field, text.split(',').map(str::trim).filter(|name| !name.is_empty()))
    }

    /// Topics by their names.
    ///
    /// # Errors
    /// The violation that names `field` and the topics that there are.
    pub fn of_names<'a>(
        field: &'static str,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Self, Violation> {
        names.map(Topic::parse).collect::<Option<Self>>().ok_or_else(|| {
            let all = Topic::ALL.into_iter().collect::<Self>().names().join(", ");
            Violation::at(field, "enum", format!("must be some of {all}"))
        })
    }
}

impl From<Topic> for Topics {
    fn from(topic: Topic) -> Self {
        Self(topic.bit())
    }
}

impl FromIterator<Topic> for Topics {
    fn from_iter<I: IntoIterator<Item = Topic>>(topics: I) -> Self {
        topics.into_iter().fold(Self::default(), |all, topic| all.and(topic.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_by_name_and_an_unknown_one_names_those_there_are() {
        let some = Topics::read("topics", "health, servers,,").unwrap();
        assert_eq!(some.names(), ["health", "servers"]);
        let wrong = Topics::read("topics", "health,weather").err().unwrap().to_string();
        assert!(wrong.contains("topics") && wrong.contains("registrations"), "{wrong}");
    }

    #[test]
    fn what_is_open_needs_no_token() {
        assert!(!Topics::open().need_token());
        assert!(Topics::from(Topic::Registrations).need_token());
        assert_eq!(Topics::open().names(), ["health", "metrics", "servers", "requests"]);
    }

    #[test]
    fn topics_come_and_go() {
        let both = Topics::from(Topic::Health).and(Topic::Metrics.into());
        assert_eq!(both.without(Topic::Health.into()).names(), ["metrics"]);
        assert_eq!(both.without(both), Topics::default());
    }
}
