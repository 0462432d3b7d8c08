/** Texts that have much in common, made short: a piece that they repeat becomes one letter, which none of them uses. */

export interface Packed {
  /** What a letter stands for; a piece may hold letters that come before it. */
  pieces: [letter: string, piece: string][];
  texts: string[];
}

/** Printable, of one byte each, and nothing that a string must escape. */
const LETTERS = Array.from({ length: 94 }, (_, k) => String.fromCharCode(33 + k)).filter((letter) => !"\"'`\\$".includes(letter));
const LONGEST = 4; // tokens of a piece, which may be of pieces
const LEAST = 6; // bytes that a piece must save

/** The piece that saves most, time and again, until letters or pieces run out. */
export function pack(texts: readonly string[]): Packed {
  const letters = LETTERS.filter((letter) => !texts.some((text) => text.includes(letter)));
  const pieces: Packed["pieces"] = [];
  let tokens: string[][] = texts.map((text) => text.match(/<[^>]*>|[^<]/gu) ?? []);
  for (const letter of letters) {
    const piece = bestOf(tokens);
    if (piece === null) break;
    pieces.push([letter, piece.join("")]);
    tokens = tokens.map((text) => replaced(text, piece, letter));
  }
  return { pieces, texts: tokens.map((text) => text.join("")) };
}

function bestOf(tokens: readonly string[][]): string[] | null {
  const times = new Map<string, { piece: string[]; count: number; end: number }>();
  tokens.forEach((text, k) => {
    for (let length = 1; length <= LONGEST; length++) {
      for (let from = 0; from + length <= text.length; from++) {
        const piece = text.slice(from, from + length), key = piece.join("");
        const at = 1e6 * k + from;
        const found = times.get(key) ?? { piece, count: 0, end: 0 };
        if (at >= found.end) times.set(key, { piece, count: found.count + 1, end: at + length });
      }
    }
  });
  let best: string[] | null = null;
  let most = LEAST;
  for (const [key, { piece, count }] of times) {
    const saved = (Buffer.byteLength(key) - 1) * count - Buffer.byteLength(key) - 9; // 9: the piece's own quotes and commas
    if (saved > most) [best, most] = [piece, saved];
  }
  return best;
}

function replaced(text: readonly string[], piece: readonly string[], letter: string): string[] {
  const made: string[] = [];
  for (let k = 0; k < text.length; ) {
    const same = piece.every((token, n) => text[k + n] === token);
    made.push(same ? letter : text[k] ?? "");
    k += same ? piece.length : 1;
  }
  return made;
}
