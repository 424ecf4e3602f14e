//! The console: an app in the browser over the product's REST API.

pub mod accounts;
pub mod api;
pub mod app;
pub mod auth;
pub mod config;
pub mod delete;
pub mod doing;
pub mod fields;
pub mod format;
pub mod live;
pub mod nav;
pub mod pages;
pub mod route;
pub mod shell;
pub mod theme;
pub mod words;
