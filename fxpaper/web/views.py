"""From the words of the domain to the objects of the API."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from fxpaper.aggregator.source import SourceState
from fxpaper.domain.account import Account, Valuation
from fxpaper.domain.bar import Bar
from fxpaper.domain.deal import Attribution, Deal
from fxpaper.domain.instant import NS_PER_MS, Instant
from fxpaper.domain.instrument import Instrument, Points, format_price
from fxpaper.domain.money import currency_digits, to_decimal
from fxpaper.domain.order import Order
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.domain.signal import ModelPolicy
from fxpaper.ledger.records import ModelCount
from fxpaper.web import objects
from fxpaper.web.ports import AccountView

"""Of every account there is."""

Instruments = Mapping[str, Instrument]

_R_DIGITS = 2


def quote(quote: Quote, digits: int) -> objects.Quote:
    """Show a quote; ``digits`` are the decimals of its prices."""
    evidence = quote.evidence
    return objects.Quote(
        symbol=quote.symbol,
        bid=format_price(quote.bid, digits),
        ask=format_price(quote.ask, digits),
        digits=digits,
        spread_points=quote.spread,
        quoted_at=quote.quoted_at,
        received_at=quote.received_at,
        source=evidence.source,
        transport=evidence.transport,
        spread=evidence.spread,
        grade=evidence.grade,
        simulated=evidence.simulated,
    )


def bar(bar: Bar, digits: int) -> objects.Bar:
    """Show a bar; ``digits`` are the decimals of its prices."""
    return objects.Bar(
        symbol=bar.symbol,
        interval=bar.interval,
        opened_at=bar.opened_at,
        open=format_price(bar.open, digits),
        high=format_price(bar.high, digits),
        low=format_price(bar.low, digits),
        close=format_price(bar.close, digits),
        quotes=bar.quotes,
        closed=bar.closed,
        source=bar.source,
    )


def account(account: Account, valuation: Valuation) -> objects.Account:
    """Show an account at a valuation of its open positions."""
    equity = account.balance + valuation.floating_profit
    return objects.Account(
        id=account.id,
        mode=account.mode,
        currency=account.currency,
        leverage=account.leverage,
        initial_balance=account.initial_balance,
        balance=account.balance,
        floating_profit=valuation.floating_profit,
        equity=equity,
        margin=valuation.margin,
        free_margin=equity - valuation.margin,
        margin_level=valuation.margin_level,
        complete=valuation.complete,
        opened_at=account.opened_at,
        trading=account.trading,
        terminal=account.terminal or None,
        seq=account.seq,
    )


def without_positions(account: Account) -> Valuation:
    """Return what an account is worth that holds nothing."""
    zero = Decimal(0).scaleb(-currency_digits(account.currency))
    return Valuation(
        balance=account.balance,
        floating_profit=zero,
        equity=account.balance,
        margin=zero,
        free_margin=account.balance,
        margin_level=None,
        profits={},
        complete=True,
    )


def position(position: Position, view: AccountView | None) -> objects.Position:
    """Show a position, at what it would close at now if it is open in ``view``."""
    profit = None if view is None else view.valuation.profits.get(position.id)
    closes_at = None if view is None else view.close_prices.get(position.id)
    digits = position.digits
    return objects.Position(
        id=position.id,
        account=position.account,
        mode=position.mode,
        symbol=position.symbol,
        side=position.side,
        lots=position.lots,
        open_price=format_price(position.open_price, digits),
        opened_at=position.opened_at,
        stop_loss=_price(position.stop_loss, digits),
        take_profit=_price(position.take_profit, digits),
        margin=position.margin,
        commission=position.commission,
        risk=position.risk,
        order_id=position.order_id,
        signal_id=position.signal_id,
        model=position.model,
        current_price=_price(closes_at, digits),
        profit=profit,
        r=_multiple(profit, position.risk),
        swap=position.swap,
        trailing=position.exits.trail is not None,
        close_at=position.exits.close_at,
        take_profits=[
            objects.Rung(price=format_price(rung.price, digits), fraction=rung.fraction)
            for rung in position.exits.ladder
        ],
        version=position.version,
        digits=digits,
    )


def order(order: Order) -> objects.Order:
    """Show an order."""
    ended = order.ended
    return objects.Order(
        id=order.id,
        account=order.account,
        mode=order.mode,
        symbol=order.symbol,
        side=order.side,
        lots=order.lots,
        stop_loss=_price(order.stop_loss, order.digits),
        take_profit=_price(order.take_profit, order.digits),
        state=order.state,
        fill_price=_price(order.fill_price, order.digits),
        placed_at=order.placed_at,
        filled_at=order.filled_at,
        signal_id=order.signal_id,
        kind=order.kind,
        price=_price(order.price, order.digits),
        limit=_price(order.limit, order.digits),
        bound=_price(order.bound, order.digits),
        time_in_force=order.time_in_force,
        expires_at=order.expires_at,
        trigger=order.trigger,
        closes=order.closes,
        oco=order.oco,
        parent=order.parent,
        version=order.version,
        ended_at=order.ended_at,
        ended_code=None if ended is None else ended.code.value,
        ended_text=None if ended is None else ended.text,
        digits=order.digits,
    )


def deal(deal: Deal, instruments: Instruments) -> objects.Deal:
    """Show a deal; its instrument tells the currency of the gross profit."""
    instrument = instruments.get(deal.symbol)
    return objects.Deal(
        id=deal.id,
        account=deal.account,
        mode=deal.mode,
        position_id=deal.position_id,
        order_id=deal.order_id,
        signal_id=deal.signal_id,
        symbol=deal.symbol,
        side=deal.side,
        entry=deal.entry,
        lots=deal.lots,
        price=format_price(deal.price, deal.digits),
        time=deal.at,
        reason=deal.reason,
        commission=deal.commission,
        swap=deal.swap,
        profit=deal.profit,
        gross=deal.gross,
        # A symbol that has left the profile: canonical forex names end with the quote currency.
        gross_currency=deal.symbol[-3:] if instrument is None else instrument.quote,
        conversion=deal.conversion,
        balance=deal.balance,
        digits=deal.digits,
        quote=quote(deal.quote, deal.digits),
        attribution=None if deal.attribution is None else _attribution(deal.attribution),
        ambiguous=deal.ambiguous,
        alternative=deal.alternative,
    )


def _attribution(found: Attribution) -> objects.Attribution:
    return objects.Attribution(
        mid=found.mid,
        delay=found.delay,
        spread=found.spread,
        slippage=found.slippage,
        commission=found.commission,
        swap=found.swap,
        conversion=found.conversion,
        net=found.net,
    )


def models(policies: Iterable[ModelPolicy], counts: Iterable[ModelCount]) -> list[objects.Model]:
    """Show every model that has a policy or sent a signal, by name."""
    allowed = {policy.model: policy.auto_execute for policy in policies}
    counted = {count.model: count for count in counts}
    none = ModelCount(model="", signals=0, executed=0, refused=0, combined=0)
    return [
        objects.Model(
            model=name,
            auto_execute=allowed.get(name, False),
            signals=counted.get(name, none).signals,
            executed=counted.get(name, none).executed,
            refused=counted.get(name, none).refused,
            combined=counted.get(name, none).combined,
        )
        for name in sorted(allowed.keys() | counted.keys())
    ]


def instruments(
    instruments: Iterable[Instrument], subscribed: Collection[str]
) -> list[objects.Instrument]:
    """Show instruments; those in ``subscribed`` are quoted here."""
    return [
        objects.Instrument(
            symbol=one.symbol,
            base=one.base,
            quote=one.quote,
            digits=one.digits,
            pip=one.pip,
            contract_size=one.contract_size,
            min_lots=one.min_lots,
            max_lots=one.max_lots,
            lot_step=one.lot_step,
            subscribed=one.symbol in subscribed,
        )
        for one in instruments
    ]


def sources(states: Iterable[SourceState], now: Instant) -> list[objects.SourceState]:
    """Show price sources; ``now`` is the market's present."""
    return [_source(state, now) for state in states]


