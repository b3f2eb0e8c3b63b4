class Lens extends HTMLElement {
  props = {};
  stream = { state: "idle" };
  #button = document.createElement("button");
  #stage = document.createElement("div");

  constructor() {
    super();
    this.#button.textContent = "Film";
    this.#button.addEventListener("click", () => this.#record());
  }

  connectedCallback() {
    this.append(this.#button, this.#stage);
  }

  place(output) {
    this.#stage.replaceChildren(...(output ? [output] : []));
  }

  #record() {
    const action = this.stream.state === "idle" ? "start" : "stop";
    const detail = { component: this.component, action };
    this.dispatchEvent(new CustomEvent("ms-record", { bubbles: true, detail }));
  }
}

customElements.define("ms-lens", Lens);
