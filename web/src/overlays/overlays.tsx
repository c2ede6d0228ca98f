// The overlay chunk: everything that lies over the page, and all of Mantine that the app uses but its suggestions.
import "@mantine/core/styles/default-css-variables.css";
import "@mantine/core/styles/UnstyledButton.css";
import "@mantine/core/styles/Paper.css";
import "@mantine/core/styles/Overlay.css";
import "@mantine/core/styles/CloseButton.css";
import "@mantine/core/styles/Popover.css";
import "@mantine/core/styles/ModalBase.css";
import "@mantine/core/styles/Modal.css";
import "@mantine/core/styles/Drawer.css";
import "@mantine/core/styles/Menu.css";
import "./tips.css";

export { Dialog, SideSheet } from "./dialog.tsx";
export { MenuPopup } from "./menu.tsx";
export { Popup } from "./popup.tsx";
export { startTips } from "./tips.ts";
