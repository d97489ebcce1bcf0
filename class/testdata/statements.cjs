// Judges xAPI statements, a line each, by xapi-validation; writes the warnings of each line.
const { readFileSync } = require("node:fs");
const validate = require("xapi-validation").default;

const lines = readFileSync(0, "utf8").split("\n").filter(Boolean);
process.stdout.write(JSON.stringify(lines.map((line) => validate(JSON.parse(line)).map(String))));
