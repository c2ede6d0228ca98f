// A cluster as an application starts it, in a process of its own. It ends by itself when the cluster has stopped.
import { pathToFileURL } from "node:url";

const [, , project] = process.argv;
const { default: quern, startOptions } = await import(pathToFileURL(project).href);
const cluster = await quern.start({ project, ...startOptions });
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void cluster.stop());
await cluster.ended;
await quern.close();
