package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/chartcache"
)

// tarOverhead is what headers and padding add to files: three blocks each, and long names.
const tarOverhead = 4 << 10

// unpack gives the files of a chart's archive as Helm's own loader reads them, after a look at the
// whole of it that no content can make long.
func (s *session) unpack(data []byte) ([]chartcache.File, error) {
	if err := s.inspect(data); err != nil {
		return nil, err
	}
	buffered, err := archive.LoadArchiveFiles(bytes.NewReader(data))
	if err != nil {
		return nil, fail(refused, "The archive is not that of a chart: %s.", err)
	}
	files := make([]chartcache.File, 0, len(buffered))
	isChart := false
	for _, file := range buffered {
		if err := checkName(file.Name); err != nil {
			return nil, err
		}
		isChart = isChart || file.Name == "Chart.yaml"
		files = append(files, chartcache.File{Name: file.Name, Data: file.Data})
	}
	if !isChart {
		return nil, fail(refused, "The archive is not that of a chart: it has no Chart.yaml.")
	}
	return files, nil
}

// inspect reads an archive to its end, bounded, and refuses what leads out of it.
func (s *session) inspect(data []byte) error {
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return fail(refused, "The archive is not compressed as a chart is.")
	}
	most := s.limits.MaxUnpackedBytes
	bounded := &bounding{from: unzipped, left: most + int64(s.limits.MaxFiles)*tarOverhead}
	reader := tar.NewReader(bounded)
	files, total := 0, int64(0)
	for {
		header, err := reader.Next()
		switch {
		case bounded.left < 0:
			return fail(tooLarge, "The chart is larger than %d MB when unpacked.", most>>20)
		case errors.Is(err, io.EOF):
			return s.tail(bounded)
		case err != nil:
			return fail(refused, "The archive is damaged.")
		}
		files++
		if total += header.Size; total > most {
			return fail(tooLarge, "The chart is larger than %d MB when unpacked.", most>>20)
		}
		if files > s.limits.MaxFiles {
			return fail(tooLarge, "The chart has more than %d files.", s.limits.MaxFiles)
		}
		if err := checkHeader(header); err != nil {
			return err
		}
	}
}

// tail is what follows the archive, which is nothing but padding in an honest one.
func (s *session) tail(rest *bounding) error {
	if _, err := io.Copy(io.Discard, rest); err != nil && rest.left < 0 {
		return fail(tooLarge, "The chart is larger than %d MB when unpacked.", s.limits.MaxUnpackedBytes>>20)
	}
	return nil
}

type bounding struct {
	from io.Reader
	left int64
}

func (b *bounding) Read(into []byte) (int, error) {
	if b.left < 0 {
		return 0, io.ErrShortBuffer
	}
	count, err := b.from.Read(into)
	b.left -= int64(count)
	return count, err
}

// checkHeader refuses links that lead out of the archive and what is neither file, folder nor link.
// Other links stay what Helm's loader makes of them: empty files.
func checkHeader(header *tar.Header) error {
	name := strings.ReplaceAll(header.Name, `\`, "/")
	if leadsOut(name) {
		return fail(refused, "The archive holds %s, which leads out of it.", header.Name)
	}
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeDir, tar.TypeXGlobalHeader, tar.TypeXHeader, tar.TypeGNUSparse:
		return nil
	case tar.TypeSymlink:
		if path.IsAbs(header.Linkname) || drive.MatchString(header.Linkname) || leadsOut(path.Join(path.Dir(name), header.Linkname)) {
			return fail(refused, "The archive holds the link %s, which leads out of it.", header.Name)
		}
		return nil
	case tar.TypeLink:
		if leadsOut(header.Linkname) {
			return fail(refused, "The archive holds the link %s, which leads out of it.", header.Name)
		}
		return nil
	}
	return fail(refused, "The archive holds %s, which is no file.", header.Name)
}

var drive = regexp.MustCompile(`^[a-zA-Z]:`)

// leadsOut looks at a name as a whole: `a/../b` stays inside, `../b` does not.
func leadsOut(name string) bool {
	cleaned := path.Clean(strings.ReplaceAll(name, `\`, "/"))
	return path.IsAbs(cleaned) || drive.MatchString(cleaned) || cleaned == ".." || strings.HasPrefix(cleaned, "../")
}

// checkName refuses what is a path of its own on some system.
func checkName(name string) error {
	if leadsOut(name) || strings.ContainsAny(name, "\x00:") || name == "" {
		return fail(refused, "The archive holds %s, which is no name of a file.", name)
	}
	return nil
}

// metadataOf reads Chart.yaml.
func metadataOf(files []chartcache.File) (*chart.Metadata, error) {
	for _, file := range files {
		if file.Name != "Chart.yaml" {
			continue
		}
		metadata := &chart.Metadata{}
		if err := yaml.Unmarshal(file.Data, metadata); err != nil {
			return nil, fail(refused, "The Chart.yaml of the chart cannot be parsed.")
		}
		if metadata.Name == "" || metadata.Version == "" {
			return nil, fail(refused, "The Chart.yaml of the chart has no name or version.")
		}
		return metadata, nil
	}
	return nil, fmt.Errorf("no Chart.yaml")
}
