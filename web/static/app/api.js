// Requests to the server that served this page, or to what takes its place.

import { send as ask } from "./transport.js";

/** An answer that is an error: RFC 9457 problem details, or what we could make of it. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.type = body.type;
    this.errors = body.errors || [];
    this.body = body;
  }
}

/** The server did not answer at all. */
export class Offline extends Error {}

async function request(path, { lang, headers, ...init } = {}) {
  let answer;
  try {
    answer = await ask(path, {
      ...init,
      headers: { Accept: "application/json", ...(lang && { "Accept-Language": lang }), ...headers },
    });
  } catch (err) {
    if (err.name === "AbortError") throw err;
    throw new Offline(err.message);
  }
  if (!answer.ok) {
    const body = await answer.json().catch(() => ({}));
    // Who sits a quiz needs no token; everybody else logs in first.
    if (body.type === "/problems/login" && !location.hash.startsWith("#quiz=")) location.assign("/login");
    throw new Problem(answer.status, body);
  }
  return answer;
}

export async function get(path, options) {
  return (await request(path, options)).json();
}

/** An answer that is a text. */
export async function text(path, options) {
  return (await request(path, { ...options, headers: { Accept: "text/plain", ...options?.headers } })).text();
}

/** Sends a text or a file as it is, under its media type. */
export async function sendBody(path, body, { type, ...options }) {
  return (await request(path, { ...options, method: "POST", headers: { "Content-Type": type, ...options.headers }, body })).json();
}

async function send(method, path, body, options = {}) {
  const answer = await request(path, {
    ...options,
    method,
    headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...options.headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return answer.json();
}

export const post = (path, body, options) => send("POST", path, body, options);
export const put = (path, body, options) => send("PUT", path, body, options);
export const patch = (path, body, options) => send("PATCH", path, body, options);

/** A document of another type than JSON, as a Blob. */
export async function download(path, { method = "GET", headers, accept = "*/*" } = {}) {
  return (await request(path, { method, headers: { Accept: accept, ...headers } })).blob();
}

/** Calls `each` for every event of a stream, comes back when it breaks, until the function it returns is called. */
export function listen(path, { headers, each }) {
  const control = new AbortController();
  let last = 0;
  const run = async () => {
    for (let tries = 0; !control.signal.aborted && tries < 20; tries++) {
      try {
        const answer = await request(path, { signal: control.signal, headers: { Accept: "text/event-stream", ...(last && { "Last-Event-ID": String(last) }), ...headers } });
        for await (const event of messages(answer.body)) {
          tries = 0;
          if (!(event.id > last)) continue;
          last = event.id;
          each(event);
        }
      } catch (err) {
        if (control.signal.aborted || err instanceof Problem) return;
      }
      await pause(Math.min(10_000, 500 * 2 ** tries), control.signal);
    }
  };
  run();
  return () => control.abort();
}

export async function remove(path, options = {}) {
  await request(path, { ...options, method: "DELETE" });
}

const pause = (ms, signal) =>
  new Promise((done) => {
    const t = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(t), done()), { once: true });
  });

/**
 * Follows the events of a lab until `each` returns true, the lab has ended or stop() is called,
 * and resumes after the last event seen when the connection breaks. It reads the stream by fetch
 * and not by EventSource, which cannot say in which language it wants the reasons.
 */
export function follow(id, { after = 0, lang, each, ended, broken }) {
  const control = new AbortController();
  let last = after;
  const run = async () => {
    for (let tries = 0; !control.signal.aborted; tries++) {
      try {
        const answer = await request(`/v1/labs/${id}/events`, {
          lang,
          signal: control.signal,
          headers: { Accept: "text/event-stream", ...(last && { "Last-Event-ID": String(last) }) },
        });
        for await (const event of messages(answer.body)) {
          tries = 0;
          if (!(event.id > last)) continue; // the stream's last word has no id
          last = event.id;
          if (each(event)) return;
        }
        if (control.signal.aborted || (await ended())) return;
      } catch (err) {
        if (control.signal.aborted) return;
        if (err instanceof Problem) return broken(err);
        if (tries >= 5) return broken(err);
      }
      await pause(Math.min(5000, 300 * 2 ** tries), control.signal);
    }
  };
  run();
  return () => control.abort();
}

/** The documents of a stream of JSON lines (NDJSON), as they come. */
export async function* lines(path, { headers, ...options } = {}) {
  const answer = await request(path, { ...options, headers: { Accept: "application/x-ndjson", ...headers } });
  for await (const line of pieces(answer.body, /\n/)) if (line) yield JSON.parse(line);
}

/** The events in a text/event-stream. Comments and unknown fields are passed over. */
async function* messages(body) {
  if (!body) return; // 204: there is nothing more
  for await (const block of pieces(body, /\r?\n\r?\n/)) {
    const event = message(block);
    if (event) yield event;
  }
}

function brokenOff(err) {
  throw err.name === "AbortError" ? err : new Offline(err.message);
}

/** The parts of a body that end with a separator. What is left when it breaks off is no part. */
async function* pieces(body, separator) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read().catch(brokenOff);
      if (done) return;
      const parts = (rest + value).split(separator);
      rest = parts.pop();
      yield* parts;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function message(block) {
  const data = block
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart());
  return data.length ? JSON.parse(data.join("\n")) : null;
}

/** Seconds in a duration such as "10.104s", "3m47s" or "250ms". */
export function seconds(text) {
  if (typeof text === "number") return text;
  const unit = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, "µs": 1e-6, "μs": 1e-6, ns: 1e-9 };
  let sum = 0;
  for (const [, n, u] of String(text ?? "").matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|μs|ns|h|m|s)/g)) sum += n * unit[u];
  return sum;
}
