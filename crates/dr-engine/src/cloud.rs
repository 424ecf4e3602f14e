//! AWS in one account and region, behind our words.

use std::sync::Arc;

use aws_config::SdkConfig;
use dr_aws::{Ec2, Iam, Kms, Quotas, Ssm};
use dr_drs::Drs;
use dr_error::Clock;
use dr_model::place::Place;

/// The services of one account and region.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// Where.
    pub place: Place,
    /// AWS DRS.
    pub drs: Drs,
    /// EC2.
    pub ec2: Ec2,
    /// IAM.
    pub iam: Iam,
    /// KMS.
    pub kms: Kms,
    /// Service Quotas.
    pub quotas: Quotas,
    /// Systems Manager.
    pub ssm: Ssm,
    /// The role that we assumed there; none in our own account, where each function has permissions of its own.
    pub role_arn: Option<String>,
}

impl Cloud {
    /// The services that these credentials reach.
    pub(crate) fn new(
        config: &SdkConfig,
        place: &Place,
        clock: Arc<dyn Clock>,
        role_arn: Option<String>,
    ) -> Self {
        Self {
            place: place.clone(),
            drs: Drs::new(config, place.clone(), Arc::clone(&clock)),
            ec2: Ec2::new(config, place.clone(), Arc::clone(&clock)),
            iam: Iam::new(config, place.clone(), Arc::clone(&clock)),
            kms: Kms::new(config, place.clone(), Arc::clone(&clock)),
            quotas: Quotas::new(config, place.clone(), Arc::clone(&clock)),
            ssm: Ssm::new(config, place.clone(), clock),
            role_arn,
        }
    }
}
