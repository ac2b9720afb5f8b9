"""Webhooks to the merchant: signed, and sent to public addresses alone unless the operator says otherwise."""
