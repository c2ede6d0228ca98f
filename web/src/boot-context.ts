// Who is looking, and the metadata everything is drawn from.
import { createContext, useContext } from "react";
import type { Boot } from "../../src/admin/contract.ts";

export const BootContext = createContext<Boot | null>(null);

export function useBoot(): Boot {
  const boot = useContext(BootContext);
  if (!boot) throw new Error("useBoot is for what stands below BootContext");
  return boot;
}
