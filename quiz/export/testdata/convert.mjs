// Converts packages of QTI 2.1 to QTI 3 with qti-convert: node convert.mjs in.zip out.zip …
import { createRequire } from "node:module";

globalThis.SaxonJS = createRequire(import.meta.url)("saxon-js"); // where the converter looks for it
const { convertPackageFile } = await import("@citolab/qti-convert/qti-convert-node");

const files = process.argv.slice(2);
for (let i = 0; i + 1 < files.length; i += 2) await convertPackageFile(files[i], files[i + 1]);
