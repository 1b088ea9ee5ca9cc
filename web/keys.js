// Every key that the page knows, for its list of keys.

export const KEYS = [
  {
    title: "Playback",
    keys: [
      [["Space"], "plays and pauses"],
      [["←", "→"], "steps one call back or forward"],
      [["Home", "End"], "goes to the first or the last call"],
    ],
  },
  {
    title: "In the text",
    keys: [
      [["←", "→", "↑", "↓"], "move between tokens"],
      [["Enter"], "selects a token, or no longer"],
      [["Shift", "→"], "selects several"],
      [["Tab"], "goes on to what can be done with them"],
    ],
  },
  { title: "Everywhere", keys: [[["?"], "shows this list"], [["Esc"], "closes it"]] },
];
