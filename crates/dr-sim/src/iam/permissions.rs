//! Who may do what: a role's lists of action patterns.

use super::{Role, role, role_mut};
use crate::world::World;

/// How the policy simulator judges an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// An allowed pattern matches and no denied one.
    Allowed,
    /// A denied pattern matches.
    ExplicitDeny,
    /// No pattern matches.
    ImplicitDeny,
}

impl Decision {
    /// IAM's word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
        }
    }
}

/// Judges one action for a role.
pub(super) fn decide(role: &Role, action: &str) -> Decision {
    let hit = |patterns: &[String]| patterns.iter().any(|p| matches(p, action));
    if hit(&role.deny) {
        Decision::ExplicitDeny
    } else if hit(&role.allow) {
        Decision::Allowed
    } else {
        Decision::ImplicitDeny
    }
}

/// Whether a principal may do an action. Principals that are no recorded role (an account's own
/// keys, users) may do everything.
#[must_use]
pub fn allowed(world: &World, caller_arn: &str, action: &str) -> bool {
    role(world, caller_arn).is_none_or(|role| decide(role, action) == Decision::Allowed)
}

/// Denies actions to a role, on top of what is denied already. `false`: no such role.
pub fn deny(world: &mut World, role_arn: &str, actions: &[&str]) -> bool {
    let Some(role) = role_mut(world, role_arn) else {
        return false;
    };
    role.deny.extend(actions.iter().map(|a| (*a).to_owned()));
    true
}

/// Allows a role just these actions. `false`: no such role.
pub fn set_allowed(world: &mut World, role_arn: &str, actions: &[&str]) -> bool {
    let Some(role) = role_mut(world, role_arn) else {
        return false;
    };
    role.allow = actions.iter().map(|a| (*a).to_owned()).collect();
    true
}

/// IAM's patterns: case does not matter, `*` stands for any run of characters.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(between) = last.replace(part) {
            match rest.find(between) {
                Some(at) => rest = rest.get(at + between.len()..).unwrap_or_default(),
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |end| rest.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_any_run() {
        assert!(matches("*", "drs:StartRecovery"));
        assert!(matches("drs:*", "drs:StartRecovery"));
        assert!(matches("drs:Start*", "DRS:startRecovery"));
        assert!(matches("*:Describe*s", "ec2:DescribeInstances"));
        assert!(!matches("drs:Start", "drs:StartRecovery"));
        assert!(!matches("ec2:*", "drs:StartRecovery"));
        assert!(!matches("drs:*Stop", "drs:StartRecovery"));
    }
}
