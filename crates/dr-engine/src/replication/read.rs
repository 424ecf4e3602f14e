//! What people ask: one server live, and the estate as it was last read.

use dr_drs::RecoveryPoint;
use dr_error::{AwsClass, Error, Result};
use dr_model::check::Check;
use dr_model::ids::SourceServerId;
use dr_model::inventory::{Inventory, LagHistory};
use dr_model::place::Place;
use dr_model::server::SourceServer;
use dr_store::PageRequest;

use crate::app::App;
use crate::replication::advice::advice;
use crate::replication::dashboard::Dashboard;
use crate::replication::estate::{self, Estate, Filter};

/// Target accounts that are read per page.
const ACCOUNTS: usize = 100;

/// How the replication of one server is, right now.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// The server, with its steps, disks, lag and life cycle in `replication`.
    pub server: SourceServer,
    /// What is wrong and what to do; empty when all is well.
    pub advice: Vec<Check>,
}

fn unknown(id: &SourceServerId) -> Error {
    Error::NotFound {
        kind: "source server",
        id: id.to_string(),
    }
}

/// How the replication of one server is, right now (requirement 002, 2.1). One call.
///
/// # Errors
/// `NotFound`; what AWS answers.
pub async fn status(app: &App, place: &Place, id: &SourceServerId) -> Result<Status> {
    let cloud = app.cloud(place).await?;
    let found = match cloud
        .drs
        .source_servers_by_id(std::slice::from_ref(id))
        .await
    {
        // Where DRS was never set up, there is no server.
        Err(error) if error.aws_class() == Some(AwsClass::NotInitialized) => Vec::new(),
        found => found?,
    };
    let server = found.into_iter().next().ok_or_else(|| unknown(id))?;
    Ok(Status {
        advice: advice(&server, app.clock().now()),
        server,
    })
}

/// Points in time that a server can be recovered from, newest first.
///
/// # Errors
/// `NotFound`; what AWS answers.
pub async fn points(app: &App, place: &Place, id: &SourceServerId) -> Result<Vec<RecoveryPoint>> {
    let cloud = app.cloud(place).await?;
    match cloud.drs.recovery_points(id).await {
        Err(error)
            if matches!(
                error.aws_class(),
                Some(AwsClass::NotFound | AwsClass::NotInitialized)
            ) =>
        {
            Err(unknown(id))
        }
        found => found,
    }
}

/// The lag of a server over the last 24 hours, oldest first; empty while none was kept.
///
/// # Errors
/// What the store answers.
pub async fn lag_history(app: &App, place: &Place, id: &SourceServerId) -> Result<LagHistory> {
    Ok(LagHistory {
        source_server_id: id.clone(),
        points: app.store().lag_history(place, id).await?,
    })
}

/// Every region of every registered account, in order.
///
/// # Errors
/// What the store answers.
pub(crate) async fn places(app: &App) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    let mut request = PageRequest::first(ACCOUNTS);
    loop {
        let page = app.store().accounts(&request).await?;
        for account in page.items {
            let of_account = account.regions.into_iter().map(|region| Place {
                account_id: account.account_id.clone(),
                region,
            });
            places.extend(of_account);
        }
        match page.next_token {
            Some(token) => request.next_token = Some(token),
            None => break,
        }
    }
    places.sort();
    Ok(places)
}

async fn known(app: &App) -> Result<(Vec<Place>, Vec<Inventory>)> {
    let places = places(app).await?;
    let inventories = app.store().inventory_of(&places).await?;
    Ok((places, inventories))
}

/// A page of the servers of all registered places, as they were last read, with how long ago that was. Calls no
/// AWS region.
///
/// # Errors
/// `Invalid` on `limit` or `next_token`; what the store answers.
pub async fn estate(app: &App, filter: &Filter) -> Result<Estate> {
    let (places, inventories) = known(app).await?;
    estate::estate(filter, &places, &inventories, app.clock().now())
}

/// The whole estate in numbers, as it was last read. Calls no AWS region.
///
/// # Errors
/// What the store answers.
pub async fn dashboard(app: &App, rpo_seconds: u64) -> Result<Dashboard> {
    let (places, inventories) = known(app).await?;
    let now = app.clock().now();
    Ok(Dashboard::of(&places, &inventories, rpo_seconds, now))
}
