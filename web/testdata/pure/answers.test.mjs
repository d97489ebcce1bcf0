import test from "node:test";
import assert from "node:assert/strict";
import { backoff, left, moved, unanswered, valueOf, waiting, withValue } from "../../static/quiz/answers.js";
import { due, keyOf, later } from "../../static/quiz/memory.js";
import { schedule } from "../../static/quiz/fsrs.js";

const one = [{ id: "p1", interaction: "choice" }];
const two = [{ id: "p1", interaction: "choice" }, { id: "p2", interaction: "number" }];

test("an answer to one part is the part's own, to several it names them", () => {
  assert.deepEqual(withValue(null, one[0], one, "b"), { choice: "b" });
  const first = withValue(null, two[0], two, "b");
  assert.deepEqual(withValue(first, two[1], two, "48"), { parts: { p1: { choice: "b" }, p2: { number: "48" } } });
  assert.equal(valueOf(first, two[0], two), "b");
  assert.equal(valueOf(null, two[0], two), undefined);
});

test("what is emptied again is a blank", () => {
  assert.equal(withValue({ choice: "b" }, one[0], one, ""), null);
  assert.equal(withValue({ parts: { p2: { number: "4" } } }, two[1], two, ""), null);
  assert.equal(withValue(null, { id: "p1", interaction: "match" }, [{}], { server: "" }), null);
});

test("a move keeps the list where it would fall off", () => {
  assert.deepEqual(moved(["a", "b", "c"], 2, -1), ["a", "c", "b"]);
  assert.deepEqual(moved(["a", "b"], 0, -1), ["a", "b"]);
  assert.deepEqual(moved(["a", "b"], 1, 1), ["a", "b"]);
});

test("time is the server's", () => {
  assert.equal(left("2026-12-01T08:20:00Z", Date.parse("2026-12-01T08:00:00Z"), 60_000), 19 * 60);
  assert.equal(left("2026-12-01T08:00:00Z", Date.parse("2026-12-01T09:00:00Z"), 0), 0);
  assert.equal(left(undefined, 0, 0), null);
});

test("what waits is sent in order, at ever longer intervals up to a bound", () => {
  assert.deepEqual(waiting({ 10: {}, 2: {} }), [2, 10]);
  assert.equal(unanswered([{ answer: null }, { answer: { choice: "a" } }, {}]), 2);
  assert.equal(backoff(0), 500);
  assert.equal(backoff(30), 15_000);
});

test("a wrong answer comes back soon, a right one later, the same each time", () => {
  const now = new Date("2026-12-01T08:00:00Z");
  const again = schedule(undefined, 1, now);
  const good = schedule(undefined, 3, now);
  assert.ok(Date.parse(again.due) < Date.parse(good.due));
  assert.deepEqual(schedule(good, 3, new Date(good.due)), schedule(good, 3, new Date(good.due)));
  assert.ok(Date.parse(schedule(good, 3, new Date(good.due)).due) > Date.parse(good.due));
});

test("cards that are due come longest overdue first, and decks join by the last review", () => {
  const card = (d, r) => ({ card: { due: d, last_review: r } });
  const cards = { a: card("2026-01-02", "2026-01-01"), b: card("2026-01-01", "2026-01-01"), c: card("2030-01-01", "2026-01-01") };
  assert.deepEqual(due(cards, Date.parse("2026-02-01")).map((x) => x.card.due), ["2026-01-01", "2026-01-02"]);
  assert.equal(later(cards, { a: card("2027-01-01", "2026-06-01"), d: card("2027-01-01") }).a.card.due, "2027-01-01");
  assert.equal(keyOf("who-waits", { why: { rule: "r" }, myth: "both-wait" }), "who-waits / r / both-wait");
});
