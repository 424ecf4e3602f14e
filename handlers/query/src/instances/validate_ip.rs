//! Checks whether private IPs will be, or were, kept.

use std::collections::BTreeMap;

use dr_api::matching::{IpPreservation, IpReport, ValidateIpRequest};
use dr_engine::App;
use dr_error::{Error, Result};
use dr_model::execution::{LaunchInto, ServerRun};
use dr_model::ids::{ExecutionId, GroupId, InstanceId, SourceServerId};
use dr_model::place::Place;
use dr_model::server::SourceServer;

pub async fn serve(app: &App, request: ValidateIpRequest) -> Result<IpReport> {
    let servers = match (&request.execution_id, &request.group_id) {
        (Some(execution), None) => of_execution(app, execution).await?,
        (None, Some(group)) => of_group(app, group).await?,
        _ => {
            return Err(Error::invalid(
                "execution_id",
                "either execution_id or group_id",
            ));
        }
    };
    let preserved_count = servers.iter().filter(|server| server.preserved).count();
    Ok(IpReport {
        all_preserved: preserved_count == servers.len(),
        preserved_count,
        servers,
    })
}

async fn sources(
    app: &App,
    place: &Place,
    ids: Vec<SourceServerId>,
) -> Result<BTreeMap<SourceServerId, SourceServer>> {
    let found = app
        .cloud(place)
        .await?
        .drs
        .source_servers_by_id(&ids)
        .await?;
    Ok(found
        .into_iter()
        .map(|server| (server.id.clone(), server))
        .collect())
}

/// Were they kept? As the execution itself has compared them.
async fn of_execution(app: &App, id: &ExecutionId) -> Result<Vec<IpPreservation>> {
    let execution = app.store().execution(id).await?;
    let runs: Vec<ServerRun> = app
        .store()
        .batches(&execution)
        .await?
        .into_iter()
        .flat_map(|batch| batch.servers)
        .collect();
    let ids = runs
        .iter()
        .map(|run| run.blueprint.source_server_id.clone())
        .collect();
    let sources = sources(app, &execution.direction.recovery, ids).await?;
    Ok(runs
        .into_iter()
        .map(|run| {
            let source_ip = sources
                .get(&run.blueprint.source_server_id)
                .and_then(|server| server.private_ip.clone());
            let (target_instance_id, target_private_ip) = match run.blueprint.launch_into {
                LaunchInto::Target {
                    instance_id,
                    private_ip,
                } => (Some(instance_id), private_ip),
                LaunchInto::NewInstance => (None, None),
            };
            let identity = run.progress.identity;
            let recovered = identity
                .as_ref()
                .and_then(|identity| identity.private_ip.clone());
            IpPreservation {
                source_server_id: run.blueprint.source_server_id,
                target_instance_id,
                same_as_source: recovered.is_some() && recovered == source_ip,
                source_private_ip: source_ip,
                target_private_ip,
                preserved: identity
                    .as_ref()
                    .is_some_and(|identity| identity.private_ip_kept),
                reason: match &identity {
                    Some(identity) => identity.reason.clone(),
                    None => Some(run.progress.reason.unwrap_or_else(|| {
                        "It has not launched, or was not validated yet".to_owned()
                    })),
                },
                recovered_private_ip: recovered,
            }
        })
        .collect())
}

/// Will they be kept? An instance keeps its IP for as long as its network interface is not changed.
async fn of_group(app: &App, id: &GroupId) -> Result<Vec<IpPreservation>> {
    let group = app.store().group(id).await?;
    let place = &group.direction.recovery;
    let pairs = app.store().pairs_of_group(id).await?;
    let ids = pairs
        .iter()
        .map(|pair| pair.source_server_id.clone())
        .collect();
    let targets: Vec<InstanceId> = pairs
        .iter()
        .map(|pair| pair.target_instance_id.clone())
        .collect();
    let sources = sources(app, place, ids).await?;
    let instances = app.cloud(place).await?.ec2.instances(&targets).await?;
    let now: BTreeMap<&InstanceId, Option<&String>> = instances
        .iter()
        .map(|instance| (&instance.id, instance.private_ip.as_ref()))
        .collect();
    Ok(pairs
        .iter()
        .map(|pair| {
            let source_ip = sources
                .get(&pair.source_server_id)
                .and_then(|server| server.private_ip.clone());
            let ip_now = now
                .get(&pair.target_instance_id)
                .copied()
                .flatten()
                .cloned();
            let preserved = ip_now.is_some() && ip_now == pair.target_private_ip;
            let reason = match (&ip_now, preserved) {
                (_, true) => None,
                (None, false) => Some("The target instance is gone".to_owned()),
                (Some(ip), false) => Some(format!(
                    "The target's IP is {ip} and was {} when the pair was saved",
                    pair.target_private_ip.as_deref().unwrap_or("unknown")
                )),
            };
            IpPreservation {
                source_server_id: pair.source_server_id.clone(),
                target_instance_id: Some(pair.target_instance_id.clone()),
                same_as_source: ip_now.is_some() && ip_now == source_ip,
                source_private_ip: source_ip,
                target_private_ip: ip_now,
                recovered_private_ip: None,
                preserved,
                reason,
            }
        })
        .collect())
}
