"""The line before a sale: who stands where, who may go in, and how anybody can check it. Pure; nothing is stored."""
