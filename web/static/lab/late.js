// Parts of the lab that are fetched when they are first asked for: the first picture needs none of them.

import { Offline } from "../app/api.js";

const gone = (err) => { throw new Offline(err.message); };

const fetches = {
  Figure: () => import("./figure.js").catch(gone),
  Inspector: () => import("./inspector.js").catch(gone),
};

/** The parts that are there, by name. */
export const late = {};

/** Fetches a part, once. */
export async function need(name) {
  late[name] ??= (await fetches[name]())[name];
}

/** Reads a capture file: {packetsOf, pair}. */
export const reader = async () => ({ ...(await import("./pcapng.js").catch(gone)), ...(await import("./header.js").catch(gone)) });
