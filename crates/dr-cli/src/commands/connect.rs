//! From the command line, the environment and the session on disk to a client: which server, whose tokens.

use std::sync::Arc;

use crate::client::{Address, Client, Credentials, Wire};
use crate::failure::Failure;
use crate::session::{Session, SessionFile};
use crate::world::{Environment, World};

/// Where `dr-local` listens.
const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// The file of the session.
pub(super) fn session_file(environment: &Environment) -> Result<SessionFile, Failure> {
    environment
        .config_dir
        .as_deref()
        .map(SessionFile::under)
        .ok_or_else(|| Failure::Usage("Set HOME or XDG_CONFIG_HOME".to_owned()))
}

/// The server: the one given, that of the environment, the one signed in to, this machine.
pub(super) fn address(
    given: Option<&str>,
    environment: &Environment,
    session: Option<&Session>,
) -> Result<Address, Failure> {
    let url = given
        .or(environment.url.as_deref())
        .or(session.map(|session| session.url.as_str()))
        .unwrap_or(DEFAULT_URL);
    Address::parse(url)
}

/// A client.
pub(super) fn client(given: Option<&str>, world: &World) -> Result<Client, Failure> {
    let environment = &world.environment;
    // With a token in the environment, no file is needed: a container may have no home.
    let file = session_file(environment);
    let session = match &file {
        Ok(file) => file.read()?,
        Err(_) => None,
    };
    let address = address(given, environment, session.as_ref())?;
    let credentials = credentials(environment, session, file, &address);
    Ok(Client::new(
        Wire::to(address)?,
        credentials,
        Arc::clone(&world.time),
    ))
}

fn credentials(
    environment: &Environment,
    session: Option<Session>,
    file: Result<SessionFile, Failure>,
    address: &Address,
) -> Credentials {
    if let Some(token) = &environment.token {
        return Credentials::Fixed(token.clone());
    }
    let here = session
        .as_ref()
        .is_some_and(|session| session.url == address.as_str());
    let named = (&environment.username, &environment.password);
    match (session, file, named) {
        (Some(session), Ok(file), (name, _))
            if here && name.as_ref().is_none_or(|name| *name == session.username) =>
        {
            Credentials::Session { session, file }
        }
        (_, _, (Some(username), Some(password))) => Credentials::Password {
            username: username.clone(),
            password: password.clone(),
            token: None,
        },
        (Some(session), _, _) if !here => Credentials::None(format!(
            "You are signed in to {}, not to {}: `dr sign-in --url {}`",
            session.url,
            address.as_str(),
            address.as_str()
        )),
        _ => Credentials::None("Nobody is signed in: `dr sign-in`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::credentials;
    use crate::client::{Address, Credentials};
    use crate::session::{Session, SessionFile};
    use crate::world::Environment;

    fn chosen(environment: &Environment, url: &str) -> &'static str {
        let session = Session {
            url: "https://dr.example.com".to_owned(),
            username: "ada".to_owned(),
            id_token: String::new(),
            refresh_token: String::new(),
            expires_at: 0,
        };
        let file = Ok(SessionFile::under(Path::new("nowhere")));
        let address = Address::parse(url).unwrap();
        match credentials(environment, Some(session), file, &address) {
            Credentials::Fixed(_) => "fixed",
            Credentials::Session { .. } => "session",
            Credentials::Password { .. } => "password",
            Credentials::None(_) => "none",
        }
    }

    #[test]
    fn a_session_is_used_with_its_own_server_alone() {
        let none = Environment::default();
        assert_eq!(chosen(&none, "https://dr.example.com/"), "session");
        assert_eq!(chosen(&none, "https://other.example.com"), "none");
    }

    #[test]
    fn the_environment_comes_before_the_session() {
        let some = |text: &str| Some(text.to_owned());
        let token = Environment {
            token: some("t"),
            ..Environment::default()
        };
        let bob = Environment {
            username: some("bob"),
            password: some("p"),
            ..Environment::default()
        };
        let ada = Environment {
            username: some("ada"),
            ..bob.clone()
        };
        let here = "https://dr.example.com";
        assert_eq!(chosen(&token, here), "fixed");
        assert_eq!(chosen(&bob, here), "password");
        assert_eq!(chosen(&ada, here), "session");
        assert_eq!(chosen(&ada, "https://other.example.com"), "password");
    }
}
