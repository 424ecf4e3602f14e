// The simulated AWS beside the product: what a person does there, what is made to go wrong, and what is true there.

import assert from "node:assert/strict";

const SIM = process.env.DR_SIM_URL;
export const HOME = { account: "111122223333", region: "us-east-1" };
export const AWAY = { account: "444455556666", region: "us-west-2" };
/** Seconds that are passed at once, and the longest that anything takes here. */
const JUMP = 20;
const LONGEST = 6 * 3600;
/** The tag of an instance that DRS may launch into. */
const ALLOWED = [{ Key: "AWSDRS", Value: "AllowLaunchingIntoThisInstance" }];

async function send(method, path, body) {
  const answered = await fetch(SIM + path, {
    method, headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  const text = await answered.text();
  assert.ok(answered.ok, `${method} ${path} ${JSON.stringify(body).slice(0, 200)}: ${text}`);
  return text && JSON.parse(text);
}

/** Changes the world as no AWS call does: `{ command: "fail_launch", ... }`. */
export const tell = (command) => send("POST", "/_sim/commands", command);

/** A call of DRS or EC2 by a person, beside the product. */
export const byHand = (place, operation, body) => send("POST", "/_sim/by-hand", { ...place, operation, body });

/** DRS and EC2 of an account and region as they are. */
export async function place({ account, region }) {
  const { places } = await (await fetch(`${SIM}/_sim/world`)).json();
  const found = places[account]?.[region];
  assert.ok(found, `${account} ${region} is no place of this world`);
  return found;
}

/** Disks are copied so fast that a copy takes minutes: at the real speed a database of a terabyte takes a day. */
export async function copyFast() {
  for (const where of [HOME, AWAY]) await tell({ command: "copy_speed", ...where, bytes_per_second: 2 ** 30 });
}

/** Lets DRS launch into instances: stopped, and with the tag. */
export async function prepare(where, ids) {
  await byHand(where, "StopInstances", { InstanceId: ids });
  await byHand(where, "CreateTags", { ResourceId: ids, Tag: ALLOWED });
  await reach(where, ids, "Stopped");
}

/** Waits until instances are in a state of EC2. */
export async function reach(where, ids, state) {
  await pass(async () => {
    const { ec2 } = await place(where);
    return ids.every((id) => ec2.instances[id].state === state);
  });
}

/**
 * From now on time passes slowly, and fast in `pass`: so a busy machine makes a test longer and not wrong. At a high speed
 * tasks would time out that the machine does not come to.
 */
export const slowDown = () => send("PUT", "/_sim/clock", { speed: 20 });

/** Lets simulated time pass until it is so, as fast as the product follows. Gives what `is` gave. */
export async function pass(is) {
  for (let passed = 0; passed < LONGEST; passed += JUMP) {
    const found = await is();
    if (found) return found;
    await send("POST", "/_sim/clock", { seconds: JUMP });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`not so in ${LONGEST / 3600} simulated hours: ${is}`);
}
