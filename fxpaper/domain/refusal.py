"""A decision not to act: code, the two numbers that met, and a sentence with a way out."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class RefusalCode(StrEnum):
    """Why something was not done. Codes are a stable contract; each is in docs/reference."""

    # What was sent cannot be read or makes no sense.
    MALFORMED = "malformed"
    UNKNOWN_SYMBOL = "unknown_symbol"
    CONFIDENCE_OUT_OF_RANGE = "confidence_out_of_range"
    TIME_WITHOUT_ZONE = "time_without_zone"
    SIGNAL_ID_REUSED = "signal_id_reused"
    # The rules for the model and the moment say no.
    AUTO_EXECUTION_OFF = "auto_execution_off"
    CONFIDENCE_TOO_LOW = "confidence_too_low"
    NO_AGREEMENT = "no_agreement"
    OUTVOTED = "outvoted"
    OPINION_REPLACED = "opinion_replaced"
    SIGNAL_EXPIRED = "signal_expired"
    SIGNAL_FROM_FUTURE = "signal_from_future"
    MARKET_CLOSED = "market_closed"
    NO_QUOTE = "no_quote"
    STALE_QUOTE = "stale_quote"
    GRADE_TOO_LOW = "grade_too_low"
    CONFLICTING_POSITION = "conflicting_position"
    TOO_MANY_ENTRIES = "too_many_entries"
    COOLING_DOWN = "cooling_down"
    DISMISSED = "dismissed"
    OUTSIDE_HOURS = "outside_hours"
    ROLLOVER_WINDOW = "rollover_window"
    NEWS_WINDOW = "news_window"
    NOTHING_TO_CLOSE = "nothing_to_close"
    TRADING_HALTED = "trading_halted"
    # A live account's terminal or broker says no.
    TERMINAL_AWAY = "terminal_away"
    TERMINAL_FORBIDS = "terminal_forbids"
    PROFILE_DIFFERS = "profile_differs"
    EQUITY_DIFFERS = "equity_differs"
    NOT_AT_TERMINAL = "not_at_terminal"
    ALREADY_ASKED = "already_asked"
    BROKER_REFUSED = "broker_refused"
    TOO_LATE = "too_late"
    ENDED_AT_TERMINAL = "ended_at_terminal"
    # The order cannot be right.
    STOP_REQUIRED = "stop_required"
    SPREAD_TOO_WIDE = "spread_too_wide"
    ENTRY_GONE = "entry_gone"
    REWARD_TOO_SMALL = "reward_too_small"
    STOP_WRONG_SIDE = "stop_wrong_side"
    STOP_TOO_CLOSE = "stop_too_close"
    LEVEL_TOO_FAR = "level_too_far"
    TAKE_PROFIT_WRONG_SIDE = "take_profit_wrong_side"
    NO_EDGE = "no_edge"
    LOTS_BELOW_MINIMUM = "lots_below_minimum"
    LOTS_OFF_STEP = "lots_off_step"
    RISK_TOO_HIGH = "risk_too_high"
    OPEN_RISK_TOO_HIGH = "open_risk_too_high"
    LEG_RISK_TOO_HIGH = "leg_risk_too_high"
    SYMBOL_RISK_TOO_HIGH = "symbol_risk_too_high"
    MODEL_RISK_TOO_HIGH = "model_risk_too_high"
    THEME_RISK_TOO_HIGH = "theme_risk_too_high"
    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    LOSS_STREAK = "loss_streak"
    ORDER_RATE = "order_rate"
    TOO_MANY_POSITIONS = "too_many_positions"
    INSUFFICIENT_MARGIN = "insufficient_margin"
    NO_CONVERSION = "no_conversion"
    PRICE_WRONG_SIDE = "price_wrong_side"
    PRICE_TOO_CLOSE = "price_too_close"
    WRONG_ORDER = "wrong_order"
    BEYOND_BOUND = "beyond_bound"
    NOT_OLDEST = "not_oldest"
    NOT_OPPOSITE = "not_opposite"
    CHANGED_MEANWHILE = "changed_meanwhile"
    WRONG_AMOUNT = "wrong_amount"
    # Why an order ended.
    ASKED = "asked"
    ORDER_EXPIRED = "order_expired"
    SIBLING_FILLED = "sibling_filled"
    PARENT_ENDED = "parent_ended"
    POSITION_CLOSED = "position_closed"
    ACCOUNT_RESET = "account_reset"
    # What it names is not there.
    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_POSITION = "unknown_position"
    UNKNOWN_ORDER = "unknown_order"
    UNKNOWN_SIGNAL = "unknown_signal"
    UNKNOWN_ALERT = "unknown_alert"


class Refused(msgspec.Struct, frozen=True):
    """A decision not to act.

    Args:
        code: why; stable.
        text: one sentence: what was wrong, the value, what would be right.
        actual: the value that was found, as text.
        limit: the value that would have been right, as text.
    """

    code: RefusalCode
    text: str
    actual: str = ""
    limit: str = ""
