// One cluster on the benchmarks' project module, in a process of its own. Says when it is ready; ends when told to.
import { once } from "node:events";
import quern from "./project.mjs";

const cluster = await quern.start({ project: new URL("./project.mjs", import.meta.url) });
process.send("ready");
await once(process, "message");
await cluster.stop();
await quern.close();
process.exit(0);
