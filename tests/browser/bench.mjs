// How large and how quick the console is, with what is wanted beside. Run by `cargo xtask bench --only console`.
//
// What is measured is told, not judged: the machine may be busy. What fails is a call to another host.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { brotliCompressSync } from "node:zlib";

import { PATIENCE, URL_OF, browser, go, password, signIn } from "./console.mjs";
import { make } from "./estate.mjs";

/** What is wanted. */
const WANTED = { gzippedKb: 600, usefulMs: 1_500, longTaskMs: 50 };
/** Loads of a kind; their median is told. */
const LOADS = 5;
/** The line of a hotel or a phone; the server is on this machine otherwise. */
const SLOW_LINE = { offline: false, latency: 40, downloadThroughput: 10e6 / 8, uploadThroughput: 10e6 / 8 };
/** Texts that stand where the page is of use. */
const SIGN_IN = "User name";
const DASHBOARD = "Servers by replication state";

function table(title, head, rows) {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => String(row[at]).length)));
  const line = (row) => row.map((cell, at) => (at ? String(cell).padStart(widths[at]) : String(cell).padEnd(widths[at]))).join("  ");
  console.log(`\n${title}\n${[head, ...rows].map(line).join("\n")}`);
}

const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const ms = (time) => (Number.isFinite(time) ? `${Math.round(time)} ms` : "none");
const verdict = (value, wanted) => (value <= wanted ? "yes" : "NO");

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Bytes of each file, as it is and compressed: by gzip as it is served here, by brotli as CloudFront may. */
function sizes(folder) {
  const names = readdirSync(folder).filter((name) => !name.endsWith(".gz")).sort();
  const found = names.map((name) => {
    const content = readFileSync(`${folder}/${name}`);
    return { name, raw: content.length, gz: statSync(`${folder}/${name}.gz`).size, br: brotliCompressSync(content).length };
  });
  const sum = (of) => found.reduce((total, file) => total + file[of], 0);
  const rows = found.map((file) => {
    const limit = file.name.endsWith(".wasm");
    return [file.name, kb(file.raw), kb(file.gz), kb(file.br), limit ? `${WANTED.gzippedKb} kB gz` : "", limit ? verdict(file.gz, WANTED.gzippedKb * 1000) : ""];
  });
  rows.push(["all", kb(sum("raw")), kb(sum("gz")), kb(sum("br")), "", ""]);
  table("Size of the files", ["file", "raw", "gzip", "brotli", "wanted", "met"], rows);
}

