// Asks who is there, and shows the login, the closed page or the admin.
import { QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { type ReactElement, useEffect, useMemo } from "react";
import type { Boot } from "../../src/admin/contract.ts";
import { ApiError, whenLoggedOut } from "./api.ts";
import { BootContext } from "./boot-context.ts";
import { text } from "./messages.ts";
import { ClosedPage } from "./pages/closed.tsx";
import { LoginPage } from "./pages/login.tsx";
import { Failure } from "./parts/notice.tsx";
import { Toasts } from "./parts/toasts.tsx";
import css from "./app.module.css";
import { bootQuery, makeQueryClient } from "./queries.ts";
import { makeRouter } from "./router.tsx";

const queryClient = makeQueryClient();

export function App(): ReactElement {
  return (
    <QueryClientProvider client={queryClient}>
      <Gate />
      <Toasts />
    </QueryClientProvider>
  );
}

const forbidden = 403;

function Gate(): ReactElement {
  const { data: boot, error, refetch } = useQuery(bootQuery);
  const queries = useQueryClient();
  useEffect(() => {
    // What was shown belongs to whoever was logged in.
    whenLoggedOut(() => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "boot" });
      void queries.invalidateQueries({ queryKey: bootQuery.queryKey });
    });
  }, [queries]);
  if (error instanceof ApiError && error.status === forbidden) return <ClosedPage error={error} />;
  if (error && !boot) {
    return (
      <main className={css.alone}>
        <Failure error={error} retry={() => void refetch()} />
      </main>
    );
  }
  if (!boot) return <p className={css.loading}>{text.loading}</p>;
  return (
    <BootContext value={boot}>
      {boot.user ? <Admin boot={boot} key={boot.user.name} /> : <LoginPage boot={boot} />}
    </BootContext>
  );
}

function Admin({ boot }: { boot: Boot }): ReactElement {
  const router = useMemo(() => makeRouter(boot), [boot]);
  return <RouterProvider router={router} />;
}
