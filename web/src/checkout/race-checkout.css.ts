/** The look of `<race-checkout>`, and of prices, which the receipt shares. */

import { css } from "lit";

export const prices = css`
  .quote { display: grid; gap: 0.55rem; padding-block: 1.1rem; border-block: 1px solid var(--_edge); }
  .quote > div { display: flex; justify-content: space-between; align-items: baseline; gap: 1.5rem; }
  .quote dd { white-space: nowrap; }
  .quote .all { font-weight: 650; font-size: 1.15rem; letter-spacing: -0.015em; padding-top: 0.35rem; }
`;

export const look = [
  prices,
  css`
    .loading { display: flex; gap: 0.75em; align-items: center; color: var(--_muted); min-height: 12rem; }
    .grid { display: grid; gap: 0.6rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9.5rem), 1fr)); padding-top: 0.6rem; }
    .card {
      position: relative; display: grid; gap: 0.1rem; padding: 0.9rem 1rem; border: 1px solid var(--_strong-edge); border-radius: var(--_radius);
      background: var(--_surface); cursor: pointer; font-weight: 400; transition: border-color 0.15s ease, box-shadow 0.15s ease;
    }
    .card:hover { border-color: var(--_text); }
    .card:has(input:checked) { border-color: var(--_text); box-shadow: inset 0 0 0 1px var(--_text); }
    .card:has(input:focus-visible) { outline: 3px solid var(--_glow); outline-offset: 3px; }
    .card .name { font-weight: 600; font-size: 1.05rem; letter-spacing: -0.01em; }
    .card .price, .card .band { font-size: 0.9rem; color: var(--_muted); }
    .card.few .band { color: var(--_warn); font-weight: 500; }
    .card.sold_out { cursor: not-allowed; border-style: dashed; background: none; }
    .card.sold_out .name { color: var(--_muted); text-decoration: line-through; text-decoration-thickness: 1px; }
    .items .wrong { padding-top: 0.6rem; }
    .rows { padding-top: 0.4rem; }
    .item { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding-block: 0.85rem; border-bottom: 1px solid var(--_edge); }
    .item .tight { gap: 0.1rem; }
    .item .name { font-weight: 500; font-size: 1.05rem; letter-spacing: -0.01em; }
    .item.chosen .name { font-weight: 650; }
    .item .small > * { display: inline-block; margin-inline-end: 0.6em; }
    .item .warn, .item.few .band { color: var(--_warn); font-weight: 500; }
    .item:not(.chosen) output { color: var(--_muted); font-weight: 400; }
    .item.sold_out .name { color: var(--_muted); text-decoration: line-through; text-decoration-thickness: 1px; }
    .row { display: flex; align-items: center; justify-content: space-between; gap: 1rem; }
    .row .tight { gap: 0; }
    .label { font: 600 0.95rem/1.3 var(--_font); }
    .stepper { display: inline-grid; grid-template-columns: 3rem 2.5rem 3rem; align-items: center; text-align: center; flex: none; }
    .stepper button { min-height: 3rem; padding: 0; font-size: 1.25rem; font-weight: 500; }
    .stepper button[aria-disabled="true"] { color: var(--_muted); opacity: 0.55; }
    .stepper output { font-weight: 600; font-size: 1.1rem; }
    .sum { display: flex; justify-content: space-between; align-items: baseline; padding-top: 1rem; border-top: 1px solid var(--_edge); }
    .sum strong { font-size: 1.35rem; font-weight: 650; letter-spacing: -0.02em; }
    .held { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 0.6rem; }
    .countdown { font: 600 1.2rem/1 var(--_display); letter-spacing: -0.02em; }
    .countdown.big { font-size: 1.75rem; }
    .countdown.soon { color: var(--_warn); }
    .countdown.last { color: var(--_danger); }
    .methods { display: grid; gap: 0.5rem; }
    .methods legend { padding-bottom: 0.6rem; }
    .method {
      display: flex; align-items: center; gap: 0.85rem; min-height: 3.25rem; padding: 0.6rem 1rem; border: 1px solid var(--_strong-edge);
      border-radius: var(--_radius); cursor: pointer; font-weight: 500; background: var(--_surface);
    }
    .method:has(input:checked) { border-color: var(--_text); box-shadow: inset 0 0 0 1px var(--_text); }
    .method:has(input:disabled) { cursor: default; opacity: 0.6; }
    .method:has(input:focus-visible) { outline: 3px solid var(--_glow); outline-offset: 3px; }
    .method input { accent-color: var(--_text); width: 1.15rem; height: 1.15rem; margin: 0; flex: none; outline: none; }
    @media (forced-colors: active) { .card:has(input:checked), .method:has(input:checked) { outline: 3px solid Highlight; } }
  `,
];
