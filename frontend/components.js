// The components of GOV.UK Frontend, as every page wakes them.
import { CharacterCount } from "govuk-frontend";
import { countCharacters } from "./characters.js";

export class Characters extends CharacterCount {
  updateCount() {
    this.count = countCharacters(this.$textarea.value);
  }
}

// A part of a page may arrive later and hold parts that are awake already: those are passed by.
export function wake(scope, components) {
  for (const Component of components) {
    const asleep = `[data-module="${Component.moduleName}"]:not([data-${Component.moduleName}-init])`;
    for (const element of scope.querySelectorAll(asleep)) new Component(element);
  }
}
