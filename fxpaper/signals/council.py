"""The council: who holds the opinions of ensembles' members until they decide, or time is up.

Theory of operation. An opinion is a member's signal without a decision, so a restart loses none:
they are held again as the journal has them. Whatever happens to one ends in exactly one decision:
combined into the ensemble's signal, outvoted by it, replaced by its model's next opinion, or, when
it ceases to count, without agreement. A decision consumes all opinions, for and against.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fxpaper.domain.approval import Check
from fxpaper.domain.instant import Instant, format_instant
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Decision, Signal, SignalSide, SignalStatus
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.timers import NEVER
from fxpaper.signals import policy as policies
from fxpaper.signals.ensemble import DOOR, Ensemble, Method, check, combine, decide, standing
from fxpaper.signals.rules import RuleBook


class Turn(NamedTuple):
    """What came of some opinions.

    Args:
        decided: each of them with its decision.
        signal: the ensemble's own, to be judged like any other; None when it made none.
    """

    decided: tuple[tuple[Signal, Decision], ...]
    signal: Signal | None = None


class _Group:
    """The opinions on one symbol that an ensemble holds, the newest of each model."""

    def __init__(self, ensemble: Ensemble) -> None:
        self.ensemble = ensemble
        self.by_model: dict[str, Signal] = {}

    @property
    def opinions(self) -> tuple[Signal, ...]:
        return tuple(self.by_model.values())

    def ends(self) -> Instant:
        return min((self.ensemble.ends(one) for one in self.opinions), default=NEVER)

    def until(self, opinion: Signal) -> Instant:
        """Return until when an opinion waits: of the best one's ensemble all wait together."""
        together = self.ensemble.method is Method.BEST
        return self.ends() if together else self.ensemble.ends(opinion)


