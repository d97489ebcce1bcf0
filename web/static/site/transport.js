// How the page of a static site reaches what answers its calls: the models in a worker, and for the
// kernel's side the runs that were recorded when the site was made.

import { recorder } from "./recorded.js";

/** Makes a function that takes what fetch takes and gives what fetch gives. `site` is the site's address. */
export function workerTransport(site) {
  const pending = new Map(); // requests by id
  let worker = null;
  let last = 0;

  function start() {
    worker = new Worker(new URL("model/worker.js", site));
    worker.onmessage = ({ data }) => (data.failed ? fail(data.failed) : pending.get(data.id)?.(data));
    worker.onerror = (event) => fail(event.message || "the worker does not load");
  }

  /** Everything under way fails, and the next request tries again. */
  function fail(why) {
    for (const hears of pending.values()) hears({ failed: why });
    worker.terminate();
    worker = null;
  }

  async function ask(path, { method = "GET", headers = {}, body, signal } = {}) {
    if (!worker) start();
    const id = ++last;
    const bytes = body === undefined ? null : new Uint8Array(await new Response(body).arrayBuffer());
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      let stream;
      const over = () => {
        pending.delete(id);
        signal?.removeEventListener("abort", cancel);
      };
      const cancel = () => {
        worker?.postMessage({ id, cancel: true });
        over();
        const reason = signal?.reason ?? new DOMException("cancelled", "AbortError");
        reject(reason);
        try { stream?.error(reason); } catch { /* it has ended already */ }
      };
      signal?.addEventListener("abort", cancel);
      pending.set(id, (m) => {
        if (m.failed) return void (over(), reject(new TypeError(m.failed)), stream?.error(new TypeError(m.failed)));
        if (m.status) return void resolve(response(m, (s) => (stream = s), cancel));
        if (m.chunk) stream?.enqueue(m.chunk);
        if (m.end) over(), stream?.close();
      });
      worker.postMessage({ id, method, url: String(path), headers: Object.entries(headers), body: bytes });
    });
  }

  return recorder(site, ask);
}

const bodiless = [204, 304];

function response({ status, headers }, opened, cancel) {
  const body = new ReadableStream({ start: opened, cancel });
  return new Response(bodiless.includes(status) ? null : body, { status, headers });
}
