"""Fixtures that every test may ask for."""

pytest_plugins = ["sandbox.pytest_plugin"]
