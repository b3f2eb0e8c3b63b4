/** The look of blocks of code and of lists of tasks, for the texts that have any. */

import { customElement } from "../elements/parts/define.ts";
import "../styles/codeblocks.css";

/** Tells that the style sheet is there; it stands in no page. */
@customElement("ms-codeblocks")
export class CodeBlocks extends HTMLElement {}
