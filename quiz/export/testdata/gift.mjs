// Reads GIFT with gift-pegjs and writes what it understood as JSON.
import { readFileSync } from "node:fs";
import { parse } from "gift-pegjs";

const questions = parse(readFileSync(process.argv[2], "utf8"));
process.stdout.write(JSON.stringify(questions.filter((q) => q.type !== "Category")));
