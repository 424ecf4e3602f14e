// From a fleet that was recovered to one that is home and protected again in Chromium, against a server of its own:
// replication pages, the session, the failback wizard with a reload in its middle. Each test is a fact, and each goes on
// where the one before it ended.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { URL_OF, browser, go, open, overflow, signIn } from "./console.mjs";
import { make } from "./estate.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2 AA. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** The copy back takes a simulated day: about five minutes at a speed of 300. */
const LONG = { timeout: 900_000 };

let chrome;
let made;
let page;
let session;

before(async () => {
  made = await make();
  chrome = await browser();
  page = await open(chrome);
  await signIn(page);
});
after(async () => {
  await chrome?.close();
});

/** What axe-core finds here, and how much wider than the window the page is. */
async function sound(where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), RULES);
  assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`), [], where);
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok((await overflow(page)) <= 0, `${where} is wider than 390 px`);
  if (process.env.DR_SHOTS) {
    await page.screenshot({ path: `${process.env.DR_SHOTS}/${where}-390.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  if (process.env.DR_SHOTS) {
    await page.screenshot({ path: `${process.env.DR_SHOTS}/${where}-1280.png`, fullPage: true });
  }
}

const button = (name) => page.getByRole("button", { name, exact: true });
const next = () => button("Next").click();
const step = (name) => page.getByRole("heading", { name, exact: true, level: 2 }).waitFor();

