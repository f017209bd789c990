// Count the tokens of each text: `{name: text}` on standard input, `{name: {encoding: count}}` on standard output.
// The argument is a folder inside which gpt-tokenizer is installed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "package.json"));
const encodings = ["o200k_base", "cl100k_base"].map((name) => [name, require(`gpt-tokenizer/encoding/${name}`)]);
const texts = Object.entries(JSON.parse(readFileSync(0, "utf8")));
const counted = texts.map(([name, text]) => [
  name,
  Object.fromEntries(encodings.map(([encoding, { countTokens }]) => [encoding, countTokens(text)])),
]);
process.stdout.write(JSON.stringify(Object.fromEntries(counted)));
