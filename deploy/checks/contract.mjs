// Checks deploy/schemas/asyncapi.json, and the schemas it refers to, as AsyncAPI. CUSTOM_RESOURCES is the folder that holds the packages.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const main = join(process.env.CUSTOM_RESOURCES, "node_modules", "@asyncapi", "parser", "cjs", "index.js");
const { Parser, fromFile } = (await import(pathToFileURL(main))).default;

const ERROR = 0;
const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
const errors = diagnostics.filter((found) => found.severity === ERROR);
for (const { path, message } of errors) console.error(`${path.join("/")}: ${message}`);
if (!document || errors.length > 0) process.exit(1);
console.log(`   ${document.channels().length} channels, ${document.messages().length} messages`);
