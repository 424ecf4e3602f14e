// The simulator in Chromium, against a server of its own: a team looks at the estate, moves the clock and rehearses its
// worst day. Each test is a fact.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browser, open, signIn } from "./console.mjs";
import { api } from "./estate.mjs";
import { AWAY, HOME, place } from "./world.mjs";

let chrome;

before(async () => {
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
});

/** The simulator's page, as an administrator sees it. */
async function simulator(user = "admin") {
  const page = await open(chrome);
  await signIn(page, user);
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Simulator" }).click();
  await page.getByText("Simulated time").waitFor();
  return page;
}

const button = (page, name) => page.getByRole("button", { name, exact: true });

/** The simulated world in numbers, as the server says it. */
async function listing() {
  const call = await api();
  return call("GET", "/_sim/summary");
}

test("the estate is shown by account and region, and the clock runs at the speed that a person sets", async () => {
  const page = await simulator();
  await page.getByRole("heading", { name: `${AWAY.account} in ${AWAY.region}` }).waitFor();
  await page.getByText(/^24: .*continuous/).first().waitFor();
  await button(page, "Stop").click();
  await page.getByText("The simulated clock stands").waitFor();
  await page.getByText("Stopped", { exact: true }).waitFor();
  const { now } = await listing();
  await page.getByLabel("Minutes to move forward").fill("30");
  await button(page, "Move the clock forward").click();
  await page.getByText("The simulated clock was moved forward by 30 min").waitFor();
  assert.equal(Date.parse((await listing()).now) - Date.parse(now), 30 * 60_000);
  await button(page, "300x").click();
  await page.getByText("300 times as fast as real time").waitFor();
  await page.getByLabel("Minutes to move forward").fill("0");
  await button(page, "Move the clock forward").click();
  await page.getByText("Minutes: expected a number from 1 to 1440").waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a launch is made to fail by the server's name, stands in the list, and is ended", async () => {
  const page = await simulator();
  await page.getByText("Nothing is made to go wrong").waitFor();
  await page.getByLabel("Fault", { exact: true }).selectOption("launch");
  await page.getByText("The next launch of the source server fails").waitFor();
  const servers = page.getByLabel("Source server");
  await page.waitForFunction(() => document.querySelectorAll("#server option").length > 1);
  const name = (await servers.locator("option").nth(3).textContent()).split(" ")[0];
  await page.getByLabel("Find server").fill(name.toUpperCase());
  await page.waitForFunction(() => document.querySelectorAll("#server option").length === 1);
  const id = await servers.locator("option").getAttribute("value");
  await button(page, "Inject").click();
  await page.getByText(new RegExp(`^The next launch of ${name} .*will fail$`)).waitFor();
  await page.getByText(`The next launch of ${name} fails`).waitFor();
  assert.match((await place(AWAY)).drs.servers[id].fail_launch, /injected/);
  await page.getByRole("button", { name: `End: The next launch of ${name} fails` }).click();
  await page.getByText("Nothing is made to go wrong").waitFor();
  assert.equal((await place(AWAY)).drs.servers[id].fail_launch, null);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a region goes away with its replications, and comes back when the outage is ended", async () => {
  const page = await simulator();
  await page.getByLabel("Fault", { exact: true }).selectOption("outage");
  await page.getByLabel("Region").selectOption(HOME.region);
  await button(page, "Inject").click();
  await page.getByText(`${HOME.region} is away until the outage is ended`).waitFor();
  await page.getByText(/24 stalled/).waitFor();
  await page.getByRole("button", { name: `End: ${HOME.region} is away` }).click();
  await page.getByText("Nothing is made to go wrong").waitFor();
  await page.getByText(/24 continuous/).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("calls of an operation are disturbed as often as a person wants", async () => {
  const page = await simulator();
  await page.getByLabel("Fault", { exact: true }).selectOption("calls");
  await page.getByLabel("Operation").selectOption("drs StartRecovery");
  await page.getByLabel("How they fail").selectOption("throttle");
  await page.getByLabel("Calls", { exact: true }).fill("2");
  await button(page, "Inject").click();
  await page.getByText("drs StartRecovery: throttled by the service").waitFor();
  await page.getByText("2 calls left, in every region").waitFor();
  const { faults } = await listing();
  assert.deepEqual(faults.map(({ service, operation, times }) => [service, operation, times]), [["drs", "StartRecovery", 2]]);
  await page.getByRole("button", { name: /^End: drs StartRecovery/ }).click();
  await page.getByText("Nothing is made to go wrong").waitFor();
  await page.context().close();
});

test("who may only read sees the estate and why he may not disturb it", async () => {
  const page = await simulator("read-only");
  for (const name of ["Stop", "Move the clock forward", "Inject"]) {
    const found = page.getByRole("button", { name: new RegExp(`^${name}`) });
    assert.equal(await found.getAttribute("aria-disabled"), "true", name);
    assert.match(await found.getAttribute("title"), /needs the role admin/);
  }
  await page.context().close();
});

test("where what is shown is real, the page is not among the others and its address says so", async () => {
  const page = await open(chrome);
  await page.route("**/console/config.json", (route) => route.fulfill({ json: { api_url: "", sign_in: { kind: "local" } } }));
  await signIn(page, "admin", "/simulator");
  await page.getByText("There is no simulator here").waitFor();
  assert.equal(await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Simulator" }).count(), 0);
  await page.context().close();
});
