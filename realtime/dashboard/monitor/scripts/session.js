/** Who is signed in, in this tab: it ends with the tab, or when the user pool renews it no more. */

import { Problem, Rest } from "./rest.js";

const KEPT = "cloud.session";
const OVER = "Your session has ended: sign in again.";

export class Session extends EventTarget {
  /** `{token, user, renewal}`; without `renewal` it ends with its token. */
  #kept = kept();
  #renewing = null;
  #isDoubtful = false;

  /** Events: `change` when somebody else is signed in, or nobody. */
  constructor(base) {
    super();
    this.me = null;
    this.reason = null;
    this.rest = new Rest(
      base,
      () => this.#kept?.token,
      () => this.#another(),
    );
  }

  /** Take up what the tab had; whether somebody is signed in. Raises Problem when nobody can tell. */
  async resume() {
    if (!this.#kept) return false;
    try {
      await this.#meet();
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) return false;
      throw problem;
    }
    return true;
  }

  async signIn(user, password) {
    const given = await this.rest.post("login", { user, password });
    await this.#enter({ token: given.access_token, user, renewal: given.refresh_token });
  }

  /** With a token of elsewhere, which nobody here can renew. */
  useToken(token) {
    return this.#enter({ token });
  }

  signOut() {
    this.#end(null);
  }

  /** What the socket shows. A doubtful one is tried first, and another got in its place when it is over. */
  async token() {
    if (this.#isDoubtful) await this.#meet();
    this.#isDoubtful = false;
    return this.#kept?.token ?? "";
  }

  /** The socket closed, and why is not told: the token may be over, by the server's clock. */
  doubt() {
    this.#isDoubtful = true;
  }

  /** Nobody gets in any more. */
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

  async #enter(given) {
    this.#kept = given;
    try {
      await this.#meet();
    } catch (problem) {
      this.#kept = null;
      throw problem;
    }
    this.#keep(given);
    this.reason = null;
    this.dispatchEvent(new Event("change"));
  }

  async #meet() {
    this.me = await this.rest.get("me");
  }

  #keep(given) {
    this.#kept = given;
    sessionStorage.setItem(KEPT, JSON.stringify(given));
  }

  /** Another token in place of one that is over; asked for once, whoever needs it. The session ends without one. */
  #another() {
    this.#renewing ??= this.#renewed().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renewed() {
    const { user, renewal } = this.#kept ?? {};
    if (!renewal) return this.#end(OVER);
    try {
      const given = await new Rest(this.rest.base, () => null).post("login/renew", { user, refresh_token: renewal });
      this.#keep({ token: given.access_token, user, renewal: given.refresh_token });
      return true;
    } catch (problem) {
      return problem.status === 401 ? this.#end(OVER) : false;
    }
  }

  /** False, for whoever waits for another token. */
  #end(reason) {
    if (!this.#kept && !this.me) return false;
    this.#kept = null;
    this.me = null;
    this.reason = reason;
    sessionStorage.removeItem(KEPT);
    this.dispatchEvent(new Event("change"));
    return false;
  }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return null;
  }
}
