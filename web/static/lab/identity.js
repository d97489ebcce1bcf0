// Whose entry of a trace it is, and what caused it: as the trace says.

/**
 * Gives every state item the `one` it is of, whose key stays with the connection, and the world its
 * `causes`: for each flight that an entry sent, the flight that the entry was an answer to, 0 for none.
 */
export function identify(world) {
  const ones = new Map();
  world.causes = new Map();
  for (const item of world.items) {
    if (item.kind === "state") item.one = oneOf(ones, item.entry);
    if (item.kind === "state") for (const id of item.entry.flights || []) world.causes.set(id, item.entry.of || 0);
    if (item.kind === "sockets") for (const row of item.rows) named(ones, item.host, row);
  }
}

function oneOf(ones, { host, socket, end }) {
  const key = end ? `${host} ${end}` : `${host} ${socket}`; // a listener is no end of a connection
  if (!ones.has(key)) ones.set(key, { host, key, name: socket });
  const one = ones.get(key);
  if (socket) one.name = socket;
  return one;
}

/** A connection has no name until it is accepted; then it is known by that name from its beginning. */
function named(ones, host, { name, end }) {
  const one = end && ones.get(`${host} ${end}`);
  if (one && name) one.name = name;
}
