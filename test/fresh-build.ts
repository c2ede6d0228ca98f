// Many tests run dist/, as users do. It is built before them when src/ is newer, so that what they find is true of src/.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export default function buildWhenStale(): void {
  const script = fileURLToPath(new URL("../scripts/build.mjs", import.meta.url));
  const { status } = spawnSync(process.execPath, [script], { stdio: "inherit" });
  if (status !== 0) throw new Error("dist/ is older than src/, and src/ does not build");
}
