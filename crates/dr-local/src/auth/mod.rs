//! Who may come in on one machine: local users in place of Cognito's user pool, and tokens with
//! the same claims. Times here are real ones: a person's session does not run at simulated speed.

mod guessing;
mod sessions;
mod token;
mod users;

pub use guessing::Guessing;
pub use sessions::Sessions;
pub use token::{Claims, Issuer, TokenRefused, Who};
pub use users::{NewUser, Users};
