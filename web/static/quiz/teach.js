// A teacher's quizzes: making one, its code, who is at it, live mode, results, statistics, a paper for print.

import { html } from "../app/html.js";
import { download, get, listen, patch, post, put, remove, Problem } from "../app/api.js";
import { memory } from "../app/memory.js";
import { Curl } from "../app/parts.js";
import { kindName, Question } from "./input.js";

export const newTeaching = () => ({
  kinds: [], topics: [], quizzes: JSON.parse(memory.get("teacher") || "[]"),
  format: "moodle", variants: 1,
  draft: { title: "", mode: "homework", time_limit: "", slots: [{ kind: "", level: 2, count: 5 }], roster: false, verify: true, hints: 0 },
  id: "", quiz: null, attempts: [], statistics: null, paper: null, roster: "", pins: null, asked: null,
});

const modes = ["homework", "practice", "exam", "live"];
const formats = ["moodle", "gift", "qti12", "qti21", "qti3", "aiken", "json"];

/** Saves a file that was downloaded. */
function saveAs(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function teachingActs({ state, draw, attempt }) {
  const t = state.teaching;
  const key = () => t.quizzes.find((q) => q.id === t.id)?.key;
  const auth = () => ({ headers: { Authorization: `Bearer ${key()}` } });
  const at = (path) => `/v1/quizzes/${t.id}${path}`;
  let stop = null;

  const keep = () => memory.set("teacher", JSON.stringify(t.quizzes));

  async function look() {
    t.quiz = await get(at(""), { lang: state.lang, ...auth() });
    t.attempts = (await get(at("/attempts"), auth())).items;
    draw();
  }

  async function open(id) {
    stop?.();
    Object.assign(t, { id, quiz: null, attempts: [], statistics: null, paper: null, pins: null, asked: null });
    await look();
    let due = null;
    stop = listen(at("/events"), { ...auth(), each: () => { due ||= setTimeout(() => { due = null; look().catch(() => {}); }, 250); } });
  }

  return {
    async read(id) {
      if (!t.kinds.length) {
        t.kinds = (await get("/v1/question-kinds", { lang: state.lang })).items;
        t.topics = [...new Set(t.kinds.flatMap((k) => k.topics))].sort();
        if (!t.draft.slots[0].kind) t.draft.slots[0].kind = t.kinds[0].kind;
      }
      if (id && t.quizzes.some((q) => q.id === id)) {
        try {
          await open(id);
        } catch (err) {
          if (!(err instanceof Problem) || err.status !== 404) throw err;
          t.quizzes = t.quizzes.filter((q) => q.id !== id); // it is gone
          t.id = "";
          keep();
        }
      } else {
        stop?.();
        Object.assign(t, { id: "", quiz: null, paper: null });
      }
      draw();
    },

    again: () => t.id && look(),

    draft(change) {
      Object.assign(t.draft, change);
      draw();
    },

    slot(at, change) {
      t.draft.slots = t.draft.slots.map((s, i) => (i === at ? { ...s, ...change } : s));
      draw();
    },

    slots(by, at) {
      t.draft.slots = by > 0 ? [...t.draft.slots, { kind: t.kinds[0]?.kind ?? "", level: 2, count: 5 }] : t.draft.slots.filter((_, i) => i !== at);
      draw();
    },

    make: () =>
      attempt(async () => {
        const d = t.draft;
        const settings = {
          title: { [state.lang]: d.title.trim() || "Quiz" }, mode: d.mode, roster: d.roster, hints: Number(d.hints),
          slots: d.slots.map(({ kind, level, count }) => ({ kind, level: Number(level), count: Number(count) })),
          ...(d.time_limit && { time_limit: `${Number(d.time_limit)}m` }), ...(d.verify && { verify: "kernel" }),
        };
        const q = await post("/v1/quizzes", settings, { lang: state.lang });
        t.quizzes = [{ id: q.id, key: q.teacher_key, title: d.title || q.code, code: q.code }, ...t.quizzes];
        keep();
        location.hash = `#quiz=teach&id=${q.id}`;
      }),

    live: (what) => attempt(async () => { await post(at("/live"), { do: what }, auth()); await look(); }),

    setRoster: () =>
      attempt(async () => {
        const lines = t.roster.split(/\r?\n/).map((l) => l.trim()).filter(Boolean);
        const students = lines.map((l) => { const [student, name = ""] = l.split(/[,;\t]/); return { student: student.trim(), name: name.trim() }; });
        t.pins = (await put(at("/roster"), { items: students }, auth())).items;
        await look();
      }),

    roster(text) {
      t.roster = text;
      draw();
    },

    statistics: () => attempt(async () => { t.statistics = await get(at("/statistics"), auth()); }),
    questions: () => attempt(async () => { t.asked = (await get(at("/questions?key=1"), { lang: state.lang, ...auth() })).items; }),
    paper: (student) => attempt(async () => { t.paper = { student, items: (await get(at(`/paper?seed_of=${encodeURIComponent(student)}`), { lang: state.lang, ...auth() })).items }; }),
    print: () => window.print(),
    withdraw: (n) => attempt(async () => { t.quiz = await post(at(`/questions/${n}/withdrawal`), { policy: "full" }, { lang: state.lang, ...auth() }); await look(); }),
    more: (id) => attempt(async () => { await patch(at(`/attempts/${id}`), { extra_time: "5m" }, auth()); await look(); }),

    results: (shape) =>
      attempt(async () => {
        const xapi = shape === "xapi";
        const blob = await download(at(xapi ? "/results" : `/results?shape=${shape}&bom=true`), { ...auth(), accept: xapi ? "application/x-ndjson" : "text/csv" });
        saveAs(blob, xapi ? "results.ndjson" : `results-${shape}.csv`);
      }),

    show(change) {
      Object.assign(t, change);
      draw();
    },

    /** The questions with their keys, for another system. */
    exported: () =>
      attempt(async () => {
        const { format, variants } = t;
        const blob = await download(at(`/export?format=${format}&variants=${Number(variants) || 1}&lang=${state.lang}`), { method: "POST", ...auth() });
        saveAs(blob, `questions-${format}.${{ gift: "txt", aiken: "txt", moodle: "xml", qti12: "xml", json: "json" }[format] ?? "zip"}`);
      }),

    forget: () =>
      attempt(async () => {
        await remove(at(""), auth());
        t.quizzes = t.quizzes.filter((q) => q.id !== t.id);
        keep();
        location.hash = "#quiz=teach";
      }),
  };
}

export function Teaching({ state, say, act }) {
  const t = state.teaching;
  return html`
    <div class="ask"><h1>${say("quiz.teach")}</h1></div>
    ${t.paper ? html`<${Paper} t=${t} say=${say} act=${act} />` : t.quiz ? html`<${Managed} t=${t} say=${say} act=${act} />` : html`<${Make} t=${t} say=${say} act=${act} />`}`;
}

function Make({ t, say, act }) {
  const d = t.draft;
  return html`
    ${t.quizzes.length > 0 && html`<section class="card" aria-labelledby="mine"><h2 id="mine">${say("quiz.mine")}</h2><ul>${t.quizzes.map((q) => html`<li key=${q.id}><a href=${`#quiz=teach&id=${q.id}`}>${q.title} (${q.code})</a></li>`)}</ul></section>`}
    <form class="card" aria-labelledby="new-quiz" onSubmit=${(e) => (e.preventDefault(), act.teaching.make())}>
      <h2 id="new-quiz">${say("quiz.new")}</h2>
      <label class="field" for="title"><span>${say("quiz.title.label")}</span><input id="title" maxlength="200" value=${d.title} onInput=${(e) => act.teaching.draft({ title: e.target.value })} /></label>
      <label class="field" for="mode"><span>${say("quiz.mode")}</span><select id="mode" value=${d.mode} onChange=${(e) => act.teaching.draft({ mode: e.target.value })}>${modes.map((m) => html`<option key=${m} value=${m} selected=${d.mode === m}>${say(`quiz.mode.${m}`)}</option>`)}</select></label>
      <label class="field" for="limit"><span>${say("quiz.limit")}</span><input id="limit" type="number" min="1" max="600" value=${d.time_limit} onInput=${(e) => act.teaching.draft({ time_limit: e.target.value })} /></label>
      <label class="field" for="hints"><span>${say("quiz.hints")}</span><input id="hints" type="number" min="0" max="3" value=${d.hints} onInput=${(e) => act.teaching.draft({ hints: e.target.value })} /></label>
      <label class="choice"><input type="checkbox" checked=${d.roster} onChange=${() => act.teaching.draft({ roster: !d.roster })} /><span>${say("quiz.roster.need")}</span></label>
      <label class="choice"><input type="checkbox" checked=${d.verify} onChange=${() => act.teaching.draft({ verify: !d.verify })} /><span>${say("quiz.verify")}</span></label>
      ${d.slots.map((s, i) => html`
        <fieldset key=${i} class="slot"><legend>${say("quiz.slot", { n: i + 1 })}</legend>
          <label class="inline"><span>${say("quiz.kind")}</span><select aria-label=${say("quiz.kind")} value=${s.kind} onChange=${(e) => act.teaching.slot(i, { kind: e.target.value })}>${t.kinds.map((k) => html`<option key=${k.kind} value=${k.kind} selected=${s.kind === k.kind}>${kindName(say, k.kind)}</option>`)}</select></label>
          <label class="inline"><span>${say("quiz.level")}</span><input type="number" min="1" max="3" value=${s.level} onInput=${(e) => act.teaching.slot(i, { level: e.target.value })} /></label>
          <label class="inline"><span>${say("quiz.count")}</span><input type="number" min="1" max="50" value=${s.count} onInput=${(e) => act.teaching.slot(i, { count: e.target.value })} /></label>
          ${d.slots.length > 1 && html`<button type="button" class="small" onClick=${() => act.teaching.slots(-1, i)}>${say("quiz.slot.out")}</button>`}
        </fieldset>`)}
      <div class="row"><button type="button" onClick=${() => act.teaching.slots(1)}>${say("quiz.slot.more")}</button><button type="submit" class="primary">${say("quiz.make")}</button></div>
    </form>`;
}

function Managed({ t, say, act }) {
  const q = t.quiz;
  return html`
    <section class="card" aria-labelledby="this-quiz">
      <p class="quiet"><a href="#quiz=teach">${say("quiz.mine")}</a></p>
      <h2 id="this-quiz">${q.title.en || q.title.zh || q.code}</h2>
      <p class="code" aria-label=${say("quiz.code", { code: q.code })}>${q.code}</p>
      <p>${say(`quiz.status.${q.status}`)} · ${say("quiz.counts", { n: q.questions, points: say.number(q.points) })}${q.verify === "kernel" ? ` · ${say("quiz.verifiedcount", { of: q.verified })}` : ""}</p>
      <${Curl} command=${q.join} what="quiz.link" say=${say} act=${act} />
      ${q.oracles === "open" && html`<p class="notice">${say("quiz.oracles")}</p>`}
      ${q.live && html`<${LiveControls} q=${q} say=${say} act=${act} />`}
      <div class="row">
        <button type="button" onClick=${() => act.teaching.questions()}>${say("quiz.show")}</button>
        <button type="button" onClick=${() => act.teaching.statistics()}>${say("quiz.statistics")}</button>
        ${["wide", "long", "moodle", "canvas", "xapi"].map((s) => html`<button key=${s} type="button" class="small" onClick=${() => act.teaching.results(s)}>${say(`quiz.results.${s}`)}</button>`)}
        <button type="button" class="small" onClick=${() => act.teaching.forget()}>${say("quiz.forget")}</button>
      </div>
      <form class="row" onSubmit=${(e) => (e.preventDefault(), act.teaching.exported())}>
        <label class="inline"><span>${say("quiz.export.format")}</span><select id="format" value=${t.format} onChange=${(e) => act.teaching.show({ format: e.target.value })}>${formats.map((f) => html`<option key=${f} value=${f} selected=${t.format === f}>${say(`quiz.export.${f}`)}</option>`)}</select></label>
        <label class="inline"><span>${say("quiz.export.variants")}</span><input id="variants" type="number" min="1" max="50" value=${t.variants} onInput=${(e) => act.teaching.show({ variants: e.target.value })} /></label>
        <button type="submit" class="small">${say("quiz.export")}</button>
      </form>
    </section>
    ${q.roster && html`<${Roster} t=${t} say=${say} act=${act} />`}
    <${Grid} t=${t} say=${say} act=${act} />
    ${t.statistics && html`<${Statistics} d=${t.statistics} say=${say} act=${act} />`}
    ${t.asked && html`<section class="card" aria-labelledby="asked"><h2 id="asked">${say("quiz.show")}</h2>${t.asked.map((a) => html`
      <div key=${a.n}><h3>${say("quiz.question", { n: a.n, points: say.number(a.points) })}</h3>
        <${Question} question=${a.question} answer=${null} name=${`k${a.n}`} say=${say} disabled=${true} set=${() => {}} />
        <p class="good"><b>${say("quiz.key", { right: a.right })}</b></p><p class="rest">${a.why}</p>
        ${!a.withdrawn && html`<button type="button" class="small" onClick=${() => act.teaching.withdraw(a.n)}>${say("quiz.withdraw", { n: a.n })}</button>`}
      </div>`)}</section>`}`;
}

function LiveControls({ q, say, act }) {
  const next = { lobby: ["open"], open: ["close"], closed: ["reveal", "next"], revealed: ["next", "end"], done: [] }[q.live.phase];
  return html`<div role="status"><p><b>${say("quiz.live.now", { n: q.live.question, phase: say(`quiz.phase.${q.live.phase}`) })}</b></p>
    <div class="row">${next.filter((d) => d !== "next" || q.live.question < q.questions).map((d) => html`<button key=${d} type="button" class="primary" onClick=${() => act.teaching.live(d)}>${say(`quiz.live.${d}`)}</button>`)}</div></div>`;
}

function Roster({ t, say, act }) {
  return html`<section class="card" aria-labelledby="roster-title"><h2 id="roster-title">${say("quiz.roster")}</h2>
    <label for="roster">${say("quiz.roster.lead")}</label>
    <textarea id="roster" rows="4" value=${t.roster} onInput=${(e) => act.teaching.roster(e.target.value)}></textarea>
    <div class="row"><button type="button" onClick=${() => act.teaching.setRoster()}>${say("quiz.roster.set")}</button></div>
    ${t.pins && html`<div class="scroll" tabindex="0" role="group" aria-label=${say("quiz.pins")}><table><caption>${say("quiz.pins")}</caption><thead><tr><th scope="col">${say("quiz.grid.student")}</th><th scope="col">PIN</th></tr></thead><tbody>${t.pins.map((p) => html`<tr key=${p.student}><th scope="row">${p.student}</th><td><code>${p.pin || say("quiz.pin.kept")}</code></td></tr>`)}</tbody></table></div>`}
  </section>`;
}

/** Who is at it: a row a student, a cell a question. */
function Grid({ t, say, act }) {
  const cells = Array.from({ length: t.quiz.questions }, (_, i) => i + 1);
  const here = t.attempts.filter((a) => a.status !== "absent").length;
  return html`<section class="card" aria-labelledby="grid-title"><h2 id="grid-title">${say("quiz.progress")}</h2>
    <p role="status">${say("quiz.progress.now", { here, all: t.attempts.length, done: t.attempts.filter((a) => a.status === "submitted").length })}</p>
    ${t.attempts.length > 0 && html`<div class="scroll" tabindex="0" role="group" aria-label=${say("quiz.progress")}><table class="grid">
      <thead><tr><th scope="col">${say("quiz.grid.student")}</th>${cells.map((n) => html`<th key=${n} scope="col">${n}</th>`)}<th scope="col">${say("quiz.score")}</th><th scope="col"><span class="hidden">${say("quiz.acts")}</span></th></tr></thead>
      <tbody>${t.attempts.map((a) => html`<tr key=${a.id || a.student}>
        <th scope="row">${a.student}${a.name ? ` ${a.name}` : ""}</th>
        ${cells.map((n) => html`<td key=${n}>${a.saved.includes(n) ? html`<span class="good"><span aria-hidden="true">●</span><span class="hidden">${say("quiz.cell.saved")}</span></span>` : html`<span class="rest"><span aria-hidden="true">·</span><span class="hidden">${say("quiz.cell.blank")}</span></span>`}</td>`)}
        <td>${a.score === undefined ? say(`quiz.attempt.${a.status}`) : `${say.number(a.score)} / ${say.number(a.max)}`}</td>
        <td>${a.id && html`<button type="button" class="small" aria-label=${say("quiz.paper.of", { student: a.student })} onClick=${() => act.teaching.paper(a.student)}>${say("quiz.paper")}</button>`}
          ${a.status === "open" && a.deadline && html`<button type="button" class="small" aria-label=${say("quiz.more.of", { student: a.student })} onClick=${() => act.teaching.more(a.id)}>+5 min</button>`}</td>
      </tr>`)}</tbody></table></div>`}
  </section>`;
}

function Statistics({ d, say }) {
  const show = (x, digits = 2) => (x === null || x === undefined ? "–" : say.number(Number(x.toFixed(digits))));
  return html`<section class="card" aria-labelledby="stat"><h2 id="stat">${say("quiz.statistics")}</h2>
    <p>${say("quiz.stat.all", { n: d.n, mean: show(d.mean), alpha: show(d.alpha) })}</p>
    <div class="scroll" tabindex="0" role="group" aria-label=${say("quiz.statistics")}><table>
      <thead><tr>${["q", "kind", "n", "facility", "sd", "discrimination", "efficiency", "flags"].map((k) => html`<th key=${k} scope="col">${say(`quiz.stat.${k}`)}</th>`)}</tr></thead>
      <tbody>${d.questions.map((q) => html`<tr key=${q.n} class=${q.few ? "quiet" : ""}><th scope="row">${q.n}</th><td>${kindName(say, q.kind)}</td><td>${q.n_answers}</td><td>${show(q.facility)}</td><td>${show(q.sd)}</td><td>${show(q.discrimination, 0)}</td><td>${show(q.efficiency, 0)}</td><td>${q.flags.join(", ")}</td></tr>`)}</tbody>
    </table></div>
    <h3>${say("quiz.stat.myths")}</h3>
    <ul>${d.myths.filter((m) => m.chosen > 0).map((m) => html`<li key=${m.myth}><b>${m.myth}</b>: ${say("quiz.stat.myth", { chosen: m.chosen, offered: m.offered, students: m.students })}</li>`)}</ul>
  </section>`;
}

function Paper({ t, say, act }) {
  return html`<section class="card paper" aria-labelledby="paper-title"><h2 id="paper-title">${say("quiz.paper.of", { student: t.paper.student })}</h2>
    <div class="row noprint"><button type="button" class="primary" onClick=${() => act.teaching.print()}>${say("quiz.print")}</button><button type="button" onClick=${() => act.teaching.show({ paper: null })}>${say("quiz.back")}</button></div>
    ${t.paper.items.map((a) => html`<div key=${a.n} class="item"><h3>${say("quiz.question", { n: a.n, points: say.number(a.points) })}</h3><${Question} question=${a.question} answer=${null} name=${`p${a.n}`} say=${say} disabled=${false} set=${() => {}} /></div>`)}
  </section>`;
}
