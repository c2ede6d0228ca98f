// Hostile values on every engine.
import { onEveryEngine } from "./databases.ts";
import { fuzzAdmin } from "./fuzz.ts";

await onEveryEngine(fuzzAdmin);
