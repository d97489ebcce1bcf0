// How the page reaches what answers its calls: one function, which takes what fetch takes and gives what
// fetch gives. A server's page asks its server; a static site's, the models in a worker of the browser.

let ask = (path, init) => fetch(path, init);

export const send = (path, init) => ask(path, init);

/** Whether the page is a static site's, without a server. */
export const site = globalThis.document?.querySelector('meta[name="fourwave-site"]')?.content;

/** Chooses the way, once, before the first request. */
export async function connect() {
  if (!site) return;
  const { workerTransport } = await import("../site/transport.js");
  ask = workerTransport(new URL(site, location.href));
}
