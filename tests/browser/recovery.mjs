// Getting started, quotas, settings and recovery instances one by one in Chromium, against a server of its own. Each test is
// a fact, and each goes on where the one before it ended.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { URL_OF, browser, go, open, signIn, sound } from "./console.mjs";
import { DIRECTION, make } from "./estate.mjs";

const LONG = { timeout: 300_000 };
const DR = DIRECTION.recovery;

let chrome;
let made;
let page;

before(async () => {
  made = await make();
  chrome = await browser();
  page = await open(chrome);
  await signIn(page);
});
after(async () => {
  await chrome?.close();
});

const button = (name) => page.getByRole("button", { name, exact: true });
const tick = (name) => page.getByRole("checkbox", { name: `Select ${name}`, exact: true }).check();
const dialogue = (name) => page.getByRole("dialog", { name });

/** Asks the API until it says so. */
async function until(path, is) {
  for (;;) {
    const answer = await made.call("GET", path);
    if (is(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** Runs the plan to its end. */
async function run(execution_type) {
  const asked = { plan_id: made.plan, execution_type, skip_invalid_servers: true };
  const { execution_id } = await made.call("POST", "/executions", asked);
  return until(`/executions/${execution_id}`, ({ status }) => /^(COMPLETED|FAILED|CANCELLED)/.test(status));
}

/** The recovery instances where they are, by name. */
async function listed() {
  const { recovery_instances } = await made.call("GET", `/recovery-instances?account_id=${DR.account_id}&region=${DR.region}&limit=1000`);
  return recovery_instances.filter((one) => one.name && one.instance_state === "RUNNING").sort((a, b) => a.name.localeCompare(b.name));
}

test("the checklist says what is done, and leads to where the rest is", async () => {
  await go(page, "/getting-started");
  await page.getByRole("heading", { name: "Checklist (5/7)" }).waitFor();
  await page.getByText("No drill yet").waitFor();
  await sound(page, "getting-started-before");
  await page.getByRole("link", { name: "Start a drill" }).click();
  await page.getByRole("heading", { name: "Start drill or recovery", level: 1 }).waitFor();
});

test("quotas are those of the API, and a choice of a region shows that region alone", async () => {
  const { quotas } = await made.call("GET", `/drs/quotas?account_id=${DR.account_id}&region=${DR.region}`);
  const replicating = quotas.find((quota) => quota.name === "replicating_servers");
  await go(page, "/quotas");
  await page.getByText(`${replicating.used} of ${replicating.limit}`).first().waitFor();
  assert.equal(await page.getByRole("heading", { level: 2 }).count(), 2);
  await page.getByLabel("Region").selectOption(DR.region);
  await page.getByRole("heading", { name: "111122223333/us-east-1" }).waitFor({ state: "detached" });
  await page.getByRole("heading", { name: "444455556666/us-west-2" }).waitFor();
});

test("an account is validated check by check, and the theme of the settings is that of the bar", async () => {
  await go(page, "/settings");
  await button("Validate Recovery").click();
  await page.getByText("Valid", { exact: true }).waitFor();
  await sound(page, "settings-validated");
  await page.getByLabel("Theme").selectOption("dark");
  await button("Light mode").click();
  assert.equal(await page.getByLabel("Theme").inputValue(), "light");
  await page.getByLabel("Theme").selectOption("system");
  assert.equal(await page.locator("html").getAttribute("data-theme"), null);
});

test("at 390 px the bar is one row, and its signs have their words", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok((await page.locator("header.ui-top").boundingBox()).height < 60);
  for (const name of ["Dark mode", "Sign out", "Pages"]) await button(name).waitFor();
  await page.getByRole("link", { name: "Settings of admin" }).waitFor();
  await page.setViewportSize({ width: 1280, height: 900 });
});

test("of a drill two are ended together, each with its result, and the checklist has the drill", LONG, async () => {
  const pairs = `/protection-groups/${made.groups.web}/instance-pairs`;
  const [{ id, source_server_id }] = (await made.call("GET", pairs)).pairs;
  await made.call("DELETE", `${pairs}/${id}`);
  assert.match((await run("DRILL")).status, /^COMPLETED/);
  const all = await listed();
  // One has no pair, and one is in no instance that waits for it: both were launched into new ones.
  const one = all.find((other) => other.source_server_id === source_server_id);
  const two = all.find((other) => other.name === "app-inventory-01");
  const borrowed = all.find((other) => other.name === "db-orders-01");
  await go(page, "/recovery-instances");
  await tick(one.name);
  await page.getByText("End the drill when you are done with it").first().waitFor();
  await page.getByRole("heading", { name: /^Points in time/ }).waitFor();
  // What lies half below the bar is a small target until one scrolls.
  await page.evaluate(() => window.scrollTo(0, 0));
  await sound(page, "recovery-instance");
  const reverse = page.getByRole("button", { name: /^Start reverse replication/ });
  assert.match(await reverse.getAttribute("title"), /belongs to a drill/);
  await tick(two.name);
  await tick(borrowed.name);
  await button("Terminate").click();
  const asked = dialogue("Terminate recovery instances?");
  await asked.getByText(`${borrowed.name}: not taken among several`).waitFor();
  await asked.getByLabel("Confirmation").fill("terminate");
  await sound(page, "recovery-instances-terminate");
  await asked.getByRole("button", { name: "Terminate", exact: true }).click();
  for (const { name } of [one, two]) await asked.getByText(`${name}: is being terminated`).waitFor();
  await asked.getByRole("button", { name: "Close", exact: true }).last().click();
  await until(`/recovery-instances?account_id=${DR.account_id}&region=${DR.region}&limit=1000`, ({ recovery_instances }) =>
    recovery_instances.every((other) => ![one, two].some((gone) => gone.recovery_instance_id === other.recovery_instance_id)
      || other.instance_state !== "RUNNING"));
  await go(page, "/getting-started");
  await page.getByText(/UTC: completed/).waitFor();
});

test("what went well goes with its page, and an error stays until it is dismissed", async () => {
  await go(page, "/components");
  await button("Messages").click();
  const said = page.locator(".ui-flash");
  assert.equal(await said.count(), 4);
  await page.waitForTimeout(1_500);
  await go(page, "/quotas");
  await page.getByRole("heading", { name: "Quotas", level: 1 }).waitFor();
  assert.deepEqual((await said.allInnerTexts()).map((text) => text.split(/\s/)[0]).sort(), ["Error", "Warning"]);
  while (await said.count()) await said.first().getByRole("button", { name: "Dismiss" }).click();
});

test("a recovery asks for its own id before it ends, and takes its steps in its session", LONG, async () => {
  const { executions } = await made.call("GET", "/executions?execution_type=DRILL");
  await made.call("POST", `/executions/${executions[0].execution_id}/terminate-instances`, { confirm: true });
  await until(`/executions/${executions[0].execution_id}`, (answer) => answer.instances_terminated_at);
  assert.match((await run("RECOVERY")).status, /^COMPLETED/);
  await until("/failover-sessions", ({ sessions }) => sessions[0]?.status === "FAILOVER_COMPLETE");
  const [one] = (await listed()).filter((other) => !other.is_drill && other.session_id);
  await go(page, "/recovery-instances");
  await tick(one.name);
  const back = page.getByRole("button", { name: /^Fail back/ });
  assert.match(await back.getAttribute("title"), /not level with home yet/);
  await button("Terminate").click();
  const asked = dialogue("Terminate recovery instances?");
  await asked.getByText("Nothing of what is ticked may be terminated").waitFor({ state: "attached" });
  await sound(page, "recovery-instances-refused");
  await asked.getByRole("button", { name: "Close", exact: true }).last().click();
  await button("Start reverse replication").click();
  const step = dialogue("Start reverse replication");
  await step.getByText("Copied in full").waitFor();
  await sound(page, "recovery-instances-reverse");
  await step.getByRole("button", { name: "Start reverse replication" }).click();
  await page.getByText("Reverse replication of 1 server is asked for").waitFor();
  const here = `/recovery-instances?account_id=${DR.account_id}&region=${DR.region}&limit=1000`;
  await until(here, ({ recovery_instances }) => recovery_instances.some((other) =>
    other.recovery_instance_id === one.recovery_instance_id && other.reversed_launch_state !== "NOT_STARTED"));
  await page.getByRole("row", { name: one.name }).getByText(/^(Synchronizing|Ready)$/).waitFor();
});

test("who ends all sessions is asked to sign in here, and another browser's session is over at the server", async () => {
  const other = await open(chrome);
  let token;
  other.on("response", async (response) => {
    if (response.url().endsWith("/auth/sign-in") && response.ok()) token = (await response.json()).refresh_token;
  });
  await signIn(other);
  const refresh = () => fetch(`${URL_OF}/auth/refresh`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ refresh_token: token }),
  });
  assert.equal((await refresh()).status, 200);
  await go(page, "/settings");
  await button("End all my sessions").click();
  await dialogue("End all sessions?").getByRole("button", { name: "End them" }).click();
  await page.getByLabel("User name").waitFor();
  assert.equal((await refresh()).status, 401);
  assert.deepEqual(page.complaints, []);
  await other.context().close();
});
