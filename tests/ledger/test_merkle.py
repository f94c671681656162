from __future__ import annotations

import reference
from hypothesis import given
from hypothesis import strategies as st

from ledger.merkle import EMPTY_ROOT, Tree, leaf_hash, split, verify_consistency, verify_inclusion

SIZES = range(34)
LEAVES = [f"leaf {number}".encode() for number in SIZES]
TREE = Tree(LEAVES)

# The leaves and roots of Certificate Transparency's own test (merkletree/merkle_tree_test.cc).
CT_LEAVES = [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", bytes(range(0x40, 0x44)), bytes(range(0x50, 0x58)), bytes(range(0x60, 0x70))]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_of_certificate_transparency() -> None:
    assert [Tree(CT_LEAVES[: size + 1]).root().hex() for size in range(8)] == CT_ROOTS
    assert leaf_hash(b"").hex() == CT_ROOTS[0]
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_split() -> None:
    assert [split(size) for size in range(2, 10)] == [reference.largest_power_below(size) for size in range(2, 10)]


def test_every_root() -> None:
    for size in SIZES:
        assert TREE.root(size) == reference.mth(LEAVES[:size])


def test_every_inclusion_proof() -> None:
    for size in SIZES:
        root = reference.mth(LEAVES[:size])
        for index in range(size):
            proof = TREE.inclusion_proof(index, size)
            assert proof == reference.path(index, LEAVES[:size])
            assert verify_inclusion(LEAVES[index], index, size, proof, root)
            assert not verify_inclusion(LEAVES[index] + b"x", index, size, proof, root)
            for wrong in range(size):
                assert wrong == index or not verify_inclusion(LEAVES[index], wrong, size, proof, root)


def test_every_consistency_proof() -> None:
    for new in SIZES:
        for old in range(new + 1):
            proof = TREE.consistency_proof(old, new)
            assert proof == reference.proof(old, LEAVES[:new])
            assert verify_consistency(old, new, TREE.root(old), TREE.root(new), proof)
            for claimed in range(new + 1):  # the proof for one old size proves no other
                assert claimed == old or not verify_consistency(claimed, new, TREE.root(old), TREE.root(new), proof)


def test_what_no_tree_has() -> None:
    for bad in (-1, 35):
        for ask in (TREE.root, TREE.consistency_proof, TREE.inclusion_proof):
            try:
                ask(bad)
            except ValueError:
                continue
            raise AssertionError(ask)


@given(st.integers(1, 33), st.data())
def test_a_changed_inclusion_proof_fails(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root, good = TREE.root(size), TREE.inclusion_proof(index, size)
    bad = data.draw(changed(good))
    assert not verify_inclusion(LEAVES[index], index, size, bad, root)


@given(st.integers(2, 33), st.data())
def test_a_changed_consistency_proof_fails(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    good = TREE.consistency_proof(old, new)
    bad = data.draw(changed(good))
    assert not verify_consistency(old, new, TREE.root(old), TREE.root(new), bad)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_another_past_is_not_consistent(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    old = data.draw(st.integers(place + 1, len(leaves)))
    other = [*leaves]
    other[place] += b"!"
    tree, forged = Tree(leaves), Tree(other)
    assert not verify_consistency(old, len(leaves), tree.root(old), forged.root(), forged.consistency_proof(old))


@st.composite
def changed(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """*proof* with a bit flipped, a step dropped, doubled or cut short, or one added."""
    how = draw(st.sampled_from(["flip", "drop", "double", "cut"] if proof else ["add"]))
    place = draw(st.integers(0, max(0, len(proof) - 1)))
    bad = list(proof)
    match how:
        case "flip":
            step = bytearray(bad[place])
            step[draw(st.integers(0, 31))] ^= 1 << draw(st.integers(0, 7))
            bad[place] = bytes(step)
        case "drop":
            del bad[place]
        case "double":
            bad.insert(place, bad[place])
        case "cut":
            bad[place] = bad[place][:-1]
        case _:
            bad.append(bytes(32))
    return bad
