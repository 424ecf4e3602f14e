//! The tables: names, keys, indexes and the TTL attribute, in this one place. [`crate::Store::create_all`]
//! makes them from it on one machine; the CloudFormation templates are compared with it by a test.
//!
//! Every key attribute is a string. Every index holds keys only: a list reads a page of keys and then the
//! items themselves by `BatchGetItem`, so that changing an item does not rewrite it once per index, and
//! what a list shows is as fresh as the items.

use serde::Serialize;

/// Partition and sort keys of the tables and their indexes.
pub(crate) mod attribute {
    pub const ACCOUNT_ID: &str = "account_id";
    /// There and "1" only while there is work under way: its index holds nothing else.
    pub const ACTIVE: &str = "active";
    pub const CLAIM: &str = "claim_key";
    pub const CONFIG_ID: &str = "config_id";
    pub const DATA: &str = "data";
    pub const EXECUTION_ID: &str = "execution_id";
    pub const EXECUTION_TYPE: &str = "execution_type";
    pub const GROUP_ID: &str = "group_id";
    pub const INSTALLATION_ID: &str = "installation_id";
    pub const KIND: &str = "kind";
    pub const NAME_KEY: &str = "name_key";
    pub const OWNER: &str = "owner";
    pub const OWNER_PARTITION: &str = "owner_partition";
    pub const OWNER_SORT: &str = "owner_sort";
    pub const PAIR_ID: &str = "pair_id";
    pub const PART: &str = "part";
    pub const PLACE: &str = "place";
    pub const PLAN_ID: &str = "plan_id";
    pub const PRIMARY_ACCOUNT_ID: &str = "primary_account_id";
    pub const SESSION_ID: &str = "session_id";
    pub const SOURCE_SERVER_ID: &str = "source_server_id";
    pub const STATUS: &str = "status";
    pub const TARGET_INSTANCE_ID: &str = "target_instance_id";
    pub const TIMESTAMP: &str = "timestamp";
    pub const TTL: &str = "ttl";
    pub const VERSION: &str = "version";
    pub const WAVE: &str = "wave";
    pub const WRITER: &str = "writer";
}

/// Names of the indexes.
pub(crate) mod index {
    pub const ACCOUNT: &str = "AccountIndex";
    pub const ACTIVE: &str = "ActiveIndex";
    pub const EXECUTION: &str = "ExecutionIndex";
    pub const EXECUTION_TYPE: &str = "ExecutionTypeIndex";
    pub const KIND: &str = "KindIndex";
    pub const PAIR: &str = "PairIndex";
    pub const STATUS: &str = "StatusIndex";
    pub const TARGET: &str = "TargetIndex";
    pub const WAVE: &str = "WaveIndex";
}

/// A table as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableSchema {
    /// Its name, environment included.
    pub name: String,
    /// Attribute of the partition key, a string.
    pub partition_key: &'static str,
    /// Attribute of the sort key, a string.
    pub sort_key: Option<&'static str>,
    /// Global secondary indexes, all of which project keys only.
    pub indexes: Vec<IndexSchema>,
    /// Attribute that holds the time to live, in seconds since 1970.
    pub ttl_attribute: Option<&'static str>,
}

/// A global secondary index as it must be; it projects keys only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndexSchema {
    /// Its name.
    pub name: &'static str,
    /// Attribute of the partition key, a string.
    pub partition_key: &'static str,
    /// Attribute of the sort key, a string.
    pub sort_key: Option<&'static str>,
}

/// Names of the tables of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tables {
    /// Accounts that we work in.
    pub target_accounts: String,
    /// Protection groups.
    pub protection_groups: String,
    /// Recovery plans.
    pub recovery_plans: String,
    /// Instance pairs.
    pub instance_pairs: String,
    /// Records of configuration runs (requirement 004).
    pub config_runs: String,
    /// Executions, their batches and logs, and the leases of places (requirement 004).
    pub executions: String,
    /// Failover sessions: headers, and their servers in parts.
    pub failover_sessions: String,
    /// Runs of agent installations.
    pub agent_installations: String,
    /// What the replication of every place looks like, and the lag of its servers over time.
    pub replication_inventory: String,
}

impl Tables {
    /// The tables of an environment such as `dev`.
    #[must_use]
    pub fn of(environment: &str) -> Self {
        let named = |name: &str| format!("{name}-{environment}");
        Self {
            target_accounts: named("target-accounts"),
            protection_groups: named("protection-groups"),
            recovery_plans: named("recovery-plans"),
            instance_pairs: named("instance-pairs"),
            config_runs: named("drs-allow-launching-config"),
            executions: named("drs-recovery-executions"),
            failover_sessions: named("failover-sessions"),
            agent_installations: named("agent-installations"),
            replication_inventory: named("replication-inventory"),
        }
    }
}

fn indexed(
    name: &'static str,
    partition_key: &'static str,
    sort_key: Option<&'static str>,
) -> IndexSchema {
    IndexSchema {
        name,
        partition_key,
        sort_key,
    }
}

/// A list of everything needs a partition to ask for: `kind`, constant per kind of item. One partition takes 1,000
/// writes a second, and only creation and renaming write to these indexes.
fn by_kind(sort: &'static str) -> IndexSchema {
    indexed(index::KIND, attribute::KIND, Some(sort))
}

