// Successful, failed, queued and running tasks on every engine.
import { onEveryEngine } from "./databases.ts";
import { testTaskPages } from "./tasks.ts";

await onEveryEngine(testTaskPages);
