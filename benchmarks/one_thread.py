"""Import this before NumPy: one thread for every library, and the processor's own BLAS kernel.

Both are read from the environment when NumPy is imported, so the script that imports this starts
itself again with a clean one.
"""

import os
import sys

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
UNWANTED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
DONE = {"NNLIB_BENCHMARK": "1"}

if not DONE.items() <= os.environ.items():
    env = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    os.execve(sys.executable, [sys.executable, *sys.argv], {**env, **ONE_THREAD, **DONE})
