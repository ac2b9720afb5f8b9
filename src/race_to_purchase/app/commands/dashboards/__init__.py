"""Grafana's three dashboards as code: for merchants, for whoever is on call, and for looking deeper.

A dashboard is a table of panels (`executive`, `on_call`, `debug`); `grafana` alone knows Grafana's library.
"""
