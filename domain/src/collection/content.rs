//! What a collection is, as its writer says it, and the rules of that.

use std::collections::HashSet;

use super::{Member, Slug, ToolChoice};
use crate::federation::SEPARATOR;
use crate::field::{Step, Violation, Violations, is_unprintable, printable};

/// The most collections there may be.
pub const MOST_COLLECTIONS: u32 = 1_000;
/// The most servers of a collection.
pub const MOST_MEMBERS: usize = 200;
/// The most tools of one server that a collection names.
pub const MOST_TOOLS: usize = 500;

const MAX_NAME: usize = 100;
const MAX_DESCRIPTION: usize = 2_000;
const MAX_INSTRUCTIONS: usize = 10_000;
/// As MCP bounds what a tool is called.
const MAX_TOOL_NAME: usize = 128;
/// The longest name of a tool at its server that can be meant.
const MAX_UPSTREAM_NAME: usize = 256;

/// A collection's content, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionDraft {
    /// Its name in its address.
    pub slug: String,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What the model behind a client is told.
    pub instructions: Option<String>,
    /// Its servers, in the order in which they are listed.
    pub members: Vec<Member>,
}

/// A collection's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionContent {
    /// Its name in its address.
    pub slug: Slug,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What the model behind a client is told.
    pub instructions: Option<String>,
    /// Its servers, in the order in which they are listed.
    pub members: Vec<Member>,
}

impl CollectionContent {
    /// The content, if each field keeps its rules.
    ///
    /// # Errors
    /// A [`Violation`] for each field that does not.
    pub fn check(draft: CollectionDraft) -> Result<Self, Vec<Violation>> {
        let mut wrong = Violations::default();
        let slug = wrong.take(Slug::parse(&draft.slug));
        let name = wrong.take(printable("name", &draft.name, 1, MAX_NAME));
        texts(&mut wrong, "description", draft.description.as_deref(), MAX_DESCRIPTION);
        texts(&mut wrong, "instructions", draft.instructions.as_deref(), MAX_INSTRUCTIONS);
        members(&mut wrong, &draft.members);
        match (slug, name, wrong.into_inner()) {
            (Some(slug), Some(_), wrong) if wrong.is_empty() => Ok(Self {
                slug,
                name: draft.name,
                description: draft.description,
                instructions: draft.instructions,
                members: draft.members,
            }),
            (_, _, wrong) => Err(wrong),
        }
    }
}

/// Text of several lines.
fn texts(wrong: &mut Violations, field: &'static str, text: Option<&str>, most: usize) {
    if text.is_some_and(|text| !is_text(text, most)) {
        let message = format!("must be text of 1 to {most} characters without control characters");
        wrong.push(Violation::at(field, "string_pattern", message));
    }
}

fn is_text(text: &str, most: usize) -> bool {
    let is_odd = |c: char| !matches!(c, '\n' | '\t') && is_unprintable(c);
    (1..=most).contains(&text.chars().count()) && !text.chars().any(is_odd)
}

fn members(wrong: &mut Violations, members: &[Member]) {
    if members.len() > MOST_MEMBERS {
        let message = format!("must have at most {MOST_MEMBERS} entries");
        wrong.push(Violation::at("members", "too_long", message));
        return;
    }
    let (mut servers, mut names) = (HashSet::new(), HashSet::new());
    for (place, member) in members.iter().enumerate() {
        let outer = [Step::Member("members".into()), Step::Position(place)];
        if !servers.insert(member.server) {
            let message = "is a member already";
            wrong.push(Violation::at("server_id", "duplicate", message).inside(&outer));
        }
        let Some(tools) = &member.tools else { continue };
        if tools.len() > MOST_TOOLS {
            let message = format!("must have at most {MOST_TOOLS} entries");
            wrong.push(Violation::at("tools", "too_long", message).inside(&outer));
            continue;
        }
        let mut seen = HashSet::new();
        for (at, choice) in tools.iter().enumerate() {
            let [member, position] = &outer;
            let inner = [
                member.clone(),
                position.clone(),
                Step::Member("tools".into()),
                Step::Position(at),
            ];
            if !seen.insert(choice.tool.as_str()) {
                let message = "is named already";
                wrong.push(Violation::at("tool", "duplicate", message).inside(&inner));
            }
            for violation in tool(choice, &mut names) {
                wrong.push(violation.inside(&inner));
            }
        }
    }
}

