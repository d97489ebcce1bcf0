// A story cut into bands, one a step of the script, so that several worlds lie side by side:
// what a step set off stands beside what the same step set off elsewhere.
//
// The order of a story is that in which its world told it.

/** The items of a world in one array a step. Steps of one instant ("&") share the band of the first. */
export function cut(world, steps) {
  const bands = steps.map(() => []);
  const of = new Map(); // each line's band
  steps.forEach((step, n) => of.set(step.line, step.same && n > 0 ? of.get(steps[n - 1].line) : bands[n]));
  for (const item of world.items) (of.get(item.line) ?? bands[0])?.push(item);
  return bands.map(inOrder);
}

/** What the delay before a step brought, the calls of one instant, and then what they set off. */
function inOrder(band) {
  const calls = band.filter((it) => it.kind === "step");
  const effects = band.filter((it) => it.kind !== "step" && !it.inDelay);
  const begins = Math.min(...effects.map((it) => it.at)); // a call is told when it has come back
  return [
    ...band.filter((it) => it.inDelay),
    ...calls.map((it) => ({ ...it, at: Math.min(it.at, begins) })),
    ...effects,
  ];
}
