//! Who is signed in. Tokens are kept in memory alone: a reload asks again, which at Cognito takes no typing.
//!
//! Two types: [`Anonymous`] can sign in and nothing else; [`Authorised`] can call the API. There is no way from the one
//! to the other but through a session, so a call from a page that is shown before the sign-in does not compile:
//!
//! ```compile_fail
//! async fn page(api: console::api::Anonymous) {
//!     let _ = api.call::<dr_api::groups::ListProtectionGroups>(&Default::default()).await;
//! }
//! ```

mod client;
pub mod cognito;
mod local;
mod pkce;
mod session;

pub use self::client::{Anonymous, Authorised};
pub use self::session::{Session, Tokens, Who};

use dr_model::role::{Permission, Role};
use leptos::prelude::{Signal, expect_context};

/// The client of a page: there is one, since pages are shown in the shell of a session alone.
#[must_use]
pub fn use_api() -> Authorised {
    expect_context()
}

/// Why the person may not do that: none if he may. Made for `why_not` of a button.
#[must_use]
pub fn use_why_not(permission: Permission) -> Signal<Option<String>> {
    let api = use_api();
    Signal::derive(move || why_not(&api.who().roles, permission))
}

/// Why these roles may not do that: none if one of them may.
#[must_use]
pub fn why_not(roles: &[Role], permission: Permission) -> Option<String> {
    if roles.iter().any(|role| role.allows(permission)) {
        return None;
    }
    let who: Vec<&str> = Role::ALL
        .into_iter()
        .filter(|role| role.allows(permission))
        .map(Role::name)
        .collect();
    Some(format!("This needs the role {}", who.join(" or ")))
}

#[cfg(test)]
mod tests {
    use dr_model::role::{Permission, Role};

    use super::why_not;

    #[test]
    fn who_may_not_learns_who_may() {
        assert_eq!(
            why_not(&[Role::ReadOnly, Role::Admin], Permission::ManagePlans),
            None
        );
        let reason = why_not(&[Role::Operator], Permission::ManagePlans);
        assert_eq!(
            reason.as_deref(),
            Some("This needs the role plan-manager or admin")
        );
        assert!(why_not(&[], Permission::Read).is_some());
    }
}
