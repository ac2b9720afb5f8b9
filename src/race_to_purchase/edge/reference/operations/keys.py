"""Who holds a key."""

from __future__ import annotations

from race_to_purchase.edge import admin_keys as shapes
from race_to_purchase.edge.reference import examples_keys as examples
from race_to_purchase.edge.reference.operation import ANY_BUYER, SECURED, STORED, WITH_BODY, Operation, Told
from race_to_purchase.rules.admin_keys import AdminKey

TAG = "Keys"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/v1/admin/keys",
        "issue_key",
        TAG,
        "Issue a key",
        "A viewer looks, an operator runs a sale too, an admin may do everything. The key is told this once; only its "
        "digest is kept. Every process takes it within about a second.",
        {201: Told("The key.", shapes.IssuedAdminKey, examples.ISSUED)},
        ("key_name_taken", *SECURED, *ANY_BUYER, *WITH_BODY, *STORED),
        role="admin",
        body=shapes.NewAdminKey,
        example=examples.NEW_KEY,
    ),
    Operation(
        "get",
        "/v1/admin/keys",
        "list_keys",
        TAG,
        "List keys",
        "All that were issued, those that are not revoked first; those of the settings are not among them.",
        {200: Told("The keys.", shapes.AdminKeyList, examples.KEYS)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="admin",
    ),
    Operation(
        "post",
        "/v1/admin/keys/{key}/revoke",
        "revoke_key",
        TAG,
        "Revoke a key",
        "No process takes it any more from about a second on. Harmless when repeated.",
        {200: Told("The key as it is now.", AdminKey, examples.REVOKED)},
        ("unknown_key", *SECURED, *ANY_BUYER, *STORED),
        role="admin",
    ),
)  # fmt: skip
