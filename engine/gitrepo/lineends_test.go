package gitrepo

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLineEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		// clone are options of git before the clone, which stay out of its configuration.
		clone, config []string
		attributes    string
		file          string
		committed     string
		edited        string
		want          string
	}{
		{name: "of a machine that converts", clone: []string{"-c", "core.autocrlf=true"}, file: "a.yaml", committed: "a\nb\n", want: "a\nb\n"},
		{name: "of an edited file there", clone: []string{"-c", "core.autocrlf=true"}, file: "a.yaml", committed: "a\nb\n", edited: "a\r\nx\r\n", want: "a\nx\n"},
		{name: "by an attribute", attributes: "*.yaml text eol=crlf\n", file: "a.yaml", committed: "a\nb\n", edited: "a\r\nx\r\n", want: "a\nx\n"},
		{name: "of another kind of file", attributes: "*.yaml text eol=crlf\n", file: "a.txt", committed: "a\nb\n", edited: "a\r\nx\r\n", want: "a\r\nx\r\n"},
		{name: "that were committed so", clone: []string{"-c", "core.autocrlf=true"}, file: "a.yaml", committed: "a\r\nb\r\n", edited: "a\r\nx\r\n", want: "a\r\nx\r\n"},
		{name: "where nothing converts", file: "a.yaml", committed: "a\nb\n", edited: "a\r\nb\r\n", want: "a\r\nb\r\n"},
		{name: "of a new file by the configuration", config: []string{"core.autocrlf", "input"}, file: "new.yaml", edited: "a\r\n", want: "a\n"},
		{name: "of a new file otherwise", file: "new.yaml", edited: "a\r\n", want: "a\r\n"},
		{name: "of a file that is no text", config: []string{"core.autocrlf", "true"}, file: "new.bin", edited: "a\x00\r\n", want: "a\x00\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin, clone := newRepository(t), filepath.Join(t.TempDir(), "clone")
			write(t, origin, "keep", "")
			if c.attributes != "" {
				write(t, origin, ".gitattributes", c.attributes)
			}
			if c.committed != "" {
				write(t, origin, c.file, c.committed)
			}
			commit(t, origin, "first")
			git(t, origin, append(append([]string{}, c.clone...), "clone", "-q", origin, clone)...)
			if len(c.config) > 0 {
				git(t, clone, append([]string{"config"}, c.config...)...)
			}
			if c.edited != "" {
				write(t, clone, c.file, c.edited)
			}
			repo := open(t, clone)
			data, err := os.ReadFile(filepath.Join(clone, c.file))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(repo.LineEnds()(c.file, data)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
