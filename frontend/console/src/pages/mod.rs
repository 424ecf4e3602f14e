//! The pages: a folder each, with its view and its view model.

pub mod components;
pub mod dashboard;
pub mod not_found;
pub mod protection_group;
pub mod protection_groups;
pub mod sign_in;
