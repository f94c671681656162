"""The Merkle tree of RFC 6962 (hashes) and RFC 9162 (proof algorithms): pure functions and one growing tree.

A leaf is an entry's line without its newline.  ``Tree`` keeps the hash of every complete subtree, level by level
(``levels[k][i]`` covers leaves ``i * 2**k`` up to ``(i + 1) * 2**k``), so that any earlier root, inclusion proof or
consistency proof costs O(log n) hashes; n leaves cost 2n hashes in memory.

Source: https://www.rfc-editor.org/rfc/rfc9162#section-2.1
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""RFC 9162 2.1.1: MTH({}) = HASH()."""


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 9162 2.1.1: MTH({d[0]}) = HASH(0x00 || d[0])."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 9162 2.1.1: HASH(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two smaller than *size* (>= 2): the k of RFC 9162, k < n <= 2k."""
    return 1 << ((size - 1).bit_length() - 1)


class Tree:
    """A growing tree.  ``len(tree)`` is the number of leaves; every smaller size is still known."""

    __slots__ = ("_levels",)

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Add *leaf* (its bytes, not its hash)."""
        hashed = leaf_hash(leaf)
        for level in self._levels:
            level.append(hashed)
            if len(level) % 2:
                return
            hashed = node_hash(level[-2], level[-1])
        self._levels.append([hashed])

    def root(self, size: int | None = None) -> bytes:
        """The root of the first *size* leaves (all by default); ``ValueError`` if there are not so many."""
        end = self._size(size)
        return self._range(0, end) if end else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """RFC 9162 2.1.3.1 PATH(index, D_size): the proof that leaf *index* is among the first *size*, leaf to root."""
        end = self._size(size)
        if not 0 <= index < end:
            raise ValueError("no such leaf in a tree of this size")
        path: list[bytes] = []
        start = 0
        while end - start > 1:
            middle = start + split(end - start)
            if index < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return path[::-1]

    def consistency_proof(self, old: int, size: int | None = None) -> list[bytes]:
        """RFC 9162 2.1.4.1 PROOF(old, D_size): that the first *old* leaves are a prefix of the first *size*."""
        end = self._size(size)
        if not 0 <= old <= end:
            raise ValueError("no such earlier size")
        if old in (0, end):  # every tree extends the empty one, and itself
            return []
        proof: list[bytes] = []
        start = 0
        while old != end:  # SUBPROOF(m, D_n, b); `old` is absolute here
            middle = start + split(end - start)
            if old <= middle:
                proof.append(self._range(middle, end))
                end = middle
            else:
                proof.append(self._range(start, middle))
                start = middle
        if start:  # b = false: the verifier does not know this subtree's hash; b = true: it is the old root
            proof.append(self._range(start, end))
        return proof[::-1]

    def _size(self, size: int | None) -> int:
        if size is None:
            return len(self)
        if not 0 <= size <= len(self):
            raise ValueError("the tree has no such size")
        return size

    def _range(self, start: int, end: int) -> bytes:
        """The hash of leaves *start* up to *end*; *start* is a multiple of the subtree's full width."""
        width = end - start
        level = width.bit_length() - 1
        if width == 1 << level:
            return self._levels[level][start >> level]
        middle = start + split(width)
        return node_hash(self._range(start, middle), self._range(middle, end))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 2.1.3.2: whether *proof* shows that *leaf* is leaf *index* of the tree of *size* with *root*."""
    if not 0 <= index < size:
        return False
    node, last, hashed = index, size - 1, leaf_hash(leaf)
    for step in proof:
        if last == 0 or len(step) != HASH_BYTES:
            return False
        if node & 1 or node == last:
            hashed = node_hash(step, hashed)
            node, last = _to_right_child(node, last)
        else:
            hashed = node_hash(hashed, step)
        node, last = node >> 1, last >> 1
    return last == 0 and hashed == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162 2.1.4.2: whether *proof* shows that the tree of *old* leaves is a prefix of that of *new*."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old & (old - 1) == 0:  # a power of two: the old root is itself the first node
        path.insert(0, old_root)
    if not path or any(len(step) != HASH_BYTES for step in path):
        return False
    return _folds(old - 1, new - 1, path) == (old_root, new_root)


def _folds(node: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Steps 3-7 of RFC 9162 2.1.4.2: the old and the new root that *path* amounts to; None if its length is wrong."""
    while node & 1:
        node, last = node >> 1, last >> 1
    old_hash = new_hash = path[0]
    for step in path[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old_hash, new_hash = node_hash(step, old_hash), node_hash(step, new_hash)
            node, last = _to_right_child(node, last)
        else:
            new_hash = node_hash(new_hash, step)
        node, last = node >> 1, last >> 1
    return (old_hash, new_hash) if last == 0 else None


def _to_right_child(node: int, last: int) -> tuple[int, int]:
    """Climb past the levels where the rightmost node has no sibling."""
    while not node & 1 and node:
        node, last = node >> 1, last >> 1
    return node, last
