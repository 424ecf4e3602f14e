//! Builds an estate, server by server.

use std::collections::BTreeMap;

use chrono::Duration;

use super::machines::{self, Planned, address, misspelled, plan};
use super::outside;
use super::places::{self, Ground, PROFILE};
use super::{Built, Estate, Flaw, FlawKind, LARGEST, SMALLEST_WITH_FLAWS, Site};
use crate::dice::Dice;
use crate::drs::{
    self, ALLOW_TAG, Direction, LaunchConfiguration, Machine, Origin, Replication, SourceServer,
    Staging, Tags,
};
use crate::ec2::{self, DiskSpec, InstanceSpec, TemplateView};
use crate::error::ServiceError;
use crate::world::World;

/// Servers that replicate into one account and region: a hard quota of DRS (L-C1D14A2B).
const REPLICATING: usize = 300;

/// Source servers of an account where nobody raised the quota (L-E28BE5E0).
const SOURCE_SERVERS: usize = 4_000;

/// Builds an estate into the world.
///
/// # Errors
/// It is larger than its subnets.
pub(crate) fn build(world: &mut World, estate: &Estate) -> Result<Built, ServiceError> {
    if estate.servers > LARGEST {
        return Err(ServiceError::validation(format!(
            "an estate has at most {LARGEST} servers"
        )));
    }
    for (what, wanted) in [
        ("unprotected", estate.unprotected),
        ("on_premises", estate.on_premises),
    ] {
        if wanted > outside::LARGEST {
            return Err(ServiceError::validation(format!(
                "{what}: an estate has at most {} of them",
                outside::LARGEST
            )));
        }
    }
    let mut dice = Dice::new(estate.seed);
    let primary = places::prepare(world, &estate.primary);
    let recovery = places::prepare(world, &estate.recovery);
    let roles = [&estate.primary, &estate.recovery]
        .map(|site| crate::iam::add_role(world, &site.account, &estate.role_name, &[]));
    let staging_accounts = staging_accounts(world, estate);
    if estate.servers > SOURCE_SERVERS {
        let Site { account, region } = &estate.recovery;
        let room = u32::try_from(estate.servers + 1_000).unwrap_or(u32::MAX);
        let code = "L-E28BE5E0";
        crate::servicequotas::set(world, account, region, "drs", code, f64::from(room));
    }
    let mut flaws = Vec::new();
    for index in 0..estate.servers {
        let mut planned = plan(index, estate.servers, &mut dice);
        planned.machine.aws_instance_id = original(world, estate, &primary, &planned);
        let staging = match index / REPLICATING {
            0 => None,
            n => staging_accounts.get(n - 1).map(String::as_str),
        };
        protect(world, estate, &recovery, &planned, staging);
        let flaw = flaw_of(index, estate.servers);
        let (name, id) = target(world, estate, &recovery, &planned, flaw);
        if let Some(flaw) = flaw {
            flaws.push(Flaw {
                instance_id: id,
                name,
                flaw,
            });
        }
    }
    let (unprotected, on_premises) = outside::build(world, estate, &primary);
    Ok(Built {
        servers: estate.servers,
        targets: estate.servers,
        staging_accounts,
        roles: roles.to_vec(),
        flaws,
        unprotected,
        on_premises,
    })
}

fn staging_accounts(world: &mut World, estate: &Estate) -> Vec<String> {
    let beyond = estate.servers.saturating_sub(REPLICATING);
    let count = u64::try_from(beyond.div_ceil(REPLICATING)).unwrap_or(0);
    (0..count)
        .map(|n| {
            let account = format!("{:012}", estate.first_staging_account + n);
            let site = Site::new(&account, &estate.recovery.region);
            places::initialize(world, &site, None);
            account
        })
        .collect()
}

/// Which server's target is flawed, and how: spread over the first two dozen.
fn flaw_of(index: usize, servers: usize) -> Option<FlawKind> {
    if servers < SMALLEST_WITH_FLAWS {
        return None;
    }
    let span = servers.min(24);
    let at = |share: usize| span * share / 24;
    [
        (at(3), FlawKind::Typo),
        (at(10), FlawKind::NoPartner),
        (at(14), FlawKind::Running),
        (at(20), FlawKind::NotTagged),
    ]
    .into_iter()
    .find_map(|(flawed, kind)| (flawed == index).then_some(kind))
}

