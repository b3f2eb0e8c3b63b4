/** The page's entry: the tree stands before the first paint, and what is pressed counts; the session begins right after it. */
import "./main.css";
import "./elements/index.ts";
import { readManifest } from "./manifest.ts";
import { Session } from "./session/session.ts";
import { Page } from "./shell/page.ts";
import { chosenScheme, showScheme } from "./shell/scheme.ts";

showScheme(chosenScheme());
const manifest = readManifest(document.getElementById("ms-manifest")?.textContent);
const page = new Page(manifest);
const session = new Session(manifest, window.millstreamWorker, page.element, page);
document.body.append(page.element);
setTimeout(() => session.start(), 0);
