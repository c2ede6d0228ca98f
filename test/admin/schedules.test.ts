// Scheduled tasks on every engine.
import { onEveryEngine } from "./databases.ts";
import { testSchedulePages } from "./schedules.ts";

await onEveryEngine(testSchedulePages);
