// A person in a browser: Chromium with the console open, and what must never happen in it.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2 AA. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export const URL_OF = process.env.DR_URL;
/** Longest wait for something to appear, in ms. */
export const PATIENCE = 20_000;

/** The password of a local user, as the server printed it at its first start. */
export function password(user) {
  const found = readFileSync(process.env.DR_LOG, "utf8").match(new RegExp(`^\\s+${user}\\s+(\\S+)$`, "m"));
  if (!found) throw new Error(`${process.env.DR_LOG} has no password of ${user}`);
  return found[1];
}

export async function browser() {
  return chromium.launch({
    executablePath: process.env.DR_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
}

/** A page of its own. What the browser complains of, and calls to other hosts, are kept in `page.complaints`. */
export async function open(chrome, { width = 1280, height = 900, theme = "light" } = {}) {
  const context = await chrome.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.complaints = [];
  page.on("console", (message) => {
    // A refusal of the API is an answer; the console shows it.
    if (message.type() === "error" && !/status of (4|5)\d\d/.test(message.text())) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(URL_OF) && !url.startsWith("data:")) page.complaints.push(`a request to ${url}`);
  });
  return page;
}

/** Signs in at a path, as a person who follows a link does. */
export async function signIn(page, user = "admin", path = "/") {
  await page.goto(`${URL_OF}/console${path}`);
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password").fill(password(user));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Goes to another page as a click on a link does: the session, which is in memory, goes on. */
export async function go(page, path) {
  await page.evaluate((to) => {
    const link = document.createElement("a");
    link.href = to;
    document.querySelector("main").append(link);
    link.click();
    link.remove();
  }, `/console${path}`);
}

/** How much wider than the window the page is, in pixels. */
export async function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What axe-core finds, in words. */
export async function violations(page) {
  // Scrolled, the bar covers half of something, which axe-core would call too small.
  await page.evaluate(() => window.scrollTo(0, 0));
  // Through the debugger, not through the page: the policy forbids foreign scripts, and must go on doing so.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), RULES);
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** Axe-core finds nothing here in either theme, and the page is no wider than a narrow window; with pictures. */
export async function sound(page, where) {
  for (const theme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme: theme });
    assert.deepEqual(await violations(page), [], `${where}, ${theme}`);
  }
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    assert.ok((await overflow(page)) <= 0, `${where} is wider than ${width} px`);
    if (process.env.DR_SHOTS) await page.screenshot({ path: `${process.env.DR_SHOTS}/${where}-${width}-light.png`, fullPage: true });
  }
}

let broken;

/** A test that goes on where the one before it ended: where that failed, this one can only fail, and says so at once. */
export function chapter(name, options, run) {
  test(name, options, async () => {
    assert.equal(broken, undefined, "it goes on where a test ended that failed");
    broken = name;
    await run();
    broken = undefined;
  });
}
