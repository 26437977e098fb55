"""Dashboards for Grafana, written as code: `make monitoring` turns them into JSON."""
