/** Who is signed in, in this tab: it ends with the tab, or with the token. */

import { Problem, Rest } from "./rest.js";

const KEPT = "cloud.token";
const OVER = "Your session has ended: sign in again.";

export class Session extends EventTarget {
  #token = sessionStorage.getItem(KEPT);

  /** Events: `change` when somebody else is signed in, or nobody. */
  constructor(base) {
    super();
    this.me = null;
    this.reason = null;
    this.rest = new Rest(
      base,
      () => this.#token,
      () => this.expired(),
    );
  }

  /** Take up what the tab had; whether somebody is signed in. Raises Problem when nobody can tell. */
  async resume() {
    if (!this.#token) return false;
    try {
      await this.#meet();
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) return false;
      throw problem;
    }
    return true;
  }

  async signIn(user, password) {
    const { access_token } = await this.rest.post("login", { user, password });
    await this.useToken(access_token);
  }

  async useToken(token) {
    this.#token = token;
    try {
      await this.#meet();
    } catch (problem) {
      this.#token = null;
      throw problem;
    }
    sessionStorage.setItem(KEPT, token);
    this.reason = null;
    this.dispatchEvent(new Event("change"));
  }

  signOut() {
    this.#end(null);
  }

  /** What the socket shows; whether it still holds is the server's to say, whose clock counts. */
  get token() {
    return this.#token ?? "";
  }

  /** The server takes the token no more. */
  expired() {
    this.#end(OVER);
  }

  /** Whether the caller may start, cancel and retry operations of this type there. */
  mayOperate(type, environment) {
    return Boolean(this.me?.rights[environment]?.operations.includes(type));
  }

  mayAdminister(environment) {
    return Boolean(this.me?.rights[environment]?.permissions.includes("administer"));
  }

  async #meet() {
    this.me = await this.rest.get("me");
  }

  #end(reason) {
    if (!this.#token && !this.me) return;
    this.#token = null;
    this.me = null;
    this.reason = reason;
    sessionStorage.removeItem(KEPT);
    this.dispatchEvent(new Event("change"));
  }
}
