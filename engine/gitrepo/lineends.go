package gitrepo

import (
	"bytes"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// LineEnds gives files of the working copy the line ends that git would commit. Whether git converts a
// file shows in the index, whoever told it to, the attributes, the repository's or the machine's own
// configuration: the size that the file was written with is not that of its blob. Of a file that was
// never added only the repository's configuration is known.
func (r *Repo) LineEnds() func(name string, data []byte) []byte {
	var entries map[string]*index.Entry
	read := sync.OnceFunc(func() { entries = r.entriesByName() })
	return func(name string, data []byte) []byte {
		read()
		if bytes.IndexByte(data, 0) >= 0 || !r.isConverted(entries[name]) {
			return data
		}
		return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	}
}

func (r *Repo) entriesByName() map[string]*index.Entry {
	entries := map[string]*index.Entry{}
	if read := r.Index(); read != nil {
		for _, entry := range read.Entries {
			if entry.Stage == merged {
				entries[entry.Name] = entry
			}
		}
	}
	return entries
}

func (r *Repo) convertsNew() bool {
	setting := strings.ToLower(r.settings().last("core", "", "autocrlf"))
	return setting == "true" || setting == "input"
}

func (r *Repo) isConverted(entry *index.Entry) bool {
	// Git writes no size where it is to look at a file again.
	if entry == nil || entry.Size == 0 {
		return r.convertsNew()
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	size, err := r.storage.EncodedObjectSize(entry.Hash)
	if err != nil || size == int64(entry.Size) {
		return false
	}
	blob, err := r.blob(entry.Hash)
	isPointer := bytes.HasPrefix(blob, []byte("version https://git-lfs.github.com/spec/"))
	return err == nil && !isPointer && !bytes.Contains(blob, []byte("\r\n"))
}
