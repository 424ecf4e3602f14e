// A picture of every page, wide and narrow, light and dark. Run by `cargo xtask shots`.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { URL_OF, browser, go, open, signIn } from "./console.mjs";
import { make } from "./estate.mjs";
import { PAGES } from "./pages.mjs";

const folder = process.env.DR_SHOTS;
mkdirSync(folder, { recursive: true });
const made = await make();
const chrome = await browser();
for (const width of [1280, 390]) {
  for (const theme of ["light", "dark"]) {
    const page = await open(chrome, { width, theme });
    const shoot = (name) => page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: true });
    await page.goto(`${URL_OF}/console/`);
    await page.getByLabel("User name").waitFor();
    await shoot("sign-in");
    await signIn(page);
    for (const { name, path, ready } of PAGES) {
      await go(page, path(made));
      await page.getByText(ready).first().waitFor();
      await shoot(name);
    }
    await page.context().close();
  }
}
await chrome.close();
console.log(`pictures in ${folder}`);
