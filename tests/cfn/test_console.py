"""console.yaml against the server that serves the console on one machine, and against the console itself."""

import json
import re
import subprocess
import unittest

from templates import OPENAPI, REPOSITORY, TEMPLATES, as_list, substituted

RESOURCES = TEMPLATES["console.yaml"]["Resources"]
SERVER = (REPOSITORY / "crates/dr-local/src/console.rs").read_text()
SIGN_IN = "https://sign-in.example"


def properties(name):
    return RESOURCES[name]["Properties"]


def constant(source, name):
    """The text of a `const NAME: &str`, its continued lines joined as Rust joins them."""
    text = re.search(rf'const {name}: &str = r?#?"(.*?)"#?;', source, re.S).group(1)
    return re.sub(r"\\\n\s*", "", text)


def routed(*paths):
    """What CloudFront's function makes of requests: the path that is asked for then, or its own answer."""
    code = properties("Router")["FunctionCode"]
    ask = f"{code};{json.dumps(paths)}.map(uri => handler({{request: {{uri, method: 'GET', headers: {{}}}}}}))"
    script = f"console.log(JSON.stringify(eval({json.dumps(ask)})))"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class Page(unittest.TestCase):
    def setUp(self):
        config = properties("Headers")["ResponseHeadersPolicyConfig"]
        self.security = config["SecurityHeadersConfig"]

    def test_the_policy_is_that_of_one_machine_and_names_the_sign_in_besides(self):
        here = constant(SERVER, "POLICY")
        there = substituted(self.security["ContentSecurityPolicy"]["ContentSecurityPolicy"])
        self.assertEqual(there, here.replace("connect-src 'self'", "connect-src 'self' ${SignInUrl}"))
        self.assertIn("frame-ancestors 'none'", there)
        self.assertNotIn("unsafe-inline", there)

    def test_every_header_of_one_machine_is_sent_and_https_besides(self):
        self.assertIn('(header::X_CONTENT_TYPE_OPTIONS, "nosniff")', SERVER)
        self.assertIn(f'(header::REFERRER_POLICY, "{self.security["ReferrerPolicy"]["ReferrerPolicy"]}")', SERVER)
        self.assertGreaterEqual(self.security["StrictTransportSecurity"]["AccessControlMaxAgeSec"], 31536000)
        self.assertEqual(self.security["FrameOptions"]["FrameOption"], "DENY")
        for name, header in self.security.items():
            self.assertTrue(header["Override"], name)
        self.assertIn("ContentTypeOptions", self.security)

    def test_the_config_is_what_the_console_reads_and_the_api_is_of_the_same_origin(self):
        output = substituted(TEMPLATES["console.yaml"]["Outputs"]["ConsoleConfig"]["Value"])
        config = json.loads(output.replace("${SignInUrl}", SIGN_IN).replace("${ConsoleClient}", "client"))
        self.assertEqual(config["api_url"], "")
        self.assertIn('"api_url":""', SERVER)
        self.assertEqual(config["version"], OPENAPI["info"]["version"])
        reader = (REPOSITORY / "frontend/console/src/config.rs").read_text()
        fields = re.search(r"pub struct Config \{(.*?)\n\}", reader, re.S).group(1)
        self.assertLessEqual(set(config), set(re.findall(r"^\s+pub (\w+): ", fields, re.M)))
        fields = re.search(r"Cognito \{(.*?)\}", reader, re.S).group(1)
        self.assertEqual(set(config["sign_in"]) - {"kind"}, set(re.findall(r"^\s+(\w+): String,", fields, re.M)))

    def test_what_is_copied_is_kept_as_long_as_on_one_machine(self):
        lines = (REPOSITORY / "cfn/README.md").read_text()
        self.assertIn(f'--cache-control "{constant(SERVER, "FOR_EVER")}"', lines)
        self.assertIn('guarded("application/json", "no-cache"', SERVER)
        self.assertEqual(lines.count("--cache-control no-cache"), 2)
        packed = "application/wasm"
        self.assertIn(packed, SERVER)
        self.assertIn(f"--content-type {packed}", lines)


