//! How replication goes, over the whole estate: the live state of one server, and an inventory of every place that a
//! page can be drawn from without a look at every region (requirement 002, phases 2 and 4).
//!
//! `inventory`, `advice`, `dashboard` and `estate` are pure; `read` and `refresh` do the IO. The inventory is a
//! picture: nothing that changes AWS is decided by it.

pub mod advice;
mod alert;
mod dashboard;
mod estate;
mod inventory;
mod memory;
mod read;
mod refresh;

pub use crate::replication::alert::Alert;
pub use crate::replication::dashboard::{Dashboard, Rpo, Seen};
pub use crate::replication::estate::{Estate, Filter, Listed, PlaceAge};
pub use crate::replication::inventory::{Reading, inventory};
pub use crate::replication::memory::Memory;
pub(crate) use crate::replication::read::places;
pub use crate::replication::read::{Status, dashboard, estate, lag_history, points, status};
pub use crate::replication::refresh::{poll, refresh, refresh_told};
