"""api.yaml against the OpenAPI document and the table of operations."""

import json
import unittest

from templates import FACTS, OPENAPI, TEMPLATES, substituted

TEMPLATE = TEMPLATES["api.yaml"]
BODY = TEMPLATE["Resources"]["Api"]["Properties"]["Body"]
METHODS = {"get", "post", "put", "delete", "patch"}


class Api(unittest.TestCase):
    def test_it_has_the_routes_of_the_document_and_no_other(self):
        routes = lambda paths: {(p, m) for p, item in paths.items() for m in item if m in METHODS}
        self.assertEqual(routes(BODY["paths"]), routes(OPENAPI["paths"]))
        table = {(r["path"], r["method"].lower()) for r in FACTS["routes"]}
        self.assertEqual(routes(BODY["paths"]), table)

    def test_every_route_goes_to_the_function_of_its_operation(self):
        for route in FACTS["routes"]:
            item = BODY["paths"][route["path"]][route["method"].lower()]
            integration = item["x-amazon-apigateway-integration"]
            parameter = "".join(w.capitalize() for w in route["function"].split("-")) + "FunctionArn"
            self.assertIn("${" + parameter + "}", substituted(integration["uri"]), route)
            self.assertIn(parameter, TEMPLATE["Parameters"])
            self.assertEqual(integration["type"], "aws_proxy")
            self.assertEqual(integration["httpMethod"], "POST")
            self.assertLessEqual(integration["timeoutInMillis"], 29000)

    def test_every_route_wants_a_token(self):
        for path, item in BODY["paths"].items():
            for method, entry in item.items():
                self.assertEqual(entry["security"], [{"token": []}], f"{method} {path}")
        scheme = BODY["components"]["securitySchemes"]["token"]
        self.assertEqual(scheme["x-amazon-apigateway-authtype"], "cognito_user_pools")

    def test_no_page_of_another_origin_is_let_in(self):
        # The console is of the same origin (console.yaml), and the functions send no such headers either.
        self.assertFalse("access-control-" in json.dumps(BODY).lower(), "there are CORS headers")
        self.assertFalse([path for path, item in BODY["paths"].items() if set(item) - METHODS])

    def test_paths_declare_their_parameters(self):
        for path, item in BODY["paths"].items():
            named = [part[1:-1] for part in path.split("/") if part.startswith("{")]
            for method, entry in item.items():
                declared = [p["name"] for p in entry.get("parameters", []) if p["in"] == "path"]
                self.assertEqual(declared, named, f"{method} {path}")

    def test_no_two_paths_differ_by_the_name_of_a_parameter_alone(self):
        # API Gateway refuses two names for the variable part of one resource.
        names = {}
        for path in BODY["paths"]:
            parts = path.split("/")
            for n, part in enumerate(parts):
                if part.startswith("{"):
                    before = "/".join(parts[:n])
                    self.assertEqual(names.setdefault(before, part), part, path)

    def test_errors_of_the_gateway_have_the_shape_of_ours(self):
        required = set(OPENAPI["components"]["schemas"]["ErrorBody"]["required"])
        statuses = set()
        for name, response in BODY["x-amazon-apigateway-gateway-responses"].items():
            error = json.loads(response["responseTemplates"]["application/json"])["error"]
            self.assertEqual(set(error), required, name)
            statuses.add(response.get("statusCode"))
        self.assertLessEqual({401, 403, 404, 413, 415, 429, 504}, statuses)

    def test_a_changed_body_makes_a_new_deployment(self):
        names = [n for n in TEMPLATE["Resources"] if n.startswith("Deployment")]
        self.assertEqual(len(names), 1)
        self.assertRegex(names[0], r"^Deployment[0-9a-f]{12}$")
        stage = TEMPLATE["Resources"]["Stage"]["Properties"]
        self.assertEqual(stage["DeploymentId"], {"Ref": names[0]})


if __name__ == "__main__":
    unittest.main()
