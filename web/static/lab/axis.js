// The axis of the scrubber: moments in true proportion, long waits folded.

const fold = 0.07; // share of the axis that a folded wait takes, at most

/**
 * Places moments of the given times on an axis from 0 to 1. A wait much longer than most is folded:
 * it takes a fixed share, and is listed with its middle and its length in seconds.
 */
export function axisOf(times) {
  if (times.length < 2) return { at: times.map(() => 0), folds: [] };
  const gaps = times.slice(1).map((t, i) => Math.max(0, t - times[i]));
  const some = gaps.filter((g) => g > 0).sort((a, b) => a - b);
  const long = Math.max(0.002, 8 * (some[Math.floor(some.length / 2)] || 0));
  const folded = gaps.filter((g) => g > long).length;
  const share = Math.min(fold, 0.45 / Math.max(1, folded));
  const least = 0.35 / gaps.length; // so that moments of one instant can be told apart
  const open = gaps.filter((g) => g <= long).reduce((sum, g) => sum + g, 0);
  const rest = 1 - share * folded - least * gaps.length;
  const at = [0];
  const folds = [];
  gaps.forEach((gap, i) => {
    const wide = gap > long ? share : open > 0 ? (gap / open) * rest : rest / Math.max(1, gaps.length - folded);
    if (gap > long) folds.push({ at: at[i] + (wide + least) / 2, time: gap, before: i + 1 });
    at.push(at[i] + wide + least);
  });
  const end = at.at(-1);
  return { at: at.map((x) => x / end), folds: folds.map((f) => ({ ...f, at: f.at / end })) };
}

/** The moment nearest to a place on the axis. */
export function nearest(axis, x) {
  let best = 0;
  axis.at.forEach((at, i) => {
    if (Math.abs(at - x) < Math.abs(axis.at[best] - x)) best = i;
  });
  return best;
}
