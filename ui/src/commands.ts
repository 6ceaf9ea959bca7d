/** What to type in a terminal, in one place: pages go stale when these are scattered. */

export const SEND_SIGNAL =
  "fxpaper signal send --model trend --symbol EURUSD --side buy --confidence 0.8 --sl 25pips --tp 2r";
export const NEW_LINK = "fxpaper link";
