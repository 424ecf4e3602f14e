// From a fleet that was recovered to one that is home and protected again in Chromium, against a server of its own:
// replication pages, the session, the failback wizard with a reload in its middle. Each test is a fact, and each goes on
// where the one before it ended.

import assert from "node:assert/strict";
import { after, before } from "node:test";

import { URL_OF, browser, chapter, go, open, signIn, sound } from "./console.mjs";
import { make } from "./estate.mjs";
import { AWAY, HOME, byHand, copyFast, pass, place, prepare, slowDown, tell } from "./world.mjs";

/** A step that takes simulated minutes or hours, on a busy machine. */
const LONG = { timeout: 300_000 };

let chrome;
let made;
let page;
let session;

before(async () => {
  await slowDown();
  await copyFast();
  made = await make();
  chrome = await browser();
  page = await open(chrome);
  await signIn(page);
});
after(async () => {
  await chrome?.close();
});

const button = (name) => page.getByRole("button", { name, exact: true });
const next = () => button("Next").click();
const step = (name) => page.getByRole("heading", { name, exact: true, level: 2 }).waitFor();

/** Lets time pass until the API says so. */
const until = (path, is) => pass(async () => {
  const answer = await made.call("GET", path);
  return is(answer) && answer;
});
const status = (wanted) => until(`/failover-sessions/${session}`, (answer) => answer.status === wanted);

/** The words of the console for DRS's states that this estate is in. */
const STATES = { CONTINUOUS: "Continuous", STALLED: "Stalled" };

/** Servers by state as DRS of the recovery region counts them now. */
async function counted() {
  const { items } = await byHand(AWAY, "DescribeSourceServers", { maxResults: 200 });
  const counts = {};
  for (const { dataReplicationInfo } of items) {
    const state = STATES[dataReplicationInfo.dataReplicationState];
    counts[state] = String(Number(counts[state] ?? 0) + 1);
  }
  return counts;
}

chapter("the figures of the replication dashboard are those of DRS, before a server stalls and after", LONG, async () => {
  await go(page, "/replication");
  await page.getByRole("img", { name: "Servers by replication state: 24 in all" }).waitFor();
  await page.getByRole("img", { name: /^Lag in seconds: up to/ }).waitFor();
  const shown = async () => {
    const rows = await page.getByRole("table", { name: "Servers by replication state" }).getByRole("row").all();
    return Object.fromEntries(await Promise.all(rows.map(async (row) => [
      await row.getByRole("rowheader").innerText(), await row.getByRole("cell").innerText(),
    ])));
  };
  assert.deepEqual(await shown(), await counted());
  const [{ sourceServerID: server, sourceProperties }] = (await byHand(AWAY, "DescribeSourceServers", {})).items;
  await tell({ command: "stall_server", server });
  await button("Read again").click();
  await page.getByRole("list").getByText(`${sourceProperties.identificationHints.hostname}: `).or(
    page.getByRole("table").getByText(sourceProperties.identificationHints.hostname)).first().waitFor();
  assert.deepEqual(await counted(), { Continuous: "23", Stalled: "1" });
  assert.deepEqual(await shown(), await counted());
  await sound(page, "replication");
  await tell({ command: "resume_server", server });
  await button("Read again").click();
  await page.getByRole("table", { name: "Servers by replication state" }).getByText("Stalled").waitFor({ state: "detached" });
  assert.deepEqual(await shown(), await counted());
});

