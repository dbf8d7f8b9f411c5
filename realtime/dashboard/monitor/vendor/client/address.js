/** Where the server is, and why it refuses somebody. */
const REFUSALS = new Set([401, 403]);
/** The address of the socket. `ws:`, `wss:`, `http:`, `https:`, or relative to the page's own. Throws a TypeError. */
export function addressOf(endpoint) {
    const address = new URL(endpoint, globalThis.location?.href);
    if (address.protocol === "http:")
        address.protocol = "ws:";
    if (address.protocol === "https:")
        address.protocol = "wss:";
    if (address.protocol !== "ws:" && address.protocol !== "wss:") {
        throw new TypeError(`endpoint is no address of a socket, such as wss://example.org/ws: ${endpoint}`);
    }
    return address;
}
/** A browser can set no header on a socket: the token goes into the query, which the server does not log. */
export function withToken(address, token) {
    const whole = new URL(address);
    whole.searchParams.set("token", token);
    return whole.href;
}
/**
 * Why a socket did not open: 401 or 403 when the token is refused, undefined for whatever may pass. A browser tells
 * nobody what an upgrade was answered with; asked without an upgrade, the server answers the same.
 */
export async function refusalOf(address, token) {
    const plain = new URL(address);
    plain.protocol = address.protocol === "wss:" ? "https:" : "http:";
    try {
        const answer = await fetch(plain, { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
        if (!REFUSALS.has(answer.status))
            return undefined;
        const said = await answer.json();
        return typeof said === "object" && said !== null && "code" in said ? answer.status : undefined;
    }
    catch {
        return undefined;
    }
}