/** Asks the API until it says so. */
async function until(path, is) {
  for (;;) {
    const answer = await made.call("GET", path);
    if (is(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** EC2 at home, as whoever prepares the originals there calls it: the simulator takes the account from the key. */
async function ec2(action, parameters) {
  const answered = await fetch(`${process.env.DR_SIM_URL}/`, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: "AWS4-HMAC-SHA256 Credential=AKIA111122223333/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: new URLSearchParams({ Action: action, Version: "2016-11-15", ...parameters }),
  });
  assert.ok(answered.ok, `${action}: ${await answered.text()}`);
}

/** Ids as EC2 counts them. */
const counted = (name, ids) => Object.fromEntries(ids.map((id, at) => [`${name}.${at + 1}`, id]));

test("the replication dashboard has the API's figures, its chart and its lists", async () => {
  const sum = await made.call("GET", "/replication/dashboard");
  await go(page, "/replication");
  await page.getByText(`${sum.rpo.attained} within 15 min`).waitFor();
  await page.getByRole("img", { name: `Servers by replication state: ${sum.total_servers} in all` }).waitFor();
  await page.getByRole("img", { name: /^Lag in seconds: up to/ }).waitFor();
  await sound("replication");
});

test("a source server shows its eleven steps, its disks and its lag", async () => {
  await go(page, "/source-servers");
  await page.getByRole("heading", { name: "Servers (24)" }).waitFor();
  await sound("source-servers");
  await page.getByRole("region", { name: "Servers" }).getByRole("link").first().click();
  await page.getByRole("heading", { name: "Initiation (11/11)" }).waitFor();
  await page.getByRole("heading", { name: /^Disks \([1-9]/ }).waitFor();
  await sound("source-server");
});

test("a recovery begins a session, and the list has it", LONG, async () => {
  await go(page, "/failover-sessions");
  await page.getByText("No failover sessions").waitFor();
  await sound("failover-sessions-empty");
  const started = await made.call("POST", "/executions", { plan_id: made.plan, execution_type: "RECOVERY", skip_invalid_servers: true });
  await until(`/executions/${started.execution_id}`, (answer) => /^(COMPLETED|FAILED)/.test(answer.status));
  const list = await until("/failover-sessions", (answer) => answer.sessions[0]?.status === "FAILOVER_COMPLETE");
  session = list.sessions[0].session_id;
  await page.getByRole("link", { name: "fleet" }).waitFor({ timeout: 5_000 });
  await page.getByText(/2 left out, 22 recovered/).waitFor();
  await sound("failover-sessions");
});

test("the session shows where its servers are, and why an action may not be done", async () => {
  await page.getByRole("link", { name: "fleet" }).click();
  await page.getByRole("heading", { name: "Servers (24)" }).waitFor();
  await page.getByText("No server replicates back yet: start reverse replication first").first().waitFor();
  const commit = page.getByRole("button", { name: /^Commit the failback/ });
  assert.equal(await commit.getAttribute("aria-disabled"), "true");
  await sound("failover-session");
});

test("who may only read sees the session and may do nothing with it", async () => {
  const reader = await open(chrome);
  await signIn(reader, "read-only", `/failover-sessions/${session}`);
  const start = reader.getByRole("button", { name: /^Start reverse replication/ });
  await start.waitFor();
  assert.match(await start.getAttribute("title"), /needs the role/);
  await reader.context().close();
});

test("the wizard goes from review to reverse replication, with what the copy comes to", LONG, async () => {
  await page.getByRole("link", { name: "Failback wizard" }).click();
  await step("Review");
  await sound("failback-review");
  await next();
  await step("Agents");
  await page.getByText("No agent needs repair").first().waitFor({ state: "attached" });
  await sound("failback-agents");
  await next();
  await step("Start reverse replication");
  await page.getByText("Transfer costs about").waitFor();
  await sound("failback-reverse");
  await next();
  await page.getByText("No server replicates back yet: start reverse replication first").waitFor();
  await button("Start reverse replication").click();
  await step("Mirror configuration");
});

test("after a reload the wizard opens where the session stands, and goes on", LONG, async () => {
  await until(`/failover-sessions/${session}`, (answer) => answer.status === "REVERSE_REPLICATING");
  await signIn(page, "admin", `/failover-sessions/${session}/failback`);
  await step("Mirror configuration");
  await page.getByText("fleet-failback").first().waitFor();
  // What still runs at home is named, with what to do about it; it is done, and the preview is asked for again.
  await page.getByText(/22 times: The original instance … is running/).waitFor();
  await sound("failback-mirror");
  const { servers } = await made.call("GET", `/failover-sessions/${session}/servers?limit=1000`);
  const originals = servers.map((server) => server.origin_instance_id).filter(Boolean);
  await ec2("StopInstances", counted("InstanceId", originals));
  await ec2("CreateTags", { ...counted("ResourceId", originals), "Tag.1.Key": "AWSDRS", "Tag.1.Value": "AllowLaunchingIntoThisInstance" });
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await button("Mirror configuration").click();
  await step("Monitor");
  await page.getByRole("heading", { name: "Replication back (24)" }).waitFor();
  await sound("failback-monitor");
});

test("when every server is ready the failback runs once its words are typed", LONG, async () => {
  await until(`/failover-sessions/${session}`, (answer) => answer.status === "READY_FOR_FAILBACK");
  await page.getByText("Ready for failback").first().waitFor({ timeout: 5_000 });
  await next();
  await step("Execute");
  await page.getByLabel("What to run").selectOption("recovery");
  await page.getByLabel("Confirmation").waitFor({ timeout: 60_000 });
  await page.getByLabel("Confirmation").fill("something");
  assert.equal(await page.getByRole("button", { name: /^Fail back/ }).getAttribute("aria-disabled"), "true");
  await page.getByLabel("Confirmation").fill("fleet");
  await sound("failback-execute");
  await page.getByRole("button", { name: /^Fail back/ }).click();
  await page.getByText("It runs: this page follows it").waitFor();
  await sound("failback-running");
  await page.getByText("The fleet is home").waitFor({ timeout: 180_000 });
  await sound("failback-home");
});

test("what came home is protected again, and the clean-up shows what goes and takes its words", LONG, async () => {
  await page.getByRole("link", { name: "the page of the session" }).click();
  await page.getByRole("button", { name: /^Re-protect/ }).click();
  const dialogue = page.getByRole("dialog");
  await dialogue.getByText("Every check passed").waitFor();
  await dialogue.getByRole("button", { name: /^Re-protect/ }).click();
  await until(`/failover-sessions/${session}`, (answer) => answer.status === "RE_PROTECTED");
  await page.getByText("Re-protected").first().waitFor({ timeout: 5_000 });
  const left = await made.call("GET", `/failover-sessions/${session}/cleanup`);
  await page.getByRole("button", { name: /^Clean up/ }).click();
  await dialogue.getByText("No longer paid").waitFor();
  await sound("cleanup");
  await dialogue.getByLabel("Confirmation").fill(left.confirmation);
  await dialogue.getByRole("button", { name: /^Clean up/ }).click();
  await until(`/failover-sessions/${session}`, (answer) => answer.status === "CLEANUP_COMPLETE");
  await page.getByText("24 complete").or(page.getByText("Complete")).first().waitFor({ timeout: 5_000 });
  assert.deepEqual(page.complaints, []);
});
