//! `dr sign-in`, `dr sign-out`, `dr whoami`. None of them ever prints a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use clap::Args;
use dr_model::role::Role;
use serde::Deserialize;
use serde_json::json;

use super::connect;
use crate::client::{Address, Wire, sign_in};
use crate::failure::{Failure, Outcome};
use crate::screen::Cell;
use crate::session::Session;
use crate::text;
use crate::world::World;

/// Signs in.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dr sign-in --username ada
  pass show dr | dr sign-in --url https://dr.example.com --username ada --password-stdin")]
pub struct SignIn {
    /// Who [default: $DR_USERNAME, or asked for].
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from standard input instead of asking [otherwise: $DR_PASSWORD, or asked for].
    #[arg(long)]
    password_stdin: bool,
}

impl SignIn {
    pub(super) async fn run(
        self,
        url: Option<&str>,
        world: &mut World,
    ) -> Result<Outcome, Failure> {
        let file = connect::session_file(&world.environment)?;
        let before = file.read()?;
        let address = connect::address(url, &world.environment, before.as_ref())?;
        let username = self.username(world)?;
        let password = self.password(world, &address, &username)?;
        let wire = Wire::to(address)?;
        let signed_in = sign_in(&wire, &username, &password).await?;
        let session = Session {
            url: wire.address().as_str().to_owned(),
            username,
            id_token: signed_in.id_token,
            refresh_token: signed_in.refresh_token,
            expires_at: world.time.now() + signed_in.expires_in,
        };
        file.write(&session)?;
        if world.screen.is_json() {
            let shown = json!({ "url": session.url, "username": session.username });
            world.screen.answer(&shown.to_string())?;
        } else {
            let line = format!("Signed in to {} as {}.", session.url, session.username);
            world.screen.line(&line)?;
        }
        Ok(Outcome::Done)
    }

    fn username(&self, world: &mut World) -> Result<String, Failure> {
        let given = self.username.clone().or(world.environment.username.clone());
        match given {
            Some(name) => Ok(name),
            None if world.person.is_there() => {
                Ok(world.person.line("User name: ")?.trim().to_owned())
            }
            None => Err(Failure::Usage("Give --username or DR_USERNAME".to_owned())),
        }
    }

    fn password(
        &self,
        world: &mut World,
        address: &Address,
        username: &str,
    ) -> Result<String, Failure> {
        if self.password_stdin {
            let text = world.person.standard_input()?;
            return Ok(text.trim_end_matches(['\n', '\r']).to_owned());
        }
        match &world.environment.password {
            Some(password) => Ok(password.clone()),
            None if world.person.is_there() => {
                let question = format!("Password of {username} at {}: ", address.as_str());
                Ok(world.person.secret(&text::clean(&question))?)
            }
            None => Err(Failure::Usage(
                "Give the password with --password-stdin or DR_PASSWORD".to_owned(),
            )),
        }
    }
}

/// Ends the session, here in any case and at the server if it can be reached.
pub(super) async fn sign_out(world: &mut World) -> Result<Outcome, Failure> {
    let file = connect::session_file(&world.environment)?;
    let Some(session) = file.read()? else {
        file.remove()?;
        world.screen.note("Nobody was signed in.")?;
        return Ok(Outcome::Done);
    };
    file.remove()?;
    let wire = Wire::to(Address::parse(&session.url)?)?;
    let ended = crate::client::sign_out(&wire, &session.refresh_token).await;
    match ended {
        Ok(()) => world
            .screen
            .note(&format!("Signed out of {}.", session.url))?,
        Err(failure) => world.screen.note(&format!(
            "The session is forgotten here. The server was not told: {failure}"
        ))?,
    }
    Ok(Outcome::Done)
}

/// What an id token says of its holder. The server checks the signature; here it is only shown.
#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default, rename = "cognito:username")]
    username: Option<String>,
    #[serde(default, rename = "cognito:groups")]
    groups: Vec<String>,
    #[serde(default)]
    exp: Option<i64>,
}

impl Claims {
    fn of(token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?;
        let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// Shows who is signed in where. Asks no server.
pub(super) async fn whoami(url: Option<&str>, world: &mut World) -> Result<Outcome, Failure> {
    let session = match connect::session_file(&world.environment) {
        Ok(file) => file.read()?,
        Err(_) => None,
    };
    let address = connect::address(url, &world.environment, session.as_ref())?;
    let token = world.environment.token.clone().or(session
        .filter(|session| session.url == address.as_str())
        .map(|session| session.id_token));
    let token = token.ok_or_else(|| {
        Failure::NotSignedIn(format!(
            "Nobody is signed in to {}: `dr sign-in`",
            address.as_str()
        ))
    })?;
    let claims = Claims::of(&token).ok_or_else(|| {
        Failure::NotSignedIn("The token cannot be read: `dr sign-in` again".to_owned())
    })?;
    let name = claims.username.or(claims.sub).unwrap_or_default();
    let roles: Vec<Role> = claims
        .groups
        .iter()
        .filter_map(|g| Role::named(g))
        .collect();
    let expires_at = claims
        .exp
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    if world.screen.is_json() {
        let shown = json!({
            "url": address.as_str(),
            "username": name,
            "email": claims.email,
            "roles": roles,
            "expires_at": expires_at,
        });
        world.screen.answer(&shown.to_string())?;
        return Ok(Outcome::Done);
    }
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    world.screen.facts(vec![
        ("Server", Cell::from(address.as_str())),
        ("User", Cell::from(name)),
        ("Email", Cell::from(text::or_dash(claims.email))),
        (
            "Roles",
            Cell::from(if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }),
        ),
        (
            "Token valid until",
            Cell::from(text::or_dash(expires_at.map(text::time))),
        ),
    ])?;
    Ok(Outcome::Done)
}