/** Runs in the page before anything else: keeps what it is hard to ask for later. */
function watch([signIn, dashboard]) {
  window.measured = { useful: {}, lcp: NaN, tasks: [] };
  new PerformanceObserver((list) => { window.measured.lcp = list.getEntries().at(-1).startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) window.measured.tasks.push({ startTime, duration });
  }).observe({ type: "longtask", buffered: true });
  const wanted = [signIn, dashboard];
  const look = () => {
    const text = document.body?.innerText ?? "";
    while (wanted.length && text.includes(wanted[0])) window.measured.useful[wanted.shift()] = performance.now();
    if (wanted.length) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Signs in within the page and without a person's input, which would end the search for the largest paint. */
function enter([name, word]) {
  const [user, secret] = document.querySelectorAll("form input");
  for (const [field, value] of [[user, name], [secret, word]]) {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  document.querySelector("form").requestSubmit();
}

/** One load with nothing cached: to the sign-in page, or on to the dashboard. */
async function load(chrome, { line, signedIn }) {
  const context = await chrome.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  if (line) await session.send("Network.emulateNetworkConditions", line);
  const asked = [];
  let bytes = 0;
  session.on("Network.requestWillBeSent", ({ request }) => asked.push(request.url));
  session.on("Network.loadingFinished", ({ encodedDataLength }) => { bytes += encodedDataLength; });
  await page.addInitScript(watch, [SIGN_IN, DASHBOARD]);
  await page.goto(`${URL_OF}/console/`);
  await page.getByLabel(SIGN_IN).waitFor();
  if (signedIn) {
    await page.evaluate(enter, ["admin", password("admin")]);
    await page.getByText(DASHBOARD).first().waitFor();
  }
  // The largest paint is told a frame later.
  await page.waitForTimeout(300);
  const told = await page.evaluate(() => ({
    ...window.measured,
    paints: Object.fromEntries(performance.getEntriesByType("paint").map(({ name, startTime }) => [name, startTime])),
  }));
  await context.close();
  return {
    first: told.paints["first-paint"] ?? NaN,
    contentful: told.paints["first-contentful-paint"] ?? NaN,
    largest: told.lcp,
    useful: told.useful[signedIn ? DASHBOARD : SIGN_IN] ?? NaN,
    hosts: new Set(asked.filter((url) => !url.startsWith("data:")).map((url) => new URL(url).origin)),
    requests: asked.filter((url) => !url.startsWith("data:")).length,
    bytes,
  };
}

/** Loads of each kind; gives every host that was called. */
async function loads(chrome) {
  const hosts = new Set();
  const rows = [];
  for (const [place, line] of [["this machine", null], ["10 Mbit/s, 40 ms", SLOW_LINE]]) {
    for (const [page, signedIn] of [["sign-in", false], ["dashboard, signing in included", true]]) {
      const measured = [];
      for (let turn = 0; turn < LOADS; turn += 1) measured.push(await load(chrome, { line, signedIn }));
      measured.flatMap((one) => [...one.hosts]).forEach((host) => hosts.add(host));
      const of = (name) => median(measured.map((one) => one[name]));
      rows.push([
        `${page} (${place})`, ms(of("first")), ms(of("contentful")), ms(of("largest")), ms(of("useful")),
        of("requests"), kb(of("bytes")), ms(WANTED.usefulMs), verdict(of("useful"), WANTED.usefulMs),
      ]);
    }
  }
  const head = ["page, nothing cached", "first paint", "contentful", "largest", "of use", "requests", "received", "of use wanted", "met"];
  table(`Loads, the median of ${LOADS}`, head, rows);
  return hosts;
}

/** What is done to 10,000 rows; each resolves when what it leads to is drawn. */
const DEEDS = [
  ["shown", async (page, rows) => {
    await go(page, "/components");
    await rows.getByRole("cell", { name: "server-00000", exact: true }).waitFor();
  }],
  ["filtered, a letter at a time", async (page, rows) => {
    const filter = page.locator("#long-filter");
    await filter.pressSequentially("server-0999", { delay: 60 });
    await rows.getByRole("cell", { name: "server-00000", exact: true }).waitFor({ state: "detached" });
    await rows.getByRole("cell", { name: "server-09990", exact: true }).waitFor();
    await filter.fill("");
    await rows.getByRole("cell", { name: "server-00000", exact: true }).waitFor();
  }],
  ["sorted by text and number, both ways", async (page, rows) => {
    for (const [column, first] of [["Name", /00000$/], ["Name", /09999$/], ["Lag in seconds", /^0$/], ["Lag in seconds", /^999$/]]) {
      await rows.getByRole("button", { name: column }).click();
      await rows.locator("tbody tr[aria-rowindex='2'] td").filter({ hasText: first }).first().waitFor();
    }
  }],
  ["scrolled to the end", async (page, rows) => {
    await rows.evaluate(async (region) => {
      const steps = 120;
      for (let step = 1; step <= steps; step += 1) {
        region.scrollTo(0, (region.scrollHeight * step) / steps);
        await new Promise(requestAnimationFrame);
      }
    });
    await rows.locator("tr[aria-rowindex='10001']").waitFor();
  }],
];

/** Long tasks while 10,000 rows are worked with; adds the hosts that are called. */
async function rows(chrome, hosts) {
  const context = await chrome.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("request", (request) => {
    if (!request.url().startsWith("data:")) hosts.add(new URL(request.url()).origin);
  });
  await page.addInitScript(watch, [SIGN_IN, DASHBOARD]);
  await page.addInitScript(() => localStorage.setItem("dr.table.long", "100000;"));
  await signIn(page);
  await page.getByText(DASHBOARD).first().waitFor();
  const region = page.getByRole("region", { name: "10,000 rows" });
  const told = [];
  for (const [name, deed] of DEEDS) {
    const begun = await page.evaluate(() => performance.now());
    await deed(page, region);
    const ended = await page.evaluate(() => performance.now());
    await page.waitForTimeout(300);
    const tasks = await page.evaluate(
      (from) => window.measured.tasks.filter(({ startTime }) => startTime >= from).map(({ duration }) => duration), begun,
    );
    const longest = Math.max(0, ...tasks);
    told.push([name, ms(ended - begun), tasks.length, tasks.length ? ms(longest) : "", "none", verdict(tasks.length, 0)]);
  }
  await context.close();
  table("10,000 rows", ["", "took", `tasks over ${WANTED.longTaskMs} ms`, "longest", "wanted", "met"], told);
}

sizes(process.env.DR_CONSOLE);
await make();
const chrome = await browser();
console.log(`\n${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}, Chromium ${chrome.version()}`);
const hosts = await loads(chrome);
await rows(chrome, hosts);
await chrome.close();
const others = [...hosts].filter((host) => host !== new URL(URL_OF).origin);
console.log(`\nHosts called: ${[...hosts].join(", ")}; wanted: none but the console's own: ${others.length ? "NO" : "yes"}`);
if (others.length) process.exitCode = 1;
