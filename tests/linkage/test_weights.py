"""What the decision rests on: strangers of registers that can show a family, shares of chance pairs, patterns of their own."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.em import Model
from linkage.exact import spread
from linkage.strangers import References, Size, pair_sizes, restricted, stranger_pairs
from linkage.weights import Judge, PairSizes, PatternCounts, Strangers, _chance, learn
from sauma.engine.duckdb import DuckDbEngine

NAMES, DATE, PHONE = 1, 2, 4
FAMILIES = 3


def counts(**found):
    """Counts by pattern, patterns named by their families: ``names_date=30``."""
    bits = {"names": NAMES, "date": DATE, "phone": PHONE}
    patterns = [sum(bits[part] for part in name.split("_")) for name in found]
    return PatternCounts(np.array(patterns, dtype=np.int64), np.array(list(found.values()), dtype=np.int64))


def judge(candidates, strangers, pairs=1_000_000, links=1000):
    return learn(candidates, counts(), strangers, PairSizes(pairs, links), FAMILIES)


def probability(judged: Judge, *families: int) -> float:
    return float(judged.probability(np.array([sum(families)]))[0])


def test_the_share_of_chance_pairs_decides():
    found = judge(counts(names_date=800, date=4000), Strangers(counts(names_date=8, date=4000), 1_000_000))
    assert probability(found, NAMES, DATE) == pytest.approx(0.99, abs=0.005)
    assert probability(found, DATE) < 0.05


def test_families_that_no_stranger_can_show_do_not_decide():
    """Strangers without telephones would make every shared telephone look certain."""
    candidates = counts(names_date=800, phone=500, date=4000, date_phone=40)
    blind = judge(candidates, Strangers(counts(names_date=8, date=4000), 1_000_000, PHONE))
    assert probability(blind, PHONE) == 0
    assert probability(blind, DATE, PHONE) == probability(blind, DATE)
    assert probability(blind, NAMES, DATE, PHONE) == probability(blind, NAMES, DATE)
    assert blind.weights(np.array([NAMES | DATE | PHONE]))[0] > blind.weights(np.array([NAMES | DATE]))[0]


def test_a_telephone_that_strangers_share_is_weak_alone():
    strangers = Strangers(counts(phone=450, names_date=1, date=4000), 1_000_000)
    found = judge(counts(names_date_phone=700, phone=500, date=4000), strangers)
    assert probability(found, PHONE) < 0.5
    assert probability(found, NAMES, DATE, PHONE) > 0.99


def test_a_frequent_pattern_speaks_for_itself_and_a_rare_one_as_its_weight():
    """Twins: a heavy pattern that chance makes often must not drag a lighter one down with it."""
    heavy, light = 525, 525
    strangers = Strangers(counts(names_date=260, names=5, date=1), 1_000_000)
    found = judge(counts(names_date=heavy, names=light, date=1), strangers)
    assert probability(found, NAMES) > probability(found, NAMES, DATE)
    assert probability(found, NAMES) > 0.9
    assert probability(found, NAMES, DATE) < 0.6


def test_people_more_alike_than_strangers_are_make_more_chance_pairs():
    strangers = Strangers(counts(date=1000, names_date=20), 1_000_000)
    usual = judge(counts(names_date=200, date=1000), strangers)
    alike = judge(counts(names_date=200, date=5000), strangers)
    assert probability(alike, NAMES, DATE) < probability(usual, NAMES, DATE)


def test_without_strangers_the_model_decides():
    found = judge(counts(names_date=800, date=4000), Strangers(counts(), 0))
    assert not len(found.knots)
    assert probability(found, NAMES, DATE) == pytest.approx(float(found.model.posterior(np.array([[True, True, False]]))[0]))


def test_a_pattern_never_seen_counts_as_the_next_lower_weight():
    model = Model(np.full(3, 0.9), np.full(3, 0.1), 0.01)
    found = Judge(model, FAMILIES, np.array([0, 50]), np.array([0.2, 0.7]), np.array([NAMES]), np.array([0.95]))
    assert probability(found, NAMES) == 0.95
    assert probability(found, NAMES, DATE, PHONE) == 0.7
    assert probability(found) == 0


def exposure(candidates, matches, strangers):
    return learn(candidates, matches, Strangers(strangers, 1_000_000), PairSizes(1000, 1000), FAMILIES, DATE).exposure


def test_how_often_chance_agrees_is_found_beside_the_matches_and_by_the_birth_date():
    """A fifth of the strangers' agreements without the birth date, twice theirs with it, and 800 pairs that look like matches.

    What matches look like without the birth date is what all of them do when it is not looked at: 20 to 140.
    """
    strangers = counts(names=1000, phone=500, names_phone=10, date=400, date_phone=50)
    matches = counts(names=20, names_phone=80, names_date_phone=60)
    candidates = counts(names=200 + 62, phone=100, names_phone=2 + 438, date=800, date_phone=100, names_date_phone=300)
    found = exposure(candidates, matches, strangers)
    assert found.without == pytest.approx(0.2, rel=0.1)
    assert found.with_date == pytest.approx(2.0, rel=0.01)
    assert found.of(np.array([NAMES, DATE, NAMES | DATE])).tolist() == [found.without, found.with_date, found.with_date]


def test_where_there_are_no_matches_all_agreements_are_chance():
    """The model alone would take these for matches: there is nothing else to compare them with."""
    strangers, matches = counts(names=1000, names_phone=100, phone=500), counts(names_phone=100, names=3)
    found = learn(counts(names=280, names_phone=30, phone=140), matches, Strangers(strangers, 1_000_000), PairSizes(1000, 1000), FAMILIES)
    assert found.exposure.without == pytest.approx(0.28, rel=0.05)
    assert probability(found, NAMES, PHONE) < 0.5


def test_too_few_pairs_show_nothing():
    few = exposure(counts(names=20), counts(names=80), counts(names=500))
    assert few.without == 1000 / 1_000_000
    assert exposure(counts(names=400), counts(names=80), counts(names=20)).without == 1000 / 1_000_000


COUNTS = st.lists(st.integers(0, 200), min_size=4, max_size=4)


@given(counted=COUNTS, made=COUNTS, matched=COUNTS)
def test_the_share_of_chance_is_the_likeliest_of_all_on_a_grid(counted, made, matched):
    """The reference: the likelihood of the mixture at each of 1,000 shares."""
    counted, made, matched = (np.array(each, dtype=np.float64) for each in (counted, made, matched))
    held = (made > 0) | (matched > 0)
    total = counted[held].sum()
    found = _chance(counted, made, matched)
    if min(total, made.sum()) < 30:
        assert found == 0
        return

    def likelihood(share):
        mixed = share * made[held] / made.sum() + (1 - share) * matched[held] / max(matched.sum(), 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.where(counted[held] > 0, counted[held] * np.log(mixed), 0.0).sum())

    share = min(found * made.sum() / total, 1.0)
    assert likelihood(share) >= max(map(likelihood, np.linspace(0.0, 1.0, 1001))) - 0.05


def references(seen, drops=(), held_by_one=0, **strangers):
    """Strangers within registers (``r0``) and between two of them (``r01``)."""
    pairs = {(0, 0): 1000 * 999 // 2, (1, 1): 200 * 199 // 2 - 50, (2, 2): 0, (0, 1): 0, (0, 2): 0, (1, 2): 0}
    found = {(int(name[1]), int(name[-1])): each for name, each in strangers.items()}
    between = {pair: 150_000 for pair in found if pair[0] != pair[1]}
    return References(found, {**pairs, **between}, seen, frozenset(drops), held_by_one)


def test_a_register_is_a_reference_as_far_as_it_can_fill_what_is_compared():
    everywhere = references({0: NAMES | DATE, 1: NAMES | DATE | PHONE, 2: NAMES | PHONE}, r0=counts(names=7), r1=counts(phone=3))
    with_phone = everywhere.of((0, 2), NAMES | PHONE, 1000)
    assert (with_phone.pairs, with_phone.blind) == (200 * 199 // 2 - 50, 0)
    assert with_phone.counts.patterns.tolist() == [PHONE]
    without = everywhere.of((0, 2), NAMES, 1000)
    assert without.pairs == 1000 * 999 // 2
    nobody = references({0: NAMES, 1: NAMES}, r0=counts(names=7)).of((0, 2), NAMES | PHONE, 10)
    assert nobody.blind == PHONE


def test_registers_with_too_few_strangers_are_helped_by_others():
    found = references({0: NAMES, 1: NAMES, 2: NAMES}, r0=counts(names=7), r1=counts(names=3))
    assert found.of((1, 2), NAMES, 100_000).counts.counts.tolist() == [10]
    assert found.of((1, 2), NAMES, 1000).counts.counts.tolist() == [3]


def test_where_registers_drop_near_equal_tokens_pairs_are_judged_by_strangers_of_their_kind():
    everywhere = dict.fromkeys(range(4), NAMES | DATE)
    strangers = {"r0": counts(names=7), "r1": counts(names=3), "r01": counts(names=2, date=1)}
    found = references(everywhere, drops=(0, 1), held_by_one=DATE, **strangers)
    between, own = found.of((0, 2), NAMES | DATE, 1000), found.of((1, 1), NAMES, 1000)
    assert (between.pairs, between.counts.counts.tolist(), between.blind) == (150_000, [2, 1], 0)
    assert own.counts.counts.tolist() == [3]
    assert found.of((0, 2), NAMES | PHONE, 1000).blind == PHONE
    neither = found.of((2, 3), NAMES | DATE, 1000)  # nobody of their kind: those between registers show all that agrees
    assert neither.counts.counts.tolist() == [2, 1]


def test_a_handful_of_strangers_shows_nothing():
    """None of 19,850 pairs of strangers shares a telephone: among three million others that proves little, and nothing is decided."""
    found = references({0: NAMES, 1: NAMES | PHONE, 2: NAMES | PHONE}, r0=counts(names=7), r1=counts(names=3))
    few = found.of((1, 2), NAMES | PHONE, 3_000_000)
    assert (few.pairs, few.blind) == (499_500 + 19_850, PHONE)  # those of all registers are enough for names
    nothing = found.of((1, 2), NAMES | PHONE, 60_000_000)
    assert (nothing.blind, len(nothing.counts.patterns)) == (NAMES | PHONE, 0)
    judged = learn(counts(names_phone=500), counts(names_phone=100), nothing, PairSizes(60_000_000, 1000), FAMILIES)
    assert probability(judged, NAMES, PHONE) == 0


def test_a_register_that_drops_tokens_shows_no_chance_in_them():
    found = references({0: NAMES | DATE, 2: NAMES | DATE}, drops=(0,), held_by_one=DATE, r0=counts(names=7))
    assert found.of((0, 2), NAMES | DATE, 1000).blind == DATE


def test_the_pair_itself_comes_before_others_that_share_a_register():
    everywhere = dict.fromkeys(range(4), NAMES)
    found = references(everywhere, drops=(0, 1, 2), r01=counts(names=2), r02=counts(names=30))
    assert found.of((0, 1), NAMES, 1000).counts.counts.tolist() == [2]
    assert found.of((0, 1), NAMES, 200_000).counts.counts.tolist() == [32]


def test_pairs_of_strangers_are_as_counted_by_hand():
    person = {0: [0, 1, 4, 5, 7], 1: [0, 0, 1, 2, 3, 6, 6], 2: [0, 2, 4, 7, 7]}
    identified = {0: [1, 1, 1, 0, 1], 1: [1, 1, 1, 1, 0, 1, 1], 2: [1, 1, 1, 1, 1]}
    rows = [(reg, who, known) for reg in person for who, known in zip(person[reg], identified[reg], strict=True)]
    engine = DuckDbEngine()
    engine.load("nodes", pa.table({name: [row[at] for row in rows] for at, name in enumerate(("reg", "person", "identified"))}))
    engine.run(spread("nodes"))
    sizes = {0: Size(5, 4, once=True), 1: Size(7, 6, once=False), 2: Size(5, 5, once=False)}
    found = stranger_pairs(engine, sizes, [0, 1, 2], "nodes", between=True)

    def known_to_a_third(who, *registers):
        return any(who in person[other] for other in person if other not in registers)

    def surely(one, other, *, once):
        (here, a), (there, b) = one, other
        if person[here][a] == person[there][b]:
            return False
        both = identified[here][a] * identified[there][b]
        if here == there:
            return once or both
        return both and known_to_a_third(person[here][a], here, there) and known_to_a_third(person[there][b], here, there)

    assert set(found) == {(one, other) for one in range(3) for other in range(one, 3)}
    for (first, second), pairs in found.items():
        same = first == second
        listed = [((first, a), (second, b)) for a in range(len(person[first])) for b in range(len(person[second])) if not same or b < a]
        assert pairs == sum(bool(surely(one, other, once=same and sizes[first].once)) for one, other in listed)
    assert found[0, 1] > 0
    assert pair_sizes((1, 1), sizes)[0] == sum(not identified[1][a] * identified[1][b] for a in range(7) for b in range(a))
    assert pair_sizes((0, 1), sizes) == (5 * 7 - 4 * 6, 7)


def test_restricted_patterns_keep_their_pairs():
    found = restricted(counts(names_phone=5, names=2, phone=3), NAMES)
    assert (found.patterns.tolist(), found.counts.tolist()) == ([NAMES], [7])
