"""What the API shows of a model's results; each number is defined in docs/reference/scores.md."""

from __future__ import annotations

from fxpaper.web.objects import Amount, Shown


class ReliabilityBin(Shown):
    """One point of the reliability curve: stated confidence beside the rate of winning."""

    begins: Amount
    ends: Amount
    trades: int
    wins: int
    confidence: Amount
    rate: Amount


class CalibrationBlock(Shown):
    """Confidences that are taken to win equally often."""

    begins: Amount
    ends: Amount
    trades: int
    wins: int
    probability: Amount
    lower: Amount


class ModelCalibration(Shown):
    """How confidence relates to winning."""

    basis: str
    trades: int
    minimum: int
    enough: bool
    brier: Amount
    log_score: Amount | None
    ece: Amount
    bins: list[ReliabilityBin]
    blocks: list[CalibrationBlock]


class ModelDecay(Shown):
    """The latest third of the trades against the earlier two thirds, in R."""

    weaker: bool
    text: str
    latest: Amount | None
    latest_trades: int
    earlier: Amount | None
    earlier_trades: int
    difference: Amount | None
    error: Amount | None


class ModelScore(Shown):
    """What a model's signals and closed trades came to; ``missing`` says why a number is null."""

    model: str
    symbol: str | None
    currency: str
    signals: dict[str, int]
    refusals: dict[str, int]
    trades: int
    wins: int
    losses: int
    hit_rate: Amount | None
    hit_rate_from: Amount | None
    hit_rate_to: Amount | None
    trades_with_r: int
    expectancy: Amount | None
    expectancy_error: Amount | None
    sqn: Amount | None
    profit_factor: Amount | None
    average_win: Amount | None
    average_loss: Amount | None
    worst_streak: int
    net: Amount
    calibration: ModelCalibration | None
    decay: ModelDecay
    missing: dict[str, str]


class ScoreList(Shown):
    """Every known model, by name."""

    items: list[ModelScore]
    next: None
