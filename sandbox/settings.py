"""What can be set from outside, and the names of the environment variables for it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """Where webhooks go. Without an address they are signed and kept for whoever asks."""

    url: str | None
    secret: str
    id: str = "settings"


@dataclass(frozen=True)
class Settings:
    """`data` is a folder that survives a restart, or None for memory only; delays are seconds before each new try."""

    port: int = 8100
    data: Path | None = None
    webhook_urls: Mapping[str, str] = field(default_factory=dict)
    webhook_secrets: Mapping[str, str] = field(default_factory=dict)
    retry_delays: tuple[float, ...] = (1, 5, 30, 120)

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read SANDBOX_PORT, _DATA, _RETRY_DELAYS, and for each company as SANDBOX_STRIPE_WEBHOOK_URL, _SECRET."""
        environment = os.environ
        data = environment.get("SANDBOX_DATA")
        delays = environment.get("SANDBOX_RETRY_DELAYS", "1,5,30,120")
        return cls(
            port=int(environment.get("SANDBOX_PORT", "8100")),
            data=Path(data) if data else None,
            webhook_urls=_per_company("_WEBHOOK_URL"),
            webhook_secrets=_per_company("_WEBHOOK_SECRET"),
            retry_delays=tuple(float(delay) for delay in delays.split(",") if delay),
        )


def _per_company(ending: str) -> dict[str, str]:
    start = "SANDBOX_"
    return {
        name.removeprefix(start).removesuffix(ending).lower(): value
        for name, value in os.environ.items()
        if name.startswith(start) and name.endswith(ending) and value
    }
