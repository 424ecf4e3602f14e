//! Replication agents on machines: what the installer and the uninstaller do when somebody runs
//! them there, and what they say.

use chrono::{DateTime, Utc};

use crate::drs::{self, Machine, Origin, Tags};
use crate::ec2::{self, Instance, Platform};
use crate::error::ServiceError;
use crate::iam;
use crate::world::World;

/// A machine that commands run on: account and region in which it is managed, and its id there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// `i-` or `mi-` id.
    pub id: String,
}

/// What a program left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Exit code.
    pub exit_code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Report {
    /// It went well.
    #[must_use]
    pub fn done(stdout: impl Into<String>) -> Self {
        Self {
            stdout: stdout.into(),
            ..Self::default()
        }
    }

    /// It did not.
    #[must_use]
    pub fn failed(exit_code: i32, stderr: impl Into<String>) -> Self {
        Self {
            exit_code,
            stderr: stderr.into(),
            ..Self::default()
        }
    }

    /// What two programs, one after the other, leave behind.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self {
            exit_code: next.exit_code,
            stdout: self.stdout + &next.stdout,
            stderr: self.stderr + &next.stderr,
        }
    }
}

/// One of these lets an instance register itself (DRS user guide).
const INSTALL_POLICIES: [&str; 3] = [
    "AWSElasticDisasterRecoveryEc2InstancePolicy",
    "AWSElasticDisasterRecoveryAgentInstallationPolicy",
    "AWSElasticDisasterRecoveryRecoveryInstancePolicy",
];

/// What the installer says on a machine that replicates elsewhere.
const ELSEWHERE: &str = "Cannot install agent, as this server was previously installed to \
    replicate into another region or account. To allow installation, first disconnect and delete \
    the previously installed source server.";

/// Bytes in a GiB.
const GIB: u64 = 1 << 30;

/// Tags as the document takes them: `key=value` pairs, separated by commas or blanks.
#[must_use]
pub fn read_tags(text: &str) -> Tags {
    text.split([',', ' '])
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .filter(|(key, _)| !key.is_empty())
        .collect()
}

/// An EC2 instance as an agent on it sees the machine.
fn machine_of(instance: &Instance, ec2: &ec2::State, hostname: Option<&str>) -> Machine {
    let windows = instance.machine.platform == Platform::Windows;
    let [a, b, c, d] = instance.private_ip.octets();
    let hostname = hostname.map_or_else(|| format!("ip-{a}-{b}-{c}-{d}"), str::to_owned);
    let (cores, ram_bytes) = ec2::size_of(&instance.instance_type).unwrap_or((2, 4 * GIB));
    let bytes = |id: &str| {
        ec2.volumes
            .get(id)
            .map_or(0, |v| u64::from(v.size_gib) * GIB)
    };
    let disks = instance.devices.iter().map(|device| drs::Disk {
        device: device.device_name.clone(),
        bytes: bytes(&device.volume_id),
    });
    Machine {
        fqdn: format!("{hostname}.corp.example.com"),
        hostname,
        aws_instance_id: instance.id.clone(),
        cores,
        cpu_model: "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz".to_owned(),
        ram_bytes,
        os: if windows {
            "Microsoft Windows Server 2022 Datacenter"
        } else {
            "Linux version 6.1.115-126.197.amzn2023.x86_64 Amazon Linux 2023"
        }
        .to_owned(),
        windows,
        architecture: instance.machine.architecture.word().to_owned(),
        uefi: instance.machine.boot_mode.word().starts_with("uefi"),
        disks: disks.collect(),
        ips: vec![instance.private_ip.to_string()],
        mac: format!("0a:1f:{a:02x}:{b:02x}:{c:02x}:{d:02x}"),
        instance_type: instance.instance_type.clone(),
    }
}

/// The machine behind a host and where it runs. A machine outside AWS has an empty origin.
fn look(world: &World, host: &Host) -> Option<(Machine, Origin)> {
    let place = world.at(&host.account, &host.region)?;
    if let Some(hybrid) = place.ssm.hybrid.get(&host.id) {
        let nowhere = Origin {
            account: String::new(),
            region: String::new(),
            availability_zone: String::new(),
        };
        return Some((hybrid.machine.clone(), nowhere));
    }
    let instance = place.ec2.instances.get(&host.id)?;
    let agent = place.ssm.agents.get(&host.id);
    let machine = match place.drs.instances.get(&host.id) {
        Some(record) => record.machine.clone(),
        None => machine_of(instance, &place.ec2, agent.map(|a| a.hostname.as_str())),
    };
    let origin = Origin {
        account: host.account.clone(),
        region: host.region.clone(),
        availability_zone: instance.zone.clone(),
    };
    Some((machine, origin))
}

/// Whether the agent was removed and the machine not rebooted since.
fn reboot_missing(world: &World, host: &Host) -> bool {
    let Some(place) = world.at(&host.account, &host.region) else {
        return false;
    };
    let Some(removed) = place.ssm.removed.get(&host.id) else {
        return false;
    };
    // A stop and a start are a reboot, too.
    let started = place.ec2.instances.get(&host.id).map(|i| i.launched);
    started.is_none_or(|started| started <= *removed)
}

