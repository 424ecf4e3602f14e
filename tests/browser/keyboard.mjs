// The whole round trip by keyboard alone: no mouse, no focus given by the test. After each key the focus is on something
// and seen; what happens is said by a live region. Run against an estate of its own; each test goes on where the one
// before it ended.

import assert from "node:assert/strict";
import { after, before } from "node:test";

import { URL_OF, browser, chapter, open, password } from "./console.mjs";
import { DIRECTION, api } from "./estate.mjs";
import { Keys } from "./keys.mjs";
import { AWAY, HOME, copyFast, pass, place, prepare, slowDown } from "./world.mjs";

/** Of simulated minutes, on a busy machine. */
const LONG = { timeout: 300_000 };
const SLOW = { timeout: 120_000 };

let chrome;
let call;
let page;
let keys;
let session;

before(async () => {
  await slowDown();
  await copyFast();
  call = await api();
  // Two servers that nothing is wrong with.
  const { drs } = await place(AWAY);
  const ids = Object.values(drs.servers).filter((one) => one.machine.hostname.startsWith("web-portal-")).map((one) => one.id);
  const selection = { server_ids: ids.sort().slice(0, 2) };
  const group = await call("POST", "/protection-groups", { name: "shop", direction: DIRECTION, selection });
  await call("POST", `/protection-groups/${group.id}/instance-pairs`, {});
  await call("POST", "/recovery-plans", { name: "shop", waves: [{ name: "web", group_ids: [group.id] }] });
  chrome = await browser();
  page = await open(chrome);
  keys = await Keys.of(page);
});
after(async () => {
  await chrome?.close();
});

const heading = (name, level = 2) => page.getByRole("heading", { name, exact: true, level }).waitFor();
const next = () => keys.use("button", "Next");

/** Lets time pass until the session is so. */
const until = (status) => pass(async () => (await call("GET", `/failover-sessions/${session}`)).status === status);

/** Waits until a button of that name may be used, then uses it. */
async function whenReady(name, within = page) {
  await within.getByRole("button", { name, exact: true }).and(page.locator(":not([aria-disabled])")).waitFor(SLOW);
  await keys.use("button", name);
}

chapter("a person signs in and is at the title of the page", {}, async () => {
  await page.goto(`${URL_OF}/console/`);
  await page.getByLabel("User name").waitFor();
  await keys.page.keyboard.press("Tab");
  await keys.fill("User name", "admin");
  await keys.fill("Password", "not it");
  await keys.press("Enter");
  await keys.heard(/user name or the password is wrong/);
  await keys.backTo("textbox", "Password");
  await keys.press("Control+a");
  await keys.type(password("admin"));
  await keys.press("Enter");
  await page.getByRole("heading", { name: "Dashboard", level: 1 }).waitFor();
  await keys.seen("signing in");
});

chapter("a protection group is made, and its servers are said", {}, async () => {
  await keys.use("link", "Protection groups");
  await heading("Protection groups", 1);
  await keys.use("button", "Create group");
  await heading("Create protection group", 1);
  await keys.fill("Name", "by keys");
  await keys.tabTo("combobox", "Key");
  await keys.type("Tier");
  await keys.tabTo("combobox", "Value");
  await keys.type("web");
  await keys.press("Enter");
  await keys.heard(/Added the tag Tier=web/);
  assert.equal((await keys.focused()).name, "Key");
  await page.getByRole("heading", { name: "Servers in the group (8)" }).waitFor();
  await keys.heard(/in another group/);
  await keys.use("button", "Create group");
  await heading("by keys", 1);
  await keys.seen("the new group");
});

chapter("the link past the navigation leads to the content", {}, async () => {
  await keys.backTo("link", "Skip to the content");
  await keys.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
});

chapter("the failover wizard starts a recovery, and its page is followed", LONG, async () => {
  await keys.use("link", "Start drill or recovery", "Shift+Tab");
  await heading("Choose");
  await keys.choose("Recovery plan", "shop");
  await keys.choose("Kind", "Recovery");
  await next();
  await heading("Match");
  await page.getByText(/^2 servers: 2 exact/).waitFor();
  await next();
  await heading("Validate");
  await page.getByText(/^It can start/).waitFor();
  await next();
  await heading("Preview changes");
  await next();
  await heading("Confirm");
  await keys.use("button", "Start recovery");
  await keys.heard(/Type “shop” to confirm/);
  await keys.backTo("textbox", "Name of the plan");
  await keys.type("shop");
  await keys.use("button", "Start recovery");
  await heading("Recovery of shop", 1);
  await keys.heard(/The recovery is started/);
  await keys.seen("the start");
  await keys.tabTo("tab", "Servers");
  await keys.press("ArrowRight");
  assert.equal((await keys.focused()).name, "Job log");
  await pass(async () => (await call("GET", "/executions")).executions[0].status === "COMPLETED");
  await keys.heard(/Completed/);
  await keys.seen("the end of the recovery");
});

