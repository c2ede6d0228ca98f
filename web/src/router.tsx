// The pages: the overview, and for each model of the metadata its list, its form for a new one and its rows.
import {
  type AnyRoute,
  type AnyRouter,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import type { Boot } from "../../src/admin/contract.ts";
import { routerBase } from "./base.ts";
import { ModelContext } from "./model-context.ts";
import { NotFound } from "./pages/not-found.tsx";
import { ListPage } from "./list/list-page.tsx";
import { Empty, Failure } from "./parts/notice.tsx";
import { parseSearch, stringifySearch } from "./search.ts";
import { Shell } from "./shell/shell.tsx";

const Overview = lazyRouteComponent(() => import("./pages/overview.tsx"), "OverviewPage");
const DetailPage = lazyRouteComponent(() => import("./detail/detail-page.tsx"), "DetailPage");
const NewPage = lazyRouteComponent(() => import("./form/new-page.tsx"), "NewPage");

export function makeRouter(boot: Boot): AnyRouter {
  const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
  const pages: AnyRoute[] = [];
  const add = (path: string, component: () => React.ReactElement): void => {
    pages.push(createRoute({ getParentRoute: () => root, path, component }));
  };
  const landing = boot.models.find((model) => model.navigation !== null);
  if (boot.pages.includes("overview")) add("/", () => <Overview />);
  else if (landing) add("/", () => within(landing, <ListPage />));
  for (const model of boot.models) {
    const { unavailable } = model;
    if (unavailable !== null)
      add(`/${model.path}`, () => <Empty isPage icon="info" title={model.label.many} hint={unavailable} />);
    else if (model.navigation !== null)
      add(`/${model.path}`, () => within(model, <ListPage key={model.name} />));
    if (model.form && model.may.add) add(`/${model.path}/new`, () => within(model, <NewPage />));
    add(`/${model.path}/$id`, () => within(model, <DetailPage />));
  }
  return createRouter({
    routeTree: root.addChildren(pages),
    basepath: routerBase,
    parseSearch,
    stringifySearch,
    trailingSlash: "preserve",
    scrollRestoration: false,
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
    defaultPendingMs: 200,
  });
}

function within(model: Boot["models"][number], page: React.ReactElement): React.ReactElement {
  return <ModelContext value={model}>{page}</ModelContext>;
}
