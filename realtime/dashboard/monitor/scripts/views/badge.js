/** A state as a sign, a word and a colour. */

import { h, say } from "../dom.js";
import { stateOf } from "../words.js";

export class Badge {
  constructor(status = null) {
    this.sign = h("span", { class: "sign", "aria-hidden": "true" });
    this.word = h("span", {});
    this.element = h("span", { class: "badge" }, this.sign, this.word);
    if (status) this.update(status);
  }

  update(status) {
    const { label, sign, tone } = stateOf(status);
    this.element.dataset.tone = tone;
    say(this.sign, sign);
    say(this.word, label);
  }
}
