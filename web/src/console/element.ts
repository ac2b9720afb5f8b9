/** What the console's parts have in common: they live in the page itself, in one style, and know one drop and one engine. */

import { LitElement, type PropertyDeclarations } from "lit";

import type { Api } from "./api.ts";
import type { Overview, Role } from "./shapes.ts";

export type Asked = {
  readonly title: string;
  readonly detail: string;
  readonly confirm: string;
  readonly danger?: boolean;
  readonly act: (why: string) => Promise<unknown>;
};

export abstract class View extends LitElement {
  static override properties: PropertyDeclarations = { seen: { attribute: false }, api: { attribute: false } };
  declare seen: Overview;
  declare api: Api;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected may(role: Role): boolean {
    const order: Role[] = ["viewer", "operator", "admin"];
    return order.indexOf(this.api.operator?.role ?? "viewer") >= order.indexOf(role);
  }

  /** Have the operator confirm something, and say why. */
  protected ask(asked: Asked): void {
    this.dispatchEvent(new CustomEvent("race-ask", { bubbles: true, detail: asked }));
  }
}
