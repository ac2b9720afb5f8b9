"""The parameters of each operation, by the names that Stripe gives them, and how a form becomes one of these values.

A parameter that Stripe knows and the simulator does not is refused like a misspelt one: to ignore it in silence would
be to promise what is not there. What is only shown again, such as a shipping address, is taken as it comes.
"""

from __future__ import annotations

import re
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta

from race_to_purchase.gateways.simulator.form import Tree
from race_to_purchase.gateways.simulator.objects import CaptureMethod
from race_to_purchase.gateways.simulator.refusals import Refused, invalid

Text = Annotated[str, Meta(max_length=5000)]
Name = Annotated[str, Meta(max_length=255)]
Words = dict[Annotated[str, Meta(min_length=1, max_length=40)], Annotated[str, Meta(max_length=500)]]
Metadata = Annotated[Words, Meta(max_length=50)] | Literal[""]
Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Limit = Annotated[int, Meta(ge=1, le=100)]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every request may say: which ids of the answer to replace by their objects."""

    expand: list[Text] = []


class Created(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A range of times, in Unix seconds."""

    gt: Whole | None = None
    gte: Whole | None = None
    lt: Whole | None = None
    lte: Whole | None = None


class Listing(Asked, frozen=True, kw_only=True):
    """A page of a list, the newest first."""

    limit: Limit = 10
    starting_after: Name | None = None
    ending_before: Name | None = None
    created: Whole | Created | None = None


class ListIntents(Listing, frozen=True, kw_only=True):
    """GET /v1/payment_intents"""


class ListCharges(Listing, frozen=True, kw_only=True):
    """GET /v1/charges"""

    payment_intent: Name | None = None


class ListRefunds(Listing, frozen=True, kw_only=True):
    """GET /v1/refunds"""

    payment_intent: Name | None = None
    charge: Name | None = None


class ListDisputes(ListRefunds, frozen=True, kw_only=True):
    """GET /v1/disputes"""


class ListBalance(Listing, frozen=True, kw_only=True):
    """GET /v1/balance_transactions"""

    source: Name | None = None
    type: Name | None = None
    currency: Name | None = None


class ListEvents(Listing, frozen=True, kw_only=True):
    """GET /v1/events"""

    type: Name | None = None
    types: list[Name] = []


class ConfirmIntent(Asked, frozen=True, kw_only=True):
    """POST /v1/payment_intents/{id}/confirm"""

    payment_method: Name | None = None
    allowed_payment_method_types: list[Name] | None = None
    capture_method: CaptureMethod | None = None
    error_on_requires_action: bool = False
    off_session: bool | Literal["one_off", "recurring"] = False
    payment_method_options: Tree | None = None
    receipt_email: Text | None = None
    return_url: Text | None = None
    setup_future_usage: Literal["off_session", "on_session", ""] | None = None
    shipping: Tree | None = None
    use_stripe_sdk: bool = False


class CreateIntent(ConfirmIntent, frozen=True, kw_only=True):
    """POST /v1/payment_intents"""

    amount: Whole
    currency: Name
    automatic_payment_methods: Tree | None = None
    confirm: bool = False
    confirmation_method: Literal["automatic", "manual"] = "automatic"
    customer: Name | None = None
    description: Text | None = None
    metadata: Metadata = {}
    statement_descriptor: Name | None = None
    statement_descriptor_suffix: Name | None = None
    transfer_group: Name | None = None


class CaptureIntent(Asked, frozen=True, kw_only=True):
    """POST /v1/payment_intents/{id}/capture"""

    amount_to_capture: Whole | None = None
    final_capture: bool = True
    metadata: Metadata = {}
    statement_descriptor: Name | None = None
    statement_descriptor_suffix: Name | None = None


class CancelIntent(Asked, frozen=True, kw_only=True):
    """POST /v1/payment_intents/{id}/cancel"""

    cancellation_reason: Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"] | None = None


class CreateRefund(Asked, frozen=True, kw_only=True):
    """POST /v1/refunds"""

    amount: Whole | None = None
    charge: Name | None = None
    metadata: Metadata = {}
    payment_intent: Name | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None


class UpdateDispute(Asked, frozen=True, kw_only=True):
    """POST /v1/disputes/{id}"""

    evidence: Annotated[dict[Name, Annotated[str, Meta(max_length=20_000)]], Meta(max_length=30)] = {}
    metadata: Metadata = {}
    submit: bool = True


Params = TypeVar("Params", bound=Asked)

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_UNKNOWN = re.compile(r"unknown field `(?P<field>[^`]*)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_MISSING = re.compile(r"missing required field `(?P<field>[^`]*)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_PLACE = re.compile(r" - at (?:`key` in )?`\$\.?(?P<path>[^`]*)`")


def read(kind: type[Params], form: Tree) -> Params:
    """The parameters of an operation. Raises Refused, which names the parameter that is wrong."""
    lists, numbers = _shapes(kind)
    for name, value in form.items():
        if name in lists and isinstance(value, dict):
            form = {**form, name: list(value.values())}
        if name in numbers and isinstance(value, str) and value and not _INTEGER.fullmatch(value):
            raise invalid(f"Invalid integer: {value[:40]}", code="parameter_invalid_integer", param=name)
    try:
        return msgspec.convert(form, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _refused(str(error), form) from None


def words(metadata: Metadata) -> dict[str, str]:
    """Metadata as it is kept: what is given as nothing is not there."""
    return {key: value for key, value in metadata.items() if value} if metadata else {}


@cache
def _shapes(kind: type[Asked]) -> tuple[frozenset[str], frozenset[str]]:
    """The names of those parameters that are lists, and of those that are numbers."""
    kinds = {field.name: _kinds(field.type) for field in msgspec.structs.fields(kind)}
    lists = frozenset(name for name, found in kinds.items() if list in found)
    return lists, frozenset(name for name, found in kinds.items() if int in found)


def _kinds(declared: Any) -> set[Any]:
    """The plain types that a declared one consists of, at its top."""
    origin = get_origin(declared)
    if origin in (Union, UnionType):
        return {kind for option in get_args(declared) for kind in _kinds(option)}
    return _kinds(get_args(declared)[0]) if origin is Annotated else {origin or declared}


def _refused(told: str, form: Tree) -> Refused:
    """Stripe's words for what the conversion found wrong."""
    if match := _UNKNOWN.search(told):
        name = _param(match["path"], match["field"])
        return invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    if match := _MISSING.search(told):
        name = _param(match["path"], match["field"])
        return invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    place = _PLACE.search(told)
    name = _param(place["path"] if place else "", "")
    reason = told[: place.start()] if place else told
    if form.get(name) == "":
        return invalid(f"The parameter {name} must not be empty.", code="parameter_invalid_empty", param=name)
    code = "parameter_invalid_integer" if "`int" in reason and "`str" in reason else None
    return invalid(f"Invalid value of {name}: {reason}", code=code, param=name)


def _param(path: str | None, field: str) -> str:
    """A place in the form as the form names it: `created[gte]`."""
    keys = [key for key in [*(path or "").replace("[...]", "").split("."), field] if key]
    return keys[0] + "".join(f"[{key}]" for key in keys[1:]) if keys else "body"
