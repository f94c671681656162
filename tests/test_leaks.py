"""The canary test: unmistakable people go through every command and every failure, and are looked for everywhere.

Excluded from the search are only the stewards' own extracts and lists.  The encrypted tables are opened with the
parties' keys and searched too.  The last tests let programs leak on purpose, and see that they are caught.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from leak_search import Search

PERSONS = 700
SEED = 11
CONTROL = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def hetu(day: str, sign: str, number: int) -> str:
    """A valid artificial personal identity code."""
    assert 900 <= number <= 999
    return f"{day}{sign}{number}{CONTROL[int(f'{day}{number}') % 31]}"


CHILD, MOTHER, FATHER, FORMER = hetu("130211", "A", 951), hetu("090783", "-", 950), hetu("270281", "-", 953), hetu("130211", "B", 955)
REAL = f"130271-123{CONTROL[130271123 % 31]}"
"""A code of the range that real people have: it must be refused in a demonstration, and not be shown in the refusal."""
GIVEN, CALLED, SURNAME, MAIDEN = "Qvärtzönia Ŋillá", "Qvärtzönia", "Kanarialintunen", "Zyxwqvistström"
STREET, PHONE, MAIL = "Kvartsifoorumintie", "+358 50 999 8877", "qvartzonia@kanarialintunen.example"
DWELLING = "9Z8Y7X6W5V"
BORN_ISO, BORN = "2011-02-13", "13.2.2011"
CANARIES = [
    CHILD,
    MOTHER,
    FATHER,
    FORMER,
    REAL,
    GIVEN,
    CALLED,
    SURNAME,
    MAIDEN,
    f"{SURNAME}-{MAIDEN}",
    STREET,
    PHONE,
    MAIL,
    DWELLING,
    BORN_ISO,
    BORN,
    "13.02.2011",
]
SEARCH = Search(CANARIES)

ROWS = {
    "dvv/extracts/population.csv": (
        "cp1252",
        [
            f"{CHILD};Qvärtzönia;{SURNAME};;2011-02-13;2;fi;suomi;049;{STREET};7 A 3;02100;Espoo;{DWELLING};0;{MOTHER};{FATHER};;{BORN_ISO};;{BORN_ISO};;{BORN_ISO};;;",
            f"{MOTHER};Päivi Qvärtzönia;{SURNAME}-{MAIDEN};{MAIDEN};1983-07-09;2;sv;muu;049;{STREET};7 A 3;02100;Espoo;{DWELLING};0;;;{FATHER};2009-05-02;;;;;;2008-08-08;",
            f"{FATHER};Otso;{SURNAME};;1981-02-27;1;fi;suomi;049;{STREET};7 A 3;02100;Espoo;{DWELLING};1;;;{MOTHER};2009-05-02;;;;;;2008-08-08;",
        ],
    ),
    "espoo/extracts/basic_education.csv": (
        "utf-8",
        [
            f"{FORMER};Qvärtzönia;{SURNAME};{BORN};N;{STREET};7 A 3;02100;Espoo;0;syksy;8;12;3;{PHONE};049-01;yleinen",
            f";Qvärtzönia;{MAIDEN};{BORN};N;{STREET};7 A 3;02100;Espoo;0;kevat;8;10;2;;049-01;tehostettu",
        ],
    ),
    "youth/extracts/youth_work.csv": (
        "utf-8",
        [f"Qvärtzönia;{SURNAME};{BORN};N;02100;etsiva;9.4.2025;{PHONE}", f"{SURNAME};Qvärtzönia;{BORN};N;02100;leiri;9.5.2025;"],
    ),
    "espoo/extracts/early_education.csv": (
        "utf-8",
        [
            f"{CHILD};{GIVEN};{SURNAME};{BORN_ISO};N;{STREET};7 A 3;02100;Espoo;0;{PHONE};{MOTHER};{FATHER};{BORN};;esiopetus;20;3;2025-08-11",
            f";Qvärtzönia;{SURNAME};{BORN_ISO};N;{STREET};7 A 3;02100;Espoo;0;{PHONE};{FATHER};;{BORN};;avoin;20;2;2025-08-11",
        ],
    ),
    "espoo/extracts/library_sports.csv": (
        "utf-8",
        [
            f"{CHILD};{CALLED};{SURNAME};{BORN_ISO};{STREET};7 A 3;02100;Espoo;0;{PHONE};kirjasto;2025;12",
            f";{CALLED};{MAIDEN};{BORN_ISO};{STREET};7 A 3;02100;Espoo;0;{PHONE};uimahalli;2025;3",
        ],
    ),
    "luvn/extracts/health_social.csv": (
        "utf-8",
        [
            f"{CHILD},0,mielenterveys,2025-07-05,eta,{GIVEN},{SURNAME},{BORN_ISO},{STREET},7 A 3,02100,Espoo,{PHONE}",
            f"{MOTHER},1,kotihoito,2025-08-05,lahi,Päivi Qvärtzönia,{SURNAME}-{MAIDEN},1983-07-09,{STREET},7 A 3,02100,Espoo,{PHONE}",
        ],
    ),
    "luvn/extracts/home_care.csv": ("utf-8", [f"{MOTHER};1;2;3;2025-03-05;2;1"]),
    "ngo/extracts/ngo_activities.csv": ("utf-8", [f"{CALLED};{SURNAME};{PHONE};;02100;kurssi;2;2025-09-09"]),
    "espoo/extracts/history.csv": ("utf-8", [f"{FORMER};{CHILD}"]),
    "luvn/extracts/opt_out.csv": ("utf-8", [FATHER]),
}
"""Rows for the demonstration's extracts, with encoding, by file."""


