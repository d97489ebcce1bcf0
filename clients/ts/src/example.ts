// Restarts a server too early, and asks why its port is taken: node dist/example.js [URL]

import { connect, Refused, run } from "./index.js";

const client = connect({ baseUrl: process.argv[2] ?? "http://127.0.0.1:8080" });
const lab = await run(client, { experiment: "plain-restart", worlds: ["model"] });
for (const step of lab.steps) {
  const result = step.results["model"];
  console.log(`${step.text} = ${result?.result ?? "not run"}`);
  if (result?.why) console.log(`  ${result.why.text}`);
}

try {
  await run(client, { script: "+0 server bnid l :7865", worlds: ["model"] });
} catch (err) {
  if (!(err instanceof Refused)) throw err;
  console.log(`refused: ${err.status} ${err.problem?.errors?.[0]?.detail}`);
}
