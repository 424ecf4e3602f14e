//! Splitting a session: all or nothing, in one transaction, so that no server is lost or in two sessions.

use dr_error::{Error, Result};
use dr_model::session::{FailoverSession, SessionPart};

use crate::call::conflict;
use crate::record::Record;
use crate::sessions::check_parts;
use crate::store::Store;
use crate::transact::{Refusal, Transacted};

impl Store {
    /// Stores a new session of servers that leave another one. Of the one they leave, only the parts that change are
    /// to be given, without the servers that go; they keep their numbers and may become empty.
    ///
    /// One transaction: nothing is lost and nothing is doubled wherever it is killed. A transaction takes 4 MB and
    /// 100 items, which ten full parts that change never exceed. More servers than that may; then the split is
    /// refused and has to be made in smaller steps.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `VersionConflict` when the session or a part has changed since it was read: read again and split that;
    /// `ALREADY_EXISTS` when there is a session of the new id; `ITEM_TOO_LARGE`.
    pub async fn split_session(
        &self,
        kept: &mut FailoverSession,
        changed: &mut [SessionPart],
        new: &mut FailoverSession,
        new_parts: &mut [SessionPart],
    ) -> Result<()> {
        check_parts(new, new_parts)?;
        let stranger = |part: &SessionPart| part.session_id != kept.id || part.number >= kept.parts;
        if new.id == kept.id || changed.iter().any(stranger) {
            return Err(Error::internal(
                "a part is not of the session that is split",
            ));
        }
        let mut ops = vec![self.change(kept)?];
        for part in &*changed {
            ops.push(self.change(part)?);
        }
        let old = ops.len();
        ops.extend(self.creation(new)?);
        for part in &*new_parts {
            ops.extend(self.creation(part)?);
        }
        if let Transacted::Refused(refusals) = self.transact(ops).await? {
            let first = refusals.iter().take(old).find(|refusal| refusal.failed());
            return Err(match first {
                Some(refusal) => conflict(FailoverSession::KIND, &kept.id, Refusal::item(refusal)),
                None => Error::Conflict {
                    code: "ALREADY_EXISTS",
                    message: format!("there is a failover session {} already", new.id),
                },
            });
        }
        kept.version += 1;
        new.version = 1;
        for part in changed {
            part.version += 1;
        }
        for part in new_parts {
            part.version = 1;
        }
        Ok(())
    }
}
