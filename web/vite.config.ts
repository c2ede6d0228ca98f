// Builds the web app into dist/web: relative addresses, hashed names, and a manifest that the server finds them by.
import { type Plugin, defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  appType: "spa",
  plugins: [schemeBeforePaint()],
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: "index.html", scheme: "src/scheme.ts", plain: "src/styles/plain.css" },
      checks: { pluginTimings: false },
      onLog: (level, log, write) => {
        // Of use only where components run on a server.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") write(level, log);
      },
    },
  },
});

// The chosen looks must be there before the first paint: a file that the page waits for, since nothing may stand inline.
function schemeBeforePaint(): Plugin {
  return {
    name: "scheme-before-paint",
    transformIndexHtml: {
      order: "post",
      handler: (_html, { bundle }) => {
        const scheme = Object.values(bundle ?? {}).find(
          (file) => file.type === "chunk" && file.name === "scheme",
        );
        if (!scheme) throw new Error("the build has no chunk named scheme");
        return [{ tag: "script", attrs: { src: `./${scheme.fileName}` }, injectTo: "head-prepend" }];
      },
    },
  };
}
