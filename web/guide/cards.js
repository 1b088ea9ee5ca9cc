// The guide's six cards: what they say, what the page is set to beside them, and what to look at then. Pure data.
//
// Said of schedules is only what the theory proves or the model card measured: what is exact, under which conditions,
// and whose it is.

/**
 * @typedef {object} Card
 * @property {string} title
 * @property {string[]} text paragraphs
 * @property {string} look what to look at once the page is set
 * @property {{settings: object, compare: object | null, colour: string}} patch a part of the page's state
 * @property {Array<{words: string, to: string}>} links only to arXiv and to the lab
 */

const ZHAO_CAI = { words: "Zhao & Cai 2026, arXiv 2602.20126", to: "https://arxiv.org/abs/2602.20126" };

/** What the guarantees are about; the prompt stays the reader's. No rule: it would take the schedule's place. */
const EXACT = { rule: "", order: "random", temperature: 1, seed: 1 };

const patch = (schedule, steps, compare = null) => ({ settings: { ...EXACT, schedule, steps }, compare, colour: "step" });

const lab = (words, law, more) => ({ words: `In the lab: ${words}`, to: `lab/#v=1&law=${law}&length=64&steps=8&${more}` });

/** @type {Card[]} */
export const CARDS = [
  {
    title: "What a mask is",
    text: [
      "A text is a row of tokens: words, or pieces of words. A mask is a place whose token is not known yet. A run begins with your prompt, and masks for all the rest.",
      "In each call the model reads what is revealed, on both sides of a mask, and gives every mask a probability for each token that it knows. Then some masks are lifted: for each, one token is drawn by these probabilities, and here it stays. The order says which masks, the schedule says how many.",
    ],
    look: "Step through the calls with ← and →. Striped cells are masks; a red frame is what the call shown revealed. Point at a mask to read the model’s guesses for it.",
    patch: patch("uniform", 16),
    links: [],
  },
  {
    title: "One call, many tokens, lost dependence",
    text: [
      "The tokens of a call are drawn independently, each from its own probabilities given what was revealed before. Say two masks stand for San Francisco or New York, each as likely. Place by place all is right: San or New, Francisco or York, half and half. But the two are drawn apart, and half of the draws are San York or New Francisco. What tied them is lost: ln 2 nats of KL. In two calls the second draw sees the first, and an exact model loses nothing.",
    ],
    look: "The same prompt and seed, with 4 calls and with 128. Of the 4, each draws some thirty tokens at once (they share a colour): look where these do not fit together. With 128, one token comes at a time.",
    patch: patch("uniform", 4, { steps: 128 }),
    links: [lab("copies of one coin, eight at a time", "repetition:q=2", "focus=uniform")],
  },
  {
    title: "Why sizes matter",
    text: [
      "Let h(j) be the entropy, in nats, of one more token once j are known, averaged over all choices. It never rises with j. In random order, the token of rank i (counted from 0), in a call that began with t revealed, loses h(t) − h(i) on average. The sum is the KL of these sizes, averaged over orders: exactly, for an exact model at temperature 1. So a large call is cheap where h is flat, and dear where it falls.",
    ],
    look: "Eight calls: equal ones, and small ones first. Compare the bars and the predicted losses. They are close on stories, where the default model’s profile falls nearly in a straight line; other laws tell the two apart.",
    patch: patch("uniform", 8, { schedule: "cosine" }),
    links: [
      lab("a profile that falls slowly", "markov:flip=0.1", "focus=uniform"),
      lab("one that falls at once", "repetition:q=2", "focus=cosine"),
    ],
  },
  {
    title: "TC and DTC",
    text: [
      "Total correlation, TC: the sum of the tokens’ own entropies, less the entropy of the whole. Dual total correlation, DTC: the entropy of the whole, less the sum of what is left of each token’s once all others are known. L copies of a fair coin have DTC ln 2 and TC (L − 1) ln 2; L fair coins of fixed parity, the other way round.",
      "Zhao & Cai: random sizes, drawn without knowledge of the data, keep the KL of K calls to the order of TC/K, or by another choice DTC/K, up to logarithms. adaptive-tc and adaptive-dtc: after Zhao & Cai 2026; our derivation.",
    ],
    look: "Large calls first, and last. Stories, as the default model sees them, have over twice as much TC as DTC: compare the predicted losses.",
    patch: patch("adaptive-tc", 16, { schedule: "adaptive-dtc" }),
    links: [
      ZHAO_CAI,
      lab("TC large", "repetition:q=2", "schedules=adaptive-min,adaptive-tc,adaptive-dtc&focus=adaptive-dtc"),
      lab("DTC large", "parity:q=2", "schedules=adaptive-min,adaptive-tc,adaptive-dtc&focus=adaptive-tc"),
    ],
  },
  {
    title: "Why random sizes",
    text: [
      "Fixed sizes suit some distribution badly: one in which any k tokens are free and decide all others, with k just past the end of a call. The rest of that call is drawn blindly. Random sizes, drawn without a look at the text, miss each k only sometimes. With many calls and many more tokens, their worst case, the expected KL per nat of TC or of DTC, is about half that of the best fixed sizes (our calculation). For one distribution that is known, some fixed sizes are at least as good in this average.",
    ],
    look: "adaptive-min, which is ours, with two seeds: the bars are uneven on purpose, and new with each seed. So are the order and the tokens.",
    patch: patch("adaptive-min", 16, { seed: 2 }),
    links: [
      lab("a code that suits equal sizes worst", "reed-solomon:k=57,q=256", "focus=uniform"),
      lab("random sizes on it", "reed-solomon:k=57,q=256", "focus=adaptive-min"),
      ZHAO_CAI,
    ],
  },
  {
    title: "What this page does not show",
    text: [
      "The guarantees are for the expected KL, averaged over sizes and random orders, of an exact model at temperature 1. The default model is small and has errors of its own, which no schedule mends. The predicted loss comes from a profile measured on held-out stories; it is no measurement of the text before you. How good a single text turns out is largely chance: one pair of runs decides nothing. And adaptive sizes are made for the worst case: on stories, equal sizes are predicted to lose less.",
    ],
    look: "The second run lifts the most confident masks first. The guarantees do not cover that order, and no loss is predicted for it; nor for rules and other temperatures.",
    patch: patch("adaptive-min", 16, { order: "most-confident" }),
    links: [lab("where every probability is exact", "reed-solomon:k=19,q=256", "focus=adaptive-min")],
  },
];