chapter("a source server shows its eleven steps, its disks and its lag", {}, async () => {
  await go(page, "/source-servers");
  await page.getByRole("heading", { name: "Servers (24)" }).waitFor();
  await sound(page, "source-servers");
  await page.getByRole("region", { name: "Servers" }).getByRole("link").first().click();
  await page.getByRole("heading", { name: "Initiation (11/11)" }).waitFor();
  await page.getByRole("heading", { name: /^Disks \([1-9]/ }).waitFor();
  await sound(page, "source-server");
});

chapter("a recovery begins a session, and the list has it", LONG, async () => {
  await go(page, "/failover-sessions");
  await page.getByText("No failover sessions").waitFor();
  await sound(page, "failover-sessions-empty");
  const started = await made.call("POST", "/executions", { plan_id: made.plan, execution_type: "RECOVERY", skip_invalid_servers: true });
  await until(`/executions/${started.execution_id}`, (answer) => /^(COMPLETED|FAILED)/.test(answer.status));
  const list = await until("/failover-sessions", (answer) => answer.sessions[0]?.status === "FAILOVER_COMPLETE");
  session = list.sessions[0].session_id;
  await page.getByRole("link", { name: "fleet" }).waitFor();
  await page.getByText(/2 left out, 22 recovered/).waitFor();
  await sound(page, "failover-sessions");
});

chapter("the session shows where its servers are, and why an action may not be done", {}, async () => {
  await page.getByRole("link", { name: "fleet" }).click();
  await page.getByRole("heading", { name: "Servers (24)" }).waitFor();
  await page.getByText("No server replicates back yet: start reverse replication first").first().waitFor();
  const commit = page.getByRole("button", { name: /^Commit the failback/ });
  assert.equal(await commit.getAttribute("aria-disabled"), "true");
  await sound(page, "failover-session");
});

chapter("who may only read sees the session and may do nothing with it", {}, async () => {
  const reader = await open(chrome);
  await signIn(reader, "read-only", `/failover-sessions/${session}`);
  const start = reader.getByRole("button", { name: /^Start reverse replication/ });
  await start.waitFor();
  assert.match(await start.getAttribute("title"), /needs the role/);
  await reader.context().close();
});

chapter("the wizard goes from review to reverse replication, with what the copy comes to", LONG, async () => {
  await page.getByRole("link", { name: "Failback wizard" }).click();
  await step("Review");
  await sound(page, "failback-review");
  await next();
  await step("Agents");
  await page.getByText("No agent needs repair").first().waitFor({ state: "attached" });
  await sound(page, "failback-agents");
  await next();
  await step("Start reverse replication");
  await page.getByText("Transfer costs about").waitFor();
  await sound(page, "failback-reverse");
  await next();
  await page.getByText("No server replicates back yet: start reverse replication first").waitFor();
  await button("Start reverse replication").click();
  await step("Mirror configuration");
});

chapter("after a reload the wizard opens where the session stands, and goes on", LONG, async () => {
  const mapped = ({ servers }) => servers.filter((server) => server.way_back).length === 22;
  await until(`/failover-sessions/${session}/servers?limit=1000`, mapped);
  assert.equal((await made.call("GET", `/failover-sessions/${session}`)).status, "REVERSE_REPLICATING");
  await signIn(page, "admin", `/failover-sessions/${session}/failback`);
  await step("Mirror configuration");
  await page.getByText("fleet-failback").first().waitFor();
  // What still runs at home is named, with what to do about it; it is done, and the preview is asked for again.
  await page.getByText(/22 times: The original instance … is running/).waitFor();
  await sound(page, "failback-mirror");
  const { servers } = await made.call("GET", `/failover-sessions/${session}/servers?limit=1000`);
  await prepare(HOME, servers.filter((server) => server.stage !== "LEFT_OUT").map((server) => server.origin_instance_id));
  await button("Mirror configuration").click();
  await step("Monitor");
  await page.getByRole("heading", { name: "Replication back (24)" }).waitFor();
  await sound(page, "failback-monitor");
});

chapter("when every server is ready the failback runs once its words are typed", LONG, async () => {
  await status("READY_FOR_FAILBACK");
  await page.getByText("Ready for failback").first().waitFor();
  await next();
  await step("Execute");
  await page.getByLabel("What to run").selectOption("recovery");
  await page.getByLabel("Confirmation").waitFor({ timeout: 60_000 });
  await page.getByLabel("Confirmation").fill("something");
  assert.equal(await page.getByRole("button", { name: /^Fail back/ }).getAttribute("aria-disabled"), "true");
  await page.getByLabel("Confirmation").fill("fleet");
  await sound(page, "failback-execute");
  const { servers } = await made.call("GET", `/failover-sessions/${session}/servers?limit=1000`);
  const server = servers.find((one) => one.name.startsWith("web-") && one.way_back).way_back.source_server_id;
  await tell({ command: "fail_launch", server, raw_error: "An internal error occurred while converting the server" });
  await page.getByRole("button", { name: /^Fail back/ }).click();
  await page.getByText("It runs: this page follows it").waitFor();
  await sound(page, "failback-running");
});

chapter("the server that failed says why, and it alone is tried again", LONG, async () => {
  await until(`/failover-sessions/${session}`, (answer) => answer.failed_servers === 1 && answer.stages.failing_back === 0);
  await page.getByText(/^web-.*internal error/i).first().waitFor();
  await sound(page, "failback-failed");
  await status("READY_FOR_FAILBACK");
  await page.getByRole("button", { name: /^Retry fail back.*\(1\)$/ }).click();
  const dialogue = page.getByRole("dialog");
  await dialogue.getByLabel("Confirmation").fill("fleet");
  await sound(page, "failback-retry");
  await dialogue.getByRole("button", { name: /^Fail back/ }).click();
  await dialogue.waitFor({ state: "detached" });
  await status("FAILBACK_COMPLETE");
  await page.getByText("The fleet is home").waitFor();
  await sound(page, "failback-home");
});

chapter("what came home is protected again, and the clean-up shows what goes and takes its words", LONG, async () => {
  await page.getByRole("link", { name: "the page of the session" }).click();
  await page.getByRole("button", { name: /^Re-protect/ }).click();
  const dialogue = page.getByRole("dialog");
  await dialogue.getByRole("button", { name: "Re-protect", exact: true }).and(page.locator(":not([aria-disabled])")).waitFor();
  await sound(page, "re-protect");
  await dialogue.getByRole("button", { name: /^Re-protect/ }).click();
  await status("RE_PROTECTED");
  await page.getByText("Re-protected").first().waitFor();
  const left = await made.call("GET", `/failover-sessions/${session}/cleanup`);
  await page.getByRole("button", { name: /^Clean up/ }).click();
  await dialogue.getByText("No longer paid").waitFor();
  await sound(page, "cleanup");
  await dialogue.getByLabel("Confirmation").fill(left.confirmation);
  await dialogue.getByRole("button", { name: /^Clean up/ }).click();
  await status("CLEANUP_COMPLETE");
  await page.getByText("Complete").first().waitFor();
  const { servers } = await made.call("GET", `/failover-sessions/${session}/servers?limit=1000`);
  assert.equal(servers.filter((server) => server.stage === "LEFT_OUT").length, 2);
  const { ec2 } = await place(HOME);
  for (const { name, stage, origin_instance_id } of servers) {
    if (stage === "LEFT_OUT") continue;
    assert.equal(stage, "HOME", name);
    assert.equal(ec2.instances[origin_instance_id].state, "Running", `${name} at home`);
  }
  assert.deepEqual(page.complaints, []);
});
