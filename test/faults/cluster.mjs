// A cluster as an application starts it, in a process of its own. It ends by itself when the cluster has stopped.
import { fileURLToPath } from "node:url";
import quern from "./project.mjs";

const cluster = await quern.start({ project: fileURLToPath(new URL("project.mjs", import.meta.url)) });
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void cluster.stop());
await cluster.ended;
await quern.close();
