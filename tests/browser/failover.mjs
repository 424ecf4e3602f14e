// From a plan to a recovery in Chromium, against a server of its own: editor, wizard, live page, refusals. Each test is a
// fact, and each goes on where the one before it ended.

import assert from "node:assert/strict";
import { after, before } from "node:test";

import { URL_OF, browser, chapter, go, open, signIn, sound } from "./console.mjs";
import { make } from "./estate.mjs";
import { AWAY, byHand, pass, place, slowDown, tell } from "./world.mjs";

/** A run of three waves on a busy machine. */
const RUN = { timeout: 240_000 };

let chrome;
let made;
let page;

before(async () => {
  await slowDown();
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

/** Lets time pass until the newest execution is so. */
const runs = (wanted) => pass(async () => {
  const { executions } = await made.call("GET", "/executions?limit=1");
  return wanted.test(executions[0].status);
});

/** Lets time pass until what was handed back has stopped. */
const stopped = () => pass(async () => {
  const { ec2 } = await place(AWAY);
  return Object.values(ec2.instances).every((one) => one.state !== "Stopping");
});

/** The wizard up to its last step. */
async function wizard(kind, skip = true) {
  await go(page, "/executions");
  await page.getByRole("heading", { name: /^All executions/ }).waitFor();
  await go(page, `/failover?plan=${made.plan}`);
  await page.getByRole("heading", { name: "Choose" }).waitFor();
  await page.getByLabel("Kind").selectOption(kind);
  await page.getByLabel(/^Leave out servers/).setChecked(skip);
  await page.getByRole("list", { name: "Waves in the order they run" }).getByText("1. db").waitFor();
  await next();
  await page.getByText(/^24 servers: 2\d exact/).waitFor();
  await next();
}

chapter("a plan is made in the editor, its errors stand at their fields, its waves are moved by keyboard", {}, async () => {
  await go(page, "/recovery-plans");
  await page.getByRole("link", { name: "fleet" }).waitFor();
  await button("Create plan").click();
  await page.getByLabel("Wave name").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("tiers");
  await button("Create plan").click();
  // The server says so, of this field.
  await page.locator("[id$='-group-error']").getByText(/1 to \d+ groups/).waitFor();
  await sound(page, "plan-editor-refused");
  await page.getByLabel("Wave name").fill("front");
  await page.getByLabel("Add a protection group").selectOption({ label: "web" });
  await button("Add group").click();
  await button("Add wave").click();
  await page.getByLabel("Wave name").nth(1).fill("data");
  await page.getByLabel("Add a protection group").nth(1).selectOption({ label: "db" });
  await page.getByRole("button", { name: /^Add group/ }).nth(1).click();
  await page.getByLabel("Wait for a person before this wave").nth(1).check();
  await page.getByLabel("Wave name").nth(1).focus();
  await page.keyboard.press("Alt+ArrowUp");
  await page.getByRole("heading", { name: "Wave 1: data" }).waitFor();
  await page.getByText("data is wave 1 of 2 now").waitFor();
  await page.waitForTimeout(100);
  assert.equal(await page.evaluate(() => document.activeElement.value), "data");
  await sound(page, "plan-editor");
  await button("Create plan").click();
  await page.getByText("Saved the recovery plan tiers").waitFor();
  await page.getByRole("list", { name: "Waves in the order they run" }).getByText("1. data").waitFor();
  await sound(page, "plan");
});

chapter("a plan that is changed keeps what was not touched, and is deleted by its name", {}, async () => {
  await button("Edit").click();
  await page.getByLabel("RTO target in minutes").fill("0");
  await button("Save changes").click();
  await page.locator("#plan-rto-error").getByText("seconds from 60").waitFor();
  await page.getByLabel("RTO target in minutes").fill("45");
  await button("Save changes").click();
  await page.getByText("45 min").waitFor();
  const { recovery_plans } = await made.call("GET", "/recovery-plans?limit=1000");
  const plan = recovery_plans.find((one) => one.name === "tiers");
  assert.deepEqual(plan.waves.map((wave) => [wave.name, wave.pause_before]), [["data", true], ["front", false]]);
  await button("Delete").click();
  const dialogue = page.getByRole("dialog", { name: "Delete this recovery plan?" });
  await dialogue.getByLabel("Confirmation").fill("tiers");
  await dialogue.getByRole("button", { name: "Delete" }).click();
  await page.getByText("Deleted the recovery plan tiers").waitFor();
  await page.getByRole("link", { name: "tiers" }).waitFor({ state: "detached" });
});

chapter("a drill goes through the wizard, pauses, goes on, completes and is ended", RUN, async () => {
  // Two instances of the estate are not as they must be: it is said what to do, and nothing starts.
  await wizard("DRILL", false);
  await page.getByText("2 critical checks fail and 1 warn: it would not start").waitFor();
  await page.getByRole("list", { name: "What to mend" }).getByText(/^Stop the target instance/).waitFor();
  await sound(page, "failover-validate");
  await next();
  await page.getByRole("alert").getByText(/leave those servers out/).waitFor();
  await wizard("DRILL");
  await page.getByText(/^It can start/).waitFor();
  await next();
  await page.getByText(/22 servers are launched in us-west-2/).waitFor();
  await sound(page, "failover-preview");
  await next();
  await button("Start drill").click();
  await page.getByText("Tick the box to confirm").waitFor();
  await page.getByLabel("Start a drill of fleet with 22 servers").check();
  await button("Start drill").dblclick();
  await page.getByRole("heading", { name: "Drill of fleet" }).waitFor();
  const { executions } = await made.call("GET", "/executions?limit=1000");
  assert.equal(executions.filter((one) => one.subject.plan?.name === "fleet").length, 1, "a double click started two");
  await button("Pause").click();
  await page.getByText("It pauses before the next wave").waitFor();
  await runs(/^PAUSED$/);
  await page.getByText("Paused", { exact: true }).waitFor();
  await page.getByText(/Waits for: .*A person to resume/).waitFor();
  await sound(page, "execution-paused");
  await button("Resume").click();
  await runs(/^COMPLETED/);
  await page.getByText(/^Completed( with failures)?$/).first().waitFor();
  await page.getByText(/^2\d of 24 launched(, \d failed)?, 2 left out$/).first().waitFor();
  await page.getByRole("tab", { name: "Job log" }).click();
  // Waves in their order, and every line of the logs that DRS has.
  const { items: jobs } = await byHand(AWAY, "DescribeJobs", { maxResults: 200 });
  const logs = await Promise.all(jobs.map(({ jobID }) => byHand(AWAY, "DescribeJobLogItems", { jobID, maxResults: 1000 })));
  const lines = logs.reduce((sum, log) => sum + log.items.length, 0);
  assert.ok(lines > 22, `${lines} lines of ${jobs.length} jobs`);
  await page.getByRole("heading", { name: `Job log (${lines})` }).waitFor();
  await page.getByRole("cell", { name: /^Launch/ }).first().waitFor();
  await sound(page, "execution-log");
  await button("End drill").click();
  const dialogue = page.getByRole("dialog", { name: "End this drill?" });
  await dialogue.getByText(/To be handed back stopped.*: \d+ instances/).waitFor();
  await dialogue.getByLabel("Confirmation").fill("end drill");
  await dialogue.getByRole("button", { name: "End drill" }).click();
  await page.getByText(/Handed back: \d+ instances/).waitFor();
  await stopped();
});

chapter("a drill that is cancelled launches nothing more", RUN, async () => {
  await wizard("DRILL");
  await page.getByText(/^It can start/).waitFor({ timeout: 60_000 });
  await next();
  await next();
  await page.getByLabel("Start a drill of fleet with 22 servers").check();
  await button("Start drill").click();
  await page.getByRole("heading", { name: "Drill of fleet" }).waitFor();
  await page.getByText("Launching").first().waitFor();
  await button("Cancel").click();
  await page.getByRole("dialog", { name: "Cancel this drill?" }).getByRole("button", { name: "Cancel the drill" }).click();
  await runs(/^CANCELLED$/);
  await page.getByText("Cancelled", { exact: true }).first().waitFor();
  const { executions } = await made.call("GET", "/executions?limit=1");
  await made.call("POST", `/executions/${executions[0].execution_id}/terminate-instances`, { confirm: true });
  await stopped();
});

chapter("a recovery takes the plan's name, and the server that failed is seen with its reason", RUN, async () => {
  const { pairs } = await made.call("GET", `/protection-groups/${made.groups.web}/instance-pairs`);
  const dry = await made.call("POST", "/executions", { plan_id: made.plan, execution_type: "DRILL", dry_run: true });
  const bad = dry.failed_checks.map((check) => check.subject);
  const server = pairs.find((pair) => !bad.includes(pair.target_instance_id)).source_server_id;
  await tell({ command: "fail_launch", server, raw_error: "An internal error occurred while converting the server" });
  await wizard("RECOVERY");
  await page.getByText(/^It can start/).waitFor({ timeout: 60_000 });
  await next();
  await page.getByText(/original instances are not stopped/).waitFor();
  await next();
  await button("Start recovery").click();
  await page.getByText("Type “fleet” to confirm").waitFor();
  await page.getByLabel("Name of the plan").fill("fleet");
  await sound(page, "failover-confirm");
  await button("Start recovery").click();
  await page.getByRole("heading", { name: "Recovery of fleet" }).waitFor();
  await runs(/^COMPLETED_WITH_FAILURES$/);
  await page.getByText("Completed with failures").first().waitFor();
  await page.getByText(/^2\d of 24 launched, \d failed, 2 left out$/).first().waitFor();
  await page.getByLabel("Property to filter by").selectOption({ label: "Status" });
  await page.getByLabel("Value to filter by").selectOption({ label: "Failed" });
  await page.getByRole("row").filter({ hasText: "Failed" }).first().waitFor();
  await page.getByText(/^web-.*internal error/i).first().waitFor();
  assert.equal(await page.getByRole("region", { name: "Servers" }).getByText("Launched", { exact: true }).count(), 0);
  await sound(page, "execution-failed");
});

chapter("what would destroy a live recovery is refused, with all it would have destroyed", RUN, async () => {
  await wizard("RECOVERY");
  await page.getByText(/^Blast radius: 2\d instances that are live now$/).waitFor({ timeout: 60_000 });
  await page.getByText(/GUARD_REFUSED · request/).waitFor();
  await sound(page, "failover-refused");
  await next();
  await page.getByText(/It would be refused/).waitFor();
});

chapter("who may only run drills is told why he may not recover", {}, async () => {
  const other = await open(chrome);
  await signIn(other, "operator", `/failover?plan=${made.plan}`);
  await other.getByLabel("Kind").selectOption("RECOVERY");
  await other.getByRole("button", { name: "Next" }).click();
  await other.getByText(/This needs the role recovery-manager or admin/).waitFor();
  await go(other, "/recovery-plans");
  assert.match(await other.getByRole("button", { name: /^Create plan/ }).getAttribute("title"), /plan-manager or admin/);
  await other.context().close();
});

chapter("nothing on the way broke the policy or went elsewhere", {}, async () => {
  await go(page, "/executions");
  await page.getByRole("link", { name: "Recovery of fleet" }).first().waitFor();
  await sound(page, "executions");
  await go(page, "/recovery-plans");
  await page.getByRole("link", { name: "fleet" }).waitFor();
  await sound(page, "recovery-plans");
  assert.deepEqual(page.complaints, [], URL_OF);
});