class Council:
    """Holds opinions and asks ensembles.

    Args:
        rules: of members, and the ensembles.
        board: gives the latest quotes, which decisions keep as evidence.
    """

    def __init__(self, rules: RuleBook, board: PriceBoard) -> None:
        self._rules = rules
        self._board = board
        self._groups: dict[tuple[str, str, str], _Group] = {}
        self._replaced: list[tuple[Signal, Signal]] = []
        self._unasked = False

    def concerns(self, signal: Signal) -> bool:
        """Tell whether a signal is a member's opinion; an ensemble's own signal is none."""
        return self._ensemble_of(signal) is not None

    def restore(self, opinions: Iterable[Signal]) -> None:
        """Hold undecided opinions again, as the ledger knows them; ensembles may have changed."""
        self._groups, self._replaced = {}, []
        for opinion in opinions:
            ensemble = self._ensemble_of(opinion)
            if ensemble is not None:
                self._hold(opinion, ensemble)
        self._unasked = bool(self._groups)

    @property
    def opinions(self) -> tuple[Signal, ...]:
        """Those without a decision."""
        held = (one for group in self._groups.values() for one in group.opinions)
        return (*held, *(older for older, _ in self._replaced))

    def next_timer(self) -> Instant:
        """Return when :meth:`settle` has something to do next; far away when never."""
        if self._unasked:
            return min(one.received_at for one in self.opinions)
        return min((group.ends() for group in self._groups.values()), default=NEVER)

    def waits_for(self, account: str, signal_id: str) -> Refused | None:
        """Return what an undecided opinion waits for; None when it is not held."""
        for (holder, _, _), group in self._groups.items():
            for one in group.opinions if holder == account else ():
                if one.id == signal_id:
                    until = format_instant(group.until(one))
                    text = f"{standing(group.ensemble, group.opinions)}; waits until {until}."
                    return _no_agreement(group, one, f'Ensemble "{group.ensemble.name}": {text}')
        return None

    def hear(self, signal: Signal, now: Instant) -> list[Turn]:
        """Take a member's new opinion and ask its ensemble; :meth:`settle` comes before."""
        ensemble = self._ensemble_of(signal)
        if ensemble is None:
            return []
        _, refused = policies.opinion(signal, self._rules.of(signal.model, signal.symbol), now)
        if refused is None and ensemble.ends(signal) <= now:
            refused = _too_late(ensemble, signal)
        if refused is not None:
            return [Turn(((signal, self._refuse(signal, refused, now)),))]
        group = self._hold(signal, ensemble)
        return self._drop_replaced(now) + self._ask(group, now)

    def dismiss(self, account: str, signal_id: str) -> Signal | None:
        """Let go of an opinion that a person does not want; None where it is not held."""
        for place, group in self._groups.items():
            for one in group.opinions if place[0] == account else ():
                if one.id == signal_id:
                    self._forget(group, [one])
                    return one
        return None

    def settle(self, now: Instant) -> list[Turn]:
        """Let go of the opinions that no longer count; the best one of a window decides now."""
        turns = self._drop_replaced(now)
        for group in tuple(self._groups.values()):
            if group.ends() <= now:
                turns += self._close(group, now)
        if self._unasked:
            self._unasked = False
            for group in tuple(self._groups.values()):
                turns += self._ask(group, now)
        return turns

    def _ensemble_of(self, signal: Signal) -> Ensemble | None:
        if signal.door == DOOR:
            return None
        found = (one for one in self._rules.ensembles if one.covers(signal.model, signal.symbol))
        return next(found, None)

    def _hold(self, signal: Signal, ensemble: Ensemble) -> _Group:
        place = (signal.account, ensemble.name, signal.symbol)
        group = self._groups.setdefault(place, _Group(ensemble))
        earlier = group.by_model.get(signal.model)
        if earlier is not None and signal.at < earlier.at:
            self._replaced.append((signal, earlier))
            return group
        if earlier is not None:
            self._replaced.append((earlier, signal))
        group.by_model[signal.model] = signal
        return group

    def _drop_replaced(self, now: Instant) -> list[Turn]:
        dropped, self._replaced = self._replaced, []
        return [
            Turn(((older, self._refuse(older, _replaced_by(newer), now)),))
            for older, newer in dropped
        ]

    def _ask(self, group: _Group, now: Instant) -> list[Turn]:
        side = decide(group.ensemble, group.opinions)
        if side is None:
            return []
        turn = self._decided(group.ensemble, group.opinions, side, now)
        self._forget(group, group.opinions)
        return [turn]

    def _close(self, group: _Group, now: Instant) -> list[Turn]:
        """Let the best opinion decide, if that is the method; refuse what has come to its end."""
        ensemble, opinions = group.ensemble, group.opinions
        over = [one for one in opinions if group.until(one) <= now]
        turns: list[Turn] = []
        if ensemble.method is Method.BEST:
            alive = [one for one in opinions if now < one.expires_at]
            side = decide(ensemble, alive, closing=True)
            if side is not None:
                turns.append(self._decided(ensemble, alive, side, now))
                over = [one for one in opinions if now >= one.expires_at]
        decided = tuple(
            (one, self._refuse(one, _in_vain(group, one), now, _own(group, one))) for one in over
        )
        self._forget(group, over if not turns else opinions)
        return [*turns, Turn(decided)] if decided else turns

    def _decided(
        self, ensemble: Ensemble, opinions: Sequence[Signal], side: SignalSide, now: Instant
    ) -> Turn:
        signal = combine(ensemble, opinions, side, now)
        said = standing(ensemble, opinions)
        decisions = []
        for one in opinions:
            asked = check(ensemble, opinions, one.side)
            refused = None if one.side is side else _outvoted(signal, said)
            status = SignalStatus.COMBINED if refused is None else SignalStatus.REFUSED
            decision = Decision(
                status=status,
                at=now,
                checks=(*self._checks(one, now), asked),
                quote=self._board.quotes.get(one.symbol),
                refusal=refused,
                ensemble_signal_id=signal.id,
            )
            decisions.append((one, decision))
        return Turn(tuple(decisions), signal)

    def _refuse(
        self, signal: Signal, refused: Refused, now: Instant, more: tuple[Check, ...] = ()
    ) -> Decision:
        return Decision(
            status=SignalStatus.REFUSED,
            at=now,
            checks=(*self._checks(signal, now), *more),
            quote=self._board.quotes.get(signal.symbol),
            refusal=refused,
        )

    def _checks(self, signal: Signal, now: Instant) -> tuple[Check, ...]:
        rules = self._rules.of(signal.model, signal.symbol)
        return policies.opinion(signal, rules, now)[0]

    def _forget(self, group: _Group, opinions: Iterable[Signal]) -> None:
        for one in opinions:
            place = (one.account, group.ensemble.name, one.symbol)
            self._groups[place].by_model.pop(one.model)
            if not self._groups[place].by_model:
                del self._groups[place]


def _own(group: _Group, signal: Signal) -> tuple[Check, ...]:
    return (check(group.ensemble, group.opinions, signal.side),)


def _in_vain(group: _Group, signal: Signal) -> Refused:
    text = (
        f'Ensemble "{group.ensemble.name}" came to no agreement on {signal.symbol} by '
        f"{format_instant(group.until(signal))}: {standing(group.ensemble, group.opinions)}."
    )
    return _no_agreement(group, signal, text)


def _no_agreement(group: _Group, signal: Signal, text: str) -> Refused:
    asked = check(group.ensemble, group.opinions, signal.side)
    return Refused(RefusalCode.NO_AGREEMENT, text, asked.actual, asked.limit)


def _too_late(ensemble: Ensemble, signal: Signal) -> Refused:
    ends, came = format_instant(ensemble.ends(signal)), format_instant(signal.received_at)
    text = (
        f'The signal of {came} counted in ensemble "{ensemble.name}" until {ends}; '
        "it was taken up too late."
    )
    return Refused(RefusalCode.NO_AGREEMENT, text, came, ends)


def _outvoted(signal: Signal, said: str) -> Refused:
    text = (
        f'Ensemble "{signal.model}" decided to {signal.side} {signal.symbol}: {said}. '
        f"Its signal is {signal.id}."
    )
    return Refused(RefusalCode.OUTVOTED, text, said, signal.side)


def _replaced_by(newer: Signal) -> Refused:
    text = (
        f'Model "{newer.model}" has a newer opinion on {newer.symbol}, {newer.side} of '
        f"{format_instant(newer.at)}, signal {newer.id}; only its newest one counts."
    )
    return Refused(RefusalCode.OPINION_REPLACED, text, "", newer.id)
