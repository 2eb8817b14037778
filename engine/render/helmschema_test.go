package render

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"reflect"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

func TestSchemaViolations(t *testing.T) {
	root := testdata(t)
	source := helmAt("charts/schema")
	source.ValueFiles = []string{"charts/schema/values-bad.yaml"}
	got := []string{}
	for _, problem := range failed(t, root, source) {
		if problem.Code != "helm-schema" || problem.Location.Path != "charts/schema/values-bad.yaml" {
			t.Errorf("got %+v", problem)
		}
		got = append(got, problem.Pointer)
		if want := map[string]int{"/mode": 1, "/port": 2, "/strict/level": 5}[problem.Pointer]; problem.Location.Line != want {
			t.Errorf("%s at line %d", problem.Pointer, problem.Location.Line)
		}
	}
	if want := []string{"", "/mode", "/port", "/strict/level"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

// TestSchemaKeepsSecrets leaves values out of messages.
func TestSchemaKeepsSecrets(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		"Chart.yaml":         chartYAML(""),
		"values.yaml":        "a:\n  b:\n  - password: hunter2\nmail: hunter2\n",
		"values.schema.json": `{"properties":{"a":{"properties":{"b":{"items":{"properties":{"password":{"pattern":"^[A-Z]+$"}}}}}},"mail":{"format":"email"}}}`,
	})
	problems := failed(t, root, helmAt(""))
	if strings.Contains(text(t, problems), "hunter2") {
		t.Errorf("a value in %s", text(t, problems))
	}
	if problems[0].Pointer != "/a/b/0/password" || problems[0].Location.Line != 3 || problems[0].Location.Path != "values.yaml" {
		t.Errorf("got %+v", problems[0])
	}
}

func TestSchemasThatCannotBeUsed(t *testing.T) {
	for schema, want := range map[string]string{
		`{"$ref":"https://example.invalid/schema.json"}`:                        "rendered helm-schema-remote",
		`{"$ref":"definitions.json"}`:                                           "rendered helm-schema-remote",
		`{"$ref":"urn:example:anything"}`:                                       "rendered",
		`{"$schema":"http://json-schema.org/draft-04/schema#","type":"object"}`: "rendered",
		`{"type":"no-such-type"}`:                                               "failed helm-schema",
		`{`:                                                                     "failed helm-schema",
		strings.Repeat(`{"not":`, 600) + "{}" + strings.Repeat("}", 600): "failed helm-schema",
	} {
		root := testfiles.Tree(t, map[string]string{"Chart.yaml": chartYAML(""), "values.schema.json": schema})
		got := outcome(t, root, helmAt(""), testCapabilities)
		said := got.Kind
		problems := []model.Problem{}
		if got.Result != nil {
			problems = got.Result.Problems
		} else {
			problems = *got.Problems
		}
		for _, problem := range problems {
			said += " " + problem.Code
			if problem.Location.Path != "values.schema.json" {
				t.Errorf("%s: %+v", schema, problem)
			}
		}
		if said != want {
			t.Errorf("%.60s: got %s, want %s", schema, said, want)
		}
	}
}

// TestCertificates holds that what the functions make can be used.
func TestCertificates(t *testing.T) {
	for face := range faces {
		g := newGenerators("rel", "ns", face)
		ca, err := g.issue(request{function: "genCA", name: "ca", days: 365, isCA: true})
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := g.issue(request{function: "genSignedCert", name: "web", ips: []any{"10.0.0.1"}, names: []any{"web.example"}, days: 30, ca: &ca})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tls.X509KeyPair([]byte(leaf.Cert), []byte(leaf.Key)); err != nil {
			t.Error(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(ca.Cert))
		block, _ := pem.Decode([]byte(leaf.Cert))
		parsed, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		moment := faces[face].AddDate(0, 0, 1)
		if _, err := parsed.Verify(x509.VerifyOptions{Roots: pool, DNSName: "web.example", CurrentTime: moment}); err != nil {
			t.Error(err)
		}
		custom, err := newGenerators("rel", "ns", face).issue(request{function: "genSelfSignedCertWithKey", name: "own", days: 1, key: leaf.Key})
		if err != nil || custom.Key != leaf.Key {
			t.Errorf("got %v", err)
		}
		again := newGenerators("rel", "ns", face)
		if same, err := again.issue(request{function: "genCA", name: "ca", days: 365, isCA: true}); err != nil || same != ca {
			t.Errorf("another certificate for the same call: %v", err)
		}
		if key, err := parseKey(ca.Key); err != nil {
			t.Error(err)
		} else if _, ok := key.(*ecdsa.PrivateKey); !ok {
			t.Errorf("got a %T", key)
		}
	}
	if _, err := newGenerators("r", "n", 0).issue(request{function: "genSelfSignedCert", ips: []any{"no ip"}}); err == nil {
		t.Error("an address that is none was taken")
	}
	if _, err := customCertificate("x", "y"); err == nil {
		t.Error("a certificate that is none was taken")
	}
}

// TestFacesDiffer holds that each function gives another value on the other face, always.
func TestFacesDiffer(t *testing.T) {
	root := func(call string) string {
		return testfiles.Tree(t, map[string]string{"Chart.yaml": chartYAML(""), "templates/x.yaml": strings.TrimSuffix(configMap, "\n") + "\ndata:\n  steady: same\n  made: {{ " + call + " | quote }}\n"})
	}
	for _, call := range []string{
		"randAlphaNum 1", "randAlpha 1", "randNumeric 1", "randAscii 1 | b64enc", "randBytes 1", "randInt 5 7", "uuidv4",
		"now", "date \"2006\" now", "date \"Jan\" now", "date \"02\" now", "date \"15\" now", "date \"Mon\" now", "htmlDate now", "date \"2006\" \"no date\"",
		"dateInZone \"15:04\" now \"Europe/Paris\"", "ago 5", "durationRound (toDate \"2006-01-02\" \"2000-01-01\")", "unixEpoch now",
		"shuffle \"ab\"", "shuffle \"hello\"", "bcrypt \"x\"", "htpasswd \"u\" \"p\"", "encryptAES \"key\" \"text\"",
		"genPrivateKey \"rsa\"", "genPrivateKey \"ed25519\"", "(genCA \"a\" 1).Cert", "(genSelfSignedCert \"a\" nil nil 1).Key",
	} {
		result := rendered(t, root(call), helmAt(""))
		if got := result.Objects[0].Generated; !reflect.DeepEqual(got, []string{"/data/made"}) {
			t.Errorf("%s: generated %v of %s", call, got, result.Objects[0].Object)
		}
	}
	for _, call := range []string{"randInt 5 6", "dateModify \"1h\" (toDate \"2006-01-02\" \"2000-01-01\") | date \"15\"", "sha256sum \"x\"", "date \"2006\" 5", "derivePassword 1 \"long\" \"p\" \"u\" \"s\"", "shuffle \"a\"", "decryptAES \"key\" (encryptAES \"key\" \"text\")"} {
		result := rendered(t, root(call), helmAt(""))
		if got := result.Objects[0].Generated; len(got) != 0 {
			t.Errorf("%s: generated %v", call, got)
		}
	}
}
