// The doctor's page: a question about a port of the serving machine, and its answer.

import { get, seconds, Problem } from "../app/api.js";
import { address } from "../app/address.js";
import { site } from "../app/transport.js";
import { newOthers, otherActs } from "./others.js";

export const newPort = () => ({
  form: { port: "", host: "", reuseaddr: false, reuseport: false },
  report: null,
  machine: null, // the overview of all ports
  at: 0, // when it came, as performance.now() counts
  errors: {}, // by field
  others: newOthers(),
});

export const portPath = ({ port, host, reuseaddr, reuseport, tried }) => {
  const params = new URLSearchParams();
  if (host) params.set("host", host);
  if (reuseaddr) params.set("reuseaddr", "true");
  if (reuseport) params.set("reuseport", "true");
  if (tried) params.set("try", "1");
  const query = String(params).replaceAll("%3A", ":");
  return `/v1/ports/${encodeURIComponent(port)}${query && `?${query}`}`;
};

/** The same question for the command line. */
export const portCommand = ({ port, host, reuseaddr, reuseport }) =>
  ["fourwave why", port, host && `--host ${host}`, reuseaddr && "--reuseaddr", reuseport && "--reuseport"].filter(Boolean).join(" ");

// What the kernel's timers may be late by, when one waits for a port to be free.
const slack = 2.1;

/** Seconds left of something that passes by itself, now; null if it has no time. */
export function leftOf(port, passes) {
  if (!passes?.after) return null;
  return Math.max(0, seconds(passes.after) - (performance.now() - port.at) / 1000);
}

export function portActs(context) {
  const { state, draw, attempt, say } = context;
  const p = state.port;

  let turn = 0; // of the question asked last: what answers an earlier one comes too late

  async function overview() {
    try {
      p.machine = await get("/v1/ports", { lang: state.lang });
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      p.machine = null; // this machine's table cannot be read: each port's answer says why
    }
  }

  async function ask({ tried = false } = {}) {
    const mine = ++turn;
    p.errors = {};
    const form = { ...p.form, tried, port: p.form.port.trim(), host: p.form.host.trim() };
    if (!form.port) return void (p.errors.port = say("port.none"));
    try {
      const report = await get(portPath(form), { lang: state.lang });
      if (mine !== turn) return;
      Object.assign(p, { report: { ...report, asked: form }, at: performance.now() });
      state.said = report.answer;
    } catch (err) {
      const named = err instanceof Problem ? err.errors.filter((e) => e.parameter) : [];
      if (mine !== turn) return;
      if (named.length === 0) throw err;
      p.report = null;
      for (const { parameter, detail } of named) p.errors[parameter] ??= detail;
      requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(`port-${named[0].parameter}`)?.focus()));
    }
  }

  // While something passes by itself its seconds run down; when they are over the machine is asked again.
  setInterval(() => {
    if (state.view !== "port" || document.hidden || !p.report?.passes?.after) return;
    if (leftOf(p, p.report.passes) === 0 && (performance.now() - p.at) / 1000 > seconds(p.report.passes.after) + slack && !state.busy) attempt(() => ask());
    draw();
  }, 500);

  const act = {
    read(params) {
      const port = params.get("port");
      if (site) return draw(); // there is no machine to ask about
      attempt(overview);
      if (!port) return draw();
      p.form = { port, host: params.get("host") || "", reuseaddr: params.get("reuseaddr") === "true", reuseport: params.get("reuseport") === "true" };
      return attempt(() => ask());
    },

    /** Makes a real bind, undone at once. */
    tryBind: () => attempt(() => ask({ tried: true })),

    /** Asks about a port of the overview. */
    about(port) {
      p.form = { port, host: "", reuseaddr: false, reuseport: false };
      scrollTo({ top: 0 });
      return act.ask();
    },

    again: async () => (p.machine && (await overview()), p.report || Object.keys(p.errors).length > 0) && ask(),

    change(change) {
      Object.assign(p.form, change);
      draw();
    },

    ask() {
      const { port, host, reuseaddr, reuseport } = p.form;
      address("port", { port: port.trim(), host: host.trim(), reuseaddr: reuseaddr && "true", reuseport: reuseport && "true" });
      return attempt(() => ask());
    },
  };
  return Object.assign(act, otherActs(context));
}
