// Mantine as it may be used here: it writes no style elements and no classes of its own into the page, since the CSP refuses them.
import { createTheme, MantineProvider } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { useScheme } from "../looks.ts";

const theme = createTheme({
  fontFamily: "var(--sans)",
  fontFamilyMonospace: "var(--mono)",
  cursorType: "pointer",
  respectReducedMotion: true,
});

export function Provided({ children }: { children: ReactNode }): ReactElement {
  const { shown } = useScheme();
  return (
    <MantineProvider
      theme={theme}
      withCssVariables={false}
      withGlobalClasses={false}
      forceColorScheme={shown}
    >
      {children}
    </MantineProvider>
  );
}
