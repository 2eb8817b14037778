package render

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

// generators replace the template functions that give another value at each call. Their values are
// the same at each render of a release. The two faces differ in every value, so that rendering with
// both shows which fields come of them.
type generators struct {
	seed   string
	face   int
	called bool
	calls  map[string]int
}

func newGenerators(release, namespace string, face int) *generators {
	return &generators{seed: namespace + "/" + release, face: face, calls: map[string]int{}}
}

var sprigFunctions = sprig.GenericFuncMap()

// faces are moments that differ in every part of a date.
var faces = []time.Time{
	time.Date(2001, time.February, 3, 4, 5, 6, 0, time.UTC),
	time.Date(2012, time.November, 22, 13, 34, 45, 0, time.UTC),
}

// stream is bytes that depend on the release, the function, its arguments and how often it was
// called with them, but not on the face.
type stream struct {
	key   [sha256.Size]byte
	block [sha256.Size]byte
	next  int
	count uint64
}

func (g *generators) stream(function string, arguments ...any) *stream {
	g.called = true
	call := fmt.Sprintf("%s\x00%s\x00%v", g.seed, function, arguments)
	g.calls[call]++
	return &stream{key: sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", call, g.calls[call])), next: sha256.Size}
}

func (s *stream) byte() byte {
	if s.next == sha256.Size {
		s.count++
		s.block = sha256.Sum256(binary.BigEndian.AppendUint64(s.key[:], s.count))
		s.next = 0
	}
	s.next++
	return s.block[s.next-1]
}

func (s *stream) index(n int) int {
	return int((uint64(s.byte())<<24 | uint64(s.byte())<<16 | uint64(s.byte())<<8 | uint64(s.byte())) % uint64(n))
}

func (s *stream) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = s.byte()
	}
	return len(p), nil
}

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

func (g *generators) text(function, alphabet string) func(int) string {
	return func(count int) string {
		s := g.stream(function, count)
		var text strings.Builder
		for range count {
			text.WriteByte(alphabet[(s.index(len(alphabet))+g.face)%len(alphabet)])
		}
		return text.String()
	}
}

func printable() string {
	var all strings.Builder
	for c := byte(32); c < 127; c++ {
		all.WriteByte(c)
	}
	return all.String()
}

func (g *generators) now() time.Time {
	g.called = true
	return faces[g.face]
}

func (g *generators) table() template.FuncMap {
	table := template.FuncMap{
		"now":          g.now,
		"randAlphaNum": g.text("randAlphaNum", letters+digits),
		"randAlpha":    g.text("randAlpha", letters),
		"randNumeric":  g.text("randNumeric", digits),
		"randAscii":    g.text("randAscii", printable()),
		"randBytes":    g.randBytes,
		"randInt":      g.randInt,
		"shuffle":      g.shuffle,
		"uuidv4":       g.uuid,
		"bcrypt":       g.bcrypt,
		"htpasswd":     func(user, password string) string { return user + ":" + g.bcrypt(user+password) },
		"encryptAES":   g.encryptAES,
	}
	maps.Copy(table, g.dates())
	maps.Copy(table, g.certificates())
	return table
}

func (g *generators) randBytes(count int) (string, error) {
	s := g.stream("randBytes", count)
	data := make([]byte, count)
	for i := range data {
		data[i] = s.byte() + byte(g.face)
	}
	return base64.StdEncoding.EncodeToString(data), nil
}

func (g *generators) randInt(from, to int) int {
	if to <= from {
		return from
	}
	return from + (g.stream("randInt", from, to).index(to-from)+g.face)%(to-from)
}

func (g *generators) shuffle(text string) string {
	s := g.stream("shuffle", text)
	runes := []rune(text)
	for i := len(runes) - 1; i > 0; i-- {
		j := s.index(i + 1)
		runes[i], runes[j] = runes[j], runes[i]
	}
	if g.face == 1 && len(runes) > 1 {
		runes = append(runes[1:], runes[0])
	}
	return string(runes)
}

func (g *generators) uuid() string {
	s := g.stream("uuidv4")
	var id [16]byte
	for i := range id {
		id[i] = s.byte() + byte(g.face)
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// bcrypt gives what looks like a hash; nothing compares it, because the real one has a random salt.
func (g *generators) bcrypt(input string) string {
	const alphabet = "./" + letters + digits
	s := g.stream("bcrypt", sha256.Sum256([]byte(input)))
	var hash strings.Builder
	for range 53 {
		hash.WriteByte(alphabet[(s.index(len(alphabet))+g.face)%len(alphabet)])
	}
	return "$2a$10$" + hash.String()
}

func (g *generators) encryptAES(password, plaintext string) (string, error) {
	if plaintext == "" {
		return "", nil
	}
	key := make([]byte, 32)
	copy(key, password)
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	s := g.stream("encryptAES", sha256.Sum256([]byte(password+"\x00"+plaintext)))
	padding := aes.BlockSize - len(plaintext)%aes.BlockSize
	padded := plaintext + strings.Repeat(string(rune(padding)), padding)
	sealed := make([]byte, aes.BlockSize+len(padded))
	for i := range aes.BlockSize {
		sealed[i] = s.byte() + byte(g.face)
	}
	cipher.NewCBCEncrypter(block, sealed[:aes.BlockSize]).CryptBlocks(sealed[aes.BlockSize:], []byte(padded))
	return base64.StdEncoding.EncodeToString(sealed), nil
}

// dates take the present moment where they are given no date.
func (g *generators) dates() template.FuncMap {
	inZone := sprigFunctions["dateInZone"].(func(string, any, string) string)
	round := sprigFunctions["durationRound"].(func(any) string)
	dated := func(layout string, date any, zone string) string {
		switch date.(type) {
		case time.Time, *time.Time, int64, int, int32:
			return inZone(layout, date, zone)
		}
		return inZone(layout, g.now(), zone)
	}
	const day = "2006-01-02"
	return template.FuncMap{
		"date":           func(layout string, date any) string { return dated(layout, date, "Local") },
		"dateInZone":     dated,
		"date_in_zone":   dated,
		"htmlDate":       func(date any) string { return dated(day, date, "Local") },
		"htmlDateInZone": func(date any, zone string) string { return dated(day, date, zone) },
		"ago":            g.ago,
		"durationRound": func(value any) string {
			if date, ok := value.(time.Time); ok {
				return round(int64(g.now().Sub(date)))
			}
			return round(value)
		},
	}
}

func (g *generators) ago(date any) string {
	moment := g.now()
	switch date := date.(type) {
	case time.Time:
		moment = date
	case int64:
		moment = time.Unix(date, 0)
	case int:
		moment = time.Unix(int64(date), 0)
	}
	return g.now().Sub(moment).Round(time.Second).String()
}
