// The conformance suite of the store seam: an engine that passes it does what store.ts and broker.ts say.
import { auditChapter, metaChapter } from "./audit.ts";
import { browseChapter } from "./browse.ts";
import { cancelChapter, claimChapter } from "./claim.ts";
import { clustersChapter, openingChapter } from "./clusters.ts";
import { filtersChapter, pagesChapter } from "./filters.ts";
import { copyChapter } from "./copying.ts";
import { fireChapter } from "./firing.ts";
import { glanceChapter } from "./glance.ts";
import { finishChapter, groupChapter, repeatChapter } from "./finish.ts";
import { fenceChapter, leaseChapter } from "./lease.ts";
import { pruneChapter } from "./prune.ts";
import { enqueueChapter, uniqueChapter } from "./queue.ts";
import { groupsChapter, resultsChapter } from "./results.ts";
import { runsChapter } from "./schedule-runs.ts";
import { dueChapter, saveChapter, scheduleListChapter } from "./schedules.ts";
import { type Engine, type Runner, type Suite, suiteOf } from "./suite.ts";
import { transactionsChapter } from "./transactions.ts";
import { wakeChapter } from "./wake.ts";

const chapters: Record<string, (suite: Suite) => void> = {
  opening: openingChapter,
  enqueue: enqueueChapter,
  "unique keys": uniqueChapter,
  claim: claimChapter,
  "cancel and call back": cancelChapter,
  "the fence": fenceChapter,
  leases: leaseChapter,
  finish: finishChapter,
  "finish, told twice": repeatChapter,
  "finish, a group": groupChapter,
  results: resultsChapter,
  groups: groupsChapter,
  filters: filtersChapter,
  pages: pagesChapter,
  browse: browseChapter,
  glance: glanceChapter,
  prune: pruneChapter,
  schedules: saveChapter,
  "lists of schedules": scheduleListChapter,
  "due schedules": dueChapter,
  "fire schedules": fireChapter,
  "runs of schedules": runsChapter,
  clusters: clustersChapter,
  audit: auditChapter,
  meta: metaChapter,
  copying: copyChapter,
  wake: wakeChapter,
  transactions: transactionsChapter,
};

/** Declares the suite's tests for an engine, and answers which of them it can't be asked: each has a reason in its name. */
export function testStore(name: string, engine: Engine, runner: Runner): string[] {
  const skipped: string[] = [];
  const suite = suiteOf(engine, runner, skipped);
  suite.chapter(`the store on ${name}`, () => {
    for (const [title, chapter] of Object.entries(chapters)) suite.chapter(title, () => chapter(suite));
  });
  return skipped;
}
