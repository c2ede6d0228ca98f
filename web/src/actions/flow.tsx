// From a chosen action to its answer: asked for if it has to be, sent once, and told what became of it.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { createContext, lazy, type ReactNode, Suspense, useRef, useState } from "react";
import type {
  ActionAnswer,
  ActionDescription,
  ActionRequest,
  Count,
  FormValue,
  ModelDescription,
  Row,
} from "../../../src/admin/contract.ts";
import { messageOf, post } from "../api.ts";
import { fromBase } from "../base.ts";
import { number } from "../format/number.ts";
import { text } from "../messages.ts";
import { toast } from "../parts/toasts.tsx";
import { keepOperation } from "../shell/operations-strip.tsx";

export type Target = { rows: Row[] } | { matching: { at: number; count: Count } };

export interface ActionFlow {
  start: (action: ActionDescription, target: Target) => void;
  dialog: ReactNode;
}

export const ActionsContext = createContext<ActionFlow | null>(null);

const ActionDialog = lazy(async () => ({ default: (await import("./action-dialog.tsx")).ActionDialog }));

const doubleMs = 1_000;

export interface Answers {
  answers?: Record<string, FormValue>;
  reason?: string;
}

/** `query`: of the list, for "all that match". */
export function useActionFlow(
  model: ModelDescription,
  { query, onDone }: { query: string; onDone: () => void },
): ActionFlow {
  const [asked, setAsked] = useState<{
    action: ActionDescription;
    request: ActionRequest;
    target: Target;
  } | null>(null);
  // Without a dialog the second click of a double one would be another deed.
  const underWay = useRef(new Set<string>());
  const queries = useQueryClient();
  const navigate = useNavigate();

  const run = async (action: ActionDescription, request: ActionRequest, said: Answers): Promise<void> => {
    const { body } = await post<ActionAnswer>(`models/${model.name}/actions/${action.name}`, {
      ...request,
      ...said,
    });
    setAsked(null);
    onDone();
    if (body.operation) keepOperation(queries, body.operation);
    else tell(action, body);
    for (const key of ["list", "detail", "history", "overview"])
      void queries.invalidateQueries({ queryKey: [key] });
  };

  const tell = (action: ActionDescription, { done, skipped, failed, to }: ActionAnswer): void => {
    const left = [...failed, ...skipped];
    toast({
      tone: failed.length > 0 || done === 0 ? "bad" : "good",
      title: text.action.done(action.label, number(done), done === 1 ? model.label.one : model.label.many),
      lines: left.slice(0, 3).map(({ id, reason }) => `${id}: ${reason}`),
      ...(to && { to: { label: text.action.show, open: () => void navigate({ to: fromBase(to) }) } }),
    });
  };

  return {
    start: (action, target) => {
      // Made here and once: however often the button of its dialog is pressed, it is one operation.
      const request: ActionRequest = {
        operation: newId(),
        ...("rows" in target
          ? { ids: target.rows.map((row) => row.id) }
          : { matching: { query, at: target.matching.at } }),
      };
      const silent = action.confirm === "never" && action.ask.length === 0 && "rows" in target;
      if (!silent) {
        setAsked({ action, request, target });
        return;
      }
      const deed = JSON.stringify([action.name, request.ids]);
      if (underWay.current.has(deed)) return;
      underWay.current.add(deed);
      window.setTimeout(() => underWay.current.delete(deed), doubleMs);
      run(action, request, {}).catch((error: unknown) => {
        underWay.current.delete(deed);
        const { message, hint } = messageOf(error);
        toast({ tone: "bad", title: message, lines: hint ? [hint] : [] });
      });
    },
    dialog: asked && (
      <Suspense>
        <ActionDialog
          model={model}
          action={asked.action}
          request={asked.request}
          target={asked.target}
          run={(said) => run(asked.action, asked.request, said)}
          onClose={() => setAsked(null)}
        />
      </Suspense>
    ),
  };
}

// `crypto.randomUUID` is not there on plain http.
function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
