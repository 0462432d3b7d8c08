// The hash of the page's sources, so that a page that is older than they are is noticed without Node.
//
// sha256 of the lines "path\0sha256 of its bytes\n" of all files of web/ that git tracks (or would track: those not
// ignored), by path from the repository's root, sorted as bytes. `--write` puts it beside the built page.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "web"];
const paths = execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\0").filter((path) => path !== "");
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const lines = [...new Set(paths)]
  .filter((path) => existsSync(root + path)) // deleted, but not yet from the index
  .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  .map((path) => `${path}\0${sha256(readFileSync(root + path))}\n`);
const hash = sha256(lines.join(""));
if (process.argv.includes("--write")) writeFileSync(`${root}src/chainrule/server/built/SOURCES.sha256`, `${hash}\n`);
console.log(hash);