class Addresses(unittest.TestCase):
    def test_the_front_door_leads_to_the_console(self):
        for answer in routed("/", "/console"):
            self.assertEqual(answer["statusCode"], 303)
            self.assertEqual(answer["headers"]["location"]["value"], "/console/")

    def test_files_stay_and_every_other_address_below_the_console_is_its_page(self):
        files = ["console-0a.wasm", "start-0a1b.js", "console-0a.css", "index.html", "config.json"]
        for name, request in zip(files, routed(*(f"/console/{name}" for name in files)), strict=True):
            self.assertEqual(request["uri"], f"/console/{name}")
        # Those of the server's own test, and some more.
        others = ["", "protection-groups/pg-1", "..%2f..%2fetc%2fpasswd", "a/b.js", "x.gz", "..js", "../start.js", "a.html\n"]
        for name, request in zip(others, routed(*(f"/console/{name}" for name in others)), strict=True):
            self.assertEqual(request["uri"], "/console/index.html", name)

    def test_the_paths_of_the_api_are_left_alone(self):
        paths = ["/protection-groups", "/protection-groups/pg-1/instance-pairs", "/consoles"]
        self.assertEqual([request["uri"] for request in routed(*paths)], paths)

    def test_the_same_function_stands_before_the_files_and_the_api(self):
        config = properties("Distribution")["DistributionConfig"]
        behaviours = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
        self.assertEqual([b["TargetOriginId"] for b in behaviours], ["api", "files"])
        self.assertEqual(config["CacheBehaviors"][0]["PathPattern"], "/console/*")
        for behaviour in behaviours:
            (association,) = behaviour["FunctionAssociations"]
            self.assertEqual(association["FunctionARN"], {"Fn::GetAtt": ["Router", "FunctionARN"]})
            self.assertEqual(behaviour["ResponseHeadersPolicyId"], {"Ref": "Headers"})
            self.assertEqual(behaviour["ViewerProtocolPolicy"], "redirect-to-https")
        # A refusal of the API must reach the console as it is.
        self.assertNotIn("CustomErrorResponses", config)

    def test_the_api_is_asked_at_its_stage_and_waited_for_longer_than_it_takes(self):
        origins = {o["Id"]: o for o in properties("Distribution")["DistributionConfig"]["Origins"]}
        stage = TEMPLATES["api.yaml"]["Resources"]["Stage"]["Properties"]["StageName"]
        self.assertEqual(stage, {"Ref": "Environment"})
        self.assertEqual(substituted(origins["api"]["OriginPath"]), "/${Environment}")
        self.assertGreater(origins["api"]["CustomOriginConfig"]["OriginReadTimeout"], 29)


class Access(unittest.TestCase):
    def test_nobody_reads_the_bucket_but_this_distribution_and_nobody_in_the_clear(self):
        self.assertTrue(all(properties("Files")["PublicAccessBlockConfiguration"].values()))
        self.assertIn("BucketEncryption", properties("Files"))
        statements = properties("FilesPolicy")["PolicyDocument"]["Statement"]
        (read,) = [s for s in statements if s["Effect"] == "Allow"]
        self.assertEqual(as_list(read["Action"]), ["s3:GetObject"])
        self.assertEqual(read["Principal"], {"Service": "cloudfront.amazonaws.com"})
        arn = substituted(read["Condition"]["StringEquals"]["AWS:SourceArn"])
        self.assertTrue(arn.endswith("distribution/${Distribution}"))
        (refused,) = [s for s in statements if s["Effect"] == "Deny"]
        self.assertEqual(refused["Condition"], {"Bool": {"aws:SecureTransport": "false"}})
        self.assertEqual(refused["Principal"], "*")

    def test_a_name_of_ones_own_is_served_with_tls_1_2_at_least(self):
        _, own, _ = properties("Distribution")["DistributionConfig"]["ViewerCertificate"]["Fn::If"]
        self.assertEqual(own["MinimumProtocolVersion"], "TLSv1.2_2021")


class SignIn(unittest.TestCase):
    def setUp(self):
        self.client = properties("ConsoleClient")
        self.console = (REPOSITORY / "frontend/console/src/auth/cognito.rs").read_text()

    def test_the_console_signs_in_by_code_and_has_no_secret(self):
        self.assertFalse(self.client["GenerateSecret"])
        self.assertEqual(self.client["AllowedOAuthFlows"], ["code"])
        self.assertIn("response_type=code&", self.console)
        self.assertIn("code_challenge_method=S256", self.console)
        # Signing out revokes the refresh token.
        self.assertTrue(self.client["EnableTokenRevocation"])

    def test_it_asks_for_the_scopes_that_it_gets(self):
        asked = re.search(r'encode\("(openid [a-z ]+)"\)', self.console).group(1)
        self.assertEqual(asked.split(), self.client["AllowedOAuthScopes"])

    def test_the_person_comes_back_to_where_the_console_says(self):
        base = constant((REPOSITORY / "frontend/console/src/config.rs").read_text(), "BASE")
        asks = (REPOSITORY / "frontend/console/src/auth/client.rs").read_text()
        self.assertIn('redirect: format!("{origin}{BASE}/")', asks)
        for urls in (self.client["CallbackURLs"], self.client["LogoutURLs"]):
            (url,) = urls
            names = {substituted(choice) for choice in url["Fn::If"][1:]}
            wanted = {f"https://${{ConsoleDomain}}{base}/", f"https://${{Distribution.DomainName}}{base}/"}
            self.assertEqual(names, wanted)


if __name__ == "__main__":
    unittest.main()