@dataclass
class World:
    """A region with canaries in it, everything that was run there, and everything that was printed."""

    top: Path
    said: list[tuple[str, int, str]] = field(default_factory=list)

    def steward(self, party: str) -> Path:
        return self.top / "stewards" / party

    def run(self, folder: Path, *words: str) -> tuple[str, int, str]:
        """Run a command in *folder* and keep what it said."""
        program = Path(sys.executable).with_name("sauma")
        done = subprocess.run(
            [program, *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
            timeout=300,
        )
        result = (" ".join(words), done.returncode, done.stdout + "\n" + done.stderr)
        self.said.append(result)
        return result


@pytest.fixture(scope="session")
def world(made_once: Callable[[str, Callable[[Path], None]], Path]) -> World:
    """The whole flow with canaries, then every way to fail: made once, whichever worker asks first."""
    top = made_once("leaks", make_world)
    said = json.loads((top.parent / "said.json").read_text(encoding="utf-8"))
    return World(top, [(command, status, text) for command, status, text in said])


def make_world(top: Path) -> None:
    """Homes and temporary folders lie in the searched tree."""
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in {"HOME": top / "home", "TMPDIR": top / "tmp", "XDG_CACHE_HOME": top / "cache"}.items():
            folder.mkdir(parents=True)
            patch.setenv(name, str(folder))
        made = World(top)
        walk_with_canaries(made)
        fail_everywhere(made)
    (top.parent / "said.json").write_text(json.dumps(made.said), encoding="utf-8")


def walk_with_canaries(world: World) -> None:
    """The demonstration's own walk over extracts that hold the canaries."""
    from sauma.demo import folders, region, walk, writing

    people = region.generate(PERSONS, SEED)
    writing.write_extracts(people, world.top / "stewards")
    writing.write_truth(people, world.top / "truth")
    for name, (encoding, rows) in ROWS.items():
        path = world.top / "stewards" / name
        data = path.read_bytes()
        end = b"\r\n" if b"\r\n" in data else b"\n"
        path.write_bytes(data.rstrip(b"\r\n") + end + b"".join(row.encode(encoding) + end for row in rows))
    folders.furnish(world.top)
    told: list[str] = []
    steps = walk.walk(world.top, told.append)
    world.said += [(step.step.command, step.exit, step.stdout + step.stderr) for step in steps]
    world.said.append(("demo", 0, "\n".join(told)))
    failed = [step for step in steps if step.exit]
    assert not failed, f"{failed[0].step.command}: {failed[0].stderr}"


BAD_EXTRACTS = {
    "no_header": lambda head, row: row.encode() + b"\r\n" + row.encode(),
    "header_only": lambda head, row: head.encode(),
    "nothing": lambda head, row: b"",
    "utf16": lambda head, row: f"{head}\r\n{row}\r\n".encode("utf-16"),
    "nul": lambda head, row: f"{head}\r\n{row}\r\n".encode().replace(b"Espoo", b"Es\0oo"),
    "mojibake": lambda head, row: f"{head}\r\n{row}\r\n".encode().decode("cp1252", "replace").encode(),
    "wrong_delimiter": lambda head, row: f"{head}\r\n{row}\r\n".replace(";", "|").encode(),
    "extra_column": lambda head, row: f"{head};{SURNAME}\r\n{row};{MAIL}\r\n".encode(),
    "missing_column": lambda head, row: "\r\n".join(line.partition(";")[2] for line in (head, row)).encode(),
    "duplicate_header": lambda head, row: f"{head};etunimet\r\n{row};{CALLED}\r\n".encode(),
    "ragged": lambda head, row: f"{head}\r\n{row};{PHONE};{MAIL}\r\n".encode(),
    "open_quote": lambda head, row: f'{head}\r\n"{row}\r\n{row}\r\n'.encode(),
    "shifted": lambda head, row: f"{head}\r\n;{row}\r\n".encode(),
    "every_cell": lambda head, row: f"{head}\r\n{';'.join([SURNAME] * (head.count(';') + 1))}\r\n".encode(),
    "every_cell_hetu": lambda head, row: f"{head}\r\n{';'.join([CHILD] * (head.count(';') + 1))}\r\n".encode(),
    "real_person": lambda head, row: f"{head}\r\n{row}\r\n".replace(CHILD, REAL).replace(FORMER, REAL).encode(),
    "broken_codes": lambda head, row: f"{head}\r\n{row}\r\n".replace(CHILD, CHILD[:-1] + "Ö").encode(),
}
"""Extracts that break their contract, each from a header and a row about a canary."""


def fail_everywhere(world: World) -> None:
    """Each command with inputs that it must refuse, two at a time."""
    jobs: list[tuple[Path, tuple[str, ...]]] = []
    for party, register in (("dvv", "population"), ("espoo", "basic_education")):
        folder = world.steward(party)
        encoding, rows = ROWS[f"{party}/extracts/{register}.csv"]
        head = (folder / "extracts" / f"{register}.csv").read_bytes().decode(encoding).removeprefix("\ufeff").splitlines()[0]
        for name, make in BAD_EXTRACTS.items():
            if party == "dvv" and name not in ("no_header", "every_cell_hetu", "real_person", "broken_codes"):
                continue
            bad = folder / "extracts" / f"{name}.csv"
            bad.write_bytes(make(head, rows[0]))
            verb = "pseudonymise" if party == "espoo" or name == "real_person" else "check"
            out = ("--out", f"../../tmp/{party}_{name}.sauma") if verb == "pseudonymise" else ()
            jobs.append((folder, (verb, register, "--extract", f"extracts/{name}.csv", *out)))
    jobs += other_failures(world)
    with ThreadPoolExecutor(max_workers=2) as workers:
        list(workers.map(lambda job: world.run(job[0], *job[1]), jobs))


def other_failures(world: World) -> list[tuple[Path, tuple[str, ...]]]:
    """Commands of another role, with another's key, over changed files, and with a person's name typed in the wrong place."""
    analyst, officer, espoo = world.top / "analyst", world.top / "officer", world.steward("espoo")
    lists = world.steward("espoo") / "extracts"
    (lists / "bad_history.csv").write_text(f"old;current\n{SURNAME};{CHILD}\n{CHILD}\n", encoding="utf-8")
    settings = (espoo / "sauma.toml").read_text(encoding="utf-8")
    other = world.top / "elsewhere"
    for name, text in {
        "history": settings.replace("extracts/history.csv", "../stewards/espoo/extracts/bad_history.csv"),
        "toml": f'party = "espoo"\n"{SURNAME}" = "{MAIL}"\n',
    }.items():
        (other / name).mkdir(parents=True)
        (other / name / "sauma.toml").write_text(
            text.replace('"../../', '"../../')
            .replace("keys/", "../../stewards/espoo/keys/")
            .replace('"extracts/', '"../../stewards/espoo/extracts/'),
            encoding="utf-8",
        )
    shutil.copytree(world.top / "packages", world.top / "changed")
    for package in (world.top / "changed").glob("*.sauma"):
        package.write_bytes(package.read_bytes()[:-1] + b"\0")
    proposal = next(path for path in sorted((analyst / "proposals").iterdir()) if path.is_dir())
    linked = next(path for path in sorted((analyst / "linked").iterdir()) if path.is_dir())
    return [
        (other / "history", ("check", "basic_education")),
        (other / "history", ("pseudonymise", "basic_education")),
        (other / "toml", ("status",)),
        (espoo, ("pseudonymise", "population")),
        (espoo, ("check", SURNAME)),
        (espoo, ("attack", "basic_education")),
        (world.steward("dvv"), ("attack", "../../packages/population.sauma", "--json")),
        (espoo, ("attack", SURNAME)),
        (espoo, ("attack", "../../changed/basic_education.sauma")),
        (espoo, ("attack", "basic_education", "--extract", "extracts/shifted.csv")),
        (espoo, ("link", "../../packages")),
        (espoo, ("pseudonymise", "basic_education", "--key", "../dvv/keys/dvv.key", "--passphrase-file", "../dvv/keys/passphrase.txt")),
        (espoo, ("pseudonymise", "basic_education", "--passphrase-file", "extracts/basic_education.csv")),
        (espoo, ("agreement", "check", "--agreement", "extracts/basic_education.csv")),
        (espoo, ("encode", "basic_education", "--schema", "extracts/basic_education.csv", "--secret", "extracts/basic_education.csv")),
        (espoo, ("encode", SURNAME, "--schema", "extracts/basic_education.csv", "--secret", "extracts/basic_education.csv")),
        (espoo, ("inspect", "extracts/basic_education.csv")),
        (espoo, (SURNAME, CHILD)),
        (espoo, ("status", f"--{SURNAME}")),
        (espoo, ("explain", CHILD)),
        (analyst, ("inspect", "../changed/population.sauma")),
        (analyst, ("link", "../changed", "--out", "../tmp/linked")),
        (analyst, ("inspect", "../stewards/dvv/extracts/population.csv")),
        (analyst, ("review", f"proposals/{proposal.name}", "--approve", "--reason", "mine")),
        (analyst, ("publish", f"linked/{linked.name}")),
        (analyst, ("quality", f"linked/{linked.name}", "--truth", "../stewards/espoo/extracts/basic_education.csv")),
        (analyst, ("propose", f"linked/{linked.name}", "--request", "../stewards/espoo/extracts/basic_education.csv")),
        (analyst, ("ledger", "add", "../stewards/espoo/extracts/basic_education.csv")),
        (officer, ("review", f"../analyst/proposals/{proposal.name}", "--approve", "--reason", f"asked by {SURNAME} {CHILD}")),
        (officer, ("ledger", "verify", "--since", "../stewards/espoo/extracts/basic_education.csv")),
        (officer, ("publish", f"../analyst/proposals/{proposal.name}")),
        (officer, ("report", "../stewards/espoo/extracts")),
        (officer, ("audit", "--out", "../tmp/audit.html")),
        (officer, ("status", "--json")),
        (officer, ("doctor",)),
    ]


def own_lists(world: World) -> tuple[Path, ...]:
    """What is not searched: the stewards' extracts and lists, and a project file into which this test wrote a name."""
    return (*world.top.glob("stewards/*/extracts"), world.top / "elsewhere" / "toml")


def test_the_canaries_took_part(world: World) -> None:
    """Otherwise nothing that follows means anything: they are in the packages, as records without faults."""
    for party in ("dvv", "espoo", "youth", "luvn"):
        folder = world.steward(party)
        assert any(SEARCH.found_in(path.read_bytes()) for path in (folder / "extracts").glob("*.csv")), party
    assert (world.top / "report.html").exists()
    assert (world.top / "audit.html").exists()


def test_failures_failed_and_none_was_a_defect(world: World) -> None:
    wrong = {
        command: (exit_code, text[-600:]) for command, exit_code, text in world.said if exit_code in (1, -6, -9, -11) or "Traceback" in text
    }
    assert wrong == {}
    failed = [command for command, exit_code, _ in world.said if exit_code]
    assert len(failed) >= 35, failed


def test_nothing_printed_names_a_canary(world: World) -> None:
    found = {(command, hit) for command, _, text in world.said for hit in SEARCH.found_in(text.replace(command, "").encode())}
    assert found == set()


def test_no_file_holds_a_canary(world: World) -> None:
    assert SEARCH.found_under(world.top, own_lists(world)) == set()


def decoded(world: World) -> Iterator[tuple[str, pa.Table]]:
    """Every encrypted table of the flow, opened by who may open it."""
    from sauma import linkedset, package
    from sauma.agreements import read_agreement
    from sauma.keys import load

    agreement = read_agreement(world.top / "agreement.toml")
    keys = world.top / "analyst" / "keys"
    me = load(keys / "analyst.key", (keys / "passphrase.txt").read_bytes().rstrip())
    for path in sorted((world.top / "packages").glob("*.sauma")):
        opened = package.read_package(path, agreement)
        payload = opened.manifest.member("payload")
        yield f"{path.name} identity", package.identity_reader(opened, me).read_all()
        yield f"{path.name} payload", package.open_member(package.payload_bytes(opened), payload, opened.manifest, me).read_all()
        facts = package.member_metadata(package.payload_bytes(opened), payload, opened.manifest, me)
        yield f"{path.name} facts", pa.table({name: [value] for name, value in facts.items()} or {"none": [b""]})
    for folder in sorted(path for path in (world.top / "analyst" / "linked").iterdir() if path.is_dir()):
        linked = linkedset.read_linked(folder, agreement)
        yield "links", linkedset.open_links(linked, me)
        yield "families", linkedset.open_families(linked, me)


def _drawn(value: object) -> bool:
    """An integer as long as a token's: among millions of random digits the eight of a date are found by chance.

    Tokens are searched as bytes, which finds a shortened hash, and a date in digits would be a shorter number.
    """
    return isinstance(value, int) and abs(value) >= 10**12


def test_no_opened_table_holds_a_canary(world: World) -> None:
    found, tables = set(), 0
    for name, table in decoded(world):
        tables += 1
        for column in table.column_names:
            values = table[column].to_pylist()
            data = b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values if not _drawn(value))
            raw = b"".join(value.to_bytes(8, "big", signed=True) for value in values if isinstance(value, int))
            found |= {(name, column, hit) for hit in SEARCH.found_in(data) | SEARCH.found_in(raw)}
    assert tables >= 13
    assert found == set()


