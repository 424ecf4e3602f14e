//! An in-memory DynamoDB behind the SDK's HTTP client, with faults on request and a count of calls.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use dr_error::clock::ManualClock;
use dr_store::Store;
use dynoxide::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What goes wrong with a call.
#[derive(Debug, Clone)]
pub enum Fault {
    /// It takes effect, and nobody hears of it.
    LoseAnswer,
    /// It has no effect, and nobody is told.
    LoseRequest,
    /// It is answered so and has no effect.
    Answer(u16, Value),
    /// Only so many of a batch are processed.
    Only(usize),
}

struct Inner {
    database: Database,
    faults: Mutex<Vec<(&'static str, Fault)>>,
    calls: Mutex<BTreeMap<String, usize>>,
}

/// The door to one in-memory DynamoDB.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

impl Door {
    pub fn open() -> Self {
        Self(Arc::new(Inner {
            database: Database::memory().unwrap(),
            faults: Mutex::default(),
            calls: Mutex::default(),
        }))
    }

    /// The next call of an operation goes wrong; several queue up.
    pub fn fail_next(&self, operation: &'static str, fault: Fault) {
        self.0.faults.lock().unwrap().push((operation, fault));
    }

    /// Calls of an operation since the last [`Self::forget_calls`].
    pub fn calls(&self, operation: &str) -> usize {
        *self.0.calls.lock().unwrap().get(operation).unwrap_or(&0)
    }

    /// All calls since the last [`Self::forget_calls`].
    pub fn all_calls(&self) -> usize {
        self.0.calls.lock().unwrap().values().sum()
    }

    pub fn forget_calls(&self) {
        self.0.calls.lock().unwrap().clear();
    }

    /// A raw call, to look behind the store.
    pub fn raw(&self, operation: &str, body: &Value) -> Value {
        let (status, body) = self.dispatch(operation, &body.to_string());
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Every item of a table.
    pub fn scan(&self, table: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut request = json!({ "TableName": table });
        loop {
            let answer = self.raw("Scan", &request);
            items.extend(answer["Items"].as_array().unwrap().iter().cloned());
            match answer.get("LastEvaluatedKey") {
                Some(key) => request["ExclusiveStartKey"] = key.clone(),
                None => return items,
            }
        }
    }

    pub fn store(&self) -> Store {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "test", "test", None, None, "test",
            )))
            .http_client(SharedHttpClient::new(self.clone()))
            .build();
        Store::new(&config, "test", Arc::new(ManualClock::at_epoch()))
    }

    fn fault(&self, operation: &str) -> Option<Fault> {
        let mut faults = self.0.faults.lock().unwrap();
        let n = faults.iter().position(|(name, _)| *name == operation)?;
        Some(faults.remove(n).1)
    }

    fn answer(&self, operation: &str, body: &str) -> Result<(u16, String), ConnectorError> {
        *self
            .0
            .calls
            .lock()
            .unwrap()
            .entry(operation.to_owned())
            .or_default() += 1;
        match self.fault(operation) {
            None => Ok(self.dispatch(operation, body)),
            Some(Fault::LoseAnswer) => {
                self.dispatch(operation, body);
                Err(ConnectorError::io("the answer was lost".into()))
            }
            Some(Fault::LoseRequest) => Err(ConnectorError::io("the request was lost".into())),
            Some(Fault::Answer(status, body)) => Ok((status, body.to_string())),
            Some(Fault::Only(count)) => Ok(self.partly(operation, body, count)),
        }
    }

    fn partly(&self, operation: &str, body: &str, count: usize) -> (u16, String) {
        let mut request: Value = serde_json::from_str(body).unwrap();
        let tables = request["RequestItems"].as_object_mut().unwrap();
        let (table, wanted) = tables.iter_mut().next().unwrap();
        let table = table.clone();
        let is_get = operation == "BatchGetItem";
        let list = if is_get {
            wanted["Keys"].as_array_mut().unwrap()
        } else {
            wanted.as_array_mut().unwrap()
        };
        let left = list.split_off(count.min(list.len()));
        let mut answer: Value = if list.is_empty() {
            json!({})
        } else {
            serde_json::from_str(&self.dispatch(operation, &request.to_string()).1).unwrap()
        };
        if is_get {
            answer["UnprocessedKeys"] = json!({ table: { "Keys": left, "ConsistentRead": true } });
        } else {
            answer["UnprocessedItems"] = json!({ table: left });
        }
        (200, answer.to_string())
    }

    fn dispatch(&self, operation: &str, body: &str) -> (u16, String) {
        let db = &self.0.database;
        match operation {
            "CreateTable" => run(body, |request| db.create_table(request)),
            "UpdateTimeToLive" => run(body, |request| db.update_time_to_live(request)),
            "DescribeTimeToLive" => run(body, |request| db.describe_time_to_live(request)),
            "DescribeTable" => run(body, |request| db.describe_table(request)),
            "PutItem" => run(body, |request| db.put_item(request)),
            "GetItem" => run(body, |request| db.get_item(request)),
            "UpdateItem" => run(body, |request| db.update_item(request)),
            "DeleteItem" => run(body, |request| db.delete_item(request)),
            "Query" => run(body, |request| db.query(request)),
            "Scan" => run(body, |request| db.scan(request)),
            "BatchGetItem" => run(body, |request| db.batch_get_item(request)),
            "BatchWriteItem" => run(body, |request| db.batch_write_item(request)),
            "TransactWriteItems" => run(body, |request| db.transact_write_items(request)),
            other => panic!("{other} is not simulated"),
        }
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    call: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> (u16, String) {
    match call(serde_json::from_str(body).unwrap()) {
        Ok(answer) => (200, serde_json::to_string(&answer).unwrap()),
        Err(error) => (error.status_code(), error.to_json()),
    }
}

impl HttpConnector for Door {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let door = self.clone();
        HttpConnectorFuture::new(async move {
            // Others get their turn between any two calls.
            tokio::task::yield_now().await;
            let (status, body) = door.answer(&operation, std::str::from_utf8(&body).unwrap())?;
            Ok(HttpResponse::new(
                status.try_into().unwrap(),
                SdkBody::from(body),
            ))
        })
    }
}

impl HttpClient for Door {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// A door with its tables made.
pub async fn with_tables() -> (Door, Store) {
    let door = Door::open();
    let store = door.store();
    store.create_all().await.unwrap();
    door.forget_calls();
    (door, store)
}
