// A picture of every page, wide and narrow, light and dark, in three faces: of an estate where nothing was made yet, with
// all that there can be, and where the server refuses everything. Run by `cargo xtask shots`.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { URL_OF, browser, go, open, signIn } from "./console.mjs";
import { live, make } from "./estate.mjs";
import { LIVED, PAGES } from "./pages.mjs";
import { copyFast, slowDown } from "./world.mjs";

/** Time for a page whose last words are not known to be complete, in ms. */
const SETTLES = 1_000;
const REFUSAL = {
  error: {
    code: "INTERNAL_ERROR", message: "Something went wrong on our side", request_id: "req-00000000",
    details: { remediation: "Try again; if it stays, look for the request id in the log." }, timestamp: "2026-01-01T00:00:00Z",
  },
};

const folder = process.env.DR_SHOTS;
mkdirSync(folder, { recursive: true });
const chrome = await browser();

/** Goes through pages at each width in each theme. */
async function walk(face, pages, show) {
  for (const width of [1280, 390]) {
    for (const theme of ["light", "dark"]) {
      const page = await open(chrome, { width, theme });
      const shoot = (name) => page.screenshot({ path: join(folder, `${name}${face}-${width}-${theme}.png`), fullPage: true });
      await page.goto(`${URL_OF}/console/`);
      await page.getByLabel("User name").waitFor();
      if (!face) await shoot("sign-in");
      await signIn(page);
      if (face === "-error") await page.route(isApi, (route) => route.fulfill({ status: 500, json: REFUSAL }));
      for (const one of pages) {
        await show(page, one);
        await shoot(one.name);
      }
      await page.context().close();
    }
  }
}

function isApi(url) {
  return !url.pathname.startsWith("/console") && !url.pathname.startsWith("/auth");
}

await walk("-empty", PAGES.filter((one) => one.path.length === 0), async (page, { path }) => {
  await go(page, path());
  await page.waitForTimeout(SETTLES);
});
await slowDown();
await copyFast();
const made = await live(await make());
const full = [...PAGES.filter(({ name }) => LIVED.every((one) => one.name !== name)), ...LIVED];
await walk("", full, async (page, { path, ready }) => {
  await go(page, path(made));
  await page.getByText(ready).first().waitFor();
});
await walk("-error", full, async (page, { path }) => {
  await go(page, path(made));
  await page.waitForTimeout(SETTLES);
});
await chrome.close();
console.log(`pictures in ${folder}`);
