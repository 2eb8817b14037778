package documents

import (
	"strings"
	"testing"
)

func TestToJSON(t *testing.T) {
	for text, want := range map[string]string{
		"a: yes\nb: on\nc: Off\nd: y\n":                 `{"a":true,"b":true,"c":false,"d":true}`,
		"a: 0644\nb: 0o14\nc: 1_000\nd: 0x1F\ne: 1e3\n": `{"a":420,"b":12,"c":1000,"d":31,"e":1000}`,
		"a: 1.10\nb: \"1.10\"\nc: 12345678901234\n":     `{"a":1.1,"b":"1.10","c":12345678901234}`,
		"on: x\n1: v\ntrue: z\n":                        `{"1":"v","true":"z"}`,
		"a: 2020-01-02\nb: ~\nc:\n":                     `{"a":"2020-01-02","b":null,"c":null}`,
		"a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2\n":   `{"a":{"b":1},"c":{"b":1},"d":{"b":1,"e":2}}`,
		"a: !!binary aGk=\nb: !custom v\n":              `{"a":"hi","b":"v"}`,
		"# only a comment\n":                            "",
		"":                                              "",
		"~":                                             "",
		"- a\n- b\n":                                    `["a","b"]`,
		`{"json": [1, 2.5, "x", null]}`:                 `{"json":[1,2.5,"x",null]}`,
		"a: |\n  <<<<<<< not a marker\n":                `{"a":"\u003c\u003c\u003c\u003c\u003c\u003c\u003c not a marker\n"}`,
	} {
		got, fault := ToJSON([]byte(text))
		if fault != nil && fault.Code != "duplicate-key" || string(got) != want {
			t.Errorf("%q: got %s, %v; want %s", text, got, fault, want)
		}
	}
}

func bomb() string {
	text := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'l'; c++ {
		before := "*" + string(c-1)
		text += string(c) + ": &" + string(c) + " [" + strings.Repeat(before+",", 9) + before + "]\n"
	}
	return text
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name, text, code string
		line             int
	}{
		{"unclosed list", "a: b\nc: [1,\nd: e\n", "yaml-syntax", 3},
		{"tab", "a:\n\tb: c\n", "yaml-tab", 2},
		{"tab in a list", "a:\n  - x\n\t- y\n", "yaml-tab", 3},
		{"wrong indent", "a: b\n c: d\n", "yaml-syntax", 2},
		{"two colons", "a: b\nc: d: e\n", "yaml-syntax", 2},
		{"duplicate", "x: 1\nz: 2\nx: 3\n", "duplicate-key", 3},
		{"nested duplicate", "m:\n  x: 1\n  x: 3\n", "duplicate-key", 3},
		{"conflict", "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", "conflict-marker", 2},
		{"conflict alone", "<<<<<<< HEAD\n", "conflict-marker", 1},
		{"template", "{{ if .Values.x }}\na: b\n{{ end }}\n", "yaml-syntax", 0},
		{"aliases", bomb(), "yaml-alias-bomb", 0},
		{"deep brackets", strings.Repeat("[", 3000), "yaml-depth", 1},
		{"deep blocks", deepBlocks(), "yaml-depth", 0},
		{"control character", "a: \x01\n", "yaml-syntax", 0},
		{"unknown anchor", "a: *nowhere\n", "yaml-syntax", 0},
		{"half typed", "apiVersion: v1\nkind\n", "yaml-syntax", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, fault := ToJSON([]byte(c.text))
			if fault == nil {
				t.Fatal("no fault")
			}
			if fault.Code != c.code || c.line != 0 && fault.Line != c.line {
				t.Errorf("got %s at line %d: %s", fault.Code, fault.Line, fault.Message)
			}
			if !strings.HasSuffix(fault.Message, ".") && !strings.HasSuffix(fault.Message, "?") {
				t.Errorf("not a sentence: %s", fault.Message)
			}
		})
	}
}

func deepBlocks() string {
	var text strings.Builder
	for i := range 12000 {
		text.WriteString(strings.Repeat(" ", i%1) + "- ")
	}
	return text.String() + "x\n"
}

func TestParseFile(t *testing.T) {
	text := "\ufeff# head\n---\n\n# first\napiVersion: v1\nkind: A\n--- # two\nkind: B\nb: 1\nb: 2\n---\n- list\n---\n\n...\n---\nkind: [\n--- dropped\nkind: C\n"
	file := ParseFile("x.yaml", []byte(text))
	lines := []int{}
	for _, document := range file.Documents {
		lines = append(lines, document.Line)
	}
	if len(lines) != 3 || lines[0] != 5 || lines[1] != 8 || lines[2] != 19 {
		t.Errorf("lines %v", lines)
	}
	got := []string{}
	for _, problem := range file.Problems {
		got = append(got, problem.Code)
	}
	if strings.Join(got, " ") != "duplicate-key not-an-object yaml-syntax" {
		t.Errorf("problems %v", got)
	}
	if line := file.Problems[0].Location.Line; line != 10 {
		t.Errorf("duplicate at line %d", line)
	}
	if line := file.Problems[1].Location.Line; line != 12 {
		t.Errorf("list at line %d", line)
	}
}

func TestBinaryFile(t *testing.T) {
	file := ParseFile("x.yaml", []byte("a\x00b"))
	if len(file.Problems) != 1 || len(file.Documents) != 0 {
		t.Errorf("got %+v", file)
	}
}

func TestListsStayWhole(t *testing.T) {
	file := ParseFile("x.yaml", []byte("kind: List\nitems: [{kind: A}, {kind: B}]\n"))
	if len(file.Documents) != 1 || string(file.Documents[0].Value) != `{"items":[{"kind":"A"},{"kind":"B"}],"kind":"List"}` {
		t.Errorf("got %+v", file)
	}
}

func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{"a: 1\n---\nb: [\n", "---", "<<: *x", "\t", bomb()} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lines := strings.Count(string(text), "\n") + 1
		file := ParseFile("x", text)
		for _, problem := range file.Problems {
			if problem.Location.Line > lines+1 {
				t.Errorf("line %d of %d", problem.Location.Line, lines)
			}
		}
	})
}
