// Bulk actions under way, on every page: how far, what was left out and why, and how to stop them.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactElement, useRef, useState } from "react";
import type { OperationState, OperationsAnswer } from "../../../src/admin/contract.ts";
import { messageOf, post } from "../api.ts";
import { count, number } from "../format/number.ts";
import { useLive } from "../live.ts";
import { text } from "../messages.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { Dialog } from "../parts/popups.tsx";
import { toast } from "../parts/toasts.tsx";
import { operationsQuery } from "../queries.ts";
import { ProgressBar } from "../values/progress-bar.tsx";
import css from "./operations-strip.module.css";

const watchMs = 1500;

export function OperationsStrip(): ReactElement | null {
  const queries = useQueryClient();
  const { data } = useQuery({
    ...operationsQuery,
    // Where a host has no background time each look does one step of the work, so we look while there is work.
    refetchInterval: ({ state }) =>
      state.data?.operations.some((one) => one.state === "running") ? watchMs : false,
  });
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  useLive((event) => {
    if (event.name === "operation") keepOperation(queries, event.data);
  });
  const under = useRef(new Set<string>());
  for (const { id, state } of data?.operations ?? []) if (state === "running") under.current.add(id);
  // What had ended before it was seen here is told by the answer to whoever asked for it: a line would only push the page down.
  const shown =
    data?.operations.filter(
      ({ id, problems }) => !hidden.has(id) && (under.current.has(id) || problems.length > 0),
    ) ?? [];
  if (shown.length === 0) return null;
  return (
    <div className={css.strip} role="region" aria-label={text.operation.title}>
      {shown.map((operation) => (
        <Operation
          key={operation.id}
          operation={operation}
          hide={() => setHidden(new Set([...hidden, operation.id]))}
        />
      ))}
    </div>
  );
}

/** Also for whoever has just started one. */
export function keepOperation(queries: ReturnType<typeof useQueryClient>, operation: OperationState): void {
  queries.setQueryData<OperationsAnswer>(operationsQuery.queryKey, (before) => ({
    operations: [...(before?.operations.filter(({ id }) => id !== operation.id) ?? []), operation],
  }));
  if (operation.state !== "running") void queries.invalidateQueries({ queryKey: ["list", operation.model] });
}

function Operation({ operation, hide }: { operation: OperationState; hide: () => void }): ReactElement {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const gone = operation.done + operation.skipped + operation.failed;
  const ratio = operation.total.number === 0 ? 1 : gone / operation.total.number;
  const cancel = async (): Promise<void> => {
    try {
      const { body } = await post<OperationState>(`operations/${operation.id}/cancel`, {});
      keepOperation(queries, body);
    } catch (error) {
      toast({ tone: "bad", title: messageOf(error).message });
    }
  };
  return (
    <div className={css.operation} data-state={operation.state}>
      <strong>{operation.label}</strong>
      {operation.state === "running" ? (
        <ProgressBar ratio={ratio} text={text.operation.of(number(gone), count(operation.total))} />
      ) : (
        <span>{text.operation.ended[operation.state](number(operation.done))}</span>
      )}
      {operation.problems.length > 0 && (
        <button type="button" className={css.problems} onClick={() => setOpen(true)}>
          {text.operation.left(operation.skipped, operation.failed)}
        </button>
      )}
      <span className={css.by}>{operation.by}</span>
      {operation.state === "running" ? (
        <Button weight="quiet" onClick={() => void cancel()}>
          {text.operation.cancel}
        </Button>
      ) : (
        <IconButton icon="close" label={text.close} onClick={hide} />
      )}
      {open && (
        <Dialog label={text.operation.problems} onClose={() => setOpen(false)} wide>
          <Problems problems={operation.problems} />
        </Dialog>
      )}
    </div>
  );
}

function Problems({ problems }: { problems: { id: string; reason: string }[] }): ReactElement {
  return (
    <ul className={css.list}>
      {problems.map(({ id, reason }) => (
        <li key={id}>
          <code>{id}</code>
          <span>{reason}</span>
        </li>
      ))}
    </ul>
  );
}
