//! The command against a server that plays scripted answers: what it sends, when it sends it again, what it
//! prints, and how it ends.

mod estate;
mod homeward;
mod lists;
mod retries;
mod session;
mod stand;
mod starting;
mod undoing;
mod watching;
