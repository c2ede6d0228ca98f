// Starts the app in the page the server wrote.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./styles/tokens.css";
import "./styles/base.css";
import { App } from "./app.tsx";
import { fetchOverlaysSoon } from "./parts/popups.tsx";

const place = document.getElementById("app");
if (!place) throw new Error("the page has no element #app");

fetchOverlaysSoon();
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