chapter("the failback wizard begins where the session stands and goes on to replication back", LONG, async () => {
  await page.getByRole("heading", { name: /^Job log \([1-9]/ }).waitFor();
  await keys.use("link", "Failover sessions", "Shift+Tab");
  await heading("Failover sessions", 1);
  ({ session_id: session } = await pass(async () => (await call("GET", "/failover-sessions")).sessions[0]));
  await until("FAILOVER_COMPLETE");
  await keys.use("link", "shop");
  await heading("shop", 1);
  await keys.use("link", "Failback wizard");
  await heading("Review");
  await next();
  await heading("Agents");
  await next();
  await heading("Start reverse replication");
  await next();
  await keys.heard(/No server replicates back yet/);
  await page.getByText("Transfer costs about").waitFor();
  await keys.backTo("button", "Start reverse replication");
  await keys.press("Enter");
  await heading("Mirror configuration");
  await keys.heard(/everse replication/);
  await keys.seen("the step that follows by itself");
});

chapter("originals are prepared by a person, the configuration is mirrored, and the fleet fails back", LONG, async () => {
  const { servers } = await call("GET", `/failover-sessions/${session}/servers?limit=1000`);
  await prepare(HOME, servers.map((server) => server.origin_instance_id));
  await pass(async () => {
    const { servers } = await call("GET", `/failover-sessions/${session}/servers?limit=1000`);
    return servers.every((server) => server.way_back);
  });
  await page.getByText("shop-failback").first().waitFor();
  await whenReady("Mirror configuration");
  await heading("Monitor");
  await keys.seen("the step that follows by itself");
  await until("READY_FOR_FAILBACK");
  await keys.heard(/The session: Ready for failback/);
  await next();
  await heading("Execute");
  await keys.choose("What to run", "Failback");
  await page.getByLabel("Confirmation").waitFor(SLOW);
  await keys.fill("Confirmation", "shop");
  await whenReady("Fail back");
  await page.getByText("It runs: this page follows it").waitFor(SLOW);
  await keys.seen("the start of the failback");
  await until("FAILBACK_COMPLETE");
  await page.getByText("The fleet is home").waitFor();
  await keys.seen("the end of the failback");
});

chapter("what came home is protected again and cleaned up, from the page of the session", LONG, async () => {
  await keys.use("link", "the page of the session");
  await heading("shop", 1);
  await whenReady("Re-protect");
  const dialogue = page.getByRole("dialog");
  // The focus stays within the dialogue: the button behind it has the same name.
  await whenReady("Re-protect", dialogue);
  await dialogue.waitFor({ state: "detached" });
  await keys.seen("the end of the dialogue");
  await until("RE_PROTECTED");
  const { confirmation } = await call("GET", `/failover-sessions/${session}/cleanup`);
  await whenReady("Clean up");
  await dialogue.getByText("No longer paid").waitFor();
  await keys.press("Escape");
  await dialogue.waitFor({ state: "detached" });
  assert.match((await keys.focused()).name, /^Clean up/);
  await keys.press("Enter");
  await dialogue.getByText("No longer paid").waitFor();
  await keys.fill("Confirmation", confirmation);
  await whenReady("Clean up", dialogue);
  await dialogue.waitFor({ state: "detached" });
  await keys.seen("the end of the dialogue");
  await until("CLEANUP_COMPLETE");
  const { servers } = await call("GET", `/failover-sessions/${session}/servers?limit=1000`);
  const { ec2 } = await place(HOME);
  assert.deepEqual(servers.map((server) => [server.stage, ec2.instances[server.origin_instance_id].state]), [["HOME", "Running"], ["HOME", "Running"]]);
});

chapter("a person signs out and may sign in again", {}, async () => {
  await keys.use("button", "Sign out", "Shift+Tab");
  await page.getByLabel("User name").waitFor();
  assert.equal((await keys.focused()).name, "User name");
  await keys.type("admin");
  await keys.fill("Password", password("admin"));
  await keys.press("Enter");
  await page.getByRole("heading", { name: "shop", level: 1 }).waitFor();
  await keys.seen("signing in");
  assert.deepEqual(page.complaints, []);
});
