"""The linters are themselves tested: a mistake of each kind that they are here for is found."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from templates import FOLDER, REPOSITORY

BIN = pathlib.Path(sys.executable).parent


def finds(program, text, suffix):
    """Whether a linter refuses a text."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"broken{suffix}"
        path.write_text(text)
        done = subprocess.run([BIN / program, path], capture_output=True, text=True, timeout=120)
        return done.returncode != 0


class Linters(unittest.TestCase):
    def test_statelint_finds_a_state_that_nothing_leads_to(self):
        text = (REPOSITORY / "statemachine/recovery.asl.json").read_text()
        machine = json.loads(text)
        machine["StartAt"] = "Nowhere"
        self.assertTrue(finds("statelint", json.dumps(machine), ".json"))

    def test_cfn_lint_finds_a_property_that_does_not_exist(self):
        text = (FOLDER / "console.yaml").read_text()
        broken = text.replace("GenerateSecret:", "GenerateSecrets:")
        self.assertNotEqual(text, broken)
        self.assertTrue(finds("cfn-lint", broken, ".yaml"))

    def test_cfn_lint_finds_a_reference_to_nothing(self):
        text = (FOLDER / "rules.yaml").read_text()
        broken = text.replace("!Ref PollerStateMachineArn", "!Ref NoSuchParameter")
        self.assertNotEqual(text, broken)
        self.assertTrue(finds("cfn-lint", broken, ".yaml"))


if __name__ == "__main__":
    unittest.main()
