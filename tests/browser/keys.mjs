// A person without a mouse: keys alone, the focus watched after each, and what a screen reader would say.

import assert from "node:assert/strict";

/** So many keys lead from anything to anything on one page, or it is not within reach. */
const MOST = 80;

/** Collects what live regions say, in the page. A region that comes with its text is silent, unless it is an alert. */
function listen() {
  window.heard = [];
  const regions = "[aria-live],[role=status],[role=alert]";
  const say = (region) => {
    const text = region?.textContent.replace(/\s+/g, " ").trim();
    if (text) window.heard.push(text);
  };
  new MutationObserver((changes) => {
    const spoken = new Set();
    for (const { target, addedNodes } of changes) {
      spoken.add((target.nodeType === 1 ? target : target.parentElement)?.closest(regions));
      for (const node of addedNodes) {
        if (node.matches?.("[role=alert]")) spoken.add(node);
        node.querySelectorAll?.("[role=alert]").forEach((one) => spoken.add(one));
      }
    }
    spoken.forEach(say);
  }).observe(document, { childList: true, characterData: true, subtree: true });
}

export class Keys {
  static async of(page) {
    await page.addInitScript(listen);
    const keys = new Keys();
    keys.page = page;
    keys.debug = await page.context().newCDPSession(page);
    return keys;
  }

  /** Role and name of what has the focus, as assistive technology gets them. */
  async focused() {
    const { result } = await this.debug.send("Runtime.evaluate", { expression: "document.activeElement" });
    const { nodes } = await this.debug.send("Accessibility.getPartialAXTree", { objectId: result.objectId, fetchRelatives: false });
    await this.debug.send("Runtime.releaseObject", { objectId: result.objectId });
    return { role: nodes[0]?.role?.value ?? "", name: (nodes[0]?.name?.value ?? "").replace(/\s+/g, " ").trim() };
  }

  /** Whether the focus is on something, and can be seen there. */
  isVisible() {
    return this.page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body || !at.matches(":focus-visible")) return false;
      const { outlineStyle, outlineWidth, visibility } = getComputedStyle(at);
      const { width, height, bottom, right } = at.getBoundingClientRect();
      const drawn = outlineStyle !== "none" && parseFloat(outlineWidth) > 0 && visibility === "visible";
      return drawn && width > 0 && height > 0 && bottom > 0 && right > 0;
    });
  }

  /** The focus is seen: at once, or as soon as the page that was asked for is drawn. */
  async seen(after) {
    for (let look = 0; look < 20; look += 1) {
      if (await this.isVisible()) return;
      await this.page.waitForTimeout(100);
    }
    const markup = await this.page.evaluate(() => document.activeElement?.outerHTML.slice(0, 300));
    assert.fail(`after ${after} the focus is not seen: ${markup}`);
  }

  /** A key, after which the focus is on something still. */
  async press(key) {
    const { role, name } = await this.focused();
    await this.page.keyboard.press(key);
    await this.seen(`${key} on ${role} “${name}”`);
  }

  async type(text) {
    await this.page.keyboard.type(text);
    await this.seen(`typing “${text}”`);
  }

  /** Tabs until something of this role and name has the focus; fails with what was passed. */
  async tabTo(role, name, key = "Tab") {
    const passed = [];
    for (let step = 0; step < MOST; step += 1) {
      const found = await this.focused();
      const fits = typeof name === "string" ? found.name === name : name.test(found.name);
      if (found.role === role && fits) return;
      passed.push(`${found.role} “${found.name.slice(0, 60)}”`);
      await this.page.keyboard.press(key);
      await this.seen(`${key} on ${passed.at(-1)}`);
    }
    assert.fail(`${MOST} times ${key} do not lead to ${role} “${name}” but over\n${passed.join("\n")}`);
  }

  backTo(role, name) {
    return this.tabTo(role, name, "Shift+Tab");
  }

  /** Goes to a button or link and uses it. */
  async use(role, name, key = "Tab") {
    await this.tabTo(role, name, key);
    await this.press("Enter");
  }

  /** Goes to a field and fills it. */
  async fill(name, text) {
    await this.tabTo("textbox", name);
    await this.type(text);
  }

  /** Goes to a list and chooses by arrow keys. */
  async choose(name, text) {
    await this.tabTo("combobox", name);
    const chosen = () => this.page.evaluate(() => document.activeElement.selectedOptions?.[0]?.text ?? "");
    for (let step = 0; step < MOST; step += 1) {
      if ((await chosen()).startsWith(text)) return;
      await this.press("ArrowDown");
    }
    assert.fail(`“${name}” does not offer “${text}”`);
  }

  /** A live region has said so since the last time that this was asked. */
  async heard(what, timeout = 20_000) {
    for (let waited = 0; ; waited += 100) {
      const said = await this.page.evaluate(() => window.heard);
      if (said.some((text) => what.test(text))) break;
      assert.ok(waited < timeout, `no live region said ${what}, but\n${said.slice(-20).join("\n")}`);
      await this.page.waitForTimeout(100);
    }
    await this.page.evaluate(() => (window.heard = []));
  }
}
