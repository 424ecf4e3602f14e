//! What an action would destroy, as data. The decision is `dr-engine`'s; these are its words.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{InstanceId, SourceServerId};

/// One instance that an action would terminate, stop or cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// The server whose instance it is.
    pub source_server_id: SourceServerId,
    /// The instance.
    pub instance_id: InstanceId,
    /// Launched by a drill; otherwise a real recovery.
    pub is_drill: bool,
    /// When it was launched, if DRS says.
    pub launched_at: Option<DateTime<Utc>>,
    /// Why it would be lost and what it is, for a person.
    pub why: String,
}
