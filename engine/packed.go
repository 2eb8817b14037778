package main

import (
	"bytes"
	"io/fs"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"

	"github.com/plumbline/plumbline/engine/files"
)

// readText reads a file, or one in a packed chart: charts/web-1.0.0.tgz/templates/a.yaml.
func readText(layer *files.Layer, name string) ([]byte, error) {
	text, err := layer.Read(name)
	if err == nil || !strings.Contains(name, packedEnd+"/") {
		return text, err
	}
	head, member, _ := strings.Cut(name, packedEnd+"/")
	packed, err := layer.Read(head + packedEnd)
	if err != nil {
		return nil, err
	}
	return unpacked(packed, member)
}

const packedEnd = ".tgz"

// unpacked gives a file of a packed chart, which can be in a chart that is packed in it.
func unpacked(packed []byte, member string) ([]byte, error) {
	found, err := archive.LoadArchiveFiles(bytes.NewReader(packed))
	if err != nil {
		return nil, fs.ErrNotExist
	}
	for _, file := range found {
		if file.Name == member {
			return file.Data, nil
		}
		if inner, inside := strings.CutPrefix(member, file.Name+"/"); inside && strings.HasSuffix(file.Name, packedEnd) {
			return unpacked(file.Data, inner)
		}
	}
	return nil, fs.ErrNotExist
}
