/** Signing in: with a user name and a password, or with a token that `cloud login --print` gave. */

import { h, say } from "../dom.js";

export class SignIn {
  title = "Sign in · cloud";

  constructor(session) {
    this.session = session;
    this.problem = h("p", { class: "form-problem", role: "alert", id: "sign-in-problem" });
    this.user = input("user", "User name", { autocomplete: "username", autocapitalize: "none", spellcheck: "false" });
    this.password = input("password", "Password", { type: "password", autocomplete: "current-password" });
    this.token = h("textarea", { id: "token", rows: 3, spellcheck: "false", autocomplete: "off" });
    this.button = h("button", { type: "submit", class: "button main" }, "Sign in");
    this.element = h(
      "section",
      { class: "sign-in", "aria-labelledby": "sign-in-title" },
      h("h1", { id: "sign-in-title" }, "Sign in"),
      session.reason && h("p", { class: "notice" }, session.reason),
      this.#form(this.button, () => session.signIn(this.user.control.value, this.password.control.value), [
        this.user.element,
        this.password.element,
      ]),
      this.problem,
      this.#withToken(),
    );
  }

  open() {
    this.user.control.focus();
  }

  close() {}

  #withToken() {
    const button = h("button", { type: "submit", class: "button" }, "Use this token");
    const fields = [
      h("label", { for: "token" }, "Token"),
      this.token,
      h("p", { class: "quiet" }, "The output of ", h("code", {}, "cloud login --print"), "."),
    ];
    return h(
      "details",
      { class: "with-token" },
      h("summary", {}, "Sign in with a token"),
      this.#form(button, () => this.session.useToken(this.token.value.trim()), fields),
    );
  }

  #form(button, enter, fields) {
    const submit = async (event) => {
      event.preventDefault();
      say(this.problem, "");
      button.disabled = true;
      try {
        await enter();
      } catch (problem) {
        say(this.problem, problem.status === 401 ? refusal(problem) : problem.message);
      } finally {
        button.disabled = false;
      }
    };
    return h("form", { class: "form", novalidate: true, on: { submit } }, fields, button);
  }
}

function refusal(problem) {
  return problem.code === "AUTH_INVALID_CREDENTIALS" ? "User name or password are wrong." : problem.message;
}

function input(id, label, attributes) {
  const control = h("input", { id, name: id, required: true, ...attributes });
  return { control, element: h("div", { class: "field" }, h("label", { for: id }, label), control) };
}
