"""A hundred inputs over whatever workers there are, while more of them join.

usage: run.py SCHEDULER [--wait-for N]

Prints one JSON line: the sum of the answers, and how many workers gave some.
"""

import argparse
import json
import os
import time

from dask.distributed import Client


def square(number):
    time.sleep(0.25)
    return number, number * number, os.environ["MUSTER_WORKER_INDEX"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("scheduler")
    parser.add_argument("--wait-for", type=int, default=1)
    options = parser.parse_args()
    with Client(options.scheduler, timeout="60s") as client:
        client.wait_for_workers(options.wait_for, timeout=120)
        print(json.dumps({"begun": len(client.scheduler_info()["workers"])}), flush=True)
        answers = client.gather(client.map(square, range(100)))
    assert all(answer == number * number for number, answer, _ in answers), "a wrong answer"
    workers = sorted({worker for _, _, worker in answers}, key=int)
    print(json.dumps({"sum": sum(answer for _, answer, _ in answers), "workers": workers}))


if __name__ == "__main__":
    main()
