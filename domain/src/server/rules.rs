//! Who may use which of a server's tools: one rule for lists, searches and calls.

use serde::{Deserialize, Serialize};

use crate::caller::{Caller, Role};
use crate::field::{Step, Violation, Violations, is_unprintable};

/// The most rules of a server.
pub const MOST_RULES: usize = 100;
/// The most entries of each list of a rule.
pub const MOST_ENTRIES: usize = 100;
/// The longest entry, in characters.
const MAX_CHARS: usize = 256;

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Whoever it names may use the tools; who is named by no such rule of a tool may not.
    Allow,
    /// Whoever it names may not use the tools, whatever else allows it.
    Deny,
}

impl Effect {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Allow, Self::Deny];

    /// The effect as JSON spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// One rule: some tools, and some people. A rule that names nobody is about everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolRule {
    /// What it does.
    pub effect: Effect,
    /// Names of tools; one that ends with `*` means all that begin so.
    pub tools: Vec<String>,
    /// People with one of these roles.
    pub roles: Vec<Role>,
    /// People in one of these groups.
    pub groups: Vec<String>,
    /// People by the id that their identity provider gives them.
    pub users: Vec<String>,
}

impl ToolRule {
    fn is_about(&self, tool: &str) -> bool {
        self.tools.iter().any(|name| match name.strip_suffix('*') {
            Some(beginning) => tool.starts_with(beginning),
            None => tool == name,
        })
    }

    fn names_nobody(&self) -> bool {
        self.roles.is_empty() && self.groups.is_empty() && self.users.is_empty()
    }

    fn names(&self, caller: &Caller) -> bool {
        self.roles.iter().any(|role| caller.has(*role)) || self.users.contains(&caller.subject)
    }

    /// Whether it is certain that the rule means somebody.
    fn allows(&self, caller: Option<&Caller>) -> bool {
        let is_member =
            |caller: &Caller| self.groups.iter().any(|group| caller.groups.includes(group));
        self.names_nobody() || caller.is_some_and(|caller| self.names(caller) || is_member(caller))
    }

    /// Whether it cannot be excluded that the rule means somebody: a stranger could be anybody, and
    /// who is in groups that are not known could be in any.
    fn denies(&self, caller: Option<&Caller>) -> bool {
        let may_be_member =
            |caller: &Caller| self.groups.iter().any(|group| caller.groups.may_include(group));
        self.names_nobody()
            || caller.is_none_or(|caller| self.names(caller) || may_be_member(caller))
    }
}

/// A server's rules. Without any, everybody who reaches the server may use all of its tools.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolRules(Vec<ToolRule>);

impl ToolRules {
    /// Rules, if each keeps its bounds.
    ///
    /// # Errors
    /// A [`Violation`] for each entry that does not.
    pub fn check(rules: Vec<ToolRule>) -> Result<Self, Vec<Violation>> {
        let mut wrong = Violations::default();
        if rules.len() > MOST_RULES {
            let message = format!("must have at most {MOST_RULES} entries");
            wrong.push(Violation::at("rules", "too_long", message));
        }
        for (place, rule) in rules.iter().enumerate().take(MOST_RULES) {
            let at = |member: &'static str, rule, message: String| {
                Violation::at(member, rule, message)
                    .inside(&[Step::Member("rules".into()), Step::Position(place)])
            };
            if rule.tools.is_empty() {
                wrong.push(at("tools", "too_short", "must name a tool".to_owned()));
            }
            for (member, entries) in
                [("tools", &rule.tools), ("groups", &rule.groups), ("users", &rule.users)]
            {
                if entries.len() > MOST_ENTRIES {
                    let message = format!("must have at most {MOST_ENTRIES} entries");
                    wrong.push(at(member, "too_long", message));
                }
                if entries.iter().any(|entry| !is_entry(entry)) {
                    let message =
                        format!("must have texts of 1 to {MAX_CHARS} printable characters");
                    wrong.push(at(member, "string_pattern", message));
                }
            }
        }
        let wrong = wrong.into_inner();
        if wrong.is_empty() { Ok(Self(rules)) } else { Err(wrong) }
    }

    /// The rules, in their order.
    pub fn as_slice(&self) -> &[ToolRule] {
        &self.0
    }

    /// Whether somebody (`None`: a stranger) may use a tool: no rule denies it to them, and if any
    /// allows it to some, to them as well. A stranger could be anybody whom a rule denies it to, and
    /// somebody whose groups are not known could be in any that one denies it to.
    pub fn permit(&self, caller: Option<&Caller>, tool: &str) -> bool {
        let (mut is_reserved, mut is_allowed) = (false, false);
        for rule in self.0.iter().filter(|rule| rule.is_about(tool)) {
            match rule.effect {
                Effect::Deny if rule.denies(caller) => return false,
                Effect::Deny => {}
                Effect::Allow => {
                    is_reserved = true;
                    is_allowed |= rule.allows(caller);
                }
            }
        }
        is_allowed || !is_reserved
    }
}

fn is_entry(text: &str) -> bool {
    (1..=MAX_CHARS).contains(&text.chars().count()) && !text.chars().any(is_unprintable)
}

#[cfg(test)]
mod tests;