def _source(state: SourceState, now: Instant) -> objects.SourceState:
    last, can = state.last_quote_at, state.capabilities
    return objects.SourceState(
        name=state.name,
        state=state.state.value,
        active=state.active,
        grade=state.evidence.grade,
        transport=state.evidence.transport,
        symbols=list(state.symbols),
        last_quote_at=last,
        age_ms=None if last is None else max(0, now - last) // NS_PER_MS,
        error=state.error,
        used_minute=state.used_minute,
        limit_minute=state.limit_minute,
        used_hour=state.used_hour,
        limit_hour=state.limit_hour,
        used_day=state.used_day,
        limit_day=state.limit_day,
        simulated=state.evidence.simulated,
        retry_at=state.retry_at,
        title=state.name if can is None else can.title,
        sides="" if can is None else can.sides,
        updates="" if can is None else can.updates,
        history="" if can is None else can.history,
        free_plan="" if can is None else can.free_plan,
        probe=None if state.probe is None else state.probe.text,
        switches=state.switches,
        refused=state.refused,
    )


def _price(points: Points | None, digits: int) -> Decimal | None:
    return None if points is None else format_price(points, digits)


def _multiple(profit: Decimal | None, risk: Decimal | None) -> Decimal | None:
    if profit is None or not risk:
        return None
    return to_decimal(Fraction(profit) / Fraction(risk), _R_DIGITS)
