// The cards of practice: what is due, and how two decks become one. No drawing, no requests.

/** What is remembered: a kind of question, the rule that decides it and the misconception that was fallen for. */
export const keyOf = (kind, grade) => [kind, grade.why?.rule ?? "", grade.myth ?? ""].join(" / ");

/** The cards that are due, the longest overdue first. */
export function due(cards, now) {
  return Object.values(cards).filter((c) => Date.parse(c.card.due) <= now).sort((a, b) => Date.parse(a.card.due) - Date.parse(b.card.due));
}

/** Two decks as one: of each card the one that was reviewed last. */
export function later(mine, theirs) {
  const out = { ...mine };
  for (const [key, card] of Object.entries(theirs || {})) {
    const own = out[key];
    if (!own || Date.parse(card.card.last_review ?? 0) > Date.parse(own.card.last_review ?? 0)) out[key] = card;
  }
  return out;
}
