"""Chapter 9, going further: filters that stay as they were drawn; only the Dense layer learns.

The rate was chosen on the validation digits by the first seeds; see `variant` in `09_shifts`. The
others have the first weights of the networks there that have the same number.
"""

import runpy
from pathlib import Path

shifts = runpy.run_path(str(Path(__file__).with_name("09_shifts.py")))
SEEDS, run = shifts["variant"](
    "random", 0.8, network="conv", tried=(0.4, 0.8, 1.6, 3.2, 6.4), frozen=(0, 3)
)
