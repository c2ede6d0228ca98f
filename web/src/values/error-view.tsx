// An error as one reads it: what it says, where in one's own code, and what caused it; the frames of libraries folded away.
import { type ReactElement, useState } from "react";
import type { ShownError } from "../../../src/admin/contract.ts";
import { text } from "../messages.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import css from "./error-view.module.css";

export function ErrorView({ error }: { error: ShownError }): ReactElement {
  return (
    <div className={css.view}>
      <div className={css.copy}>
        <CopyButton value={asText(error)} label={text.copyError} />
      </div>
      <OneError error={error} />
    </div>
  );
}

function OneError({ error }: { error: ShownError }): ReactElement {
  return (
    <>
      <p className={css.head}>
        <span className={css.name}>{error.name}</span>
        {error.code && <span className={css.code}>{error.code}</span>}
      </p>
      {error.message && <p className={css.message}>{error.message}</p>}
      {error.frames.length > 0 && <Frames frames={error.frames} />}
      {error.cause && (
        <div className={css.cause}>
          <p className={css.because}>{text.error.causedBy}</p>
          <OneError error={error.cause} />
        </div>
      )}
    </>
  );
}

interface Run {
  own: boolean;
  frames: string[];
}

function Frames({ frames }: { frames: ShownError["frames"] }): ReactElement {
  return (
    <ol className={css.frames}>
      {runsOf(frames).map((run, index) =>
        run.own ? (
          run.frames.map((frame, at) => (
            <li key={`${index} ${at}`} className={css.own}>
              <span className="hidden">{text.error.ownFrame}</span>
              {frame}
            </li>
          ))
        ) : (
          <Library key={index} frames={run.frames} foldable={frames.some((frame) => frame.own)} />
        ),
      )}
    </ol>
  );
}

function Library({ frames, foldable }: { frames: string[]; foldable: boolean }): ReactElement {
  const [open, setOpen] = useState(!foldable || frames.length === 1);
  if (open) {
    return (
      <>
        {frames.map((frame, index) => (
          <li key={index} className={css.other}>
            {frame}
          </li>
        ))}
      </>
    );
  }
  return (
    <li>
      <button type="button" className={css.more} onClick={() => setOpen(true)}>
        {text.error.libraryFrames(frames.length)}
      </button>
    </li>
  );
}

function runsOf(frames: ShownError["frames"]): Run[] {
  const runs: Run[] = [];
  for (const frame of frames) {
    const last = runs.at(-1);
    if (last && last.own === frame.own) last.frames.push(frame.text);
    else runs.push({ own: frame.own, frames: [frame.text] });
  }
  return runs;
}

function asText(error: ShownError): string {
  const head = error.message ? `${error.name}: ${error.message}` : error.name;
  const lines = [head, ...error.frames.map((frame) => `    ${frame.text}`)];
  return error.cause ? `${lines.join("\n")}\nCaused by: ${asText(error.cause)}` : lines.join("\n");
}
