"""The buyer's own requests."""

from __future__ import annotations

from race_to_purchase.edge import shapes
from race_to_purchase.edge.reference import examples
from race_to_purchase.edge.reference.operation import (
    FROM_BROWSERS,
    FROM_BUYERS,
    KEYED,
    OF_STOCK,
    STORED,
    WITH_BODY,
    Operation,
    Told,
)
from race_to_purchase.rules import answers

TAG = "Buying"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/v1/session",
        "begin_session",
        TAG,
        "Begin a session",
        "For a page in a browser: the session of that browser, a new guest's where it has none, and the cookie "
        "`race_session` that it is known by. Ask it whenever a page opens. `csrf` goes into `Race-Csrf` of every "
        "request that changes something.",
        {201: Told("The session.", shapes.SessionView, examples.SESSION)},
        ("cross_site", "duplicate_header", "rate_limited", "overloaded", "internal_error"),
    ),
    Operation(
        "post",
        "/v1/session/sign-in",
        "sign_in",
        TAG,
        "Sign a customer in",
        "Makes the browser's guest the customer whom the shop's token names: a JWT that the shop has signed for this "
        "service. What the guest had reserved is still theirs.",
        {201: Told("The session, as the customer's.", shapes.SessionView, examples.SIGNED_IN)},
        ("token_invalid", "token_expired", "no_customers", *FROM_BROWSERS, *WITH_BODY, "internal_error"),
        role="session",
        body=shapes.SignIn,
        example=examples.SIGN_IN,
    ),
    Operation(
        "delete",
        "/v1/session",
        "end_session",
        TAG,
        "End a session",
        "Takes the cookie away, as a shop does whose customer signs out.",
        {200: Told("It is gone.", shapes.SessionEnded, examples.SESSION_ENDED)},
        (*FROM_BROWSERS, "internal_error"),
        role="session",
    ),
    Operation(
        "post",
        "/v1/checkouts",
        "reserve",
        TAG,
        "Reserve",
        "Makes a checkout and holds its stock until `reserved_until`, all lines or none. A payment-first drop gives "
        "an `open` checkout, which has a price and holds nothing yet. Instead of `lines`, `cart` buys what is in the "
        "buyer's cart at the prices that they have seen. A refusal uses up no Idempotency-Key: the "
        "same request may be sent again with the same key. A drop with a line takes a pass.",
        {201: Told("The checkout.", answers.CheckoutView, examples.RESERVED)},
        (
            "unknown_drop", "unknown_item", "unknown_promo", "duplicate_line", "amount_too_large", "drop_not_open",
            "price_changed", "cart_changed", "cart_empty",
            "drop_closed", "challenge_required", "challenge_failed", "challenge_expired", "refused_by_guard",
            "pass_required", "pass_invalid", "pass_expired", "pass_used",
            *OF_STOCK, *FROM_BUYERS, *WITH_BODY, "idempotency_key_missing", *KEYED, *STORED,
        ),
        role="buyer",
        body=shapes.NewCheckout,
        example=examples.NEW_CHECKOUT,
        key=True,
        query=("pass",),
    ),
    Operation(
        "get",
        "/v1/checkouts/{id}",
        "show_checkout",
        TAG,
        "Look at a checkout",
        "Its state, its price, and how long it is held. `order` is there once it is paid.",
        {200: Told("The checkout.", answers.CheckoutView, examples.RESERVED)},
        ("unknown_checkout", *FROM_BUYERS, *STORED),
        role="buyer",
    ),
    Operation(
        "delete",
        "/v1/checkouts/{id}",
        "cancel_checkout",
        TAG,
        "Cancel a checkout",
        "Gives back at once what it holds. Not possible while a payment is being decided; harmless when repeated.",
        {200: Told("The cancelled checkout.", answers.CheckoutView, examples.CANCELLED)},
        ("unknown_checkout", "payment_in_flight", "wrong_state", *FROM_BUYERS, *KEYED, *STORED),
        role="buyer",
        key=False,
    ),
    Operation(
        "post",
        "/v1/checkouts/{id}/payment",
        "pay",
        TAG,
        "Pay",
        "Authorizes the payment and turns the checkout into an order. Where the gateway takes its time the answer is "
        "202: ask again with the same request and the same key, or look at the checkout. With `next_action` the buyer "
        "has to act there first, and comes back to `return_url`; `queued` is the place of a payment that waits its "
        "turn. However often it is sent, nothing is charged twice. After a decline, take a new key for the next "
        "method.",
        {
            200: Told("Paid: the order exists.", answers.PaidView, examples.PAID),
            202: Told("Not decided yet.", answers.PayingView, examples.PAYING),
        },
        (
            "unknown_checkout", "payment_declined", "reservation_expired", "payment_in_flight", "wrong_state",
            *OF_STOCK, *FROM_BUYERS, *WITH_BODY, "idempotency_key_missing", *KEYED, *STORED, "no_gateway",
        ),
        role="buyer",
        body=shapes.NewPayment,
        example=examples.NEW_PAYMENT,
        key=True,
    ),
    Operation(
        "post",
        "/v1/checkouts/{id}/payment/return",
        "return_from_action",
        TAG,
        "Come back from acting",
        "Asks the gateway at once, and answers what the payment would: for a buyer who is back from `next_action`. "
        "It needs no body and no key, may be sent at any time and any number of times, and need not be sent at all.",
        {
            200: Told("Paid: the order exists.", answers.PaidView, examples.PAID),
            202: Told("Not decided yet.", answers.PayingView, examples.PAYING),
        },
        (
            "unknown_checkout", "payment_declined", "reservation_expired", "sold_out", "wrong_state",
            *FROM_BUYERS, *STORED,
        ),
        role="buyer",
    ),
    Operation(
        "get",
        "/v1/orders/{id}",
        "show_order",
        TAG,
        "Look at an order",
        "An order has the id of its checkout.",
        {200: Told("The order.", shapes.PlacedOrder, examples.ORDER)},
        ("unknown_order", *FROM_BUYERS, *STORED),
        role="buyer",
    ),
)  # fmt: skip
