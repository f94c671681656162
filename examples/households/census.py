"""Three CSV files out of pseudopeople's sample population, run by the Python that has pseudopeople (see ``run.py``).

    python census.py FOLDER SEED

``truth.csv``: the 2020 census without errors.  ``census.csv``: the same with pseudopeople's default errors.
``survey.csv``: with other errors of the same kinds, as if everybody had been asked again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pseudopeople

YEAR = 2020


def main() -> None:
    folder, seed = Path(sys.argv[1]), int(sys.argv[2])
    for name, config, number in (("truth", pseudopeople.NO_NOISE, 0), ("census", None, 2 * seed), ("survey", None, 2 * seed + 1)):
        rows = pseudopeople.generate_decennial_census(config=config, seed=number, year=YEAR)
        rows.sample(frac=1, random_state=number).to_csv(folder / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
