//! What a state directory was made with, and the first start: estate, tables, target accounts.
//!
//! Until the first start is complete nothing in the directory is worth keeping, so a start that was
//! cut off begins again from nothing.

use std::fs;
use std::future::Future;
use std::io;

use axum::body::Body;
use axum::http::Request;
use dr_api::Operation;
use dr_sim::scenario::{Estate, Site};
use dr_sim::{HOME_KEY, Sim};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::function::Handlers;
use crate::local::{HOME_ACCOUNT, HOME_REGION, HOME_ROLE, LocalOptions, OpenError};
use crate::state_dir::{StateDir, StateDirError};

const FILE: &str = "installation.json";
/// What the first start builds, beside this file and the keys.
const BUILT: [&str; 3] = ["world.", "tables.sqlite", "local.sqlite"];
/// Letters and digits of an access key id.
const KEY_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What a state directory was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// The estate.
    pub estate: Estate,
    /// The environment.
    pub environment: String,
    /// The home account's access key id: for `lambda.invoke` and for the simulator's wire.
    pub access_key_id: String,
    /// The first start came to its end.
    pub complete: bool,
    /// What differs from what was asked for, for a person.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Installation {
    /// What is stored, or the plan of a first start.
    ///
    /// # Errors
    /// [`StateDirError`].
    pub fn open(dir: &StateDir, options: &LocalOptions) -> Result<Self, StateDirError> {
        if let Some(mut stored) = dir.read::<Self>(FILE)? {
            if stored.complete {
                stored.compare(options);
                return Ok(stored);
            }
            remove_built(dir)?;
        }
        let planned = Self {
            estate: Estate {
                servers: options.servers,
                seed: options.seed,
                ..Estate::default()
            },
            environment: options.environment.clone(),
            access_key_id: access_key_id(),
            complete: false,
            notes: Vec::new(),
        };
        dir.write(FILE, &planned)?;
        Ok(planned)
    }

    fn compare(&mut self, options: &LocalOptions) {
        let stored = (self.estate.servers, self.estate.seed);
        let asked = (options.servers, options.seed);
        if stored != asked {
            self.notes.push(format!(
                "this state was made with --servers {} --seed {}: that estate is kept (--reset makes a new one)",
                stored.0, stored.1
            ));
        }
    }

    /// Carries the first start out, where it was not.
    ///
    /// # Errors
    /// [`OpenError::FirstStart`] with the step that failed.
    pub async fn complete(
        &mut self,
        dir: &StateDir,
        sim: &Sim,
        prepare: impl Future<Output = Result<(), String>>,
        handlers: &dyn Handlers,
    ) -> Result<(), OpenError> {
        if self.complete {
            return Ok(());
        }
        let failed = |step| move |reason: String| OpenError::FirstStart { step, reason };
        sim.control()
            .scenario(&self.estate)
            .map_err(|error| error.message)
            .map_err(failed("building the estate"))?;
        create_topic(sim, &self.access_key_id, &self.environment)
            .await
            .map_err(failed("creating the topic"))?;
        prepare.await.map_err(failed("creating the tables"))?;
        let sites = [
            ("Primary", &self.estate.primary),
            ("Recovery", &self.estate.recovery),
        ];
        for (name, site) in sites {
            register(sim, handlers, (name, site), &self.estate.role_name)
                .await
                .map_err(failed("registering the target accounts"))?;
        }
        sim.save()
            .map_err(|error| error.to_string())
            .map_err(failed("saving the world"))?;
        self.complete = true;
        dir.write(FILE, self)?;
        Ok(())
    }
}

/// Registers an account by the product's own operation, and lets its role trust the product with
/// the external id that the product generated: what a person does in AWS.
async fn register(
    sim: &Sim,
    handlers: &dyn Handlers,
    (name, site): (&str, &Site),
    role_name: &str,
) -> Result<(), String> {
    let operation = Operation::CreateTargetAccount;
    let role_arn = format!("arn:aws:iam::{}:role/{role_name}", site.account);
    let event = json!({
        "operation": operation.name(),
        "body": {
            "account_id": site.account,
            "name": name,
            "role_arn": role_arn,
            "regions": [site.region],
            "description": "Simulated",
        },
    });
    let request_id = format!("first-start-{}", site.account);
    let answer = handlers
        .invoke(operation.handler().into(), event, request_id)
        .await
        .map_err(|failure| failure.error_message)?;
    let external_id = answer
        .get("external_id")
        .and_then(Value::as_str)
        .ok_or_else(|| answer.to_string())?;
    let principal = format!("arn:aws:iam::{HOME_ACCOUNT}:role/{HOME_ROLE}");
    sim.control()
        .trust(&role_arn, &principal, Some(external_id))
        .map_err(|error| error.message)
}

/// Where notifications go.
#[must_use]
pub fn topic_arn(environment: &str) -> String {
    format!(
        "arn:aws:sns:{HOME_REGION}:{HOME_ACCOUNT}:{}",
        topic_name(environment)
    )
}

fn topic_name(environment: &str) -> String {
    format!("dr-notifications-{environment}")
}

/// In AWS, CloudFormation creates it. Here it is asked for over the simulator's own wire.
async fn create_topic(sim: &Sim, key: &str, environment: &str) -> Result<(), String> {
    let scope = format!("{key}/20260101/{HOME_REGION}/sns/aws4_request");
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none");
    let name = topic_name(environment);
    let request = Request::post("/")
        .header("authorization", authorization)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!(
            "Action=CreateTopic&Version=2010-03-31&Name={name}"
        )))
        .map_err(|error| error.to_string())?;
    let answered = sim.http_router().oneshot(request).await;
    let response = match answered {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.status().is_success() {
        Ok(())
    } else {
        Err(format!("the simulator answered {}", response.status()))
    }
}

fn access_key_id() -> String {
    // An access key id has 20 characters.
    let random = rand::random::<[u8; 20]>();
    let tail = random.iter().filter_map(|byte| {
        let at = usize::from(*byte) % KEY_ALPHABET.len();
        KEY_ALPHABET.get(at).map(|letter| char::from(*letter))
    });
    HOME_KEY.chars().chain(tail).take(20).collect()
}

fn remove_built(dir: &StateDir) -> Result<(), StateDirError> {
    let io = |source: io::Error| StateDirError::Io {
        path: dir.path().to_owned(),
        source,
    };
    for entry in fs::read_dir(dir.path()).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if BUILT.iter().any(|prefix| name.starts_with(prefix)) {
            fs::remove_file(entry.path()).map_err(io)?;
        }
    }
    Ok(())
}
