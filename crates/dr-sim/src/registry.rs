//! Every simulated service: its signing name, its protocol, and who answers.

use crate::service::Handle;
use crate::wire::Protocol;
use crate::{cloudwatch, drs, ec2, iam, kms, servicequotas, sns, ssm, sts};

/// Who answers the calls of a service.
#[derive(Debug, Clone, Copy)]
pub enum Answered {
    /// The world.
    ByWorld {
        /// Its operations.
        operations: &'static [&'static str],
        /// Its door.
        handle: Handle,
    },
    /// The tables.
    ByTables,
    /// A backend that somebody set.
    ByBackend,
}

/// A service.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// Signing name.
    pub name: &'static str,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Who answers.
    pub answered: Answered,
}

macro_rules! by_world {
    ($module:ident) => {
        Answered::ByWorld {
            operations: $module::OPERATIONS,
            handle: $module::handle,
        }
    };
}

/// All services.
pub const SERVICES: &[Service] = &[
    Service {
        name: "drs",
        protocol: Protocol::RestJson1,
        answered: by_world!(drs),
    },
    Service {
        name: "ec2",
        protocol: Protocol::Ec2Query,
        answered: by_world!(ec2),
    },
    Service {
        name: "sts",
        protocol: Protocol::AwsQuery,
        answered: by_world!(sts),
    },
    Service {
        name: "iam",
        protocol: Protocol::AwsQuery,
        answered: by_world!(iam),
    },
    Service {
        name: "sns",
        protocol: Protocol::AwsQuery,
        answered: by_world!(sns),
    },
    Service {
        name: "ssm",
        protocol: Protocol::AwsJson11,
        answered: by_world!(ssm),
    },
    Service {
        name: "kms",
        protocol: Protocol::AwsJson11,
        answered: by_world!(kms),
    },
    Service {
        name: "servicequotas",
        protocol: Protocol::AwsJson11,
        answered: by_world!(servicequotas),
    },
    Service {
        name: "monitoring",
        protocol: Protocol::RpcV2Cbor,
        answered: by_world!(cloudwatch),
    },
    Service {
        name: "dynamodb",
        protocol: Protocol::AwsJson10,
        answered: Answered::ByTables,
    },
    Service {
        name: "states",
        protocol: Protocol::AwsJson10,
        answered: Answered::ByBackend,
    },
];

impl Service {
    /// The operations that are simulated here; what a backend answers is its own affair.
    #[must_use]
    pub fn operations(&self) -> &'static [&'static str] {
        match self.answered {
            Answered::ByWorld { operations, .. } => operations,
            Answered::ByTables => crate::dynamodb::OPERATIONS,
            Answered::ByBackend => &[],
        }
    }
}

/// The service with this signing name.
#[must_use]
pub fn service(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name == name)
}
