//! SSM actions of an execution: an item each, read one by one by who carries them out and all together by who shows them.

use dr_error::{Error, Result};
use dr_model::action::{ActionRun, ActionSide};
use dr_model::execution::Execution;
use futures::{StreamExt, TryStreamExt};

use super::item::sort_prefix;
use crate::call::{Written, conflict};
use crate::condition::Condition;
use crate::item::{Item, Key, decode, item_of, number, text};
use crate::query::Partition;
use crate::schema::attribute;
use crate::size;
use crate::store::{CONCURRENT, Store};

const ACTION: &str = "action";

fn key(execution: &Execution, wave: usize, side: ActionSide, turn: usize) -> Key {
    let prefix = sort_prefix(execution, ACTION);
    // Those before a wave come first in the order of keys.
    let side = match side {
        ActionSide::Before => 0,
        ActionSide::After => 1,
    };
    Key::new(attribute::EXECUTION_ID, &execution.id).and(
        attribute::TIMESTAMP,
        format!("{prefix}{wave:04}#{side}#{turn:04}"),
    )
}

fn name(action: &ActionRun) -> String {
    format!(
        "{}/{}/{}/{}",
        action.execution_id,
        action.wave,
        action.side.as_str(),
        action.number
    )
}

impl Store {
    /// Stores the actions of an execution that is about to start, at version 1. Without its header nobody sees them.
    /// Those that an attempt has stored that came no further are left alone.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `ALREADY_EXISTS` when others are stored under this id; `ITEM_TOO_LARGE`.
    pub async fn create_actions(&self, execution: &Execution, actions: &[ActionRun]) -> Result<()> {
        let writes = actions
            .iter()
            .map(|action| self.create_action(execution, action));
        futures::stream::iter(writes.collect::<Vec<_>>())
            .buffer_unordered(CONCURRENT)
            .try_collect()
            .await
    }

    async fn create_action(&self, execution: &Execution, action: &ActionRun) -> Result<()> {
        let first = ActionRun {
            version: 1,
            ..action.clone()
        };
        let id = name(action);
        let item = self.action_item(execution, &first)?;
        let absent = Condition::Absent(attribute::EXECUTION_ID);
        let table = &self.tables.executions;
        if let Written::Refused(Some(found)) =
            self.put_if(table, (ACTION, &id), item, &absent).await?
        {
            let stored: ActionRun = decode(ACTION, &found)?;
            if stored.action != action.action {
                return Err(Error::Conflict {
                    code: "ALREADY_EXISTS",
                    message: format!("another execution {} has been begun", execution.id),
                });
            }
        }
        Ok(())
    }

    /// All actions of an execution by wave, side and turn, consistently.
    ///
    /// Needs `dynamodb:Query`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn actions(&self, execution: &Execution) -> Result<Vec<ActionRun>> {
        let partition = Partition::of_table(&self.tables.executions, &execution.id)
            .starting(sort_prefix(execution, ACTION));
        let items = self.query(&partition, None, None).await?;
        items.iter().map(|item| decode(ACTION, item)).collect()
    }

    /// Reads one action, consistently.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn action(
        &self,
        execution: &Execution,
        wave: usize,
        side: ActionSide,
        turn: usize,
    ) -> Result<ActionRun> {
        let key = key(execution, wave, side, turn);
        match self.get_item(&self.tables.executions, &key).await? {
            Some(item) => decode(ACTION, &item),
            None => Err(Error::NotFound {
                kind: ACTION,
                id: format!("{}/{wave}/{}/{turn}", execution.id, side.as_str()),
            }),
        }
    }

    /// Writes an action at the next version, if the stored one has this version.
    ///
    /// The execution is asked for because its creation time is part of the key.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`, `ITEM_TOO_LARGE`.
    pub async fn update_action(&self, execution: &Execution, action: &mut ActionRun) -> Result<()> {
        if action.execution_id != execution.id {
            return Err(Error::internal("the action is of another execution"));
        }
        let mut next = action.clone();
        next.version += 1;
        let id = name(action);
        let item = self.action_item(execution, &next)?;
        let seen = Condition::version(action.version);
        let table = &self.tables.executions;
        match self.put_if(table, (ACTION, &id), item, &seen).await? {
            Written::Done => {
                *action = next;
                Ok(())
            }
            Written::Refused(found) => Err(conflict(ACTION, id, found.as_ref())),
        }
    }

    fn action_item(&self, execution: &Execution, action: &ActionRun) -> Result<Item> {
        let mut more = vec![
            (attribute::KIND, text(ACTION)),
            (attribute::VERSION, number(action.version)),
        ];
        more.extend(self.ttl(execution).map(|ttl| (attribute::TTL, ttl)));
        let key = key(execution, action.wave, action.side, action.number);
        let item = item_of(&key, action, more)?;
        size::check(ACTION, &name(action), &item)?;
        Ok(item)
    }
}
