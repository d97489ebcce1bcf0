// Which line of a lab answers its question.

const isErrno = (result) => /^E[A-Z]+[A-Z0-9]*$/.test(result || "") && result !== "EOF" && result !== "EAGAIN";

/**
 * The step that tells most: the first that the worlds differ on or that ended unlike the script says,
 * else the first call that is refused with a socket in the way, the first that is refused, the last with a reason, the last.
 */
export function tellingStep(lab) {
  const steps = lab.steps;
  const some = (test) => steps.findIndex((step) => Object.values(step.results || {}).some((r) => test(r, step)));
  const last = (test) => steps.findLastIndex((step) => Object.values(step.results || {}).some((r) => test(r, step)));
  const found = [
    steps.findIndex((s) => s.expected === false),
    some((r) => isErrno(r.result) && r.why?.conflict),
    some((r) => isErrno(r.result)),
    steps.findIndex((s) => s.verdict === "differ"),
    last((r, s) => r.why && r.result === "ok" && s.text.startsWith("bind") && s.phase),
    last((r, s) => s.text.startsWith("state ") || s.text.startsWith("forge ")),
    last((r) => r.result && r.result !== "not run"),
  ];
  return found.find((n) => n >= 0) ?? -1;
}

/** The first sentence of a text, in English or Chinese; the rest. */
export function sentences(text) {
  const cut = /[。！？]|[.!?](?=\s+[A-Z0-9"'(])/.exec(text || "");
  if (!cut) return [text || "", ""];
  const end = cut.index + 1;
  return [text.slice(0, end), text.slice(end).trim()];
}

/** The result of a step that its answer shows: that of the first world that has one. */
export function resultOf(step, worlds) {
  for (const name of worlds) {
    const r = step.results?.[name];
    if (r && r.result !== "not run") return r;
  }
  return null;
}
