// All keys on one card.
import type { ReactElement } from "react";
import { useBoot } from "../boot-context.ts";
import { text } from "../messages.ts";
import { Dialog } from "../parts/popups.tsx";
import css from "./keys-dialog.module.css";

export function KeysDialog({ onClose }: { onClose: () => void }): ReactElement {
  const { models } = useBoot();
  const jumps: [string, string][] = models.flatMap(({ navigation, label }) =>
    navigation?.key ? [[`g ${navigation.key}`, label.many] as [string, string]] : [],
  );
  const groups = [
    { title: text.keys.list, keys: text.keys.inList },
    { title: text.keys.everywhere, keys: [...text.keys.anywhere, ...jumps] },
  ];
  return (
    <Dialog label={text.shell.keys} onClose={onClose} wide>
      <div className={css.groups}>
        {groups.map(({ title, keys }) => (
          <section key={title}>
            <h3 className={css.title}>{title}</h3>
            <dl className={css.keys}>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    {key.split(" ").map((one) => (
                      <kbd key={one}>{one}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
