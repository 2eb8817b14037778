package fetch

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/chartcache"
)

// startRegistry gives the address of a registry of the lab.
func startRegistry(t *testing.T, args ...string) string {
	t.Helper()
	process := exec.Command(program(t, "PLUMBLINE_REGISTRY"), args...)
	input, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = process.Wait()
	})
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// publish makes charts with Helm and pushes them; it gives the digests that Helm tells, by version.
func publish(t *testing.T, helm, address, name string, versions ...string) map[string]string {
	t.Helper()
	digests := map[string]string{}
	for _, version := range versions {
		folder := t.TempDir()
		write(t, filepath.Join(folder, name, "Chart.yaml"), chartYaml(name, version))
		write(t, filepath.Join(folder, name, "templates", "object.yaml"),
			"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "+name+"\n")
		command(t, folder, helm, "package", name)
		said := command(t, folder, helm, "push", "--plain-http", name+"-"+version+".tgz", "oci://"+address+"/charts")
		found := regexp.MustCompile(`Digest: (sha256:\w+)`).FindStringSubmatch(said)
		if found == nil {
			t.Fatalf("helm push says %s", said)
		}
		digests[version] = found[1]
	}
	return digests
}

func TestRegistry(t *testing.T) {
	helm := program(t, "PLUMBLINE_HELM")
	home(t)
	address := startRegistry(t)
	digests := publish(t, helm, address, "web", "1.0.0", "1.2.0", "1.3.0+build.5", "2.0.0-rc.1")
	repository := "oci://" + address + "/charts"
	for asked, version := range map[string]string{
		"1.0.0": "1.0.0", "^1.0.0": "1.3.0+build.5", "~1.0": "1.0.0", "": "1.3.0+build.5", "1.3.0+build.5": "1.3.0+build.5",
		">=2.0.0-0": "2.0.0-rc.1",
	} {
		chart := one(t, cacheFolder(t), Want{Repository: repository, Name: "web", Version: asked, Insecure: true}).chart(t)
		if chart.Version != version || chart.ManifestDigest != digests[version] {
			t.Errorf("%q gives %+v, want %s %s", asked, chart, version, digests[version])
		}
		folder := t.TempDir()
		args := []string{"pull", repository + "/web", "--plain-http"}
		if asked != "" {
			args = append(args, "--version", asked)
		}
		command(t, folder, helm, args...)
		pulled, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
		if err != nil || len(pulled) != 1 {
			t.Fatal(pulled, err)
		}
		if chart.Digest != chartcache.Digest(read(t, pulled[0])) {
			t.Errorf("%q: %s is not what helm pulls", asked, chart.Version)
		}
	}
	whole := one(t, cacheFolder(t), Want{Repository: repository + "/web", Version: "1.0.0", Insecure: true}).chart(t)
	pinned := one(t, cacheFolder(t), Want{Repository: repository + "/web", Version: digests["1.0.0"], Insecure: true}).chart(t)
	if whole.Digest != pinned.Digest || pinned.Version != "1.0.0" {
		t.Errorf("by name %+v, by digest %+v", whole, pinned)
	}
}

func TestRegistryRefusals(t *testing.T) {
	helm := program(t, "PLUMBLINE_HELM")
	home(t)
	address := startRegistry(t)
	publish(t, helm, address, "web", "1.0.0")
	repository := "oci://" + address + "/charts"
	for name, c := range map[string]struct {
		want Want
		kind string
	}{
		"no version":     {Want{Repository: repository, Name: "web", Version: "9.0.0", Insecure: true}, versionNotFound},
		"no range":       {Want{Repository: repository, Name: "web", Version: "^9", Insecure: true}, versionNotFound},
		"no chart":       {Want{Repository: repository, Name: "api", Version: "^1", Insecure: true}, notFound},
		"no digest":      {Want{Repository: repository, Name: "web", Version: "sha256:" + strings.Repeat("0", 64), Insecure: true}, versionNotFound},
		"TLS is default": {Want{Repository: repository, Name: "web", Version: "1.0.0"}, refused},
	} {
		if failure := one(t, cacheFolder(t), c.want).failure(t); failure.Kind != c.kind {
			t.Errorf("%s: %+v, want %s", name, failure, c.kind)
		}
	}
}

// TestRegistryLogins gives the login at each place that Helm looks at.
func TestRegistryLogins(t *testing.T) {
	helm := program(t, "PLUMBLINE_HELM")
	for name, args := range map[string][]string{"basic": nil, "token": {"--token"}} {
		t.Run(name, func(t *testing.T) {
			folder := home(t)
			address := startRegistry(t, append(args, "--user", "reader", "--password", "secret-7")...)
			want := Want{Repository: "oci://" + address + "/charts", Name: "web", Version: "^1", Insecure: true}
			login := func(password string) string {
				return fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, address,
					base64.StdEncoding.EncodeToString([]byte("reader:"+password)))
			}
			dockerConfig := filepath.Join(folder, "docker", "config.json")
			helmConfig := filepath.Join(folder, "helm", "registry", "config.json")
			write(t, helmConfig, login("secret-7"))
			publish(t, helm, address, "web", "1.0.0")
			one(t, cacheFolder(t), want).chart(t)

			for text, kind := range map[string]string{"{}": unauthorized, login("secret-8"): unauthorized, "{": unauthorized} {
				write(t, helmConfig, text)
				failure := one(t, cacheFolder(t), want).failure(t)
				if failure.Kind != kind || strings.Contains(failure.Message, "secret") {
					t.Errorf("with %s: %+v", text, failure)
				}
			}
			write(t, helmConfig, "{}")
			write(t, dockerConfig, login("secret-7"))
			one(t, cacheFolder(t), want).chart(t)

			helper := filepath.Join(folder, "bin", "docker-credential-lab")
			write(t, helper, "#!/bin/sh\nread server\necho \"{\\\"ServerURL\\\":\\\"$server\\\",\\\"Username\\\":\\\"reader\\\",\\\"Secret\\\":\\\"secret-7\\\"}\"\n")
			command(t, folder, "/bin/chmod", "755", helper)
			t.Setenv("PATH", filepath.Dir(helper)+":/usr/bin:/bin")
			write(t, dockerConfig, fmt.Sprintf(`{"credHelpers":{%q:"lab"}}`, address))
			one(t, cacheFolder(t), want).chart(t)
		})
	}
}
