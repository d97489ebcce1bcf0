// Item analysis by simple-statistics: reads {marks: [[…]], points: […]} (a row an attempt, a column a question), writes
// what class.Statistics should say.
import { readFileSync } from "node:fs";
import * as ss from "simple-statistics";

const { marks, points } = JSON.parse(readFileSync(0, "utf8"));
const columns = points.map((_, i) => marks.map((row) => row[i]));
const totals = marks.map((row) => ss.sum(row));
const sorted = (x) => [...x].sort((a, b) => a - b);

const questions = columns.map((column, i) => {
  const shares = column.map((x) => x / points[i]);
  const rest = totals.map((total, r) => total - column[r]);
  const same = ss.sampleVariance(column) === 0 || ss.sampleVariance(rest) === 0;
  return {
    facility: ss.mean(shares),
    sd: ss.sampleStandardDeviation(shares),
    discrimination: same ? null : 100 * ss.sampleCorrelation(column, rest),
    efficiency: same ? null : (100 * ss.sampleCovariance(column, rest)) / ss.sampleCovariance(sorted(column), sorted(rest)),
  };
});
const k = points.length;
const alpha = (k / (k - 1)) * (1 - ss.sum(columns.map((c) => ss.sampleVariance(c))) / ss.sampleVariance(totals));
process.stdout.write(JSON.stringify({
  mean: ss.mean(totals), sd: ss.sampleStandardDeviation(totals), alpha,
  error: ss.sampleStandardDeviation(totals) * Math.sqrt(1 - alpha), questions,
}));
