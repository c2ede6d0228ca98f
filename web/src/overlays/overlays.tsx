// The overlay chunk: everything that lies over the page, and all of Mantine that the app uses but its suggestions.
import "./mantine-variables.css";
import "@mantine/core/styles/UnstyledButton.layer.css";
import "@mantine/core/styles/Paper.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Popover.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/Modal.layer.css";
import "./tips.css";

export { Dialog, SideSheet } from "./dialog.tsx";
export { MenuPopup } from "./menu.tsx";
export { Popup } from "./popup.tsx";
export { startTips } from "./tips.ts";
