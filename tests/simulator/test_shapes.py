"""What the simulator answers has the fields and the types that Stripe's own library declares."""

import builtins
import sys
import types
import typing
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import stripe

from race_to_purchase.gateways.simulator import params
from tests.simulator.running import Running

OBJECTS: tuple[type[stripe.StripeObject], ...] = (
    stripe.PaymentIntent,
    stripe.Charge,
    stripe.Refund,
    stripe.Dispute,
    stripe.BalanceTransaction,
    stripe.Event,
)

PARAMETERS = {
    params.CreateIntent: "PaymentIntentCreateParams",
    params.ConfirmIntent: "PaymentIntentConfirmParams",
    params.CaptureIntent: "PaymentIntentCaptureParams",
    params.CancelIntent: "PaymentIntentCancelParams",
    params.CreateRefund: "RefundCreateParams",
    params.UpdateDispute: "DisputeUpdateParams",
    params.ListIntents: "PaymentIntentListParams",
    params.ListCharges: "ChargeListParams",
    params.ListRefunds: "RefundListParams",
    params.ListDisputes: "DisputeListParams",
    params.ListBalance: "BalanceTransactionListParams",
    params.ListEvents: "EventListParams",
}


class Library(dict[str, Any]):
    """Names as the library's modules know them; it loads most of them when they are first asked for."""

    def __missing__(self, name: str) -> Any:
        """See dict; KeyError lets the built-in names be found. What only a type checker imports may be anything."""
        if hasattr(builtins, name):
            raise KeyError(name)
        return getattr(stripe, name, Any)


def declared(kind: type) -> dict[str, Any]:
    """The attributes of a class of the library with their types."""
    names = Library({**vars(sys.modules[kind.__module__]), **vars(kind)})
    return {
        name: hint
        for name, hint in typing.get_type_hints(kind, {}, names).items()
        if get_origin(hint) is not typing.ClassVar
        and not name.startswith("_")
        and name not in vars(stripe.StripeObject)
    }


def examples(gateway: Running) -> dict[str, list[dict[str, Any]]]:
    """Objects of every kind, in many states, by the name that they give themselves."""
    card = {"card": "pm_card_threeDSecure2Required"}
    gateway.held(**card, return_url="https://shop.example/")
    gateway.held(card="pm_usBankAccount_processing")
    gateway.v1.payment_intents.cancel(gateway.held().id)
    with pytest.raises(stripe.CardError):
        gateway.paid(card="pm_card_chargeDeclined")
    gateway.v1.refunds.create({"payment_intent": gateway.paid(card="pm_card_refundFail").id})
    disputed = gateway.control("/disputes", {"payment_intent": gateway.paid().id})
    gateway.v1.disputes.update(disputed["id"], {"evidence": {"uncategorized_text": "x"}})
    found: dict[str, list[dict[str, Any]]] = {}
    for name in ("payment_intents", "charges", "refunds", "disputes", "balance_transactions", "events"):
        for one in gateway.get(f"/v1/{name}?limit=100").json()["data"]:
            found.setdefault(one["object"], []).append(one)
    return found


def test_every_field_is_one_that_the_library_declares_and_of_its_type(gateway: Running) -> None:
    found = examples(gateway)
    for kind in OBJECTS:
        hints = declared(kind)
        assert found[kind.OBJECT_NAME], kind
        for one in found[kind.OBJECT_NAME]:
            wrong = {
                name: (value, hints.get(name))
                for name, value in one.items()
                if not fits(value, hints.get(name, Literal[()]))
            }
            assert wrong == {}, kind


def test_every_field_that_is_never_null_is_there(gateway: Running) -> None:
    found = examples(gateway)
    for kind in OBJECTS:
        needed = {name for name, hint in declared(kind).items() if not fits(None, hint)}
        for one in found[kind.OBJECT_NAME]:
            assert needed - one.keys() == set(), kind


@pytest.mark.parametrize("ours", sorted(PARAMETERS, key=str))
def test_every_parameter_is_one_that_stripe_takes(ours: type[params.Asked]) -> None:
    theirs = getattr(stripe.params, PARAMETERS[ours])
    known = set(theirs.__annotations__)
    assert set(ours.__struct_fields__) - known == set()


def fits(value: Any, hint: Any) -> bool:
    """Whether a value of JSON can be what the library declares; nested objects are looked into."""
    origin, options = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(fits(value, option) for option in options)
    if origin is Literal:
        return value in options
    if origin is list:
        return isinstance(value, list) and all(fits(item, options[0]) for item in value)
    if origin is dict or (isinstance(origin, type) and issubclass(origin, stripe.StripeObject)):
        return isinstance(value, dict)
    if isinstance(hint, type) and issubclass(hint, stripe.StripeObject):
        return isinstance(value, dict) and fits_object(value, hint)
    if hint is float:
        return isinstance(value, int | float)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return (hint is None.__class__ and value is None) or (isinstance(hint, type) and isinstance(value, hint))


def fits_object(value: dict[str, Any], kind: type) -> bool:
    hints = declared(kind)
    return not hints or all(name in hints and fits(inner, hints[name]) for name, inner in value.items())
