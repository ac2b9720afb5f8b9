/** The look that all components share. A shop changes it by the custom properties of docs/embed.md. */

import { css } from "lit";

export const tokens = css`
  :host {
    --_text: var(--race-text, light-dark(#14161a, #f2f3f5));
    --_muted: var(--race-muted, light-dark(#5c626d, #a3a9b5));
    --_surface: var(--race-surface, light-dark(#ffffff, #16181d));
    --_raised: var(--race-raised, light-dark(#f4f5f7, #1f2229));
    --_edge: var(--race-edge, light-dark(#d9dce2, #343944));
    --_strong-edge: var(--race-strong-edge, light-dark(#7d838f, #7d8492));
    --_accent: var(--race-accent, light-dark(#14161a, #f2f3f5));
    --_on-accent: var(--race-on-accent, light-dark(#ffffff, #14161a));
    --_glow: var(--race-glow, light-dark(#0a7d5a, #5fe0b4));
    --_danger: var(--race-danger, light-dark(#b3261e, #ff9a8f));
    --_danger-back: var(--race-danger-back, light-dark(#fdf0ee, #34191a));
    --_warn: var(--race-warn, light-dark(#8a5300, #ffc06a));
    --_radius: var(--race-radius, 14px);
    --_font: var(--race-font, Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
    --_display: var(--race-font-display, var(--_font));
    display: block;
    color: var(--_text);
    font: 400 1rem/1.5 var(--_font);
    font-feature-settings: "cv05", "ss03";
    -webkit-text-size-adjust: 100%;
    overflow-wrap: anywhere;
  }
  :host([hidden]), [hidden] { display: none !important; }
  *, *::before, *::after { box-sizing: border-box; }
  h2, h3, p, dl, dd, ul, fieldset, legend { margin: 0; padding: 0; }
  fieldset { border: 0; min-width: 0; }
  ul { list-style: none; }
  h2 { font: 650 clamp(1.6rem, 1.2rem + 2vw, 2.15rem)/1.12 var(--_display); letter-spacing: -0.028em; text-wrap: balance; }
  h3, legend { font: 600 0.95rem/1.3 var(--_font); letter-spacing: -0.005em; }
  .lead { color: var(--_muted); font-size: 1.0625rem; max-width: 38em; text-wrap: pretty; }
  .small { color: var(--_muted); font-size: 0.875rem; }
  .stack { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); }
  .tight { display: grid; gap: 0.4rem; grid-template-columns: minmax(0, 1fr); }
  .digits { font-variant-numeric: tabular-nums; font-feature-settings: "tnum", "cv05", "ss03"; }
  .quiet { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  button, .button {
    appearance: none; display: inline-flex; align-items: center; justify-content: center; gap: 0.6em;
    min-height: 3.25rem; padding: 0.75rem 1.5rem; border: 1px solid transparent; border-radius: var(--_radius);
    background: var(--_accent); color: var(--_on-accent); font: 600 1rem/1.2 var(--_font); letter-spacing: -0.01em;
    text-decoration: none; text-align: center; cursor: pointer; touch-action: manipulation;
    transition: transform 0.15s ease, opacity 0.15s ease, background-color 0.15s ease;
  }
  button:hover:not([aria-disabled="true"]), .button:hover { opacity: 0.88; }
  button:active:not([aria-disabled="true"]) { transform: scale(0.985); }
  button[aria-disabled="true"] { cursor: default; }
  .wide { width: 100%; }
  .second { background: transparent; color: var(--_text); border-color: var(--_edge); }
  .plain { justify-self: start; min-height: 2.75rem; padding: 0.5rem 0; background: none; border: 0; color: var(--_muted); font-weight: 500; font-size: 0.9rem; text-decoration: underline; text-decoration-color: var(--_edge); text-underline-offset: 0.25em; }
  :focus-visible { outline: 3px solid var(--_glow); outline-offset: 3px; }
  h2:focus, .note:focus { outline: none; }

  label { font: 600 0.95rem/1.3 var(--_font); }
  input[type="email"], input[type="text"] {
    width: 100%; min-height: 3.25rem; padding: 0.7rem 1rem; border: 1px solid var(--_strong-edge); border-radius: var(--_radius);
    background: var(--_surface); color: inherit; font: 400 1rem/1.3 var(--_font);
  }
  input[aria-invalid="true"] { border-color: var(--_danger); }
  .wrong { color: var(--_danger); font-size: 0.875rem; font-weight: 500; }

  .note { display: grid; gap: 0.2rem; padding: 1rem 1.15rem; border-radius: var(--_radius); background: var(--_raised); }
  .note strong { font-weight: 600; }
  .offline { margin-bottom: 1.5rem; }
  .note.bad { background: var(--_danger-back); }
  .note.bad strong { color: var(--_danger); }
  .note p { color: var(--_text); font-size: 0.95rem; }

  .theirs { display: grid; align-items: center; }
  .theirs > *, .theirs ::slotted(*) { grid-area: 1 / 1; }
  .failure { min-height: 6.5rem; }
  .theirs .row { display: flex; justify-content: start; align-items: center; gap: 0.75em; color: var(--_muted); }

  .spinner { width: 1.1em; height: 1.1em; border-radius: 50%; border: 2px solid currentColor; border-right-color: transparent; animation: turn 0.9s linear infinite; flex: none; }
  @keyframes turn { to { rotate: 1turn; } }
  @keyframes rise { from { opacity: 0; translate: 0 0.5rem; } }
  .view { animation: rise 0.45s cubic-bezier(0.2, 0.7, 0.2, 1) both; }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { animation-duration: 0.01ms !important; animation-iteration-count: 1 !important; transition: none !important; }
    .spinner { border-right-color: currentColor; opacity: 0.5; }
  }
  @media (forced-colors: active) {
    button, .button, .note { border: 1px solid; }
  }
`;
