// The matrix of bind rules: which part of it is shown, what the models say of it, and what this
// machine's kernel said when it was asked. Nothing here knows the document.

import { get, post, lines, Offline } from "../app/api.js";
import { address } from "../app/address.js";

export const states = ["BOUND", "LISTEN", "SYN-SENT", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK"];
export const roles = ["accepted", "open", "connected", "autobound"]; // open: accepted, and its listener still listens
export const systems = ["model", "kernel", "model:freebsd", "model:macos", "model:windows"];
export const options = ["none", "reuseaddr", "reuseport", "both"];
const models = systems.filter((s) => s !== "kernel");

const narrow = 544; // pixels, 34rem as in the style sheet: below, a map shows one address at first

/** The roles in which a socket can be in a state. */
export function rolesOf(state) {
  if (state === "BOUND" || state === "LISTEN") return ["accepted"];
  return state === "SYN-SENT" ? ["connected", "autobound"] : roles;
}

/** How sockets of a part came about, as a word of the page. */
export const roleWord = ({ existing, role }) => (rolesOf(existing).length === 1 ? "role.alone" : `role.${role}`);

/** Every part of the whole, in order. */
export const parts = states.flatMap((existing) => rolesOf(existing).map((role) => ({ existing, role })));

/** How many trials a part has: seven addresses with four options on either side, or four for sockets never bound. */
export const sizeOf = ({ role }) => (role === "autobound" ? 16 : 28) * 28;

export const wholeSize = parts.reduce((sum, part) => sum + sizeOf(part), 0);

const nameOf = ({ existing, role }) => `${existing} ${role}`;

export const newMatrix = () => ({
  existing: "TIME-WAIT",
  role: "accepted",
  system: "model",
  old: { addr: "", options: "" }, // "": all of them
  fresh: { addr: "", options: "" },
  data: null, // of GET /v1/matrix: rows, columns, cells by place, rules
  focus: [0, 0], // row and column of the cell that Tab comes to
  pick: null, // the row and column whose trial is told in full
  trial: null, // its answer
  measured: new Map(), // by part: {cells, summary}
  run: null, // the measuring under way: {done, total, whole, stop}
  stopped: false,
  wrong: [], // what the address names and nobody knows: [key, value]
});

/** What a row or a column is called: its address, and its options. */
export const addrOf = (s) => (s.v6only ? `${s.addr} v6only` : s.addr || s.via);
export const optionsOf = (s) => options[(s.reuseaddr ? 1 : 0) + (s.reuseport ? 2 : 0)];

/** An outcome in one word: "ok", an errno, "listen: EADDRINUSE", "unknown", "not run". */
export function wordOf(result) {
  if (!result) return "";
  return result.bind === "ok" && result.listen && result.listen !== "ok" ? `listen: ${result.listen}` : result.bind;
}

const known = (result) => result && result.bind !== "not run" && result.bind !== "unknown";

/** Whether two worlds that both answered answered differently. */
export const differs = (a, b) => Boolean(known(a) && known(b) && wordOf(a) !== wordOf(b));

/** What a system says of a cell; undefined for a kernel that was not asked. */
export function resultOf(m, system, row, column) {
  const n = row * m.data.columns.length + column;
  if (system === "kernel") return m.measured.get(nameOf(m))?.cells[n]?.kernel;
  return m.data.cells[n].results[system];
}

/** The rows and columns that the choice of addresses and options leaves. */
export function shown(m) {
  const fits = (want) => (s) => (!want.addr || addrOf(s) === want.addr) && (!want.options || optionsOf(s) === want.options);
  const places = (all, want) => all.map((s, n) => [s, n]).filter(([s]) => fits(want)(s)).map(([, n]) => n);
  return { rows: places(m.data.rows, m.old), columns: places(m.data.columns, m.fresh) };
}

export const measuredOf = (m, part = m) => m.measured.get(nameOf(part));

/** How many cells of the part shown differ between two systems. */
export function distance(m, a, b) {
  let n = 0;
  for (let r = 0; r < m.data.rows.length; r++) {
    for (let c = 0; c < m.data.columns.length; c++) if (differs(resultOf(m, a, r, c), resultOf(m, b, r, c))) n++;
  }
  return n;
}

const query = ({ existing, role }, worlds) =>
  `/v1/matrix?existing=${existing}&role=${role === "open" ? "accepted&listener_open=true" : role}&worlds=${worlds.join(",")}`;

export const matrixQuery = (m) => query(m, m.system === "kernel" ? ["model", "kernel"] : [m.system]);

/** The trial of a row and a column, as POST /v1/trials takes it. */
export const trialOf = (data, row, column, worlds) => ({ existing: [data.rows[row]], new: data.columns[column], worlds });

/** Whether a world makes trials, which can run where labs cannot. */
export const tries = (world) => Boolean(world?.runs || world?.details?.trials);

export function matrixActs({ state, draw, attempt }) {
  const m = state.matrix;
  const kernelRuns = () => tries(state.capabilities?.worlds.find((w) => w.name === "kernel"));

  function name() {
    const pick = m.pick && m.data ? `${placeName(m.data.rows[m.pick[0]])},${placeName(m.data.columns[m.pick[1]])}` : "";
    address("matrix", {
      matrix: m.existing, role: m.role === rolesOf(m.existing)[0] ? "" : m.role, system: m.system === "model" ? "" : m.system,
      old: m.old.addr, "old-options": m.old.options, new: m.fresh.addr, "new-options": m.fresh.options, cell: pick,
    });
  }

  const placeName = (s) => `${addrOf(s)} ${optionsOf(s)}`;

  async function load() {
    const part = { existing: m.existing, role: m.role };
    const data = await get(query(part, models), { lang: state.lang });
    if (nameOf(part) !== nameOf(m)) return;
    m.data = data;
    const last = [data.rows.length - 1, data.columns.length - 1];
    m.focus = m.focus.map((n, i) => Math.min(n, last[i]));
    if (m.pick?.some((n, i) => n > last[i])) m.pick = null;
    draw();
  }

  /** Asks all systems, and this kernel if it can be asked, for the trial of the cell that was picked. */
  async function ask() {
    if (!m.pick) return;
    const [row, column] = m.pick;
    m.trial = null;
    const worlds = systems.filter((s) => s !== "kernel" || kernelRuns());
    const trial = await post("/v1/trials", trialOf(m.data, row, column, worlds), { lang: state.lang });
    if (m.pick?.[0] === row && m.pick?.[1] === column) m.trial = trial;
    draw();
  }

  /** Measures a part, cell by cell as the answers come, and looks twice at what differs. */
  async function measurePart(part, run) {
    const seen = { cells: [], summary: null, rows: [], columns: [] };
    m.measured.set(nameOf(part), seen);
    for await (const line of lines(query(part, ["model", "kernel"]), { signal: run.control.signal })) {
      if (line.matrix) Object.assign(seen, { rows: line.matrix.rows, columns: line.matrix.columns });
      if (line.summary) seen.summary = line.summary;
      if (!line.results) continue;
      seen.cells.push({ ...line.results, verdict: line.verdict });
      run.done++;
      if (performance.now() - run.drawn < 100) continue;
      run.drawn = performance.now();
      draw();
    }
    if (!seen.summary) throw new Offline("the answer was broken off");
    await lookAgain(seen, run);
    seen.summary = { trials: seen.cells.length, agree: 0, differ: 0, not_run: 0 };
    for (const cell of seen.cells) seen.summary[cell.verdict.replace(" ", "_")]++;
  }

  /** A machine that stalls may build a situation too late: what differs, or ran in one world only, is tried once more. */
  async function lookAgain(seen, run) {
    const width = seen.columns.length;
    const lone = (cell) => (cell.model.bind === "not run") !== (cell.kernel.bind === "not run");
    const again = seen.cells.flatMap((cell, n) => (cell.verdict === "differ" || lone(cell) ? [n] : []));
    if (again.length === 0) return;
    const trials = again.map((n) => trialOf(seen, Math.floor(n / width), n % width, ["model", "kernel"]));
    const answer = await post("/v1/trials", trials, { signal: run.control.signal });
    again.forEach((n, i) => (seen.cells[n] = { ...answer.trials[i].results, verdict: answer.trials[i].verdict }));
  }

  const act = {
    /** Shows what the address names; what it does not name stays as it is on a first visit. */
    read(params) {
      m.wrong = [];
      const chosen = (key, of, otherwise) => {
        const value = params.get(key);
        if (of.includes(value)) return value;
        if (value) m.wrong.push([key, value]);
        return otherwise;
      };
      const before = nameOf(m);
      m.existing = chosen("matrix", states, m.data ? m.existing : "TIME-WAIT");
      m.role = chosen("role", rolesOf(m.existing), rolesOf(m.existing)[0]);
      m.system = chosen("system", systems, "model");
      m.old = { addr: "", options: chosen("old-options", options, "") };
      m.fresh = { addr: "", options: chosen("new-options", options, "") };
      Object.assign(m, { pick: null, trial: null });
      if (before !== nameOf(m)) m.data = null;
      return attempt(async () => {
        if (!m.data) await load();
        m.old.addr = chosen("old", m.data.rows.map(addrOf), "");
        // A telephone has room for the columns of one address; the others are a choice away.
        m.fresh.addr = chosen("new", m.data.columns.map(addrOf), innerWidth < narrow ? addrOf(m.data.columns[0]) : "");
        const [row, column] = (params.get("cell") || "").split(",");
        const find = (all, text) => all.findIndex((s) => placeName(s) === text);
        const pick = [find(m.data.rows, row), find(m.data.columns, column)];
        m.pick = pick.includes(-1) ? null : pick;
        if (params.get("cell") && !m.pick) m.wrong.push(["cell", params.get("cell")]);
        if (m.pick) m.focus = m.pick;
        await ask();
      });
    },

    /** The same again in another language. */
    again: async () => {
      await load();
      await ask();
    },

    /** Changes what is shown: existing, role, system, old, fresh. */
    choose(change) {
      const before = nameOf(m);
      Object.assign(m, change);
      if (!rolesOf(m.existing).includes(m.role)) m.role = rolesOf(m.existing)[0];
      const other = before !== nameOf(m);
      if (other) Object.assign(m, { pick: null, trial: null, data: null, old: { ...m.old, addr: "" } });
      name();
      if (other) attempt(load);
      else draw();
    },

    /** The cell that Tab comes to. */
    focus(row, column) {
      m.focus = [row, column];
      draw();
    },

    pick(row, column) {
      m.pick = m.focus = [row, column];
      name();
      return attempt(ask);
    },

    /** Measures what is shown, or all of it. */
    measure: (whole) =>
      attempt(async () => {
        const todo = whole ? parts : [{ existing: m.existing, role: m.role }];
        const control = new AbortController();
        const run = { done: 0, drawn: 0, total: todo.reduce((sum, p) => sum + sizeOf(p), 0), whole, control };
        Object.assign(m, { run, stopped: false });
        try {
          for (const part of todo) {
            run.part = part;
            await measurePart(part, run);
          }
        } catch (err) {
          m.measured.delete(nameOf(run.part));
          if (!control.signal.aborted) throw err;
          m.stopped = true;
        } finally {
          m.run = null;
          draw();
        }
      }),

    stop: () => m.run?.control.abort(),

    /** What was measured so far, over all parts: counts, and the parts that have been. */
    total() {
      const sum = { trials: 0, agree: 0, differ: 0, not_run: 0, parts: 0 };
      for (const { summary } of m.measured.values()) {
        if (!summary) continue;
        sum.parts++;
        for (const key of ["trials", "agree", "differ", "not_run"]) sum[key] += summary[key];
      }
      return sum;
    },
  };
  return act;
}
