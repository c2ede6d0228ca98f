// Of what can't be read: what is stored, for who may see it, and not before it is asked for.
import { useQuery } from "@tanstack/react-query";
import { type ReactElement, useState } from "react";
import type { BytesAnswer } from "../../../src/admin/contract.ts";
import { get } from "../api.ts";
import { bytes } from "../format/number.ts";
import { text } from "../messages.ts";
import { Button } from "../parts/button.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Failure, Notice } from "../parts/notice.tsx";
import css from "./bytes.module.css";

export function Bytes({ address }: { address: string }): ReactElement {
  const [asked, setAsked] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["bytes", address],
    queryFn: ({ signal }) => get<BytesAnswer>(address, signal),
    enabled: asked,
    // Each look is written down: none that nobody asked for.
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <section className={css.bytes} aria-label={text.detail.bytes}>
      <Notice
        tone="warn"
        action={!data && <Button onClick={() => setAsked(true)}>{text.detail.showBytes}</Button>}
      >
        <strong>{text.detail.bytes}</strong>
        <p>{text.detail.bytesHint}</p>
      </Notice>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {data && (
        <figure>
          <figcaption>
            <code>{data.unreadable}</code> {data.why}{" "}
            <span>{text.detail.bytesOf(bytes(atob(data.base64).length))}</span>
            <CopyButton value={data.base64} />
          </figcaption>
          <pre tabIndex={0}>{data.base64}</pre>
        </figure>
      )}
    </section>
  );
}
