"""Calls every operation with the official Python client, and checks every value that it returns.

Needs an emulator at PGBEAM_API_URL that was started with `seed.json`. Run it with `.ci/python-client`.
"""

from pgbeam import OPERATIONS_BY_TAG

import organizations
import projects
import proxy
import public
from typed import succeeded


def main() -> None:
    public.run()
    project_id = projects.run()
    proxy.run(project_id)
    organizations.run(project_id)
    operations = {name for names in OPERATIONS_BY_TAG.values() for name in names}
    missing = sorted(operations - succeeded)
    print(f"{len(succeeded)} of {len(operations)} operations returned what the models of the client describe")
    assert not missing, f"not called: {missing}"


if __name__ == "__main__":
    main()
