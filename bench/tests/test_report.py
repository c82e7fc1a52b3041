from collections import Counter

from bench.load import Sample
from bench.report import Comparison, Figures, Report, Target

HUNDRED = [float(number) for number in range(1, 101)]


def sample(times, **changes):
    return Sample(milliseconds=list(times), bytes_received=900 * len(times), seconds=2.0, busy_seconds=0.5, **changes)


def report(*comparisons, **changes):
    facts = {"date": "2026-01-31 12:00", "machine": "2 × a processor"}
    targets = {"list": Target(milliseconds=60, per_second=100, times_floor=1.5)}
    fixed = {"facts": facts, "empty": {}, "queries": {"list": 3}, "targets": targets, "broken_invariants": []}
    return Report(comparisons=list(comparisons), **(fixed | changes))


def comparison(shop, floor, connections=1):
    ours, floors = Figures.of(shop), Figures.of(floor)
    turns = [floors.per_second / ours.per_second if ours.per_second else 0.0]
    return Comparison("list", connections, ours, floors, turns)


def test_one_disturbed_turn_does_not_move_the_ratio():
    ours, floors = Figures.of(sample(HUNDRED)), Figures.of(sample(HUNDRED))

    assert Comparison("list", 1, ours, floors, [1.4, 9.0, 1.5]).times_floor == 1.5


def test_figures_are_percentiles_rates_and_sizes_of_what_was_answered():
    figures = Figures.of(sample(HUNDRED))

    assert (figures.p50, figures.p95, figures.p99) == (50.5, 95.05, 99.01)
    assert (figures.requests, figures.per_second, figures.size, figures.generator_share) == (100, 50.0, 900, 0.25)


def test_slices_of_one_scenario_add_up():
    whole = Sample()
    for part in (sample([1.0, 3.0]), sample([2.0], errors=Counter({"409": 1}))):
        whole.add(part)

    assert whole.milliseconds == [1.0, 3.0, 2.0]
    assert (whole.bytes_received, whole.seconds, whole.busy_seconds) == (2700, 4.0, 1.0)
    assert whole.errors == {"409": 1}


def test_the_page_sets_time_rate_and_ratio_beside_their_targets():
    slow, fast = (
        comparison(sample(HUNDRED), sample(HUNDRED * 2)),
        comparison(sample(HUNDRED * 3), sample(HUNDRED * 9), 8),
    )

    page = report(slow, fast).as_markdown()

    assert "| list | 3 | 50.50 | ≤ 60.00 ✓ | 150 | ≥ 100 ✓ | 2.00 × | ≤ 1.5 × ✗ |" in page
    assert "| list | 8 | 50.50 | 95.05 | 99.01 | 150 | 900 | 300 | 0 | 25% | 3.00 × |" in page
    assert "every invariant holds" in page


def test_a_scenario_without_a_single_good_answer_is_shown_as_broken():
    dead = report(comparison(sample([], errors=Counter({"404": 7})), sample([1.0])))

    assert dead.is_broken
    assert "| list | 1 | nan | nan | nan | 0 | 0 | 0 | 7 × 404 | 25% | nan × |" in dead.as_markdown()


def test_a_broken_invariant_is_named_on_the_page():
    wrong = report(comparison(sample([1.0]), sample([1.0])), broken_invariants=["S2"])

    assert wrong.is_broken
    assert "BROKEN: S2" in wrong.as_markdown()
