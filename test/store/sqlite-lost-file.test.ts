// An SQLite file that is taken away below a process: SQLite would go on writing into what nobody can open any more.
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Quern, task } from "../../src/index.ts";

const say = task("say", async (input: string) => input);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

function onFile(): { quern: Quern; path: string } {
  const folder = mkdtempSync(join(tmpdir(), "quern-lost-"));
  const path = join(folder, "quern.db");
  const quern = new Quern({ tasks: [say], database: `sqlite:${path}`, workers: 0, logger: silent });
  onTestFinished(async () => {
    await quern.close();
    rmSync(folder, { recursive: true });
  });
  return { quern, path };
}

it("an enqueue into a file that was deleted is refused", async () => {
  const { quern, path } = onFile();
  await quern.enqueue(say, "before");
  for (const end of ["", "-wal", "-shm"]) rmSync(path + end);
  const lost = quern.enqueue(say, "after");
  await expect(lost).rejects.toMatchObject({ code: "QUERN_DATABASE_UNUSABLE" });
  await expect(lost).rejects.toThrow(
    /the file that this process has open was deleted or moved away\. Start this/,
  );
});

it("a cluster whose file was replaced stops, and says why", async () => {
  const { quern, path } = onFile();
  const cluster = await quern.start();
  await (await quern.enqueue(say, "before")).result();
  for (const end of ["", "-wal", "-shm"]) renameSync(path + end, `${path}.old${end}`);
  const newer = new Quern({ tasks: [say], database: `sqlite:${path}` });
  await newer.enqueue(say, "into the new one");
  await newer.close();
  await expect(quern.enqueue(say, "after")).rejects.toThrow(/was replaced by another/);
  await expect(cluster.ended).rejects.toThrow(/was replaced by another/);
});
