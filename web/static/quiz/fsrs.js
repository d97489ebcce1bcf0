// When a card comes back: FSRS, as ts-fsrs has it, without chance.

import { createEmptyCard, fsrs, generatorParameters } from "../vendor/ts-fsrs.js";

const scheduler = fsrs(generatorParameters({ enable_fuzz: false }));

/** The card after a review at a time, rated 1 (again) to 4 (easy); a new card for undefined. */
export function schedule(card, rating, now) {
  const before = card ? { ...card, due: new Date(card.due), last_review: card.last_review && new Date(card.last_review) } : createEmptyCard(now);
  return JSON.parse(JSON.stringify(scheduler.next(before, now, rating).card));
}
