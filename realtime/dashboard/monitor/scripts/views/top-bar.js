/** The bar above every view: where one is, how the connection is, who is signed in, light or dark. */

import { h, mark, say } from "../dom.js";

const CONNECTIONS = {
  off: ["", ""],
  connecting: ["◌", "Connecting…"],
  live: ["●", "Live"],
  lost: ["◌", "Connection lost, trying again…"],
};

export class TopBar {
  constructor(element, session) {
    this.session = session;
    this.crumbs = h("nav", { class: "crumbs", "aria-label": "Where you are" });
    this.sign = h("span", { class: "connection-sign", "aria-hidden": "true" });
    this.word = h("span", { class: "connection-word" });
    this.connection = h("span", { class: "connection", role: "status" }, this.sign, this.word);
    this.user = h("span", { class: "user" });
    this.out = h("button", { type: "button", class: "button plain", on: { click: () => session.signOut() } }, "Sign out");
    element.append(
      h("a", { class: "brand", href: "#/" }, "cloud"),
      this.crumbs,
      this.connection,
      this.user,
      themeButton(),
      this.out,
    );
    this.reset();
  }

  reset() {
    const { me } = this.session;
    this.where([]);
    this.connected("off");
    say(this.user, me ? `${me.user} · ${me.group}` : "");
    this.out.hidden = !me;
  }

  /** `crumbs` are `[text, address]`; the last one is where one is. */
  where(crumbs) {
    const items = crumbs.map(([text, address], number) =>
      h(
        "li",
        {},
        number < crumbs.length - 1 ? h("a", { href: address }, text) : h("span", { "aria-current": "page" }, text),
      ),
    );
    this.crumbs.replaceChildren(...(items.length ? [h("ol", {}, items)] : []));
  }

  /** off, connecting, live or lost. */
  connected(state) {
    const [sign, word] = CONNECTIONS[state];
    this.connection.dataset.state = state;
    say(this.sign, sign);
    say(this.word, word);
  }
}

function themeButton() {
  const asked = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (asked.matches ? "dark" : "light")) === "dark";
  const button = h("button", { type: "button", class: "button plain theme" }, "Dark");
  const update = () => mark(button, "aria-pressed", isDark());
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("cloud.theme", theme);
    update();
  });
  asked.addEventListener("change", update);
  update();
  return button;
}
