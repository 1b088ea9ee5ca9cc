// The page's colours and type for pictures, which cannot ask the style sheet. Pure.

import { SCHEMES } from "../ramp.js";

/**
 * As in style.css (tests/page/export-picture.test.mjs compares them).
 * @typedef {{ground: string, ink: string, muted: string, line: string, edge: string, accent: string, mask: string,
 *            stripe: string}} Look
 * @type {Record<"light" | "dark", Look>}
 */
export const LOOKS = {
  light: {
    ground: SCHEMES.light.ground,
    ink: SCHEMES.light.ink,
    muted: "#5f616b",
    line: "#dfddd6",
    edge: "#8b8d96",
    accent: "#b5370c",
    mask: "#e2e1de",
    stripe: "#cccbc9",
  },
  dark: {
    ground: SCHEMES.dark.ground,
    ink: SCHEMES.dark.ink,
    muted: "#a3a5ae",
    line: "#32343b",
    edge: "#6f727d",
    accent: "#ffab85",
    mask: "#2c2e35",
    stripe: "#40434b",
  },
};

/** Families by what they are for; single quotes, so that they fit into an attribute. */
export const FONTS = {
  mono: "ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  sans: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif",
};

/** Masks are striped by lines at 45 degrees, one every so many pixels, measured across them. */
export const STRIPE = { every: 5, width: 1 };
