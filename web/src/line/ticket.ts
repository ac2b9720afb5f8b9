/** What a browser reads of its ticket. Whether a ticket is genuine only the engine can say. */

const VERSION = 1;
const KIND_TICKET = 1;
const KIND_GRANTED = 3;
const FIELDS_BYTES = 35;
const TAG_BYTES = 16;
const NO_SEQUENCE = 0xffff_ffff_ffff_ffffn;

export interface Ticket {
  readonly tid: Uint8Array;
  /** The place among those who came after the draw; null for one who is in it. */
  readonly late: number | null;
  /** Whether it comes in by the lane of a grant, and stands in no line. */
  readonly granted?: boolean;
}

/** The ticket in a token, or null where it is none: `version ‖ key id ‖ kind ‖ tid ‖ issued at ‖ late ‖ tag`. */
export function readTicket(token: string): Ticket | null {
  const bytes = fromBase64Url(token);
  if (bytes === null || bytes.length !== FIELDS_BYTES + TAG_BYTES) return null;
  if (bytes[0] !== VERSION || (bytes[2] !== KIND_TICKET && bytes[2] !== KIND_GRANTED)) return null;
  if (bytes[2] === KIND_GRANTED) return { tid: bytes.slice(3, 19), late: null, granted: true };
  const late = new DataView(bytes.buffer).getBigUint64(27);
  return { tid: bytes.slice(3, 19), late: late === NO_SEQUENCE ? null : Number(late) };
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]+$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}
