//! Other accounts: roles assumed with their external id, and credentials kept until shortly before they
//! expire. One assumption serves everybody who asks at the same time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::identity::IdentityCache;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Providing;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
use chrono::{DateTime, Duration, Utc};
use dr_error::{AwsError, Clock, Error, FieldProblem, Result};
use dr_model::ids::AccountId;
use dr_model::place::Place;
use tokio::sync::Mutex as AsyncMutex;

use dr_error::sdk::{Caller, once_only};

/// Credentials are renewed this long before they expire, so that a call that begins with them ends with them.
const MARGIN: Duration = Duration::minutes(5);
/// What CloudTrail of the other account shows as the session.
const SESSION_NAME: &str = "dr-orchestrator";

/// How a place is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The place.
    pub place: Place,
    /// The role to assume there; `None` for our own account.
    pub role_arn: Option<String>,
    /// The external id that the role demands.
    pub external_id: Option<String>,
}

/// Who a set of credentials is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Its account.
    pub account: AccountId,
    /// ARN of the user, or of the assumed role and its session.
    pub arn: String,
}

/// A role and the external id it is assumed with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Role {
    arn: String,
    external_id: Option<String>,
}

struct Held {
    credentials: Credentials,
    expires: DateTime<Utc>,
}

/// One role's credentials. Whoever holds the lock assumes the role; the others wait for the outcome.
#[derive(Default)]
struct Slot {
    /// How many assumptions ended. Who waited through one takes its outcome, even a refusal.
    ended: AtomicU64,
    held: AsyncMutex<(Option<Held>, Option<AwsError>)>,
}

struct Shared {
    base: SdkConfig,
    home: Place,
    sts: aws_sdk_sts::Client,
    clock: Arc<dyn Clock>,
    slots: Mutex<BTreeMap<Role, Arc<Slot>>>,
}

/// All accounts that we can reach.
#[derive(Clone)]
pub struct Accounts(Arc<Shared>);

impl fmt::Debug for Accounts {
    /// Shows no credentials, not even key ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("home", &self.0.home)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// `base` holds our own credentials and HTTP client; `home` is where we run.
    pub fn new(base: SdkConfig, home: Place, clock: Arc<dyn Clock>) -> Self {
        let base = at(&base, &home);
        Self(Arc::new(Shared {
            sts: aws_sdk_sts::Client::new(&once_only(&base)),
            base,
            home,
            clock,
            slots: Mutex::default(),
        }))
    }

    /// Where we run.
    #[must_use]
    pub fn home(&self) -> &Place {
        &self.0.home
    }

    /// The configuration of clients for a place. Assumes the role now, so that a refusal shows here; clients
    /// made from it renew their credentials as needed. IAM: `sts:AssumeRole` on the role.
    ///
    /// # Errors
    /// `Error::Invalid` where the role is missing or of another account; `Error::Aws` where it may not be
    /// assumed (class `AccessDenied`, also for a wrong external id).
    pub async fn config_for(&self, access: &Access) -> Result<SdkConfig> {
        let config = at(&self.0.base, &access.place);
        let Some(role) = self.role_of(access)? else {
            return Ok(config);
        };
        self.credentials(&role, &access.place).await?;
        let provider = AssumedRole {
            accounts: self.clone(),
            role,
            place: access.place.clone(),
        };
        Ok(config
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            // Ours is the cache: it goes by our clock, and is shared by all clients of a role.
            .identity_cache(IdentityCache::no_cache())
            .build())
    }

    /// Who a configuration's credentials are. IAM: none.
    ///
    /// # Errors
    /// `Error::Aws`; `Error::Internal` where STS answers no account.
    pub async fn caller_identity(&self, config: &SdkConfig) -> Result<CallerIdentity> {
        let client = aws_sdk_sts::Client::new(&once_only(config));
        let answer = self
            .caller(String::new())
            .send("GetCallerIdentity", || client.get_caller_identity().send())
            .await?;
        let account = answer.account().and_then(|account| account.parse().ok());
        match (account, answer.arn) {
            (Some(account), Some(arn)) => Ok(CallerIdentity { account, arn }),
            _ => Err(Error::internal("GetCallerIdentity answered no account")),
        }
    }

    fn caller(&self, place: String) -> Caller {
        Caller {
            service: "sts",
            place,
            clock: Arc::clone(&self.0.clock),
        }
    }

    /// The role that an access means, checked: acting in another account than the place's is the one
    /// mistake that nothing later would notice.
    fn role_of(&self, access: &Access) -> Result<Option<Role>> {
        let account = &access.place.account_id;
        let Some(arn) = &access.role_arn else {
            if *account == self.0.home.account_id {
                return Ok(None);
            }
            return Err(Error::invalid(
                "role_arn",
                format!("a role of account {account}: it is not our own"),
            ));
        };
        if role_account(arn) != Some(account.as_str()) {
            let problem = FieldProblem::new(
                "role_arn",
                format!("the ARN of an IAM role of account {account}"),
            );
            return Err(Error::Invalid(vec![problem.got(arn)]));
        }
        Ok(Some(Role {
            arn: arn.clone(),
            external_id: access.external_id.clone(),
        }))
    }

