//! Who calls, and whether he may: the only place that compares permissions.

use dr_error::{Error, Result};
use dr_model::role::{Permission, Role};
use serde_json::Value;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A signed-in user, by the claims of a token that API Gateway has verified.
    User {
        /// Name for the record: e-mail or subject.
        name: String,
        /// Roles from `cognito:groups`; unknown groups are ignored.
        roles: Vec<Role>,
    },
    /// A direct invocation: IAM has decided already that he may.
    Iam,
}

impl Caller {
    /// Reads the claims that the authorizer put into the proxy event.
    #[must_use]
    pub fn from_claims(claims: &Value) -> Option<Self> {
        let name = ["email", "cognito:username", "sub"]
            .iter()
            .find_map(|claim| claims.get(claim)?.as_str())?;
        // API Gateway renders the list as one text: "a,b" or "[a b]".
        let roles = match claims.get("cognito:groups") {
            Some(Value::Array(groups)) => groups
                .iter()
                .filter_map(Value::as_str)
                .filter_map(Role::named)
                .collect(),
            Some(Value::String(groups)) => groups
                .split([',', '[', ']', ' '])
                .filter_map(Role::named)
                .collect(),
            _ => Vec::new(),
        };
        Some(Self::User {
            name: name.to_owned(),
            roles,
        })
    }

    /// Name for the record.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } => name,
            Self::Iam => "iam",
        }
    }

    /// Fails unless the caller holds the permission.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn require(&self, permission: Permission) -> Result<()> {
        let allowed = match self {
            Self::Iam => true,
            Self::User { roles, .. } => roles.iter().any(|role| role.allows(permission)),
        };
        if allowed {
            Ok(())
        } else {
            Err(Error::Forbidden { permission })
        }
    }
}

#[cfg(test)]
mod tests {
    use dr_model::role::Permission;
    use serde_json::json;

    use super::Caller;

    #[test]
    fn groups_are_read_in_every_way_that_api_gateway_writes_them() {
        for groups in [
            json!(["operator", "x"]),
            json!("operator,x"),
            json!("[operator x]"),
        ] {
            let caller =
                Caller::from_claims(&json!({ "sub": "1", "cognito:groups": groups })).unwrap();
            assert!(caller.require(Permission::StartDrill).is_ok());
            assert!(caller.require(Permission::StartRecovery).is_err());
        }
    }

    #[test]
    fn a_user_without_roles_may_nothing() {
        let caller = Caller::from_claims(&json!({ "sub": "1" })).unwrap();
        assert!(caller.require(Permission::Read).is_err());
    }
}
