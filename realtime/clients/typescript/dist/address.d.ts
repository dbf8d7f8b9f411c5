/** Where the server is, and why it refuses somebody. */
/** The address of the socket. `ws:`, `wss:`, `http:`, `https:`, or relative to the page's own. Throws a TypeError. */
export declare function addressOf(endpoint: string): URL;
/** A browser can set no header on a socket: the token goes into the query, which the server does not log. */
export declare function withToken(address: URL, token: string): string;
/**
 * Why a socket did not open: 401 or 403 when the token is refused, undefined for whatever may pass. A browser tells
 * nobody what an upgrade was answered with; asked without an upgrade, the server answers the same.
 */
export declare function refusalOf(address: URL, token: string): Promise<number | undefined>;
