// Reviews cards by ts-fsrs as the page does: reads [[{at, rating}, …], …], writes the card after each review.
import { readFileSync } from "node:fs";
import { schedule } from "../../../web/static/quiz/fsrs.js";

const stories = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(stories.map((story) => {
  let card;
  return story.map(({ at, rating }) => (card = schedule(card, rating, new Date(at))));
})));
