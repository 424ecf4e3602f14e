//! IAM: what an instance profile brings, and what a principal may not do.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};
use dr_error::{AwsClass, Clock, Result};
use dr_model::place::Place;

use dr_error::sdk::{Caller, once_only};

/// What an instance profile brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfilePolicies {
    /// Its role; a profile may have none.
    pub role_arn: Option<String>,
    /// Names of the managed policies attached to the role. Inline policies are not among them.
    pub attached: Vec<String>,
}

/// IAM in one account.
#[derive(Debug, Clone)]
pub struct Iam {
    client: aws_sdk_iam::Client,
    caller: Caller,
    region: String,
}

impl Iam {
    /// IAM of the account of `place`, with the credentials of `config`.
    pub fn new(config: &SdkConfig, place: Place, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: aws_sdk_iam::Client::new(&once_only(config)),
            region: place.region.to_string(),
            caller: Caller {
                service: "iam",
                place: place.to_string(),
                clock,
            },
        }
    }

    /// The policies of an instance profile, `None` where there is no such profile.
    /// IAM: `iam:GetInstanceProfile`, `iam:ListAttachedRolePolicies`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn profile_policies(&self, profile_name: &str) -> Result<Option<ProfilePolicies>> {
        let answer = self
            .caller
            .send("GetInstanceProfile", || {
                self.client
                    .get_instance_profile()
                    .instance_profile_name(profile_name)
                    .send()
            })
            .await;
        let profile = match answer {
            Err(error) if error.aws_class() == Some(AwsClass::NotFound) => return Ok(None),
            answer => answer?.instance_profile,
        };
        let Some(role) = profile.and_then(|profile| profile.roles.into_iter().next()) else {
            return Ok(Some(ProfilePolicies {
                role_arn: None,
                attached: Vec::new(),
            }));
        };
        let policies = self
            .caller
            .pages("ListAttachedRolePolicies", |marker| {
                let call = self
                    .client
                    .list_attached_role_policies()
                    .role_name(role.role_name())
                    .set_marker(marker);
                async move {
                    let page = call.send().await?;
                    Ok((
                        page.attached_policies.unwrap_or_default(),
                        page.marker.filter(|_| page.is_truncated),
                    ))
                }
            })
            .await?;
        Ok(Some(ProfilePolicies {
            role_arn: Some(role.arn),
            attached: policies
                .into_iter()
                .filter_map(|policy| policy.policy_name)
                .collect(),
        }))
    }

    /// Those of these actions that a user or role may not do on any resource, as IAM simulates it: its own
    /// policies and its boundary, without the resources' policies. An assumed role's session is taken for
    /// its role. IAM: `iam:SimulatePrincipalPolicy`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn denied_actions(
        &self,
        principal_arn: &str,
        actions: &[String],
    ) -> Result<Vec<String>> {
        if actions.is_empty() {
            return Ok(Vec::new());
        }
        let principal = role_of_session(principal_arn);
        let contexts = vec![
            context(
                "aws:RequestedRegion",
                ContextKeyTypeEnum::String,
                &self.region,
            ),
            // DRS performs the EC2 part with our permissions: forward access.
            context("aws:ViaAWSService", ContextKeyTypeEnum::Boolean, "true"),
        ];
        let results = self
            .caller
            .pages("SimulatePrincipalPolicy", |marker| {
                let call = self
                    .client
                    .simulate_principal_policy()
                    .policy_source_arn(&principal)
                    .set_action_names(Some(actions.to_vec()))
                    .set_context_entries(Some(contexts.clone()))
                    .set_marker(marker);
                async move {
                    let page = call.send().await?;
                    Ok((
                        page.evaluation_results.unwrap_or_default(),
                        page.marker.filter(|_| page.is_truncated),
                    ))
                }
            })
            .await?;
        Ok(results
            .into_iter()
            .filter(|result| result.eval_decision != PolicyEvaluationDecisionType::Allowed)
            .map(|result| result.eval_action_name)
            .collect())
    }
}

fn context(name: &str, kind: ContextKeyTypeEnum, value: &str) -> ContextEntry {
    ContextEntry::builder()
        .context_key_name(name)
        .context_key_type(kind)
        .context_key_values(value)
        .build()
}

/// `arn:aws:iam::A:role/R` for the session `arn:aws:sts::A:assumed-role/R/S`; anything else as it is. A role
/// with a path cannot be told from its session: IAM then answers that there is no such entity.
fn role_of_session(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if let ["arn", partition, "sts", _, account, resource] = parts.as_slice()
        && let Some(session) = resource.strip_prefix("assumed-role/")
        && let Some((role, _)) = session.split_once('/')
    {
        return format!("arn:{partition}:iam::{account}:role/{role}");
    }
    arn.to_owned()
}

#[cfg(test)]
mod tests {
    use super::role_of_session;

    #[test]
    fn a_session_is_simulated_as_its_role() {
        assert_eq!(
            role_of_session("arn:aws:sts::111122223333:assumed-role/dr/dr-orchestrator"),
            "arn:aws:iam::111122223333:role/dr"
        );
        let user = "arn:aws:iam::111122223333:user/ann";
        assert_eq!(role_of_session(user), user);
    }
}