def test_identity_tokens_are_not_plain_hashes_of_known_codes(world: World) -> None:
    """A stranger who lists every canary's code and hashes it, with the genesis digest as salt too, finds no token."""
    from sauma.agreements import read_agreement

    genesis = read_agreement(world.top / "agreement.toml").genesis
    guesses = set()
    for text in (CHILD, MOTHER, FATHER, FORMER):
        for salt in (b"", genesis.encode(), bytes.fromhex(genesis)):
            for name in ("sha256", "sha512", "sha1", "md5", "blake2b"):
                guesses |= {hashlib.new(name, salt + text.encode()).digest()[:16], hashlib.new(name, text.encode() + salt).digest()[:16]}
    tokens = {
        value
        for name, table in decoded(world)
        if name.endswith("identity")
        for column in table.column_names
        for value in table[column].to_pylist()
        if isinstance(value, bytes)
    }
    assert len(tokens) > PERSONS
    assert not tokens & guesses


# The test of the test: programs that leak on purpose.

LEAKS = {
    "prints": "print('row 7: Kanarialintunen is not a code')",
    "shouts": "print('KANARIALINTUNEN')",
    "folds": "print('qvartzonia')",
    "reverses": "print('nenutnilairanaK')",
    "escapes": "print(ascii('Qvärtzönia'))",
    "hex": "print('Kanarialintunen'.encode().hex().upper())",
    "base64": "import base64; print(base64.b64encode(b'x' + 'Kanarialintunen'.encode()).decode())",
    "url": "import urllib.parse; print(urllib.parse.quote('Qvärtzönia Ŋillá'))",
    "hashes": f"import hashlib; print(hashlib.sha256(b'{CHILD}').hexdigest())",
    "raises": f"raise ValueError('cannot convert {CHILD}')",
    "writes utf-16": "open('dump.bin', 'wb').write('Kanarialintunen'.encode('utf-16'))",
    "writes a name": "open('Kanarialintunen.txt', 'w').close()",
    "writes statistics": "import pyarrow as pa, pyarrow.parquet as pq; pq.write_table(pa.table({'name': ['Aaltonen', 'Kanarialintunen']}), 'x.parquet', compression='zstd')",
    "writes a short hash": f"import hashlib; open('t.bin', 'wb').write(bytes(3) + hashlib.md5(b'{CHILD}').digest()[:8][::-1])",
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_program_that_leaks_is_caught(name: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LEAKS[name]], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert SEARCH.found_in(done.stdout + done.stderr) or SEARCH.found_under(tmp_path)


def test_a_real_command_made_to_leak_is_caught(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """``sauma status`` whose error carries a value: the search sees what the person at the terminal would see."""
    from sauma.cli.main import run
    from schemas.errors import InputError

    def careless(*_: object, **__: object) -> None:
        raise InputError("S3001", place="extract", reason=f"'{SURNAME}' is not a date")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sauma.status.standing", careless)
    assert run(["status"]) == 3
    assert (SURNAME, "utf-8") in SEARCH.found_in(capsys.readouterr().err.encode())


def test_the_search_sees_every_dress_and_nothing_else(tmp_path: Path) -> None:
    import secrets

    assert SEARCH.found_in(secrets.token_bytes(2_000_000)) == set()
    assert SEARCH.found_in(secrets.token_hex(1_000_000).encode()) == set()
    for offset in range(8):
        assert SEARCH.found_in(bytes(offset) + SURNAME.encode() + bytes(3))
        assert SEARCH.found_in(base64.b64encode(bytes(offset) + SURNAME.encode() + b"zz"))
        assert SEARCH.found_in(base64.b64encode(bytes(offset) + SURNAME.encode("utf-16-le") + b"zz"))
    assert SEARCH.found_in(urllib.parse.quote(GIVEN).encode())
    (tmp_path / "plain.parquet").write_bytes(b"")
    pq.write_table(pa.table({"x": [SURNAME]}), tmp_path / "plain.parquet")
    assert SEARCH.found_under(tmp_path)
    assert SEARCH.found_under(tmp_path, (tmp_path,)) == set()
