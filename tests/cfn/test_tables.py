"""tables.yaml against the store's schema."""

import unittest

from templates import FACTS, TEMPLATES, resources, substituted


class Tables(unittest.TestCase):
    def setUp(self):
        self.tables = {
            substituted(table["Properties"]["TableName"]): table
            for _, table in resources(TEMPLATES["tables.yaml"], "AWS::DynamoDB::Table")
        }

    def test_the_tables_are_those_of_the_store(self):
        self.assertEqual(set(self.tables), {t["name"] for t in FACTS["tables"]})

    def test_keys_indexes_and_ttl_are_those_of_the_store(self):
        for wanted in FACTS["tables"]:
            has = self.tables[wanted["name"]]["Properties"]
            self.assertEqual(keys(has), wanted_keys(wanted), wanted["name"])
            indexes = {i["IndexName"]: i for i in has.get("GlobalSecondaryIndexes", [])}
            self.assertEqual(set(indexes), {i["name"] for i in wanted["indexes"]})
            for index in wanted["indexes"]:
                self.assertEqual(keys(indexes[index["name"]]), wanted_keys(index))
            ttl = has.get("TimeToLiveSpecification", {}).get("AttributeName")
            self.assertEqual(ttl, wanted["ttl_attribute"])

    def test_every_attribute_that_is_defined_is_a_key_and_the_other_way_round(self):
        for name, table in self.tables.items():
            properties = table["Properties"]
            used = set(keys(properties))
            for index in properties.get("GlobalSecondaryIndexes", []):
                used |= set(keys(index))
            defined = {a["AttributeName"] for a in properties["AttributeDefinitions"]}
            self.assertEqual(defined, used, name)

    def test_tables_outlive_the_stack_and_can_be_restored(self):
        for name, table in self.tables.items():
            self.assertEqual(table["DeletionPolicy"], "Retain", name)
            self.assertEqual(table["UpdateReplacePolicy"], "Retain", name)
            properties = table["Properties"]
            restore = properties["PointInTimeRecoverySpecification"]
            self.assertTrue(restore["PointInTimeRecoveryEnabled"], name)
            self.assertTrue(properties["SSESpecification"]["SSEEnabled"], name)
            self.assertEqual(properties["BillingMode"], "PAY_PER_REQUEST", name)


def keys(part):
    """Attribute names, partition key first."""
    by_type = {k["KeyType"]: k["AttributeName"] for k in part["KeySchema"]}
    return [by_type[t] for t in ("HASH", "RANGE") if t in by_type]


def wanted_keys(part):
    return [k for k in (part["partition_key"], part["sort_key"]) if k]


if __name__ == "__main__":
    unittest.main()
