/** The REST API, asked as whoever is signed in. */

const MOST_WAITING_SECONDS = 20;
const ANSWER_MILLISECONDS = 30_000;

/** An answer that is an error, or none at all (`status` is 0 then). */
export class Problem extends Error {
  constructor(status, code, detail, suggestion = null) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.suggestion = suggestion;
  }
}

export class Rest {
  #token;
  #refused;

  /**
   * `base` is the API's address, `token` gives the token of now. `refused` is told that it is over; whether there is
   * another one is its answer.
   */
  constructor(base, token, refused) {
    this.base = base;
    this.#token = token;
    this.#refused = refused;
  }

  /** Parameters that are null or undefined are left out. One that comes too often waits and asks again. */
  get(path, parameters = {}) {
    const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
    const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return this.#ask("GET", query ? `${path}?${query}` : path, undefined, true);
  }

  post(path, body = {}) {
    return this.#ask("POST", path, body, false);
  }

  async #ask(method, path, body, mayWait, mayRenew = true) {
    const response = await this.#sent(method, path, body);
    if (response.ok) return response.json();
    if (response.status === 429 && mayWait) {
      const wait = Math.min(MOST_WAITING_SECONDS, Number(response.headers.get("Retry-After")) || 1);
      await new Promise((resume) => setTimeout(resume, wait * 1000));
      return this.#ask(method, path, body, false, mayRenew);
    }
    if (response.status === 401 && mayRenew && this.#token() && (await this.#refused())) {
      return this.#ask(method, path, body, mayWait, false);
    }
    throw await problemOf(response);
  }

  async #sent(method, path, body) {
    const headers = { Accept: "application/json" };
    if (this.#token()) headers.Authorization = `Bearer ${this.#token()}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const signal = AbortSignal.timeout(ANSWER_MILLISECONDS);
    try {
      return await fetch(new URL(path, this.base), {
        method,
        headers,
        signal,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
      });
    } catch {
      throw new Problem(0, "UNREACHABLE", "The API can't be reached.", "It is tried again when you ask.");
    }
  }
}

async function problemOf(response) {
  try {
    const told = await response.json();
    const first = told.errors?.[0]?.message;
    return new Problem(response.status, told.error_code, first ? `${told.detail}: ${first}` : told.detail, told.suggestion);
  } catch {
    return new Problem(response.status, "UNKNOWN", `The API answered ${response.status}.`);
  }
}
