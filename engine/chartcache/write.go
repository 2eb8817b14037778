package chartcache

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"time"
)

const (
	fileMode   = 0o600
	sealedFile = 0o444
	sealedDir  = 0o555
	ownDir     = 0o700
)

// Store keeps an archive and gives its digest. A damaged copy is replaced.
func (c *Cache) Store(data []byte) (string, error) {
	digest := Digest(data)
	name, err := nameOf(digest)
	if err != nil {
		return "", err
	}
	if _, err := c.Archive(digest); err == nil {
		c.Touch(digest)
		return digest, nil
	}
	return digest, c.write(path.Join(archives, name), data)
}

// Touch says that an archive was used, which keeps it longer.
func (c *Cache) Touch(digest string) {
	if name, err := nameOf(digest); err == nil {
		now := time.Now()
		_ = c.root.Chtimes(filepath.Join(archives, name), now, now)
	}
}

// Record keeps what a reference means.
func (c *Cache) Record(entry Entry) error {
	text, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	return c.write(path.Join(entries, entry.key()+".json"), text)
}

func (c *Cache) write(name string, data []byte) error {
	temporary := c.temporary()
	if err := c.root.WriteFile(temporary, data, fileMode); err != nil {
		return err
	}
	err := c.root.Rename(temporary, filepath.FromSlash(name))
	if err != nil {
		_ = c.root.Remove(temporary)
	}
	return err
}

// temporary is a name that no other process has.
func (c *Cache) temporary() string { return filepath.Join(pending, rand.Text()) }

// File is one file of an unpacked chart, its slash-separated path below the chart's own folder.
type File struct {
	Name string
	Data []byte
}

// Unpacked gives the absolute folder with the files of an archive in the cache, which nobody may
// write to. Whatever was changed there is put right.
func (c *Cache) Unpacked(digest string, files []File) (string, error) {
	name, err := nameOf(digest)
	if err != nil {
		return "", err
	}
	target := filepath.Join(charts, name)
	folder := filepath.Join(c.folder, target)
	if c.intact(target, files) {
		return folder, nil
	}
	temporary := c.temporary()
	if err := c.unpack(temporary, files); err != nil {
		c.discard(temporary)
		return "", err
	}
	if err := c.place(temporary, target, files); err != nil {
		c.discard(temporary)
		return "", err
	}
	return folder, c.seal(target)
}

// place moves an unpacked chart to its name. What another process put there meanwhile is as good; what
// was changed since is not.
func (c *Cache) place(temporary, target string, files []File) error {
	err := c.root.Rename(temporary, target)
	if err == nil {
		return nil
	}
	if c.intact(target, files) {
		c.discard(temporary)
		return nil
	}
	c.discardRenamed(target)
	return c.root.Rename(temporary, target)
}

func (c *Cache) unpack(folder string, files []File) error {
	if err := c.root.Mkdir(folder, ownDir); err != nil {
		return err
	}
	for _, file := range files {
		name := filepath.Join(folder, filepath.FromSlash(file.Name))
		if err := c.root.MkdirAll(filepath.Dir(name), ownDir); err != nil {
			return err
		}
		if err := c.writeNew(name, file.Data); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cache) writeNew(name string, data []byte) error {
	file, err := c.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, sealedFile)
	if err != nil {
		return err
	}
	if _, err := file.Write(data); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// intact says whether a folder holds exactly these files.
func (c *Cache) intact(folder string, files []File) bool {
	wanted := make(map[string][]byte, len(files))
	for _, file := range files {
		wanted[path.Join(filepath.ToSlash(folder), file.Name)] = file.Data
	}
	found := 0
	err := c.walk(folder, func(name string, info os.FileInfo) error {
		if info.IsDir() {
			return nil
		}
		data, known := wanted[name]
		if !known || info.Size() != int64(len(data)) {
			return ErrAbsent
		}
		held, err := c.read(name, int64(len(data)))
		if err != nil || string(held) != string(data) {
			return ErrAbsent
		}
		found++
		return nil
	})
	return err == nil && found == len(files)
}

// walk goes through a folder, itself first, and follows no link.
func (c *Cache) walk(folder string, visit func(name string, info os.FileInfo) error) error {
	info, err := c.root.Lstat(folder)
	if err != nil {
		return err
	}
	if err := visit(filepath.ToSlash(folder), info); err != nil || !info.IsDir() {
		return err
	}
	opened, err := c.root.Open(folder)
	if err != nil {
		return err
	}
	children, err := opened.Readdirnames(-1)
	_ = opened.Close()
	for _, child := range children {
		if err == nil {
			err = c.walk(filepath.Join(folder, child), visit)
		}
	}
	return err
}

func (c *Cache) seal(folder string) error { return c.chmodFolders(folder, sealedDir) }

func (c *Cache) chmodFolders(folder string, mode os.FileMode) error {
	folders := []string{}
	err := c.walk(folder, func(name string, info os.FileInfo) error {
		if !info.IsDir() {
			return nil
		}
		folders = append(folders, filepath.FromSlash(name))
		if mode == ownDir {
			return c.root.Chmod(filepath.FromSlash(name), mode)
		}
		return nil
	})
	for _, name := range folders {
		if err == nil && mode != ownDir {
			err = c.root.Chmod(name, mode)
		}
	}
	return err
}

// discardRenamed takes a folder away in one step, so that nobody finds half of it.
func (c *Cache) discardRenamed(folder string) {
	if _, err := c.root.Lstat(folder); err != nil {
		return
	}
	// Moving a folder takes the right to write to it.
	_ = c.root.Chmod(folder, ownDir)
	aside := c.temporary()
	if c.root.Rename(folder, aside) == nil {
		c.discard(aside)
	}
}

func (c *Cache) discard(folder string) {
	_ = c.chmodFolders(folder, ownDir)
	_ = c.root.RemoveAll(folder)
}
