// Answers as the contract has them, and what one does to them. No drawing, no requests.

const members = { choice: "choice", choices: "choices", number: "number", match: "match", order: "order", fields: "fields", line: "line", script: "script", steps: "steps" };

/** What a part's input holds, out of an answer to the whole question; undefined if nothing. */
export function valueOf(answer, part, parts) {
  const own = parts.length > 1 ? answer?.parts?.[part.id] : answer;
  return own?.[members[part.interaction]];
}

/** An answer to the whole question with a part's input changed; null if all are blank. */
export function withValue(answer, part, parts, value) {
  const own = blank(value) ? undefined : { [members[part.interaction]]: value };
  if (parts.length === 1) return own ?? null;
  const all = { ...answer?.parts, [part.id]: own };
  for (const id of Object.keys(all)) if (all[id] === undefined) delete all[id];
  return Object.keys(all).length ? { parts: all } : null;
}

function blank(value) {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === "object") return Object.values(value).every(blank);
  return false;
}

/** A list with one thing moved by so many places; the same list if it would fall off an end. */
export function moved(list, at, by) {
  const to = at + by;
  if (at < 0 || at >= list.length || to < 0 || to >= list.length) return list;
  const next = [...list];
  next.splice(to, 0, ...next.splice(at, 1));
  return next;
}

/** How many questions of an attempt have no answer yet. */
export const unanswered = (questions) => questions.filter((q) => q.answer === null || q.answer === undefined).length;

/** What is left until a deadline, in whole seconds by the server's clock; null without one. */
export function left(deadline, now, ahead) {
  if (!deadline) return null;
  return Math.max(0, Math.round((Date.parse(deadline) - (now + ahead)) / 1000));
}

/** The pause before a failed save is tried again: doubling, bounded. */
export const backoff = (tries) => Math.min(15_000, 500 * 2 ** tries);

/** Which answers to send: the revisions that the server has not acknowledged, oldest question first. */
export const waiting = (unsaved) => Object.keys(unsaved).map(Number).sort((a, b) => a - b);
