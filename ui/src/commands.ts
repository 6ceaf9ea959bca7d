/** What to type in a terminal, in one place: pages go stale when these are scattered. */

export const SEND_SIGNAL =
  "fxpaper signal send --model trend --symbol EURUSD --side buy --confidence 0.8 --stop-loss 25pips --take-profit 2r";
/** Until then a model's signals are journalled and refused. */
export const MODEL_ON = "fxpaper model on trend";
export const NEW_LINK = "fxpaper link";
