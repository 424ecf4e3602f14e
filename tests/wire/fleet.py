"""Words of the DRS tests: servers, targets, and a job that is waited for in simulated time."""

ALLOWED = {"Key": "AWSDRS", "Value": "AllowLaunchingIntoThisInstance"}


class Fleet:
    """The estate seen through DRS and EC2 of the recovery region."""

    def __init__(self, drs, ec2, sim):
        self.drs, self.ec2, self.sim = drs, ec2, sim

    def servers(self):
        pages = self.drs.get_paginator("describe_source_servers").paginate()
        return [s for page in pages for s in page["items"]]

    def server(self, server_id):
        found = self.drs.describe_source_servers(filters={"sourceServerIDs": [server_id]})["items"]
        return found[0]

    def ids(self, count, skip=0):
        return [s["sourceServerID"] for s in self.servers()][skip : skip + count]

    def job(self, job_id):
        return self.drs.describe_jobs(filters={"jobIDs": [job_id]})["items"][0]

    def start(self, server_ids, drill=True):
        servers = [{"sourceServerID": s} for s in server_ids]
        return self.drs.start_recovery(isDrill=drill, sourceServers=servers)["job"]

    def finish(self, job_id, minutes=90):
        """Moves the clock until the job is done."""
        for _ in range(minutes):
            job = self.job(job_id)
            if job["status"] == "COMPLETED":
                return job
            self.sim.advance(60)
        raise AssertionError(f"{job_id} is not done after {minutes} simulated minutes: {job}")

    def launch(self, server_ids, drill=True):
        return self.finish(self.start(server_ids, drill)["jobID"])

    def log(self, job_id):
        pages = self.drs.get_paginator("describe_job_log_items").paginate(jobID=job_id)
        return [i for page in pages for i in page["items"]]

    def recovery_instances(self, server_id):
        return self.drs.describe_recovery_instances(filters={"sourceServerIDs": [server_id]})["items"]

    def instance(self, instance_id):
        found = self.ec2.describe_instances(InstanceIds=[instance_id])
        return found["Reservations"][0]["Instances"][0]

    def pair(self):
        """A server and the stopped, tagged instance of its name."""
        filters = [
            {"Name": "instance-state-name", "Values": ["stopped"]},
            {"Name": "tag:AWSDRS", "Values": [ALLOWED["Value"]]},
        ]
        found = self.ec2.describe_instances(Filters=filters)["Reservations"]
        by_name = {
            tag["Value"]: i for r in found for i in r["Instances"] for tag in i["Tags"] if tag["Key"] == "Name"
        }
        for server in self.servers():
            target = by_name.get(server["tags"].get("Name"))
            if target:
                return server["sourceServerID"], target
        raise AssertionError("no server has a target")

    def point_at(self, server_id, target_id):
        """Sets the server to launch into the target."""
        return self.drs.update_launch_configuration(
            sourceServerID=server_id,
            copyTags=False,
            copyPrivateIp=False,
            targetInstanceTypeRightSizingMethod="NONE",
            launchIntoInstanceProperties={"launchIntoEC2InstanceID": target_id},
        )
