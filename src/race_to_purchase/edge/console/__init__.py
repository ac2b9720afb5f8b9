"""The console of merchant and on-call: signing in, looking, following a purchase, and acting."""
