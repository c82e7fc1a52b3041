"""Banks and statement layouts from fixtures/: facts that staff may mend afterwards."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now

from apps.payments.models import Bank, StatementLayout

BANKS = Path(settings.BASE_DIR, "fixtures", "venezuelan_banks.json")
LAYOUTS = Path(settings.BASE_DIR, "fixtures", "statement_layouts.json")


@dataclass(frozen=True, slots=True)
class Loaded:
    """`different` rows say something else than the fixture; they are the staff's, and left alone unless told."""

    created: int
    different: int
    same: int


@dataclass(frozen=True, slots=True)
class LoadedData:
    banks: Loaded
    layouts: Loaded

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@transaction.atomic
def load_reference_data(*, overwrite: bool = False, is_dry_run: bool = False) -> LoadedData:
    """Make the banks and layouts that are missing; `overwrite` also brings the others to what the fixtures say."""
    return LoadedData(
        _load(Bank, "code", BANKS, overwrite=overwrite, is_dry_run=is_dry_run),
        _load(StatementLayout, "name", LAYOUTS, overwrite=overwrite, is_dry_run=is_dry_run),
    )


def _load(model: type[models.Model], key: str, path: Path, *, overwrite: bool, is_dry_run: bool) -> Loaded:
    rows: list[dict[str, Any]] = json.loads(path.read_text())
    known = {getattr(row, key): row for row in model._default_manager.all()}
    missing = [row for row in rows if row[key] not in known]
    different = [row for row in rows if row[key] in known and _differs(known[row[key]], row)]
    if not is_dry_run:
        model._default_manager.bulk_create(model(**row) for row in missing)
        for row in different if overwrite else []:
            model._default_manager.filter(**{key: row[key]}).update(**row, updated_at=Now())
    return Loaded(len(missing), len(different), len(rows) - len(missing) - len(different))


def _differs(known: models.Model, row: dict[str, Any]) -> bool:
    return any(getattr(known, name) != value for name, value in row.items())
