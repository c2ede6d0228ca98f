// quern clusters: shows them, and tells running ones through the database to pause, to go on, or to stop.
import { Clusters } from "../../client/clusters.ts";
import { cliUser, type ProjectOptions, withProject } from "../load.ts";
import type { Terminal } from "../terminal.ts";
import { plain } from "../text.ts";
import { printClusters } from "./info.ts";

const answers = {
  pause: ["told to take no more tasks", "no cluster of this name or id runs, or it is paused already"],
  resume: ["told to take tasks again", "no cluster of this name or id is paused"],
  stop: ["told to stop", "no cluster of this name or id runs, or it was told so already"],
} as const;

export async function listClusters(
  options: ProjectOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  return withProject(options, async ({ client }) => {
    const clusters = await new Clusters(client).list();
    if (options.json === true) terminal.json(clusters);
    else printClusters(clusters, terminal);
    return 0;
  });
}

export async function orderClusters(
  order: keyof typeof answers,
  names: readonly string[],
  options: ProjectOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  return withProject(options, async ({ client }) => {
    const clusters = new Clusters(client);
    const told: { cluster: string; done: boolean; answer: string }[] = [];
    for (const cluster of names) {
      const done = await clusters[order](cluster, { by: cliUser() });
      told.push({ cluster, done, answer: answers[order][done ? 0 : 1] });
    }
    if (options.json === true) terminal.json(told);
    else
      for (const { cluster, done, answer } of told)
        terminal.line(
          `${terminal.paint(done ? "ok  " : "fail", done ? "green" : "red")}  ${plain(cluster)}: ${answer}`,
        );
    return told.every(({ done }) => done) ? 0 : 1;
  });
}