fn tags(planned: &Planned) -> Tags {
    [
        ("Name", planned.name.as_str()),
        ("Tier", planned.tier.name),
        ("Application", planned.application),
        ("Environment", planned.environment),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}

fn disks(machine: &Machine) -> Vec<DiskSpec> {
    machine
        .disks
        .iter()
        .enumerate()
        .map(|(n, disk)| DiskSpec {
            device: disk.device.clone(),
            bytes: disk.bytes,
            root: n == 0,
        })
        .collect()
}

fn subnet(ground: &Ground, planned: &Planned) -> String {
    ground
        .subnets
        .get(planned.tier_index)
        .cloned()
        .unwrap_or_default()
}

fn instance(world: &World, ground: &Ground, planned: &Planned, tags: Tags) -> InstanceSpec {
    let machine = &planned.machine;
    InstanceSpec {
        name: Some(planned.name.clone()),
        tags,
        instance_type: machine.instance_type.clone(),
        subnet_id: subnet(ground, planned),
        security_groups: vec![ground.security_group.clone()],
        private_ip: machine.ips.first().cloned().unwrap_or_default(),
        instance_profile: Some(PROFILE.to_owned()),
        running: true,
        architecture: machine.architecture.clone(),
        windows: machine.windows,
        boot_mode: if machine.uefi { "uefi" } else { "legacy-bios" }.to_owned(),
        disks: disks(machine),
        launched: world.now - Duration::hours(i64::from(planned.age_hours)),
    }
}

/// A1: the running original.
fn original(world: &mut World, estate: &Estate, ground: &Ground, planned: &Planned) -> String {
    let Site { account, region } = &estate.primary;
    let spec = instance(world, ground, planned, tags(planned));
    let id = ec2::add_instance(world, account, region, &spec);
    let (windows, name, now) = (planned.machine.windows, &planned.name, world.now);
    crate::ssm::register(world, account, region, &id, windows, name, now);
    id
}

/// B1: the source server in the recovery account, extended from a staging account if it
/// replicates there.
fn protect(
    world: &mut World,
    estate: &Estate,
    ground: &Ground,
    planned: &Planned,
    staging: Option<&str>,
) {
    let Site { account, region } = &estate.recovery;
    let template = TemplateView {
        subnet_id: Some(subnet(ground, planned)),
        security_groups: vec![ground.security_group.clone()],
        instance_type: Some(planned.machine.instance_type.clone()),
        instance_profile: Some(PROFILE.to_owned()),
    };
    let id = format!("s-{}", world.dice.alphanumeric(17));
    let name = format!("created-and-used-by-drs-{id}");
    let template_id = ec2::create_template(world, account, region, &name, &template);
    let since = world.now - Duration::hours(i64::from(planned.age_hours));
    let server = |id: &str, account: &str, staging: Option<Staging>| SourceServer {
        id: id.to_owned(),
        arn: drs::arn(region, account, "source-server", id),
        tags: tags(planned),
        direction: Direction::Failover,
        machine: planned.machine.clone(),
        origin: Origin {
            account: estate.primary.account.clone(),
            region: estate.primary.region.clone(),
            availability_zone: format!("{}a", estate.primary.region),
        },
        replication: Replication::continuous(since, planned.max_lag_seconds),
        launch: LaunchConfiguration::new(&planned.name, template_id.clone()),
        last_launch: None,
        added: since,
        staging,
        reversed_arn: None,
        fail_launch: None,
    };
    let staged = staging.map(|staging| {
        let staged_id = format!("s-{}", world.dice.alphanumeric(17));
        let staged = server(&staged_id, staging, None);
        let arn = staged.arn.clone();
        let place = world.place(staging, region);
        place.drs.servers.insert(staged_id, staged);
        Staging {
            account: staging.to_owned(),
            arn,
        }
    });
    let server = server(&id, account, staged);
    world.place(account, region).drs.servers.insert(id, server);
}

/// The pre-provisioned instance: stopped, tagged, at the address of its server.
fn target(
    world: &mut World,
    estate: &Estate,
    ground: &Ground,
    planned: &Planned,
    flaw: Option<FlawKind>,
) -> (String, String) {
    let Site { account, region } = &estate.recovery;
    let allow: Tags = BTreeMap::from([(ALLOW_TAG.0.to_owned(), ALLOW_TAG.1.to_owned())]);
    let mut spec = InstanceSpec {
        running: false,
        disks: disks(&planned.machine),
        ..instance(world, ground, planned, allow)
    };
    match flaw {
        Some(FlawKind::Typo) => spec.name = Some(misspelled(&planned.name)),
        Some(FlawKind::NoPartner) => {
            spec.name = Some("legacy-ftp-gateway".to_owned());
            // Not at its server's address either: at the end of the subnet.
            spec.private_ip = address(planned.tier, machines::LAST_ADDRESS).to_string();
        }
        Some(FlawKind::Running) => spec.running = true,
        Some(FlawKind::NotTagged) => spec.tags.clear(),
        None => {}
    }
    let id = ec2::add_instance(world, account, region, &spec);
    let name = spec.name.unwrap_or_default();
    let (windows, now) = (planned.machine.windows, world.now);
    crate::ssm::register(world, account, region, &id, windows, &name, now);
    (name, id)
}
