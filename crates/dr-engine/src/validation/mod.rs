//! Everything that must be so before a server can be launched, as checks. `facts` is what was looked up,
//! `pair` and `place` judge it (pure), `gather` looks it up.

pub mod facts;
pub mod gather;
mod new_instance;
pub mod pair;
pub mod place;
mod source;

pub use crate::validation::facts::{PairFacts, PlaceFacts};
