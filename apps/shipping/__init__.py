"""How goods reach people and what the state adds: zones, flat-rate methods, tax rates by place and class."""