fn by_time(name: &'static str, partition: &'static str) -> IndexSchema {
    indexed(name, partition, Some(attribute::TIMESTAMP))
}

/// Every table of an environment.
#[must_use]
pub fn schema(environment: &str) -> Vec<TableSchema> {
    use attribute as a;
    let tables = Tables::of(environment);
    let tables_of_way_home = tables.clone();
    vec![
        TableSchema {
            name: tables.target_accounts,
            partition_key: a::ACCOUNT_ID,
            sort_key: None,
            indexes: vec![by_kind(a::ACCOUNT_ID)],
            ttl_attribute: None,
        },
        TableSchema {
            name: tables.protection_groups,
            partition_key: a::GROUP_ID,
            sort_key: None,
            indexes: vec![by_kind(a::NAME_KEY)],
            ttl_attribute: None,
        },
        TableSchema {
            name: tables.recovery_plans,
            partition_key: a::PLAN_ID,
            sort_key: None,
            indexes: vec![by_kind(a::NAME_KEY)],
            ttl_attribute: None,
        },
        TableSchema {
            name: tables.instance_pairs,
            partition_key: a::GROUP_ID,
            sort_key: Some(a::SOURCE_SERVER_ID),
            indexes: vec![
                indexed(index::PAIR, a::PAIR_ID, None),
                indexed(index::TARGET, a::TARGET_INSTANCE_ID, None),
            ],
            ttl_attribute: None,
        },
        TableSchema {
            name: tables.config_runs,
            partition_key: a::CONFIG_ID,
            sort_key: Some(a::TIMESTAMP),
            indexes: vec![
                by_time(index::ACCOUNT, a::PRIMARY_ACCOUNT_ID),
                by_time(index::STATUS, a::STATUS),
            ],
            ttl_attribute: Some(a::TTL),
        },
        TableSchema {
            name: tables.executions,
            partition_key: a::EXECUTION_ID,
            sort_key: Some(a::TIMESTAMP),
            indexes: vec![
                by_time(index::ACCOUNT, a::PRIMARY_ACCOUNT_ID),
                by_time(index::EXECUTION_TYPE, a::EXECUTION_TYPE),
                by_time(index::WAVE, a::WAVE),
                by_kind(a::TIMESTAMP),
            ],
            ttl_attribute: Some(a::TTL),
        },
    ]
    .into_iter()
    .chain(of_the_way_home(tables_of_way_home))
    .collect()
}

/// Sessions, agents and the inventory.
fn of_the_way_home(tables: Tables) -> Vec<TableSchema> {
    use attribute as a;
    vec![
        TableSchema {
            name: tables.failover_sessions,
            partition_key: a::SESSION_ID,
            sort_key: Some(a::PART),
            indexes: vec![
                by_kind(a::TIMESTAMP),
                by_time(index::STATUS, a::STATUS),
                by_time(index::EXECUTION, a::EXECUTION_ID),
                by_time(index::ACTIVE, a::ACTIVE),
            ],
            ttl_attribute: None,
        },
        TableSchema {
            name: tables.agent_installations,
            partition_key: a::INSTALLATION_ID,
            sort_key: None,
            indexes: vec![by_kind(a::TIMESTAMP), by_time(index::ACTIVE, a::ACTIVE)],
            ttl_attribute: Some(a::TTL),
        },
        TableSchema {
            name: tables.replication_inventory,
            partition_key: a::PLACE,
            sort_key: Some(a::PART),
            indexes: vec![by_kind(a::PLACE)],
            ttl_attribute: None,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::schema;

    #[test]
    fn the_tables_of_requirement_004_have_its_keys_and_indexes() {
        let tables = schema("test");
        let table = |name: &str| tables.iter().find(|t| t.name == name).unwrap();
        let indexes = |name: &str| -> Vec<_> {
            table(name)
                .indexes
                .iter()
                .map(|i| (i.name, i.partition_key, i.sort_key.unwrap_or_default()))
                .collect()
        };
        let config = "drs-allow-launching-config-test";
        assert_eq!(table(config).partition_key, "config_id");
        assert_eq!(table(config).sort_key, Some("timestamp"));
        assert_eq!(
            indexes(config),
            [
                ("AccountIndex", "primary_account_id", "timestamp"),
                ("StatusIndex", "status", "timestamp")
            ]
        );
        let executions = "drs-recovery-executions-test";
        assert_eq!(table(executions).partition_key, "execution_id");
        assert_eq!(table(executions).ttl_attribute, Some("ttl"));
        let of_executions = indexes(executions);
        for wanted in [
            ("AccountIndex", "primary_account_id", "timestamp"),
            ("ExecutionTypeIndex", "execution_type", "timestamp"),
            ("WaveIndex", "wave", "timestamp"),
        ] {
            assert!(of_executions.contains(&wanted), "{wanted:?}");
        }
    }

    /// Requirement 000, "New DynamoDB Table".
    #[test]
    fn the_table_of_sessions_has_the_key_and_the_index_of_requirement_000() {
        let tables = schema("test");
        let sessions = tables.iter().find(|t| t.name == "failover-sessions-test");
        let sessions = sessions.unwrap();
        assert_eq!(sessions.partition_key, "session_id");
        let by_status = sessions.indexes.iter().find(|i| i.name == "StatusIndex");
        assert_eq!(by_status.unwrap().partition_key, "status");
    }
}
