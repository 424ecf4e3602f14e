// What the pages show: groups with pairs, and a plan, made through the API.

import { URL_OF, password } from "./console.mjs";
import { AWAY, HOME, byHand, pass, place, tell } from "./world.mjs";

/** From home to where the fleet is recovered. */
export const DIRECTION = {
  primary: { account_id: "111122223333", region: "us-east-1" },
  recovery: { account_id: "444455556666", region: "us-west-2" },
};

/** The REST API as a user. */
export async function api(user = "admin") {
  const answered = await fetch(`${URL_OF}/auth/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: user, password: password(user) }),
  });
  const { id_token } = await answered.json();
  return async (method, path, body) => {
    const response = await fetch(URL_OF + path, {
      method,
      headers: { authorization: `Bearer ${id_token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
}

/** Makes the groups db, app and web with their pairs, and a plan of three waves; gives their ids. */
export async function make() {
  const call = await api();
  const groups = {};
  // A server that is used again has them already.
  const known = await call("GET", "/protection-groups?limit=1000");
  const plans = await call("GET", "/recovery-plans?limit=1000");
  if (plans.recovery_plans.some((plan) => plan.name === "fleet")) {
    for (const group of known.protection_groups) groups[group.name] = group.id;
    return { call, groups, plan: plans.recovery_plans.find((plan) => plan.name === "fleet").id };
  }
  for (const tier of ["db", "app", "web"]) {
    const group = await call("POST", "/protection-groups", { name: tier, direction: DIRECTION, selection: { tags: { Tier: tier } } });
    groups[tier] = group.id;
    await call("POST", `/protection-groups/${group.id}/instance-pairs`, { fuzzy_matching_tolerance: 0.2 });
  }
  const waves = Object.entries(groups).map(([name, id]) => ({ name, group_ids: [id] }));
  const plan = await call("POST", "/recovery-plans", { name: "fleet", waves });
  await call("POST", "/replication/refresh", {});
  return { call, groups, plan: plan.id };
}

/** Drills and recovers what `make` made, and tries an agent installation that fails; gives the ids of all that. */
export async function live(made) {
  const { call } = made;
  const run = async (execution_type) => {
    const { execution_id } = await call("POST", "/executions", { plan_id: made.plan, execution_type, skip_invalid_servers: true });
    await pass(async () => /^(COMPLETED|FAILED|CANCELLED)/.test((await call("GET", `/executions/${execution_id}`)).status));
    return execution_id;
  };
  const drill = await run("DRILL");
  await call("POST", `/executions/${drill}/terminate-instances`, { confirm: true });
  await pass(async () => {
    const { drs, ec2 } = await place(AWAY);
    return drs.active_jobs.length === 0 && Object.values(ec2.instances).every(({ state }) => !/ing$/.test(state) || state === "Running");
  });
  const execution = await run("RECOVERY");
  const session = await pass(async () => (await call("GET", "/failover-sessions")).sessions[0]?.session_id);
  await byHand({ account: HOME.account, region: AWAY.region }, "InitializeService", {});
  await call("PUT", `/target-accounts/${HOME.account}`, { regions: [HOME.region, AWAY.region] });
  const { candidates } = await call("GET", `/agent/candidates?account_id=${HOME.account}&region=${HOME.region}&limit=1000`);
  const { machine_id } = candidates.find((one) => one.can_install && one.machine_id.startsWith("i-"));
  await tell({ command: "ssm_fault", instance: machine_id, fault: { is: "install_fails", stderr: "no space left on device" } });
  const { installation_id: installation } = await call("POST", "/agent/install", {
    account_id: HOME.account, region: HOME.region, machine_ids: [machine_id], target_region: AWAY.region,
  });
  await pass(async () => (await call("GET", `/agent/install/${installation}/status`)).failed);
  const { account_id, region } = DIRECTION.recovery;
  const { source_servers } = await call("GET", `/drs/source-servers?account_id=${account_id}&region=${region}&limit=1`);
  const server = `${account_id}/${region}/${source_servers[0].source_server_id}`;
  return { ...made, execution, session, installation, server };
}
