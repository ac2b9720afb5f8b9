/**
 * What a browser remembers of a drop, so that a reload keeps the place and repeats no wish under a new key.
 *
 * Nothing in here is a secret that another site could use, and the engine believes none of it unseen. Where a browser
 * allows no storage, as in some private windows, it lasts as long as the page.
 */

export interface Kept {
  /** The signed place in the line. */
  ticket?: string;
  /** How many were ahead when the place was first known, for the length of the track. */
  aheadAtFirst?: number;
  /** The lane that a grant gave, for whoever stands in no line. */
  lane?: string;
  pass?: { token: string; expiresAt: string };
  /** The checkout that was begun, until it has ended. */
  checkout?: string;
  /** The last thing that was wished for, and the key it was sent under. */
  wish?: { body: string; key: string };
  email?: string;
}

const memory = new Map<string, string>();

export class Keep {
  private readonly name: string;

  constructor(api: string, drop: string) {
    this.name = `race:${api}:${drop}`;
  }

  read(): Kept {
    try {
      return JSON.parse(text(this.name) ?? "{}") as Kept;
    } catch {
      return {};
    }
  }

  /** Change some of it; undefined forgets. */
  change(changes: { [name in keyof Kept]?: Kept[name] | undefined }): void {
    const kept = { ...this.read(), ...changes };
    const written = JSON.stringify(kept);
    memory.set(this.name, written);
    try {
      localStorage.setItem(this.name, written);
    } catch {
      // Full or forbidden: it is in memory.
    }
  }

  /** The key under which `body` is sent: the same for the same wish, whatever happened to the page in between. */
  keyFor(body: string): string {
    const { wish } = this.read();
    if (wish !== undefined && wish.body === body) return wish.key;
    const key = newKey();
    this.change({ wish: { body, key } });
    return key;
  }

  /** The pass is good for nothing any more; that there was one is kept, and the line lets in again whoever asks for it. */
  turnIsOver(): void {
    const { pass } = this.read();
    if (pass !== undefined) this.change({ pass: { ...pass, expiresAt: "1970-01-01" } });
  }

  /** The wish was answered: the next one is another one, even where it looks the same. */
  answered(): void {
    this.change({ wish: undefined });
  }
}

/** 128 random bits; `crypto.randomUUID` is missing on pages that came over plain HTTP. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function text(name: string): string | null {
  try {
    return localStorage.getItem(name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}
