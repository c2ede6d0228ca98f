// A moment as its age, and in full with zone and UTC for whoever points at it.
import type { ReactElement } from "react";
import { useTick } from "../clock.ts";
import { duration, rough } from "../format/duration.ts";
import { distance, momentTitle, relative, timeOfDay } from "../format/moment.ts";
import { text } from "../messages.ts";

export function Moment({ at, className }: { at: number; className?: string | undefined }): ReactElement {
  const shown = useTick((now) => relative(at, now));
  return (
    <time dateTime={new Date(at).toISOString()} data-tip={momentTitle(at)} className={className}>
      {shown}
    </time>
  );
}

/** How far away it is, beside its date. */
export function Away({ at }: { at: number }): ReactElement {
  const shown = useTick((now) => distance(at, now));
  return (
    <time dateTime={new Date(at).toISOString()} data-tip={momentTitle(at)}>
      {shown}
    </time>
  );
}

/** Counts up since a moment. */
export function Since({ at }: { at: number }): ReactElement {
  const shown = useTick((now) => wholeSeconds(Math.max(0, now - at)));
  return <span data-tip={momentTitle(at)}>{shown}</span>;
}

/** Counts down to a moment, and says when it has passed. */
export function Until({ at }: { at: number }): ReactElement {
  const shown = useTick((now) => (at >= now ? wholeSeconds(at - now) : text.moment.passed));
  return <span data-tip={momentTitle(at)}>{shown}</span>;
}

/** Who holds something since a moment, and when that runs out. */
export function Lease({ at, by, until }: { at: number; by: string; until: number }): ReactElement {
  const left = useTick((now) =>
    until >= now ? text.moment.expires(wholeSeconds(until - now)) : text.moment.expired(rough(now - until)),
  );
  return (
    <>
      <span data-tip={momentTitle(at)}>{timeOfDay(at)}</span>
      <span data-tip={momentTitle(until)}>
        {" "}
        {text.moment.by(by)} · {left}
      </span>
    </>
  );
}

function wholeSeconds(ms: number): string {
  return ms < 10_000 ? `${Math.floor(ms / 1000)} s` : duration(ms);
}
