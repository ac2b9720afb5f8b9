/** The look of `<race-line>`. */

import { css } from "lit";

export const look = css`
  .loading { display: flex; gap: 0.75em; align-items: center; color: var(--_muted); min-height: 12rem; }
  .mark { display: grid; place-items: center; width: 3rem; height: 3rem; border-radius: 50%; background: color-mix(in oklab, var(--_glow) 16%, transparent); color: var(--_glow); }
  .mark svg { width: 1.5rem; fill: none; stroke: currentColor; stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
  .moving { display: flex; justify-content: center; align-items: center; gap: 4px; }
  .moving i { width: 6px; height: 6px; border-radius: 50%; background: currentColor; animation: hop 1.2s ease-in-out infinite; }
  .moving i:nth-child(2) { animation-delay: 0.15s; }
  .moving i:nth-child(3) { animation-delay: 0.3s; }
  @keyframes hop { 30% { translate: 0 -6px; } 60% { translate: 0 0; } }
  .mark path { stroke-dasharray: 24; animation: draw 0.6s 0.15s ease-out both; }
  @keyframes draw { from { stroke-dashoffset: 24; } }
  .clock { display: grid; gap: 0.15rem; padding-block: 1rem; border-block: 1px solid var(--_edge); }
  .countdown { font: 500 1.5rem/1.1 var(--_display); letter-spacing: -0.02em; }
  .countdown.big { font-size: clamp(2.75rem, 2rem + 5vw, 4rem); letter-spacing: -0.045em; }
  .place { display: grid; gap: 0.1rem; }
  .number { font: 500 clamp(4.25rem, 3rem + 9vw, 7rem)/0.92 var(--_display); letter-spacing: -0.06em; }
  .next { font: 500 clamp(2.5rem, 2rem + 4vw, 4rem)/1 var(--_display); letter-spacing: -0.045em; }
  .whose { color: var(--_muted); font-size: 1.05rem; padding-top: 0.5rem; }
  .track { height: 6px; border-radius: 3px; background: var(--_edge); overflow: hidden; }
  .bar { display: block; height: 100%; border-radius: 3px; background: var(--_glow); transform-origin: left; transition: transform 1.2s cubic-bezier(0.2, 0.7, 0.2, 1); }
  :host(:dir(rtl)) .bar { transform-origin: right; }
  .wait { display: grid; gap: 0.1rem; }
  .wait dd:first-of-type { font: 600 1.25rem/1.3 var(--_font); letter-spacing: -0.015em; }
  .warn { color: var(--_warn); font-weight: 500; }
`;