/// What is wrong with one tool; `names` are those that other tools have.
fn tool<'a>(choice: &'a ToolChoice, names: &mut HashSet<&'a str>) -> Vec<Violation> {
    let mut wrong = Violations::default();
    wrong.take(printable("tool", &choice.tool, 1, MAX_UPSTREAM_NAME));
    if let Some(name) = &choice.name {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        // With a separator it could be the name of another server's tool.
        let is_well_formed = (1..=MAX_TOOL_NAME).contains(&name.len())
            && name.chars().all(allowed)
            && !name.contains(SEPARATOR);
        if !is_well_formed {
            let message = "must match [A-Za-z0-9_.-]{1,128}, without \"__\"";
            wrong.push(Violation::at("name", "string_pattern_mismatch", message));
        } else if !names.insert(name) {
            wrong.push(Violation::at("name", "duplicate", "is another tool's name already"));
        }
    }
    texts(&mut wrong, "description", choice.description.as_deref(), MAX_DESCRIPTION);
    wrong.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ServerId;

    fn choice(tool: &str, name: Option<&str>) -> ToolChoice {
        ToolChoice { tool: tool.to_owned(), name: name.map(str::to_owned), description: None }
    }

    fn member(server: u128, tools: Vec<ToolChoice>) -> Member {
        let server = ServerId(uuid::Uuid::from_u128(server));
        Member { server, tools: Some(tools), prompts: true, resources: true }
    }

    fn told(change: impl Fn(&mut CollectionDraft)) -> Vec<String> {
        let mut draft = CollectionDraft {
            slug: "office".to_owned(),
            name: "Office".to_owned(),
            description: None,
            instructions: Some("First this.\nThen that.".to_owned()),
            members: vec![member(1, vec![choice("a", Some("one")), choice("b", None)])],
        };
        change(&mut draft);
        match CollectionContent::check(draft) {
            Ok(_) => Vec::new(),
            Err(wrong) => wrong.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn what_keeps_the_rules_is_a_collection_also_an_empty_one() {
        assert_eq!(told(|_| ()), [""; 0]);
        assert_eq!(told(|draft| draft.members.clear()), [""; 0]);
        assert_eq!(told(|draft| draft.members.push(member(2, vec![choice("a", None)]))), [""; 0]);
    }

    #[test]
    fn whatever_breaks_a_rule_is_named_with_its_place() {
        let slug = told(|draft| draft.slug = "Off ice".to_owned());
        assert_eq!(slug, ["slug must match [a-z0-9][a-z0-9-]{0,62}"]);
        let twice = told(|draft| draft.members.push(member(1, vec![])));
        assert_eq!(twice, ["members[1].server_id is a member already"]);
        let named = told(|draft| draft.members.push(member(2, vec![choice("c", Some("one"))])));
        assert_eq!(named, ["members[1].tools[0].name is another tool's name already"]);
        let posing = told(|draft| draft.members = vec![member(1, vec![choice("a", Some("b__c"))])]);
        let rule = "members[0].tools[0].name must match [A-Za-z0-9_.-]{1,128}, without \"__\"";
        assert_eq!(posing, [rule]);
        let doubled = vec![choice("a", None), choice("a", Some("x"))];
        let doubled = told(|draft| draft.members = vec![member(1, doubled.clone())]);
        assert_eq!(doubled, ["members[0].tools[1].tool is named already"]);
        let many = told(|draft| {
            draft.members = (0..=200).map(|id| member(id, vec![])).collect();
        });
        assert_eq!(many, ["members must have at most 200 entries"]);
        assert_eq!(told(|draft| draft.instructions = Some("\u{202e}".to_owned())).len(), 1);
    }
}
