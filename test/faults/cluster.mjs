// A cluster as an application starts it, in a process of its own. It ends by itself when the cluster has stopped.
import { pathToFileURL } from "node:url";

const [, , project] = process.argv;
const { default: quern, startOptions } = await import(pathToFileURL(project).href);
const started = quern.start({ project, ...startOptions });
// Before it is said to run: who waits for that may signal at once.
for (const signal of ["SIGTERM", "SIGINT"])
  process.once(signal, () => void started.then((cluster) => cluster.stop()));
const cluster = await started;
await cluster.ended;
await quern.close();
