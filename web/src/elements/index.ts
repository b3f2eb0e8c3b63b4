/** Every component of the page, registered by its tag. A new one adds its line here. */
import "./audio.ts";
import "./button.ts";
import "./checkbox.ts";
import "./checkboxgroup.ts";
import "./dropdown.ts";
import "./examples.ts";
import "./file.ts";
import "./html.ts";
import "./image.ts";
import "./label.ts";
import "./markdown.ts";
import "./number.ts";
import "./radio.ts";
import "./slider.ts";
import "./textbox.ts";
