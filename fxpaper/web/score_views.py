"""From exact scores to the decimals of the API: rates and R with four, SQN with two."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import msgspec

from fxpaper.analytics.calibration import Calibration
from fxpaper.analytics.decay import Decay
from fxpaper.analytics.scores import Score
from fxpaper.domain.money import post, to_decimal
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import SignalStatus
from fxpaper.web import score_objects

_DIGITS = 4
_SQN_DIGITS = 2


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a model.

    Args:
        model: its name.
        symbol: that it is about; None for all of them.
        currency: of the account.
        signals: by what became of them.
        refusals: by reason.
        score: of its closed trades.
    """

    model: str
    symbol: str | None
    currency: str
    signals: Mapping[SignalStatus, int]
    refusals: Mapping[RefusalCode, int]
    score: Score


def model_score(judged: Judged) -> score_objects.ModelScore:
    """Show what a model came to."""
    score, currency = judged.score, judged.currency
    interval, multiples = score.hit_interval or (None, None), score.multiples
    calibration = _calibration(score.calibration)
    return score_objects.ModelScore(
        model=judged.model,
        symbol=judged.symbol,
        currency=currency,
        signals={status.value: count for status, count in judged.signals.items()},
        refusals={code.value: count for code, count in judged.refusals.items()},
        trades=score.trades,
        wins=score.wins,
        losses=score.losses,
        hit_rate=_rate(score.hit_rate),
        hit_rate_from=_rate(interval[0]),
        hit_rate_to=_rate(interval[1]),
        trades_with_r=0 if multiples is None else multiples.count,
        expectancy=None if multiples is None else _rate(multiples.mean),
        expectancy_error=None if multiples is None else _rate(multiples.error),
        sqn=None if score.sqn is None else to_decimal(score.sqn, _SQN_DIGITS),
        profit_factor=_rate(score.profit_factor),
        average_win=_money(score.average_win, currency),
        average_loss=_money(score.average_loss, currency),
        worst_streak=score.worst_streak,
        net=post(Fraction(score.net), currency),
        calibration=calibration,
        decay=_decay(score.decay),
        missing=score.missing | _infinite(calibration),
    )


def _calibration(found: Calibration | None) -> score_objects.ModelCalibration | None:
    if found is None:
        return None
    reliable = found.reliability
    logarithmic = reliable.log_score
    return score_objects.ModelCalibration(
        basis=found.basis,
        trades=found.count,
        minimum=found.minimum,
        enough=found.enough,
        brier=_exact(reliable.brier),
        log_score=None if logarithmic is None else _exact(Fraction(logarithmic)),
        ece=_exact(reliable.ece),
        bins=[
            score_objects.ReliabilityBin(
                begins=to_decimal(one.begins, 1),
                ends=to_decimal(one.ends, 1),
                trades=one.count,
                wins=one.wins,
                confidence=_exact(one.confidence),
                rate=_exact(one.rate),
            )
            for one in reliable.bins
        ],
        blocks=[
            score_objects.CalibrationBlock(
                begins=one.begins,
                ends=one.ends,
                trades=one.count,
                wins=one.wins,
                probability=_exact(one.probability),
                lower=_exact(one.lower),
            )
            for one in found.blocks
        ],
    )


def _infinite(found: score_objects.ModelCalibration | None) -> dict[str, str]:
    if found is None or found.log_score is not None:
        return {}
    return {"log_score": "infinite: it was certain and wrong"}


def _decay(found: Decay) -> score_objects.ModelDecay:
    latest, earlier = found.latest, found.earlier
    return score_objects.ModelDecay(
        weaker=found.weaker,
        text=found.text,
        latest=None if latest is None else _exact(latest.mean),
        latest_trades=0 if latest is None else latest.count,
        earlier=None if earlier is None else _exact(earlier.mean),
        earlier_trades=0 if earlier is None else earlier.count,
        difference=_rate(found.difference),
        error=_rate(found.error),
    )


def _exact(value: Fraction) -> Decimal:
    return to_decimal(value, _DIGITS)


def _rate(value: Fraction | None) -> Decimal | None:
    return None if value is None else _exact(value)


def _money(value: Fraction | None, currency: str) -> Decimal | None:
    return None if value is None else post(value, currency)
