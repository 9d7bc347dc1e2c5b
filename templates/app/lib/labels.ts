// create-edge-ai 0.1.0
/**
 * What /api/classify tells apart when a request brings no labels of its own: label → a few sentences that have it. More
 * and more typical sentences make it better. A model that was trained to classify has labels of its own, and needs none.
 */
export const labels: Readonly<Record<string, readonly string[]>> = {
  positive: [
    "I love it, it works perfectly.",
    "Great service and fast delivery.",
    "I am very happy with this, thank you.",
    "Wonderful, I recommend it to everybody.",
  ],
  negative: [
    "I hate it, it does not work at all.",
    "Terrible service and it arrived late.",
    "I am very disappointed and want my money back.",
    "Awful, it broke after a day, do not buy it.",
  ],
};
