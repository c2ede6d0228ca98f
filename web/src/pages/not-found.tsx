// An address that is none.
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { text } from "../messages.ts";
import { Empty } from "../parts/notice.tsx";

export function NotFound(): ReactElement {
  return (
    <Empty isPage icon="search" title={text.notFound.title} hint={text.notFound.hint}>
      <Link to="/">{text.notFound.home}</Link>
    </Empty>
  );
}