    fn slot(&self, role: &Role) -> Arc<Slot> {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(role.clone()).or_default())
    }

    async fn credentials(&self, role: &Role, place: &Place) -> Result<Credentials> {
        let slot = self.slot(role);
        let before = slot.ended.load(Ordering::Acquire);
        let mut held = slot.held.lock().await;
        let now = self.0.clock.now();
        if let Some(kept) = held.0.as_ref().filter(|kept| now + MARGIN < kept.expires) {
            return Ok(kept.credentials.clone());
        }
        // Somebody asked for the same while we waited: their refusal is ours.
        if slot.ended.load(Ordering::Acquire) != before
            && let Some(refusal) = &held.1
        {
            return Err(refusal.clone().into());
        }
        let assumed = self.assume(role, place).await;
        slot.ended.fetch_add(1, Ordering::AcqRel);
        match assumed {
            Ok(fresh) => {
                let credentials = fresh.credentials.clone();
                *held = (Some(fresh), None);
                Ok(credentials)
            }
            Err(error) => {
                if let Error::Aws(refusal) = &error {
                    held.1 = Some(refusal.as_ref().clone());
                }
                // STS out of reach is no reason to drop credentials that still hold.
                match held.0.as_ref() {
                    Some(kept) if error.retryable() && self.0.clock.now() < kept.expires => {
                        Ok(kept.credentials.clone())
                    }
                    _ => Err(error),
                }
            }
        }
    }

    async fn assume(&self, role: &Role, place: &Place) -> Result<Held> {
        let answer = self
            .caller(place.to_string())
            .send("AssumeRole", || {
                self.0
                    .sts
                    .assume_role()
                    .role_arn(&role.arn)
                    .role_session_name(SESSION_NAME)
                    .set_external_id(role.external_id.clone())
                    .send()
            })
            .await
            .map_err(without_answer)?;
        held(&answer).ok_or_else(|| Error::internal("AssumeRole answered no usable credentials"))
    }
}

/// The SDK's chain shows the answer it could not read, and that one holds credentials.
fn without_answer(error: Error) -> Error {
    match error {
        Error::Aws(mut error) if error.code == "UnreadableAnswer" => {
            "withheld: the answer may hold credentials".clone_into(&mut error.detail);
            Error::Aws(error)
        }
        other => other,
    }
}

fn held(answer: &AssumeRoleOutput) -> Option<Held> {
    let given = answer.credentials()?;
    let expires = given.expiration();
    Some(Held {
        // No expiry for the SDK: it would compare it with the machine's clock.
        credentials: Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            None,
            "AssumedRole",
        ),
        expires: DateTime::from_timestamp(expires.secs(), expires.subsec_nanos())?,
    })
}

/// A configuration moved to the region of a place.
fn at(config: &SdkConfig, place: &Place) -> SdkConfig {
    config
        .to_builder()
        .region(Region::new(place.region.as_str().to_owned()))
        .build()
}

/// The account in `arn:<partition>:iam::<account>:role/<name>`.
fn role_account(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let head = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let (account, resource) = (parts.next()?, parts.next()?);
    let right = matches!(head, ["arn", partition, "iam", ""] if partition.starts_with("aws"))
        && resource
            .strip_prefix("role/")
            .is_some_and(|name| !name.is_empty());
    right.then_some(account)
}

/// Gives the SDK the credentials that [`Accounts`] keeps.
struct AssumedRole {
    accounts: Accounts,
    role: Role,
    place: Place,
}

impl fmt::Debug for AssumedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumedRole")
            .field("arn", &self.role.arn)
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> Providing<'a>
    where
        Self: 'a,
    {
        Providing::new(async {
            self.accounts
                .credentials(&self.role, &self.place)
                .await
                .map_err(CredentialsError::provider_error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::role_account;

    #[test]
    fn the_account_of_a_role_is_read_from_its_arn_and_from_nothing_else() {
        for (arn, account) in [
            ("arn:aws:iam::111122223333:role/dr", Some("111122223333")),
            (
                "arn:aws-us-gov:iam::111122223333:role/path/dr",
                Some("111122223333"),
            ),
            ("arn:aws:iam::111122223333:user/dr", None),
            ("arn:aws:iam::111122223333:role/", None),
            ("arn:aws:sts::111122223333:assumed-role/dr/x", None),
            ("dr", None),
        ] {
            assert_eq!(role_account(arn), account, "{arn}");
        }
    }
}
