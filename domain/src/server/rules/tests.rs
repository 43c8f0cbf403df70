//! Who may use what by which rule.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::caller::Groups;

fn caller(subject: &str, roles: &[Role], groups: &[&str]) -> Caller {
    Caller {
        subject: subject.into(),
        user: None,
        tenant: None,
        email: None,
        display_name: None,
        roles: roles.to_vec(),
        groups: Groups::Known(groups.iter().map(|group| (*group).to_owned()).collect()),
        is_admin: roles.contains(&Role::Admin),
        expires_at: Timestamp::MAX,
        assertion: None,
    }
}

fn rule(effect: Effect, tools: &[&str]) -> ToolRule {
    let tools = tools.iter().map(|tool| (*tool).to_owned()).collect();
    ToolRule { effect, tools, roles: vec![], groups: vec![], users: vec![] }
}

fn rules(rules: Vec<ToolRule>) -> ToolRules {
    ToolRules::check(rules).unwrap()
}

#[test]
fn without_rules_everybody_may() {
    let none = ToolRules::default();
    assert!(none.permit(None, "read") && none.permit(Some(&caller("ada", &[], &[])), "read"));
}

#[test]
fn who_is_denied_may_not_whatever_allows_it() {
    let (ada, eve) = (caller("ada", &[], &["ops"]), caller("eve", &[], &["OPS"]));
    let rules = rules(vec![
        ToolRule { users: vec!["ada".into()], ..rule(Effect::Deny, &["write_*"]) },
        ToolRule { groups: vec!["ops".into()], ..rule(Effect::Allow, &["write_file"]) },
    ]);
    for (who, tool, may) in [
        (&ada, "write_file", false),
        (&ada, "write_dir", false),
        (&ada, "read", true),
        (&eve, "write_file", true),
        (&eve, "write_dir", true),
    ] {
        assert_eq!(rules.permit(Some(who), tool), may, "{} {tool}", who.subject);
    }
}

#[test]
fn what_is_allowed_to_some_is_denied_to_all_others() {
    let rules =
        rules(vec![ToolRule { roles: vec![Role::Admin], ..rule(Effect::Allow, &["drop"]) }]);
    let admin = caller("root", &[Role::Admin], &[]);
    // By group or by the stored flag an administrator has no role in the token.
    let flagged = Caller { is_admin: true, ..caller("root2", &[], &[]) };
    assert!(rules.permit(Some(&admin), "drop") && rules.permit(Some(&flagged), "drop"));
    assert!(!rules.permit(Some(&caller("ada", &[Role::ServerOwner], &[])), "drop"));
    assert!(!rules.permit(None, "drop"));
    assert!(rules.permit(None, "dropped"));
}

#[test]
fn everybody_who_is_signed_in_is_a_user() {
    let rules = rules(vec![ToolRule { roles: vec![Role::User], ..rule(Effect::Allow, &["call"]) }]);
    assert!(rules.permit(Some(&caller("ada", &[], &[])), "call"));
    assert!(!rules.permit(None, "call"));
}

#[test]
fn a_stranger_may_be_whom_a_rule_denies() {
    let rules =
        rules(vec![ToolRule { users: vec!["ada".into()], ..rule(Effect::Deny, &["call"]) }]);
    assert!(!rules.permit(None, "call"));
    assert!(rules.permit(None, "other"));
}

#[test]
fn who_may_be_in_a_group_that_a_rule_denies_may_not() {
    let unknown = Caller { groups: Groups::Unknown, ..caller("ada", &[], &[]) };
    let of_group = |effect, tool| ToolRule { groups: vec!["ops".into()], ..rule(effect, &[tool]) };
    let rules = rules(vec![
        of_group(Effect::Deny, "denied"),
        of_group(Effect::Allow, "allowed"),
        of_group(Effect::Allow, "hers"),
        ToolRule { users: vec!["ada".into()], ..rule(Effect::Allow, &["hers"]) },
        ToolRule { users: vec!["eve".into()], ..rule(Effect::Deny, &["not_eves"]) },
    ]);
    for (tool, may) in
        [("denied", false), ("allowed", false), ("hers", true), ("not_eves", true), ("any", true)]
    {
        assert_eq!(rules.permit(Some(&unknown), tool), may, "{tool}");
        let known = caller("ada", &[], &["dev"]);
        assert_eq!(rules.permit(Some(&known), tool), may || tool == "denied", "{tool} known");
    }
}

#[test]
fn a_rule_that_names_nobody_is_about_everybody() {
    let denied = rules(vec![rule(Effect::Deny, &["*"])]);
    assert!(!denied.permit(Some(&caller("root", &[Role::Admin], &[])), "any"));
    let allowed = rules(vec![rule(Effect::Allow, &["any"])]);
    assert!(allowed.permit(None, "any"));
}

#[test]
fn what_breaks_a_bound_is_named_with_its_place() {
    let long = "x".repeat(257);
    let wrong = ToolRules::check(vec![
        rule(Effect::Deny, &["fine"]),
        rule(Effect::Deny, &[]),
        ToolRule { groups: vec![String::new()], ..rule(Effect::Allow, &[&long]) },
        ToolRule { users: vec!["u".into(); 101], ..rule(Effect::Allow, &["a\u{202e}"]) },
    ]);
    let wrong: Vec<String> = wrong.unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        wrong,
        [
            "rules[1].tools must name a tool",
            "rules[2].tools must have texts of 1 to 256 printable characters",
            "rules[2].groups must have texts of 1 to 256 printable characters",
            "rules[3].tools must have texts of 1 to 256 printable characters",
            "rules[3].users must have at most 100 entries",
        ]
    );
    assert!(ToolRules::check(vec![rule(Effect::Deny, &["a"]); 101]).is_err());
}

proptest! {
    #[test]
    fn a_rule_more_that_denies_never_gives_anything(tool in "[a-c]{0,3}", name in "[a-c]{0,2}\\*?") {
        let before = vec![ToolRule { users: vec!["ada".into()], ..rule(Effect::Allow, &["a*"]) }];
        let mut after = before.clone();
        after.push(ToolRule { groups: vec!["g".into()], ..rule(Effect::Deny, &[&name]) });
        let (before, after) = (ToolRules(before), ToolRules(after));
        for who in [None, Some(caller("ada", &[], &[])), Some(caller("eve", &[], &["g"]))] {
            prop_assert!(before.permit(who.as_ref(), &tool) || !after.permit(who.as_ref(), &tool));
        }
    }
}
