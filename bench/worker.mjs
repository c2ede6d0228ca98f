// One contender's worker in a process of its own: says when it is ready, and when tasks begin; ends when told to.
import { once } from "node:events";

const [module, url, variant] = process.argv.slice(2);
const { work } = await import(module);
let first = true;
const stop = await work(url, variant, (key) => {
  if (!first && key === undefined) return;
  first = false;
  process.send({ began: performance.timeOrigin + performance.now(), key });
});
process.send({ ready: true });
await once(process, "message");
await stop();
process.exit(0);
