// The console in Chromium: each test is a fact. Run by `cargo xtask test --only browser`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { URL_OF, browser, go, open, overflow, signIn, sound, violations } from "./console.mjs";
import { make } from "./estate.mjs";
import { PAGES } from "./pages.mjs";
import { AWAY, HOME, byHand, tell } from "./world.mjs";

let chrome;
let made;

before(async () => {
  made = await make();
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
});

test("who signs in sees the dashboard with the estate's numbers", async () => {
  const page = await open(chrome);
  await signIn(page);
  await page.getByText(/^\d+ of 24$/).first().waitFor();
  await page.getByText("Nothing runs").waitFor();
  assert.match(await page.title(), /^Dashboard/);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a wrong password is refused with words and the name is kept", async () => {
  const page = await open(chrome);
  await page.goto(`${URL_OF}/console/`);
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill("not it");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The user name or the password is wrong").waitFor();
  assert.equal(await page.getByLabel("User name").inputValue(), "admin");
  await page.context().close();
});

test("a list is filtered, the filter stands in the URL, and the URL opens it again", async () => {
  const page = await open(chrome);
  await signIn(page, "admin", "/protection-groups");
  await page.getByRole("link", { name: "web" }).waitFor();
  await page.getByLabel("Filter by text").fill("db");
  await page.getByRole("link", { name: "web" }).waitFor({ state: "detached" });
  await page.waitForURL(/[?&]q=db/);
  await page.getByLabel("Filter by text").fill("nothing like it");
  await page.getByText("No matches").waitFor();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByRole("link", { name: "web" }).waitFor();
  await signIn(page, "admin", "/protection-groups?q=app&sort=-name");
  await page.getByRole("link", { name: "app" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "web" }).count(), 0);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a group shows its pairs, and a group made elsewhere appears within 3 s without a reload", async () => {
  const page = await open(chrome);
  await signIn(page, "admin", "/protection-groups");
  await page.getByRole("link", { name: "web" }).click();
  await page.getByRole("heading", { name: "Instance pairs (8)" }).waitFor();
  await page.getByRole("navigation", { name: "Breadcrumbs" }).getByRole("link", { name: "Protection groups" }).click();
  await page.getByRole("link", { name: "web" }).waitFor();
  const { direction } = await made.call("GET", `/protection-groups/${made.groups.web}`);
  const group = { name: "late", direction, selection: { tags: { Tier: "late" } } };
  await made.call("POST", "/protection-groups", group);
  await page.getByRole("link", { name: "late" }).waitFor({ timeout: 4_000 });
  await page.getByRole("checkbox", { name: "Select late" }).check();
  await page.getByRole("button", { name: "Delete" }).click();
  const dialogue = page.getByRole("dialog", { name: "Delete protection groups?" });
  await dialogue.getByLabel("Confirmation").fill("delete");
  await dialogue.getByRole("button", { name: "Delete" }).click();
  await page.getByText("Deleted 1 protection group").waitFor();
  await page.getByRole("link", { name: "late" }).waitFor({ state: "detached" });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a group is made by tags, refused where it must be, and changed to single servers, with what it holds seen before it is saved", async () => {
  const page = await open(chrome);
  await signIn(page, "admin", "/protection-groups");
  await page.getByRole("button", { name: "Create group" }).click();
  const now = page.getByRole("region", { name: "Servers in the group" });
  const count = (n) => page.getByRole("heading", { name: `Servers in the group (${n})` }).waitFor();
  const create = page.getByRole("button", { name: "Create group" });
  await count(0);
  await create.click();
  await page.getByText("expected a name of 1 to 128 characters").first().waitFor();
  await page.getByText("expected at least one tag").first().waitFor();
  await sound(page, "group-refused");
  await page.getByLabel("Name", { exact: true }).fill("web");
  await page.getByLabel("Key", { exact: true }).fill("Tier");
  assert.ok(await page.locator("#group-tag-value-known option[value=db]").count());
  await page.getByLabel("Value", { exact: true }).fill("db");
  await page.getByLabel("Value", { exact: true }).press("Enter");
  await page.getByRole("list", { name: "Tags that a server must carry" }).getByText("Tier=db").waitFor();
  await page.getByText("8 servers are in another group of this way as well").waitFor();
  await count(8);
  await create.click();
  // Somebody has that name already; nothing that was written is lost.
  await page.getByText("NAME_TAKEN").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("chosen");
  await create.click();
  await page.getByRole("heading", { name: "chosen", level: 1 }).waitFor();
  await page.getByText("Saved the protection group chosen").waitFor();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Chosen").selectOption("servers");
  const rows = page.getByRole("region", { name: "Servers to choose from" });
  for (const at of [0, 1]) await rows.getByRole("checkbox", { name: /^Select (?!all)/ }).nth(at).check();
  await count(2);
  const names = await now.getByRole("row").locator("td:first-of-type").allTextContents();
  await sound(page, "group-editor");
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByRole("heading", { name: "chosen", level: 1 }).waitFor();
  const { protection_groups: groups } = await made.call("GET", "/protection-groups?limit=1000");
  const saved = groups.find((group) => group.name === "chosen");
  assert.equal(saved.selection.server_ids.length, 2, names.join());
  await page.getByRole("button", { name: "Delete" }).click();
  const dialogue = page.getByRole("dialog", { name: "Delete this protection group?" });
  await dialogue.getByLabel("Confirmation").fill("chosen");
  await dialogue.getByRole("button", { name: "Delete" }).click();
  await page.getByText("Deleted the protection group chosen").waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a pair is removed, picked again and dragged, and a refusal stands at its row", async () => {
  const page = await open(chrome);
  const path = `/protection-groups/${made.groups.web}`;
  const pairs = async () => (await made.call("GET", `${path}/instance-pairs?limit=100`)).pairs;
  const [one, other] = await pairs();
  const server = one.source_name;
  const row = page.getByRole("row", { name: new RegExp(server) });
  const dialogue = page.getByRole("dialog");
  const remove = async () => {
    await page.getByRole("button", { name: `Remove the pair of ${server}` }).click();
    await dialogue.getByRole("button", { name: "Remove", exact: true }).click();
    await row.getByText("Unmatched").waitFor();
  };
  await signIn(page, "admin", path);
  await page.getByText(/^8 servers: /).waitFor();
  await remove();
  await page.getByRole("button", { name: `Pick an instance for ${server}` }).click();
  await dialogue.getByLabel("Find").fill(one.target_instance_id);
  await dialogue.getByLabel("Instance", { exact: true }).selectOption(one.target_instance_id);
  // Somebody else was faster.
  await made.call("PUT", `${path}/instance-pairs/${other.id}`, { target_instance_id: one.target_instance_id });
  await dialogue.getByRole("button", { name: "Pair", exact: true }).click();
  await row.getByText(/is the target of another pair/).waitFor();
  await sound(page, "pair-refused");
  await made.call("PUT", `${path}/instance-pairs/${other.id}`, { target_instance_id: other.target_instance_id });
  const free = page.getByRole("list", { name: "Instances without a server" });
  // Both are in view, as a person would have them.
  await row.scrollIntoViewIfNeeded();
  await free.getByText(one.target_instance_id).dragTo(row.getByText("A new instance"));
  await row.getByText("By hand", { exact: true }).waitFor();
  await row.getByRole("cell", { name: `(${one.target_instance_id})` }).waitFor();
  assert.equal((await pairs()).find((pair) => pair.source_name === server).method, "manual");
  assert.equal(await row.getByText(/is the target of another pair/).count(), 0);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("SSM actions of a wave are added, refused at their fields, moved by keyboard and kept", async () => {
  const page = await open(chrome);
  const path = `/recovery-plans/${made.plan}`;
  const { waves } = await made.call("GET", path);
  const kept = { name: "kept", document_name: "own", on: "WAVE", parameters: { text: ["one\ntwo"] }, timeout_seconds: 90 };
  await made.call("PUT", path, { waves: [{ ...waves[0], actions_after: [kept] }, ...waves.slice(1)] });
  await signIn(page, "admin", `${path}/edit`);
  const wave = page.locator("ol.wave-cards > li.wave-card").filter({ hasText: "Wave 3: web" });
  const save = page.getByRole("button", { name: "Save changes" });
  await wave.getByRole("button", { name: "Add action before" }).click();
  await wave.getByLabel("At most", { exact: true }).fill("21");
  await save.click();
  await wave.getByText("expected half a minute to 20 hours").waitFor();
  await wave.getByLabel("At most", { exact: true }).fill("2");
  await save.click();
  // The server says so, of this field.
  await wave.getByText(/1 to 50 instance ids/).waitFor();
  await sound(page, "plan-actions-refused");
  await wave.getByRole("button", { name: "Remove Action 1 before: action-1" }).click();
  for (const name of ["first", "second"]) {
    await wave.getByRole("button", { name: "Add action after" }).click();
    await wave.getByLabel("Action name").last().fill(name);
    await wave.getByLabel("Parameters").last().fill("commands=echo a=b, c\ncommands=true");
  }
  await wave.getByLabel("Action name").last().press("Alt+ArrowUp");
  await save.click();
  await page.getByRole("heading", { name: "SSM actions (3)" }).waitFor();
  const saved = (await made.call("GET", path)).waves;
  assert.deepEqual(saved[0].actions_after[0].parameters, kept.parameters);
  assert.deepEqual(saved[2].actions_after.map((action) => action.name), ["second", "first"]);
  assert.deepEqual(saved[2].actions_after[0].parameters, { commands: ["echo a=b, c", "true"] });
  await made.call("PUT", path, { waves });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("who may only read sees why he may not delete, and a click does nothing", async () => {
  const page = await open(chrome);
  await signIn(page, "read-only", "/protection-groups");
  const button = page.getByRole("button", { name: /^Delete/ });
  await button.waitFor();
  assert.equal(await button.getAttribute("aria-disabled"), "true");
  assert.match(await button.getAttribute("title"), /plan-manager or admin/);
  await button.click({ force: true });
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.context().close();
});

test("signing out ends the session here and at the server", async () => {
  const page = await open(chrome);
  let refresh;
  page.on("response", async (response) => {
    if (response.url().endsWith("/auth/sign-in") && response.ok()) refresh = (await response.json()).refresh_token;
  });
  await signIn(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("User name").waitFor();
  await page.waitForTimeout(300);
  const answered = await fetch(`${URL_OF}/auth/refresh`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ refresh_token: refresh }),
  });
  assert.equal(answered.status, 401);
  await page.context().close();
});

test("10,000 rows draw a screenful and scroll to the last", async () => {
  const page = await open(chrome);
  await page.addInitScript(() => localStorage.setItem("dr.table.long", "100000;"));
  await signIn(page, "admin", "/components");
  const rows = page.getByRole("region", { name: "10,000 rows" });
  await rows.getByRole("cell", { name: "server-00000", exact: true }).waitFor();
  assert.ok((await rows.locator("tbody tr").count()) < 200);
  await rows.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await rows.getByRole("cell", { name: "server-09999", exact: true }).waitFor();
  await page.context().close();
});

for (const theme of ["light", "dark"]) {
  test(`no page breaks a rule of accessibility or of the policy, ${theme}`, async () => {
    const page = await open(chrome, { theme });
    await page.goto(`${URL_OF}/console/`);
    await page.getByLabel("User name").waitFor();
    assert.deepEqual(await violations(page), [], "sign-in");
    await signIn(page);
    for (const { name, path, ready } of PAGES) {
      await go(page, path(made));
      await page.getByText(ready).first().waitFor();
      assert.deepEqual(await violations(page), [], name);
    }
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
}

test("at 390 px no page is wider than the window, and the navigation opens", async () => {
  const page = await open(chrome, { width: 390, height: 844 });
  await signIn(page);
  for (const { name, path, ready } of PAGES) {
    await go(page, path(made));
    await page.getByText(ready).first().waitFor();
    assert.ok((await overflow(page)) <= 0, `${name} is wider than the window`);
  }
  await page.getByRole("button", { name: "Pages" }).click();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Dashboard" }).click();
  await page.getByRole("heading", { name: "Dashboard" }).waitFor();
  await page.context().close();
});

test("dark is chosen by a click and stays after a reload", async () => {
  const page = await open(chrome);
  await signIn(page);
  await page.getByRole("button", { name: "Dark mode" }).click();
  await page.reload();
  await page.getByRole("button", { name: "Light mode" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await page.context().close();
});

test("an agent is installed from the page: what fails says why, is tried again, and its server replicates", { timeout: 240_000 }, async () => {
  const across = { account: HOME.account, region: AWAY.region };
  await byHand(across, "InitializeService", {});
  await made.call("PUT", `/target-accounts/${HOME.account}`, { regions: [HOME.region, AWAY.region] });
  const { candidates } = await made.call("GET", `/agent/candidates?account_id=${HOME.account}&region=${HOME.region}&limit=1000`);
  const [fit] = candidates.filter((one) => one.can_install && one.machine_id.startsWith("i-"));
  const [unfit] = candidates.filter((one) => one.protections.length > 0);
  await tell({ command: "ssm_fault", instance: fit.machine_id, fault: { is: "install_fails", stderr: "no space left on device" } });
  const page = await open(chrome);
  await signIn(page, "admin", "/agents");
  await page.getByLabel("Account and region").selectOption(`${HOME.account}/${HOME.region}`);
  await page.getByLabel("Replicate into").selectOption(AWAY.region);
  const install = page.getByRole("button", { name: /^Install agent/ });
  await page.getByRole("checkbox", { name: `Select ${unfit.name}` }).check();
  assert.match(await install.getAttribute("title"), /replicates|protected/i);
  await page.getByRole("checkbox", { name: `Select ${unfit.name}` }).uncheck();
  await page.getByRole("checkbox", { name: `Select ${fit.name}` }).check();
  await install.click();
  await page.getByRole("dialog", { name: "Install the agent?" }).getByRole("button", { name: "Install" }).click();
  await page.getByRole("heading", { name: "Installation", exact: true }).waitFor();
  await page.getByText("0 of 1 done, 1 failed").waitFor({ timeout: 60_000 });
  await page.getByRole("cell", { name: /^Its command ended with Failed, exit code 1/ }).waitFor();
  await page.getByRole("region", { name: `Output of ${fit.name}` }).getByText("no space left on device").waitFor();
  await sound(page, "agent-installation-failed");
  await page.getByRole("button", { name: "Retry failed machines" }).click();
  await page.getByText("1 of 1 done, 0 failed").waitFor({ timeout: 120_000 });
  const { items } = await byHand(across, "DescribeSourceServers", {});
  assert.deepEqual(items.map((one) => one.sourceProperties.identificationHints.awsInstanceID), [fit.machine_id]);
  await page.getByRole("cell", { name: items[0].sourceServerID }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
