// The console in Chromium: each test is a fact. Run by `cargo xtask test --only browser`.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { URL_OF, browser, go, open, overflow, signIn } from "./console.mjs";
import { make } from "./estate.mjs";
import { PAGES } from "./pages.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2 AA. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

let chrome;
let made;

before(async () => {
  made = await make();
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
});

/** What axe-core finds, in words. */
async function violations(page) {
  // Through the debugger, not through the page: the policy forbids foreign scripts, and must go on doing so.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), RULES);
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
}

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
