"""An account's own settings are settings: of the same name, type and bounds."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from pydantic import BaseModel, ValidationError

from fxpaper.account_settings import OVERRIDES, AccountSettings
from fxpaper.accounts import further_accounts, settings_of
from fxpaper.config import Settings
from fxpaper.from_settings import rules_of
from fxpaper.profiles import read_profile
from fxpaper.signals.rules import SignalRules

OWN = {"risk_percent": 3, "min_confidence": "0.6", "default_stop_pips": 20}


def allowed(model: type[BaseModel], name: str) -> list[str]:
    """Return what a field may be beside nothing, as JSON Schema says it."""
    said = model.model_json_schema()["properties"][name]
    options = said.get("anyOf", [said])
    words = {"title", "description", "default"}
    shown = [{key: one[key] for key in sorted(one.keys() - words)} for one in options]
    return sorted(json.dumps(one) for one in shown if one != {"type": "null"})


@pytest.mark.parametrize("name", sorted(OVERRIDES))
def test_an_override_has_the_type_and_bounds_of_its_setting(name: str):
    assert allowed(AccountSettings, name) == allowed(Settings, name)


def test_every_rule_that_is_a_number_of_a_setting_may_be_an_accounts_own():
    """All but how long a signal lives, which is fixed where it comes in, and the themes."""
    rules = set(SignalRules.__struct_fields__) & set(Settings.model_fields)
    assert rules - OVERRIDES == {"themes"}


def test_an_account_has_its_own_rules_and_for_the_rest_the_daemons():
    settings = Settings.model_validate({"max_positions": 7, "accounts": {"a": OWN, "b": {}}})
    rules = rules_of(settings_of(settings, "a"))
    assert (rules.risk_percent, rules.min_confidence) == (Decimal(3), Decimal("0.6"))
    assert (rules.default_stop_pips, rules.max_positions) == (Decimal(20), 7)
    assert rules_of(settings_of(settings, "b")) == rules_of(settings)


def test_accounts_come_in_the_order_of_the_file_and_may_write_symbols_their_way():
    settings = Settings.model_validate(
        {"accounts": {"z": {"symbols": ["eur/usd", "xau*"]}, "a": {}}}
    )
    found = further_accounts(settings, read_profile("standard").instruments)
    assert [one.name for one in found] == ["z", "a"]
    assert found[0].taking.symbols == ("EURUSD", "XAU*")
    assert found[1].taking.symbols == ("*",)


@pytest.mark.parametrize("wrong", [{"balance": 0}, {"leverage": 5000}, {"symbols": "EURUSD"}])
def test_what_no_account_may_have_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        AccountSettings.model_validate(wrong)