/// Whether an EC2 instance may register itself; elsewhere the activation's role decides.
fn may_register(world: &World, host: &Host) -> bool {
    let place = world.at(&host.account, &host.region);
    let Some(instance) = place.and_then(|place| place.ec2.instances.get(&host.id)) else {
        return true;
    };
    let profile = instance.profile.as_deref();
    let policies = profile.and_then(|name| iam::profile_policies(world, &host.account, name));
    let known = |policy: &String| INSTALL_POLICIES.contains(&policy.as_str());
    policies.is_some_and(|policies| policies.iter().any(known))
}

fn refused(error: &ServiceError) -> Report {
    Report {
        stdout: "The installation of the AWS Replication Agent has started.\n".to_owned(),
        ..Report::failed(1, format!("{}: {}", error.code, error.message))
    }
}

fn installed(id: &str) -> Report {
    Report::done(format!(
        "The installation of the AWS Replication Agent has started.\n\
         Identifying volumes for replication.\n\
         Downloading the AWS Replication Agent onto the source server... Finished.\n\
         Installing the AWS Replication Agent onto the source server... Finished.\n\
         Syncing the source server with the Elastic Disaster Recovery Console... Finished.\n\
         The following is the source server ID: {id}.\n\
         The AWS Replication Agent was successfully installed.\n"
    ))
}

/// The installer, run on a machine to replicate into a Region, of the machine's own account
/// where none is named. A recovery instance whose agent was removed goes back to the account that
/// it came from.
pub fn install(
    world: &mut World,
    host: &Host,
    region: &str,
    account: Option<&str>,
    tags: &Tags,
    now: DateTime<Utc>,
) -> Report {
    let Some((machine, origin)) = look(world, host) else {
        return Report::failed(1, "the machine is not there");
    };
    if reboot_missing(world, host) {
        return Report::failed(
            1,
            "Cannot install agent, as the previously installed agent was removed and the server \
             was not rebooted since. Reboot the server and try again.",
        );
    }
    if !may_register(world, host) {
        return Report::failed(
            1,
            "AccessDeniedException: the instance profile does not allow \
             drs:GetAgentInstallationAssetsForDrs",
        );
    }
    let home = drs::origin_of(world, &host.account, &host.region, &host.id)
        .filter(|home| home.region == region && account.is_none_or(|a| a == home.account));
    let into = match (&home, account) {
        (Some(home), _) => home.account.clone(),
        (None, Some(account)) => account.to_owned(),
        (None, None) => host.account.clone(),
    };
    let mut elsewhere = recovered_and_connected(world, host);
    for found in drs::standing(world, &machine) {
        if found.connected && found.account == into && found.region == region {
            // The installer on a machine that replicates here already brings its agent up to date,
            // or brings back the one that was lost.
            drs::return_agent(world, &found, now);
            return installed(&found.id);
        }
        elsewhere |= found.connected;
    }
    if elsewhere {
        return Report::failed(1, ELSEWHERE);
    }
    let done = match home {
        Some(_) => drs::reenroll(world, &host.account, &host.region, &host.id, now),
        None => drs::enroll(world, (&into, region), &machine, origin, tags, now),
    };
    match done {
        Ok(id) => installed(&id),
        Err(error) => refused(&error),
    }
}

/// Whether the machine is a recovery instance with the agent that it was launched with.
fn recovered_and_connected(world: &World, host: &Host) -> bool {
    world
        .at(&host.account, &host.region)
        .and_then(|place| place.drs.instances.get(&host.id))
        .is_some_and(|record| !record.disconnected)
}

/// The uninstaller. What the agent replicated is disconnected; before another is installed the
/// machine must be rebooted.
pub fn uninstall(world: &mut World, host: &Host, now: DateTime<Utc>) -> Report {
    let Some((machine, _)) = look(world, host) else {
        return Report::failed(1, "the machine is not there");
    };
    if !drs::withdraw(world, &host.account, &host.region, &machine) {
        return Report::done("The AWS Replication Agent is not installed on this server.\n");
    }
    let removed = &mut world.place(&host.account, &host.region).ssm.removed;
    removed.insert(host.id.clone(), now);
    Report::done(
        "Stopping the AWS Replication Agent... Finished.\n\
         Uninstalling the AWS Replication Agent... Finished.\n\
         The AWS Replication Agent was successfully uninstalled. Reboot the server.\n",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_pairs_separated_by_commas_or_blanks() {
        let tags = read_tags("Environment=Production,Application=Web Server=no, =x");
        let found: Vec<(&str, &str)> = tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            found,
            [
                ("Application", "Web"),
                ("Environment", "Production"),
                ("Server", "no")
            ]
        );
        assert!(read_tags("").is_empty());
    }

    #[test]
    fn the_exit_code_of_the_last_program_counts() {
        let both = Report::done("one\n").then(Report::failed(3, "two"));
        assert_eq!((both.exit_code, both.stdout.as_str()), (3, "one\n"));
    }
}
